//! Signing in, through HTTP: setting up, passwords, codes, sessions, and those who are not let in.

mod answers;
mod drafts;
pub(crate) mod lost_phone;
mod moving;
mod personas;
pub(crate) mod recovery;
pub(crate) mod secrets;
mod sessions;
pub(crate) mod setup;
mod throttles;
mod tokens;
mod warning;
