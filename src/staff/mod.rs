//! The people who work here: their accounts, and how they sign in.

pub(crate) mod account;
pub(crate) mod account_page;
pub(crate) mod account_pages;
mod account_state;
pub(crate) mod authenticator;
pub(crate) mod colleague;
pub(crate) mod confirm;
pub(crate) mod confirm_pages;
pub mod founding;
pub(crate) mod history;
pub(crate) mod invitation;
pub mod invite;
pub(crate) mod key;
pub mod link;
pub(crate) mod link_page;
pub(crate) mod list;
pub(crate) mod login_pages;
pub(crate) mod offer;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod recover;
pub(crate) mod recovery_pages;
pub mod reset;
pub mod restrict;
pub mod roles;
pub(crate) mod rotation;
pub(crate) mod session;
pub(crate) mod session_list;
pub(crate) mod sessions;
pub(crate) mod setup_pages;
pub(crate) mod show;
pub(crate) mod sign_in;
pub(crate) mod sign_in_pages;
pub mod status;
pub(crate) mod throttle;

pub use crate::gate::{Role, Roles};

use crate::{gate::Target, id::StaffId, web::panel::Entry};

crate::gate::refusal_words! {
    /// The session has ended already.
    pub(crate) SESSION_OVER = "session-over";
    /// The account is so already.
    pub(crate) STAFF_ALREADY = "staff-already";
    /// No role is chosen.
    pub(crate) STAFF_NO_ROLE = "staff-no-role";
}

crate::gate::topics! {
    /// A password, an authenticator or recovery codes were changed.
    pub(crate) STAFF_CREDENTIAL_CHANGED = "staff.credential-changed";
}

/// What can be done beside a person's page.
const MEMBER_PANELS: &[Entry<people::Member>] = &[
    Entry::of::<roles::RolesPanel>(),
    Entry::of::<link::LinkPanel>(),
    Entry::of::<reset::ResetPanel>(),
    Entry::of::<restrict::NetworksPanel>(),
    Entry::of::<status::StatusPanel>(),
    Entry::of::<sessions::EndAllPanel>(),
    Entry::of::<sessions::EndOnePanel>(),
];

/// What can be done beside the list of staff.
const LIST_PANELS: &[Entry<people::StaffList>] = &[Entry::of::<invite::InvitePanel>()];

/// A member of staff as the target of a change.
pub fn target(id: StaffId) -> Target {
    Target::new("staff", id)
}

/// An e-mail address of staff as it is stored: lower case, no spaces, one `@` with something on both sides. No colon, with which
/// no authenticator takes over the account.
pub fn normal_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, domain) = email.split_once('@')?;
    let fits = !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && email.len() <= 254
        && email
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"' | b',' | b';' | b':'))
        && !domain.contains('@');
    fits.then_some(email)
}
