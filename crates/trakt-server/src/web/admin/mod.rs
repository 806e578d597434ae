//! What an operator sees and does.

pub mod audit;
pub mod bulk;
pub mod links;
mod pages;

/// A text that a form or a filter has, without what stands around it. Empty is none.
fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// As [`given`], for [`crate::http::Fields`].
#[expect(
    clippy::unnecessary_wraps,
    reason = "fields are read by what may refuse"
)]
fn text(text: &str) -> Result<Option<String>, &'static str> {
    Ok(given(text))
}

/// A field of a form whose text is looked at later, as it stands in the form again where it is wrong.
#[expect(
    clippy::unnecessary_wraps,
    reason = "fields are read by what may refuse"
)]
fn verbatim(text: &str) -> Result<String, &'static str> {
    Ok(text.to_owned())
}

/// A tick.
fn yes(word: &str) -> Result<(), &'static str> {
    match word {
        "yes" => Ok(()),
        _ => Err("must be 'yes'"),
    }
}
