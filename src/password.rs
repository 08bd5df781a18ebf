//! Passwords: Argon2id, off the async threads, a few at a time, each network and person in its turn.

mod argon;
mod turns;
mod weakness;

pub(crate) use argon::hash;
use std::sync::LazyLock;
use turns::Turns;
pub(crate) use turns::{Busy, Turn};
pub(crate) use weakness::{Weakness, weakness};

/// Bytes. No other rule about what they are: length and being hard to guess is all that helps (NIST SP 800-63B 5.1.1).
pub(crate) const MIN: usize = 12;
pub(crate) const MAX: usize = 1024;

/// Passwords that are hashed at once. Each takes one core for about 50 ms and holds 19 MiB meanwhile, so two a machine are
/// some forty a second within 38 MiB.
const AT_ONCE: usize = 2;

/// Hashes and checks passwords. The number at once and the number that wait are bounded: a flood of sign-ins must not take
/// the memory or the time of those who work.
#[derive(Clone, Debug)]
pub struct Passwords(Turns);

impl Default for Passwords {
    fn default() -> Self {
        Self(Turns::new(AT_ONCE))
    }
}

impl Passwords {
    /// Waits for a turn. `who` is the network or the person that asks: while several wait, each of them has one turn after
    /// the other, however often it asks.
    ///
    /// # Errors
    ///
    /// [`Busy`] where more wait than can be served within half a minute.
    pub(crate) async fn turn(&self, who: String) -> Result<Turn, Busy> {
        self.0.take(who).await
    }
}

impl Turn {
    /// Checks `plain` against a stored hash. Without one it does the same work and says no, so that no one can tell by
    /// the time whether an account exists.
    pub(crate) async fn verify(&self, plain: String, stored: Option<String>) -> Result<bool, Busy> {
        run(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| UNKNOWN.clone());
            argon::fits(&plain, &stored) && known
        })
        .await
    }

    pub(crate) async fn hash(&self, plain: String) -> Result<String, Busy> {
        run(move || hash(&plain)).await
    }
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Busy)
}

/// A hash that no password is known for.
static UNKNOWN: LazyLock<String> = LazyLock::new(|| hash(&crate::secret::token()));
