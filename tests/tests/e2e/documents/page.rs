//! A document in Markdown: the commands in it, what they are said to print, its links and the places
//! that links can lead to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A document.
pub struct Page {
    /// From the root of the repository.
    pub name: String,
    pub text: String,
    /// What a reader types.
    pub blocks: Vec<Block>,
    /// The languages of all fenced blocks.
    pub languages: Vec<String>,
    /// Where its links and pictures lead.
    pub links: Vec<String>,
    /// The places in it, as GitHub names them after the headings.
    pub anchors: Vec<String>,
}

/// A fenced block of shell commands.
pub struct Block {
    pub commands: String,
    /// The block that follows at once, which is what they print.
    pub prints: Option<String>,
}

/// What serves until it is stopped: it goes on in the background, and what comes after it is typed in
/// another terminal.
const SERVING: &[&str] = &["scripts/demo", "trakt-server demo", "trakt-server serve"];

impl Block {
    /// Whether it starts the service.
    pub fn serves(&self) -> bool {
        SERVING.contains(&self.commands.trim())
    }
}

impl Page {
    /// Those for readers of the repository: README.md, CONTRIBUTING.md and everything below docs.
    pub fn all() -> Vec<Self> {
        let mut paths = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
        below(&root().join("docs"), &mut paths);
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Those with commands: all, and what each crate says of itself.
    pub fn with_commands() -> Vec<Self> {
        let crates = std::fs::read_dir(root().join("crates")).unwrap();
        let own = crates.map(|entry| entry.unwrap().path().join("README.md"));
        let mut own: Vec<_> = own.filter(|path| path.exists()).collect();
        own.sort();
        let mut pages = Self::all();
        pages.extend(own.iter().map(|path| Self::read(path)));
        pages
    }

    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let name = path.strip_prefix(root()).unwrap().to_str().unwrap();
        Self::parse(name.to_owned(), text)
    }

    pub fn parse(name: String, text: String) -> Self {
        let mut page = Self {
            name,
            text: String::new(),
            blocks: Vec::new(),
            languages: Vec::new(),
            links: Vec::new(),
            anchors: Vec::new(),
        };
        let mut seen: HashMap<String, usize> = HashMap::new();
        // What stands in the heading or block that is being read.
        let mut within = String::new();
        let mut in_block = false;
        // Whether nothing has come since the last commands: a block that follows is what they print.
        let mut after_commands = false;
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    within.clear();
                    in_block = true;
                    page.languages.push(match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => "indented".to_owned(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => {
                    let written = std::mem::take(&mut within);
                    let language = page.languages.last().map_or("", String::as_str);
                    in_block = false;
                    match (language, page.blocks.last_mut()) {
                        ("sh", _) => page.blocks.push(Block {
                            commands: written,
                            prints: None,
                        }),
                        ("json" | "text", Some(block)) if after_commands => {
                            block.prints = Some(written);
                        }
                        _ => {}
                    }
                    after_commands = page.languages.last().is_some_and(|last| last == "sh");
                }
                Event::Text(text) | Event::Code(text) => {
                    within.push_str(&text);
                    after_commands &= in_block;
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::Heading { .. }) => within.clear(),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&within);
                    let before = seen.entry(anchor.clone()).or_default();
                    page.anchors.push(match *before {
                        0 => anchor,
                        times => format!("{anchor}-{times}"),
                    });
                    *before += 1;
                }
                _ => {}
            }
        }
        page.text = text;
        page
    }
}

fn below(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            paths.push(path);
        }
    }
}

/// As GitHub makes it: small letters, spaces as hyphens, nothing else but letters, digits, `-` and `_`.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' => Some('-'),
        '-' | '_' => Some(c),
        c => c.is_alphanumeric().then_some(c),
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# One `two`: three!\n\n```sh\nls\n```\n```json\n{}\n```\n\n## One\n\n```sh\npwd\n```\n\n\
                Said.\n\n```text\nnothing\n```\n\n## One\n\n[a](b.md#c) ![d](e.png)\n";
    let page = Page::parse("a.md".to_owned(), text.to_owned());
    let blocks = page.blocks.iter();
    let blocks: Vec<_> = blocks
        .map(|block| (block.commands.as_str(), block.prints.as_deref()))
        .collect();
    assert_eq!(blocks, [("ls\n", Some("{}\n")), ("pwd\n", None)]);
    assert_eq!(page.languages, ["sh", "json", "sh", "text"]);
    assert_eq!(page.anchors, ["one-two-three", "one", "one-1"]);
    assert_eq!(page.links, ["b.md#c", "e.png"]);
}
