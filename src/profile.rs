//! Which environment this is. Production is unmistakable, and nothing else can be taken for it.

use std::{fmt, str::FromStr};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    Local,
    Dev,
    Staging,
    Prod,
}

impl Profile {
    pub const ALL: [Self; 4] = [Self::Local, Self::Dev, Self::Staging, Self::Prod];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }

    pub fn is_production(self) -> bool {
        self == Self::Prod
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == text)
            .ok_or_else(|| format!("{text:?} is not a profile; the profiles are local, dev, staging and prod"))
    }
}

impl TryFrom<String> for Profile {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Checks that a console of `profile` may open a database stamped `stamp`: production opens production only, and nothing
/// else opens production. The error says what is wrong.
pub fn stamp_fits(profile: Profile, stamp: Profile) -> Result<String, String> {
    match (profile.is_production(), stamp.is_production()) {
        (true, false) => Err(format!("the profile is prod and the database is stamped {stamp}")),
        (false, true) => {
            Err(format!("the profile is {profile} and the database is stamped prod: this is production data"))
        }
        _ => Ok(format!("stamped {stamp}")),
    }
}
