//! How often a person may look at customers, by role.

use crate::gate::{Limit, Limits, LookKind, LookLimits, Role};
use serde::Deserialize;

/// `[[look_limit]]` of the configuration file. What it does not name is as usual.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    /// `operator`, or a list; every role where there is none.
    role: Option<Several<Role>>,
    /// `reveals`, `searches` or `opened`, or a list.
    kind: Several<LookKind>,
    /// The first and the second limit in an hour.
    hour: Option<[i64; 2]>,
    /// The same on a day.
    day: Option<[i64; 2]>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "not one of the words that can be here, nor a list of them")]
enum Several<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Several<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// More than a person can look at, so that it is as good as none.
const MOST: i64 = 1_000_000;

/// The limits, or what is wrong with them.
pub(super) fn read(declared: &[Declared]) -> Result<LookLimits, String> {
    let mut own: Vec<(Role, LookKind, Limits)> = Vec::new();
    for limits in declared {
        let roles = limits.role.as_ref().map_or(&Role::ALL[..], Several::all);
        if roles.is_empty() || limits.kind.all().is_empty() {
            return Err("look_limit: `role` or `kind` is an empty list".to_owned());
        }
        for kind in limits.kind.all() {
            let read = limits.limits(*kind)?;
            for role in roles {
                if own.iter().any(|(of, what, _)| (of, what) == (role, kind)) {
                    return Err(format!(
                        "look_limit of {kind:?}: there are two for the role {role}",
                        kind = kind.as_str()
                    ));
                }
                own.push((*role, *kind, read));
            }
        }
    }
    Ok(LookLimits::new(own))
}

impl Declared {
    fn limits(&self, kind: LookKind) -> Result<Limits, String> {
        let usual = Limits::usual(kind);
        let wrong = |what: &str| format!("look_limit of {:?}: {what}", kind.as_str());
        if self.hour.is_none() && self.day.is_none() {
            return Err(wrong("needs `hour`, `day` or both, such as hour = [60, 120]"));
        }
        let limit = |name: &str, pair: Option<[i64; 2]>, usual: Limit| match pair {
            None => Ok(usual),
            Some([first, second]) if first < 1 || second > MOST => {
                Err(wrong(&format!("`{name}` must be between 1 and {MOST}, and is [{first}, {second}]")))
            }
            Some([first, second]) if first > second => {
                Err(wrong(&format!("the first limit of `{name}` is above the second: [{first}, {second}]")))
            }
            Some([first, second]) => Ok(Limit { first, second }),
        };
        Ok(Limits { hour: limit("hour", self.hour, usual.hour)?, day: limit("day", self.day, usual.day)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Roles;

    #[derive(Deserialize)]
    struct File {
        look_limit: Vec<Declared>,
    }

    fn limits(rest: &str) -> Result<LookLimits, String> {
        let file: File = toml::from_str(&format!("[[look_limit]]\n{rest}")).map_err(|error| error.to_string())?;
        read(&file.look_limit)
    }

    #[test]
    fn a_person_with_several_roles_has_the_highest_limit_of_each() {
        let limits = limits(
            "role = \"operator\"\nkind = \"reveals\"\nhour = [1, 2]\n
             [[look_limit]]\nrole = [\"approver\", \"owner\"]\nkind = [\"reveals\", \"opened\"]\nhour = [5, 50]\nday = [7, 8]",
        )
        .unwrap();
        let of = |roles: &[Role]| limits.of(&Roles::new(roles.iter().copied()), LookKind::Reveals);
        assert_eq!(of(&[Role::Operator]).hour, Limit { first: 1, second: 2 });
        assert_eq!(of(&[Role::Operator]).day, Limits::usual(LookKind::Reveals).day);
        assert_eq!(of(&[Role::Operator, Role::Approver]).hour, Limit { first: 5, second: 50 });
        assert_eq!(of(&[Role::Operator, Role::Approver]).day, Limits::usual(LookKind::Reveals).day);
        assert_eq!(of(&[Role::Owner]).day, Limit { first: 7, second: 8 });
        assert_eq!(of(&[Role::Auditor]), Limits::usual(LookKind::Reveals));
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        for (rest, says) in [
            ("kind = \"reveals\"", "needs `hour`"),
            ("kind = \"reveals\"\nhour = [0, 5]", "between 1 and"),
            ("kind = \"reveals\"\nhour = [1, 1000001]", "between 1 and"),
            ("kind = \"reveals\"\nday = [6, 5]", "above the second"),
            ("kind = \"reveals\"\nday = [-6, 5]", "between 1 and"),
            ("kind = \"reveal\"\nday = [5, 5]", "not one of the words"),
            ("role = \"boss\"\nkind = \"reveals\"\nday = [5, 5]", "not one of the words"),
            ("role = []\nkind = \"reveals\"\nday = [5, 5]", "empty list"),
            ("kind = \"reveals\"\nday = [5]", "invalid length"),
            ("kind = \"reveals\"\nweek = [5, 6]", "unknown field"),
            (
                "kind = \"reveals\"\nday = [5, 6]\n[[look_limit]]\nrole = \"owner\"\nkind = \"reveals\"\nday = [5, 6]",
                "two for the role owner",
            ),
        ] {
            let error = limits(rest).unwrap_err();
            assert!(error.contains(says), "{rest}: {error}");
        }
    }
}
