//! The people who work here: who is asking, and how they prove it.

pub mod account;
pub mod account_page;
pub mod account_pages;
pub mod authenticator;
pub mod founding;
pub mod invitation;
pub mod invite;
pub mod link;
pub mod link_page;
pub mod list;
pub mod list_pages;
pub mod pages;
pub mod people;
pub mod reset;
pub mod restrict;
pub mod roles;
pub mod session;
pub mod sessions;
pub mod setup_pages;
pub mod show;
pub mod show_pages;
pub mod sign_in;
pub mod sign_in_pages;
mod standing;
pub mod status;
pub mod throttle;

pub use crate::gate::{Role, Roles};

use crate::gate::Target;

/// A member of staff as the target of a change.
pub fn target(id: i64) -> Target {
    Target::new("staff", id)
}

/// An e-mail address of staff as it is stored: lower case, no spaces, one `@` with something on both sides.
pub fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, domain) = email.split_once('@')?;
    let fits = !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && email.len() <= 254
        && email.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b',' | b';'))
        && !domain.contains('@');
    fits.then_some(email)
}
