//! Requests as no page sends them, through HTTP: strange addresses, hostile fields, forged forms, and what each answer says.

mod addresses;
pub(crate) mod fields;
mod forgery;
mod headers;
mod typed;
