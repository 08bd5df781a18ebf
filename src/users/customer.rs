//! A customer as pages show one: masked, or for a reason in full.

use super::find::CustomerRow;
use crate::{
    clock::Instant,
    id::CustomerId,
    mask::{email, name, phone},
};

/// A customer, name and contacts masked.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    pub id: CustomerId,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub suspended: bool,
    pub points: i64,
    pub joined_at: Instant,
    pub last_seen_at: Option<Instant>,
}

impl Customer {
    /// A customer as pages show them.
    #[expect(clippy::needless_pass_by_value, reason = "what is masked must not be at hand any more")]
    pub(crate) fn masked(found: CustomerRow) -> Self {
        Self {
            id: found.id,
            name: name(&found.name),
            email: email(&found.email),
            phone: found.phone.as_deref().map(phone),
            suspended: found.status == "suspended",
            points: found.points,
            joined_at: found.joined_at,
            last_seen_at: found.last_seen_at,
        }
    }
}

/// Name and contacts in full.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
}
