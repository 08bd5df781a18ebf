//! Requests as no page sends them, through HTTP: strange addresses, hostile fields, forged forms, what each answer says, and what the
//! server logs of it.

mod addresses;
mod embedded;
pub(crate) mod fields;
mod focus;
mod forgery;
mod framed;
mod headers;
mod hosts;
mod logging;
mod malformed;
mod printable;
mod searching;
mod slow;
mod typed;
