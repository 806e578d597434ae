//! Where settings come from.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;

use secrecy::SecretString;

/// The environment variables of the process, or a test's own, with a list of what was wrong.
#[derive(Debug, Default)]
pub struct Environment {
    values: HashMap<String, OsString>,
    errors: Vec<String>,
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self::new(std::env::vars_os())
    }

    /// These variables.
    pub fn new(vars: impl IntoIterator<Item = (impl Into<OsString>, impl Into<OsString>)>) -> Self {
        let text = |(name, value): (_, _)| {
            let name: OsString = name;
            Some((name.into_string().ok()?, value))
        };
        let vars = vars
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self {
            values: vars.filter_map(text).collect(),
            errors: Vec::new(),
        }
    }

    /// A variable; absent and empty are the same.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let value = self.values.get(name)?.clone();
        match value.into_string() {
            Ok(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Err(_) => {
                self.wrong(name, "is not valid UTF-8");
                None
            }
        }
    }

    /// A variable read by `parse`.
    pub fn parsed<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(name, &error.to_string());
                None
            }
        }
    }

    /// A secret: the variable itself, or the content of the file that `NAME_FILE` names.
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        let file_name = format!("{name}_FILE");
        match (self.text(name), self.text(&file_name)) {
            (Some(_), Some(_)) => {
                self.wrong(name, &format!("and {file_name} are both set: keep one"));
                None
            }
            (Some(text), None) => Some(text.into()),
            (None, None) => None,
            (None, Some(path)) => self.secret_file(&file_name, Path::new(&path)),
        }
    }

    fn secret_file(&mut self, name: &str, path: &Path) -> Option<SecretString> {
        match std::fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => {
                self.wrong(name, &format!("names an empty file, {}", path.display()));
                None
            }
            Ok(text) => Some(text.trim().to_owned().into()),
            Err(error) => {
                self.wrong(
                    name,
                    &format!("names {}, which cannot be read: {error}", path.display()),
                );
                None
            }
        }
    }

    /// Notes that a variable is wrong. The text must not show the value of a secret.
    pub fn wrong(&mut self, name: &str, why: &str) {
        self.errors.push(format!("{name} {why}"));
    }

    /// Everything that was wrong so far.
    #[must_use]
    pub fn into_errors(self) -> Vec<String> {
        self.errors
    }
}
