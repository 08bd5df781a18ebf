//! The fence: which names a console may use, by its environment.
//!
//! Clusters are shared, and the name of a topic is all that keeps environments apart on one. So a console on a developer's machine
//! cannot name a topic of production, and one in production none of a developer's.

use crate::profile::Profile;
use std::fmt;

/// How names begin that belong to developers, and to rehearsals.
const DEV: &str = "dev-";
const STAGING: &str = "staging-";
/// The number of characters that Kafka takes.
const LONGEST: usize = 249;

/// The name of a topic that the console may use in its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic(String);

impl Topic {
    /// # Errors
    /// What is wrong with the name, in one line.
    pub(crate) fn parse(text: &str, profile: Profile) -> Result<Self, String> {
        if text.starts_with('^') {
            return Err(format!(
                "the topic {text:?} begins with ^, by which clients mean every topic that fits; name one"
            ));
        }
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.is_empty() || text.len() > LONGEST || matches!(text, "." | "..") || !text.chars().all(is_legal) {
            return Err(format!(
                "the topic {text:?} is no name that Kafka takes: letters, digits, dots, underscores and hyphens, at most {LONGEST}"
            ));
        }
        let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
        let is_ours = match profile {
            Profile::Local | Profile::Dev => begins(&[DEV]),
            Profile::Staging => begins(&[STAGING, DEV]),
            Profile::Prod => !begins(&[STAGING, DEV]),
        };
        match (is_ours, profile) {
            (true, _) => Ok(Self(text.to_owned())),
            (false, Profile::Local | Profile::Dev) => {
                Err(format!("the profile is {profile} and the topic {text:?} does not begin with {DEV}"))
            }
            (false, Profile::Staging) => {
                Err(format!("the profile is staging and the topic {text:?} begins with neither {STAGING} nor {DEV}"))
            }
            (false, Profile::Prod) => {
                Err(format!("the profile is prod and the topic {text:?} begins with {STAGING} or {DEV}"))
            }
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_environment_names_the_topics_of_another() {
        let may = |profile, text: &str| Topic::parse(text, profile).is_ok();
        for profile in Profile::ALL {
            let (dev, staging, prod) =
                (may(profile, "dev-orders"), may(profile, "staging-orders"), may(profile, "orders"));
            let expected = match profile {
                Profile::Local | Profile::Dev => (true, false, false),
                Profile::Staging => (true, true, false),
                Profile::Prod => (false, false, true),
            };
            assert_eq!((dev, staging, prod), expected, "{profile}");
        }
    }

    #[test]
    fn a_pattern_is_no_name_in_any_environment() {
        for profile in Profile::ALL {
            for text in ["^dev-.*", "^orders", "dev-*", "", "..", "dev-a b", "dev-주문"] {
                assert!(Topic::parse(text, profile).is_err(), "{profile} {text}");
            }
            assert!(Topic::parse("^dev-.*", profile).unwrap_err().contains("begins with ^"));
        }
        assert!(Topic::parse(&format!("dev-{}", "a".repeat(246)), Profile::Dev).is_err());
    }
}
