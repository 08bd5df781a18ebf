//! The people of a demo. Its sign-in page offers them by name, with the code that their authenticator app would show. Only `ingam demo`
//! has them: a console of any other profile than `local` refuses to start with them.

use crate::{
    clock::Instant,
    gate::{Role, code},
};
use chrono::TimeDelta;
use std::fmt;

/// How many codes a page carries: ten minutes of them, so that it need not ask again.
const CODES: i32 = 20;
/// Seconds that a code is shown.
const STEP: i64 = 30;

/// A person of a demo, with all that signing in takes.
#[derive(Clone)]
pub struct Persona {
    pub name: String,
    pub role: Role,
    pub email: String,
    pub password: String,
    /// The secret of the authenticator.
    pub secret: Vec<u8>,
}

/// The secrets are left out.
impl fmt::Debug for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Persona").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// The codes of a person from now on.
#[derive(Clone, Debug)]
pub struct Codes {
    /// The number of the first code's step: seconds since 1970 by 30.
    pub step: i64,
    codes: Vec<String>,
}

impl Persona {
    pub(crate) fn codes(&self, now: Instant) -> Codes {
        let step = now.unix().div_euclid(STEP);
        let at = |n: i32| code::current(&self.secret, now.plus(TimeDelta::seconds(STEP * i64::from(n))));
        Codes { step, codes: (0..CODES).filter_map(at).collect() }
    }
}

impl Codes {
    /// The code of the present step.
    pub(crate) fn now(&self) -> &str {
        self.codes.first().map_or("", String::as_str)
    }

    /// All of them, for the script that shows the next one when its time has come.
    pub(crate) fn all(&self) -> String {
        self.codes.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_code_of_now_and_those_that_come_and_prints_no_secret() {
        let persona = Persona {
            name: "Mina".to_owned(),
            role: Role::Operator,
            email: "mina@ingam.test".to_owned(),
            password: "four-groups".to_owned(),
            secret: b"12345678901234567890".to_vec(),
        };
        // RFC 6238, appendix B: 1111111109 s is in step 37037036, the last six of eight digits.
        let codes = persona.codes(Instant::from_unix(1_111_111_109).unwrap());
        assert_eq!((codes.step, codes.now()), (37_037_036, "081804"));
        assert_eq!(codes.all().split(' ').nth(1), Some("050471"), "of 1111111111 s");
        let said = format!("{persona:?}");
        assert!(!said.contains("four-groups") && !said.contains("49"), "{said}");
    }
}
