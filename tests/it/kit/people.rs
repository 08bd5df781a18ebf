use super::TestClock;
use ingam::clock::Clock;
use ring::hmac;
use std::{collections::HashMap, sync::Mutex, thread, time::Duration};

/// A person on the staff of every world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) email: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
    pub(crate) password: &'static str,
    /// What their authenticator holds.
    pub(crate) secret: [u8; 20],
}

/// The same five as in the demo, one for each role.
pub(crate) const PEOPLE: [Person; 5] = [
    person("mina@ingam.test", "Mina Kang", "operator", "quiet river stones", 1),
    person("jun@ingam.test", "Jun Park", "oncall", "three lamps at dawn", 2),
    person("sora@ingam.test", "Sora Lee", "auditor", "no page left unread", 3),
    person("hana@ingam.test", "Hana Choi", "approver", "another pair of eyes", 4),
    person("owner@ingam.test", "Olivia Owens", "owner", "copper keys on hooks", 5),
];

const fn person(email: &'static str, name: &'static str, role: &'static str, password: &'static str, n: u8) -> Person {
    Person { email, name, role, password, secret: [n; 20] }
}

impl Person {
    /// Finds a person by e-mail or by the part before its `@`.
    pub(crate) fn called(who: &str) -> Self {
        let is_meant = |p: &&Self| p.email == who || p.email.split('@').next() == Some(who);
        *PEOPLE.iter().find(is_meant).unwrap_or_else(|| panic!("no person here is called {who}"))
    }
}

/// The six digits that an authenticator shows in a 30-second step (RFC 6238 with SHA-1). Written here again, so that the
/// product's own arithmetic is checked against another.
pub(crate) fn totp(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let at = usize::from(mac[19] & 0x0f);
    let number = u32::from_be_bytes([mac[at], mac[at + 1], mac[at + 2], mac[at + 3]]) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// Who has used which code already, so that no code is given twice.
#[derive(Debug)]
pub(crate) struct People {
    time: Time,
    spent: Mutex<HashMap<&'static str, i64>>,
}

#[derive(Debug)]
enum Time {
    /// Moves when a new code is needed.
    Told(TestClock),
    /// Must be waited for.
    Real,
}

const STEP: i64 = 30;

/// Seconds that a busy machine may take to fill in a form and send it.
const MARGIN: i64 = 12;

impl People {
    pub(super) fn told(clock: TestClock) -> Self {
        Self { time: Time::Told(clock), spent: Mutex::default() }
    }

    /// For a process that asks the machine for the time. Its people have used no code yet.
    pub(super) fn real() -> Self {
        Self { time: Time::Real, spent: Mutex::default() }
    }

    /// A code that `who` has not used and that is accepted now. Where their current one is used, time moves on to the
    /// next: at once in a world with a clock of its own, in up to half a minute for a real process.
    pub(crate) fn code(&self, who: &str) -> String {
        let person = Person::called(who);
        let mut spent = self.spent.lock().unwrap();
        let last = spent.get(person.email).copied().unwrap_or_default();
        let step = match &self.time {
            Time::Told(clock) => {
                // What was spent by a clock that has been set back since bars nothing but the current one.
                let last = last.min(clock.now().unix() / STEP);
                clock.reach((last + 1) * STEP);
                clock.now().unix() / STEP
            }
            Time::Real => {
                // The step before the current one is accepted too, except when it is about to be too old.
                let now = Clock::system().now().unix();
                let oldest = if now % STEP > STEP - MARGIN { now / STEP } else { now / STEP - 1 };
                (last + 1).max(oldest)
            }
        };
        spent.insert(person.email, step);
        drop(spent);
        if matches!(self.time, Time::Real) {
            let ahead = step * STEP - Clock::system().now().unix();
            thread::sleep(Duration::from_secs(u64::try_from(ahead).unwrap_or_default()));
        }
        totp(&person.secret, step)
    }

    /// A code that is surely not among those accepted about now.
    pub(crate) fn wrong_code(&self, who: &str) -> String {
        let secret = Person::called(who).secret;
        let now = match &self.time {
            Time::Told(clock) => clock.now().unix(),
            Time::Real => Clock::system().now().unix(),
        } / STEP;
        let near: Vec<_> = (now - 3..now + 4).map(|step| totp(&secret, step)).collect();
        (0..10).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap()
    }
}
