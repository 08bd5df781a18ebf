//! The shop's own nightly work, as changes of the system: what the demo's batch jobs do to the demo's data.
//!
//! A day is settled ([`settle`]), points that are a year old expire ([`expire`]), and coupons are issued ([`coupons`], of
//! which there is only as much as it takes to watch one job fail and be run again).

pub(crate) mod coupons;
pub mod expire;
pub mod settle;

use crate::zone::Zone;

crate::gate::refusal_words! {
    /// The text is no day.
    pub(crate) NOT_A_DAY = "not-a-day";
}

/// The time zone of the shop's business days, independent of the viewer's zone.
pub fn zone() -> Zone {
    Zone::seoul()
}
