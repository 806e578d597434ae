//! The signature, as Standard Webhooks 1.0 has it: HMAC-SHA256 over the id, the time and the body.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

/// The secrets that events are signed with: with each of them, so that a receiver can go from one to
/// the next.
#[derive(Clone, Default)]
pub struct Secrets(Vec<SecretSlice<u8>>);

/// The text holds no secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be whsec_ and the base64 of 24 to 64 bytes; several by commas, all of which sign")]
pub struct InvalidSecrets;

impl Secrets {
    const PREFIX: &str = "whsec_";

    /// Reads `whsec_…`, one or several by commas.
    ///
    /// # Errors
    /// [`InvalidSecrets`]; it does not show the text.
    pub fn parse(text: &str) -> Result<Self, InvalidSecrets> {
        let secret = |part: &str| {
            let base64 = part.trim().strip_prefix(Self::PREFIX)?;
            let bytes = BASE64_STANDARD.decode(base64).ok()?;
            (24..=64)
                .contains(&bytes.len())
                .then(|| SecretSlice::from(bytes))
        };
        let secrets: Option<Vec<_>> = text.split(',').map(secret).collect();
        secrets.map(Self).ok_or(InvalidSecrets)
    }

    /// What `webhook-signature` says: `v1,` and base64, one for each secret, with spaces between them.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signature = |secret: &SecretSlice<u8>| {
            // HMAC takes a key of any length.
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret()).ok()?;
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body.as_bytes());
            let digest = BASE64_STANDARD.encode(mac.finalize().into_bytes());
            Some(format!("v1,{digest}"))
        };
        let signatures: Vec<_> = self.0.iter().filter_map(signature).collect();
        signatures.join(" ")
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The vector that the libraries of the specification are tested with.
    #[test]
    fn the_published_vector() {
        let secrets = Secrets::parse(ONE).unwrap();
        let signed = secrets.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn every_secret_signs() {
        let two = format!("{ONE}, whsec_{}", BASE64_STANDARD.encode([7; 32]));
        let signed = Secrets::parse(&two).unwrap().sign("id", 1, "{}");
        let alone = Secrets::parse(ONE).unwrap().sign("id", 1, "{}");
        assert!(signed.starts_with(&format!("{alone} v1,")), "{signed}");
        assert_eq!(signed.split(' ').count(), 2);
    }

    #[test]
    fn what_is_no_secret() {
        let (short, long) = ([1; 23], [1; 65]);
        for bad in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_not base64 at all, as one can see",
            &format!("{ONE},"),
            &format!("whsec_{}", BASE64_STANDARD.encode(short)),
            &format!("whsec_{}", BASE64_STANDARD.encode(long)),
        ] {
            assert!(Secrets::parse(bad).is_err(), "{bad}");
        }
        let shown = format!("{:?} {InvalidSecrets}", Secrets::parse(ONE).unwrap());
        assert!(!shown.contains("MfKQ"), "{shown}");
    }
}
