//! The address as a QR code, for a telephone.

use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;
use url::Url;

/// The picture; `None` where the text is too long for one.
pub fn picture(text: &str, name: &str) -> Option<Markup> {
    let code = QrCode::new(text).ok()?;
    let svg = code.render::<svg::Color<'_>>().build();
    // As a part of a page it has no XML declaration.
    let (_, svg) = svg.split_once("?>")?;
    Some(html! {
        div.qr role="img" aria-label=(name) { (PreEscaped(svg)) }
    })
}

/// What the QR code leads to: the address, with the code where that is known to work.
///
/// Until July 2026 Trakt's contract had `https://trakt.tv/activate/CODE`. Since then it gives
/// `https://auth.trakt.tv/activate`, without a code, as what a QR code is to have, and nothing says
/// that a code may be appended there. So the code is appended to the old address alone, where it saves
/// the person the typing; should it lead nowhere one day, code and plain address stand beside it.
pub fn scanned(address: &str, user_code: &str) -> String {
    let old = Url::parse(address).ok().filter(|url| {
        url.scheme() == "https"
            && url.host_str() == Some("trakt.tv")
            && url.path() == "/activate"
            && url.query().is_none()
    });
    let filled = old.and_then(|mut url| {
        url.path_segments_mut().ok()?.push(user_code);
        Some(url.to_string())
    });
    filled.unwrap_or_else(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_goes_where_trakt_had_it_and_nowhere_else() {
        for (address, expected) in [
            (
                "https://trakt.tv/activate",
                "https://trakt.tv/activate/5055CC52",
            ),
            (
                "https://auth.trakt.tv/activate",
                "https://auth.trakt.tv/activate",
            ),
            (
                "https://app.trakt.tv/activate",
                "https://app.trakt.tv/activate",
            ),
            ("https://trakt.tv/other", "https://trakt.tv/other"),
            (
                "https://trakt.tv/activate?a=b",
                "https://trakt.tv/activate?a=b",
            ),
            (
                "https://trakt.tv.example/activate",
                "https://trakt.tv.example/activate",
            ),
            ("http://127.0.0.1:1/activate", "http://127.0.0.1:1/activate"),
            ("no address", "no address"),
        ] {
            assert_eq!(scanned(address, "5055CC52"), expected);
        }
        let odd = scanned("https://trakt.tv/activate", "../a?b#c");
        assert_eq!(odd, "https://trakt.tv/activate/..%2Fa%3Fb%23c");
    }

    #[test]
    fn what_is_too_long_has_no_picture() {
        assert!(picture(&"x".repeat(3000), "a").is_none());
        let shown = picture("https://trakt.tv/activate", "a\"<b>")
            .unwrap()
            .into_string();
        let start = "<div class=\"qr\" role=\"img\" aria-label=\"a&quot;&lt;b&gt;\"><svg";
        assert!(shown.starts_with(start), "{shown}");
    }
}
