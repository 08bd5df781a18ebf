//! One's own account, through HTTP: password, authenticator, preferences and sessions.

mod sessions;
mod settings;
