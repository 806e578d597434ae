//! Languages: what pages say, by Project Fluent. A language is a folder of `locales` with the same
//! messages as English; a test holds that.

use std::sync::LazyLock;

use actix_web::HttpRequest;
use actix_web::http::header::ACCEPT_LANGUAGE;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_langneg::{NegotiationStrategy, negotiate_languages, parse_accepted_languages};
use unic_langid::LanguageIdentifier;

macro_rules! locales {
    ($($tag:literal),+) => {
        [$(($tag, [
            include_str!(concat!("../../locales/", $tag, "/common.ftl")),
            include_str!(concat!("../../locales/", $tag, "/link.ftl")),
            include_str!(concat!("../../locales/", $tag, "/mine.ftl")),
            include_str!(concat!("../../locales/", $tag, "/activity.ftl")),
            include_str!(concat!("../../locales/", $tag, "/admin.ftl")),
        ])),+]
    };
}

/// English first: it is what everybody else gets.
const SOURCES: [(&str, [&str; 5]); 2] = locales!("en", "de");

struct Language {
    tag: &'static str,
    id: fluent_langneg::LanguageIdentifier,
    bundle: FluentBundle<FluentResource>,
}

static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let sources = SOURCES.iter();
    sources
        .filter_map(|(tag, files)| {
            let locale: LanguageIdentifier = tag.parse().ok()?;
            let mut bundle = FluentBundle::new_concurrent(vec![locale]);
            for file in files {
                // What cannot be read of a file is left out; a test finds it.
                let resource = FluentResource::try_new((*file).to_owned());
                bundle.add_resource_overriding(resource.unwrap_or_else(|(read, _)| read));
            }
            Some(Language {
                tag,
                id: tag.parse().ok()?,
                bundle,
            })
        })
        .collect()
});

/// A language, for one answer.
#[derive(Clone, Copy)]
pub struct Text(usize);

impl Text {
    /// The one that the browser prefers of those that there are (RFC 9110 section 12.5.4).
    pub fn of(req: &HttpRequest) -> Self {
        let header = req.headers().get(ACCEPT_LANGUAGE);
        let wanted = header.and_then(|value| value.to_str().ok()).unwrap_or("");
        let wanted = parse_accepted_languages(wanted);
        let there: Vec<&fluent_langneg::LanguageIdentifier> =
            LANGUAGES.iter().map(|one| &one.id).collect();
        let strategy = NegotiationStrategy::Lookup;
        let default = there.first().copied();
        let chosen = negotiate_languages(&wanted, &there, default.as_ref(), strategy);
        let place = chosen
            .first()
            .and_then(|id| there.iter().position(|one| one == *id));
        Self(place.unwrap_or(0))
    }

    /// Its tag (BCP 47), for `lang`.
    pub fn tag(self) -> &'static str {
        LANGUAGES.get(self.0).map_or("en", |one| one.tag)
    }

    /// A message.
    pub fn say(self, id: &str) -> String {
        self.format(id, None)
    }

    /// A message with what is to be filled in. Text from outside is set apart from the rest, so that
    /// its direction changes nothing around it.
    pub fn with(self, id: &str, values: &[(&'static str, FluentValue<'_>)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, value.clone());
        }
        self.format(id, Some(&args))
    }

    /// Whether there is such a message.
    pub fn has(id: &str) -> bool {
        LANGUAGES
            .first()
            .is_some_and(|one| one.bundle.has_message(id))
    }

    fn format(self, id: &str, args: Option<&FluentArgs<'_>>) -> String {
        // What a language lacks is said in English.
        for place in [self.0, 0] {
            let Some(language) = LANGUAGES.get(place) else {
                continue;
            };
            let message = language.bundle.get_message(id);
            if let Some(pattern) = message.and_then(|message| message.value()) {
                let mut errors = Vec::new();
                let text = language.bundle.format_pattern(pattern, args, &mut errors);
                return text.into_owned();
            }
        }
        log::error!("there is no message {id:?}");
        id.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Messages and the variables that each names, as the files have them.
    fn messages(files: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let (mut messages, mut last) = (BTreeMap::<String, BTreeSet<String>>::new(), None);
        for line in files.iter().flat_map(|file| file.lines()) {
            let starts = line.starts_with(|c: char| c.is_ascii_lowercase());
            if let (true, Some((id, _))) = (starts, line.split_once(" =")) {
                let before = messages.insert(id.to_owned(), BTreeSet::new());
                assert!(before.is_none(), "{id} comes twice");
                last = Some(id.to_owned());
            }
            for (place, _) in line.match_indices('$') {
                let name = line[place + 1..].chars();
                let name = name.take_while(char::is_ascii_alphanumeric);
                let of = messages.get_mut(last.as_ref().unwrap()).unwrap();
                of.insert(name.collect());
            }
        }
        messages
    }

    #[test]
    fn every_language_says_everything() {
        let english = messages(&SOURCES[0].1);
        assert!(english.len() > 40);
        for (tag, files) in &SOURCES[1..] {
            assert_eq!(messages(files), english, "{tag}");
        }
        for (tag, files) in &SOURCES {
            for file in files {
                let read = FluentResource::try_new((*file).to_owned());
                assert!(read.is_ok(), "{tag}: {:?}", read.err().map(|(_, e)| e));
            }
        }
    }

    #[test]
    fn the_browser_chooses() {
        let chosen = |header: &str| {
            let req = actix_web::test::TestRequest::default();
            Text::of(
                &req.insert_header((ACCEPT_LANGUAGE, header))
                    .to_http_request(),
            )
            .tag()
        };
        for (header, tag) in [
            ("de-AT,de;q=0.9,en;q=0.5", "de"),
            ("fr, de;q=0.5", "de"),
            ("en-GB", "en"),
            ("fr", "en"),
            ("", "en"),
            ("\u{e9};;q=", "en"),
        ] {
            assert_eq!(chosen(header), tag, "{header}");
        }
    }
}
