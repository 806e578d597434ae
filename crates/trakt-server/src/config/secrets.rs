//! Secrets that the service makes for itself in `DATA_DIR` when none are given.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use trakt_core::Entropy;
use trakt_store::Keyring;

use super::Settings;
use crate::auth::AuthSecret;

const TOKEN_KEYS: &str = "token_keys";

/// The keys that seal tokens: those of `TOKEN_KEYS`, or the one kept in `DATA_DIR/token_keys`.
///
/// # Errors
/// When the file cannot be read or made, or does not hold keys.
pub fn token_keys(settings: &Settings, entropy: &dyn Entropy) -> anyhow::Result<Keyring> {
    if let Some(keys) = &settings.token_keys {
        return Ok(Keyring::parse(keys.expose_secret())?);
    }
    let path = settings.data_dir.join(TOKEN_KEYS);
    let text = kept(&path, || Keyring::generate(entropy))?;
    let keyring = Keyring::parse(text.expose_secret());
    keyring.with_context(|| format!("{} does not hold keys", path.display()))
}

/// Whether there are keys, or [`token_keys`] would make one.
#[must_use]
pub fn has_token_keys(settings: &Settings) -> bool {
    settings.token_keys.is_some() || settings.data_dir.join(TOKEN_KEYS).exists()
}

/// What signs local bearer tokens: `AUTH_SECRET`, or what is kept in `DATA_DIR/auth_secret`.
///
/// # Errors
/// When the file cannot be read or made, or is too short.
pub fn auth_secret(settings: &Settings, entropy: &dyn Entropy) -> anyhow::Result<AuthSecret> {
    if let Some(secret) = &settings.auth.secret {
        return Ok(secret.clone());
    }
    let path = settings.data_dir.join("auth_secret");
    let text = kept(&path, || random_base64(entropy))?;
    let secret = AuthSecret::new(text.expose_secret());
    secret.with_context(|| format!("{} does not hold a secret", path.display()))
}

/// Makes `DATA_DIR` if it is not there, for the owner alone.
///
/// # Errors
/// When it cannot be made.
pub fn make_data_dir(dir: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .with_context(|| format!("DATA_DIR {} cannot be made", dir.display()))
}

fn random_base64(entropy: &dyn Entropy) -> SecretString {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    BASE64_STANDARD.encode(bytes).into()
}

/// The content of a file, which is made first if it is not there. Two processes that start at
/// once agree: the file appears whole or not at all, and the first one counts.
fn kept(path: &Path, make: impl FnOnce() -> SecretString) -> anyhow::Result<SecretString> {
    match fs::read_to_string(path) {
        Ok(text) => return checked(path, &text),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| format!("{} cannot be read", path.display()));
        }
    }
    make_data_dir(path.parent().unwrap_or(Path::new(".")))?;
    let mut unique: PathBuf = path.to_owned();
    unique.set_extension(format!("{}.new", std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unique)?;
        file.write_all(make().expose_secret().as_bytes())?;
        file.sync_all()?;
        match fs::hard_link(&unique, path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => fs::remove_file(&unique)?,
        }
        fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    write().with_context(|| format!("{} cannot be written", path.display()))?;
    let text = fs::read_to_string(path);
    checked(
        path,
        &text.with_context(|| format!("{} cannot be read", path.display()))?,
    )
}

fn checked(path: &Path, text: &str) -> anyhow::Result<SecretString> {
    ensure!(!text.trim().is_empty(), "{} is empty", path.display());
    Ok(text.trim().to_owned().into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use trakt_core::SystemEntropy;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_for_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/secret");
        let first = kept(&path, || random_base64(&SystemEntropy)).unwrap();
        let again = kept(&path, || unreachable!("it is there")).unwrap();
        assert_eq!(first.expose_secret(), again.expose_secret());
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing but the secret is left");
    }

    #[test]
    fn an_empty_file_is_not_taken_for_a_secret() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        fs::write(&path, "\n").unwrap();
        assert!(kept(&path, || "new".to_owned().into()).is_err());
    }
}
