//! A customer as pages show one: masked, or for a reason in full.

use crate::clock::Instant;

/// A customer, name and contacts masked.
#[derive(Clone, Debug)]
pub struct Customer {
    pub id: i64,
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
    pub suspended: bool,
    pub points: i64,
    pub joined_at: Instant,
    pub last_seen_at: Option<Instant>,
}

/// Name and contacts in full.
#[derive(Clone, Debug)]
pub struct Contact {
    pub name: String,
    pub email: String,
    pub phone: Option<String>,
}
