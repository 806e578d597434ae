//! The people who have an account at the simulated Trakt.

use serde::{Deserialize, Serialize};

use crate::Limits;

/// An account at the simulated Trakt, with the fields of `GET /users/settings` that matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// `ids.slug`: unique, changes with a rename. Never empty.
    pub slug: String,
    /// The name it signs in with, changes with a rename.
    pub username: String,
    /// The display name.
    #[serde(default)]
    pub name: String,
    /// `ids.uuid`: 40 hexadecimal digits, stays through a rename. When empty, the simulator
    /// draws one as the account is added.
    #[serde(default)]
    pub uuid: String,
    /// Others see a reduced profile.
    #[serde(default)]
    pub private: bool,
    /// Pays for Trakt.
    #[serde(default)]
    pub vip: bool,
    /// The account is gone; its profile only says so.
    #[serde(default)]
    pub deleted: bool,
    /// Trakt has locked it: every call with its token is answered 423.
    #[serde(default)]
    pub locked: bool,
    /// Its owner has deactivated it: every call with its token is answered 423.
    #[serde(default)]
    pub deactivated: bool,
    /// The name of its time zone in the IANA database, as `account.timezone` of its settings.
    #[serde(default = "timezone")]
    pub timezone: String,
    /// How much it may keep; `None` is [`Limits::FREE`] or [`Limits::VIP`].
    #[serde(default)]
    pub limits: Option<Limits>,
}

fn timezone() -> String {
    "America/Los_Angeles".to_owned()
}

impl Account {
    /// A public account that does not pay, its uuid still to be drawn.
    #[must_use]
    pub fn new(slug: &str, username: &str, name: &str) -> Self {
        Self {
            slug: slug.to_owned(),
            username: username.to_owned(),
            name: name.to_owned(),
            uuid: String::new(),
            private: false,
            vip: false,
            deleted: false,
            locked: false,
            deactivated: false,
            timezone: timezone(),
            limits: None,
        }
    }

    /// How much it may keep: its own limits, or those of everybody who pays as it does.
    #[must_use]
    pub fn effective_limits(&self) -> Limits {
        let everybodys = if self.vip { Limits::VIP } else { Limits::FREE };
        self.limits.unwrap_or(everybodys)
    }

    /// The accounts of [`Config::default`](crate::Config): `sean` (VIP), `justin` and
    /// `ana-lucia` (private). Their uuids are the same in every run.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let sample = |slug, username, name, uuid: &str| Self {
            uuid: uuid.to_owned(),
            ..Self::new(slug, username, name)
        };
        vec![
            Self {
                vip: true,
                ..sample(
                    "sean",
                    "sean",
                    "Sean Rudford",
                    "b6589fc6ab0dc82cf12099d1c2d40ab994e8410c",
                )
            },
            sample(
                "justin",
                "justin",
                "Justin Nemeth",
                "356a192b7913b04c54574d18c28d46e6395428ab",
            ),
            Self {
                private: true,
                ..sample(
                    "ana-lucia",
                    "Ana.Lucia",
                    "Ana Lucía Cortez",
                    "da4b9237bacccdf19c0760cab7aec4a8359010b0",
                )
            },
        ]
    }
}

/// What changes about an account; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountChange {
    /// [`Account::name`].
    pub name: Option<String>,
    /// [`Account::private`].
    pub private: Option<bool>,
    /// [`Account::vip`].
    pub vip: Option<bool>,
    /// [`Account::locked`].
    pub locked: Option<bool>,
    /// [`Account::deactivated`].
    pub deactivated: Option<bool>,
    /// [`Account::timezone`].
    pub timezone: Option<String>,
    /// [`Account::limits`].
    pub limits: Option<Limits>,
}

impl AccountChange {
    pub(crate) fn apply(self, account: &mut Account) {
        let set = |field: &mut bool, to: Option<bool>| *field = to.unwrap_or(*field);
        set(&mut account.private, self.private);
        set(&mut account.vip, self.vip);
        set(&mut account.locked, self.locked);
        set(&mut account.deactivated, self.deactivated);
        if let Some(name) = self.name {
            account.name = name;
        }
        if let Some(timezone) = self.timezone {
            account.timezone = timezone;
        }
        account.limits = self.limits.or(account.limits);
    }
}
