//! On-call: who is on duty, who is next, and how people are told.
//!
//! A rota is a list of people who take turns. What is stored is the rule and the exceptions from it; who is on duty at a time is worked out
//! from them each time ([`duty`]), for the past as for the future. No shift is stored, so none can be forgotten or be twice there.

pub(crate) mod announce;
pub(crate) mod calendar;
pub(crate) mod define;
pub(crate) mod define_panel;
pub(crate) mod duty;
pub(crate) mod feed;
pub(crate) mod gap;
pub(crate) mod header;
pub(crate) mod list;
pub(crate) mod month;
pub(crate) mod people;
pub(crate) mod record;
pub(crate) mod retire;
pub(crate) mod show;
pub(crate) mod stand_in;
pub(crate) mod stand_in_panels;
pub(crate) mod turn;

use crate::{gate::Target, web::panel::Entry};

crate::gate::refusal_words! {
    /// There is no such rota.
    pub(crate) ROTA = "rota";
    /// The rota is in use no more.
    pub(crate) ROTA_RETIRED = "rota-retired";
    /// Another rota has this name.
    pub(crate) ROTA_TAKEN = "rota-taken";
    /// The name is none that a rota can have.
    pub(crate) ROTA_NAME = "rota-name";
    /// The zone, the time of handover, the length of a turn or the first day is not one.
    pub(crate) ROTA_PLAN = "rota-plan";
    /// A rota needs a member.
    pub(crate) ROTA_EMPTY = "rota-empty";
    /// The person cannot be on duty: there is no active account, or its roles only read.
    pub(crate) ROTA_MEMBER = "rota-member";
    /// The plan is what it was.
    pub(crate) ROTA_UNCHANGED = "rota-unchanged";
    /// The time ends before it begins, or has passed.
    pub(crate) OVERRIDE_TIMES = "override-times";
    /// The time is too long.
    pub(crate) OVERRIDE_LONG = "override-long";
    /// The person is on duty all that time already.
    pub(crate) OVERRIDE_ALREADY = "override-already";
    /// There is no such override, or it was removed or is over.
    pub(crate) OVERRIDE_GONE = "override-gone";
    /// There is no such shift any more, or it has begun.
    pub(crate) SHIFT_GONE = "shift-gone";
    /// Both shifts are of one person.
    pub(crate) SHIFT_SAME = "shift-same";
    /// The person has no calendar address.
    pub(crate) CALENDAR_GONE = "calendar-gone";
}

/// What can be done beside the list of rotas.
const LIST_PANELS: &[Entry<list::Rotas>] = &[
    Entry::of::<define_panel::CreatePanel>(),
    Entry::of::<calendar::CalendarPanel>(),
    Entry::of::<calendar::RevokePanel>(),
];

/// What can be done beside a rota.
const PANELS: &[Entry<show::RotaView>] = &[
    Entry::of::<stand_in_panels::OverridePanel>(),
    Entry::of::<stand_in_panels::SwapPanel>(),
    Entry::of::<define_panel::PlanPanel>(),
    Entry::of::<stand_in_panels::RetirePanel>(),
    Entry::of::<stand_in_panels::RemovePanel>(),
];

/// A rota as the target of a change.
pub(crate) fn target(name: &str) -> Target {
    Target::new("rota", name)
}
