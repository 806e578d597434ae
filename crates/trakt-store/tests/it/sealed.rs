//! A sealed token that was changed is never served, and every attempt is on the trail.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use trakt_core::ports::TokenStore;
use trakt_core::{PortError, UserId};

use crate::scene::{Scene, identity};

/// Links a user of this name.
fn linked(scene: &Scene, name: &str) -> UserId {
    let user = scene.user(&format!("{name}@example.org"));
    scene.link(user, &format!("token-{name}"), &identity(name, name));
    user
}

fn served(scene: &Scene, user: UserId) -> Result<String, PortError> {
    let held = scene.store.held(user)?.unwrap().unwrap();
    Ok(held.access.unwrap().expose().to_owned())
}

#[track_caller]
fn refused(scene: &Scene, user: UserId) {
    let noted = "audit_log WHERE event = 'token_unreadable'";
    let before: u32 = scene.count(noted).parse().unwrap();
    let error = served(scene, user).unwrap_err();
    assert!(matches!(error, PortError::Corrupt(_)), "{error}");
    let text = format!("{error} {error:?}");
    assert!(!text.contains("v1.") && !text.contains("token-"), "{text}");
    assert_eq!(scene.count(noted), (before + 1).to_string());
}

#[test]
fn no_bit_of_a_sealed_token_can_be_changed() {
    let scene = Scene::new();
    for name in ["ana", "ben", "cleo"] {
        let user = linked(&scene, name);
        let expected = format!("token-{name}");
        assert_eq!(served(&scene, user).unwrap(), expected);
        let sql = format!("SELECT access_token FROM trakt_users WHERE trakt_slug = '{name}'");
        let sealed = scene.db.text(&sql);
        let (head, body) = sealed.rsplit_once('.').unwrap();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(body).unwrap();
        let put = |body: &str| {
            scene.db.sql(&format!(
                "UPDATE trakt_users SET access_token = '{head}.{body}' WHERE trakt_slug = '{name}'"
            ));
        };
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            put(&BASE64_URL_SAFE_NO_PAD.encode(&changed));
            refused(&scene, user);
        }
        put(body);
        assert_eq!(
            served(&scene, user).unwrap(),
            expected,
            "put back, it opens"
        );
    }
}
