//! The page of a rota: who is on duty on each day of a month, the next handovers, and the exceptions.

use super::{
    PANELS, ROTA,
    define::newest,
    duty::{Shift, handovers},
    month::{self, Day, Month},
    people,
    record::{self, CLOCK, Loaded, Member, OverrideRow},
    stand_in::SWAPS,
    target,
    turn::{Turns, Unit},
};
use crate::{
    clock::Instant,
    gate::{RefusalWord, Target},
    id::{OverrideId, StaffId},
    staff::colleague::Colleague,
    web::{
        Desk, PageError, PageResult, local_time,
        panel::{self, Panel as _, Part as _, Query, RowPart, Side, Subject},
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;
use chrono::Datelike as _;
use std::collections::{HashMap, HashSet};

/// The keys of the names of months.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// How many changes of duty are listed.
const NEXT: usize = 10;

/// `GET /oncall/{name}`
pub(crate) async fn show(desk: Desk, path: web::Path<String>) -> PageResult {
    panel::show::<RotaView>(&desk, path.into_inner()).await
}

/// A rota with the people that it can name.
pub(crate) struct RotaView {
    pub(crate) loaded: Loaded,
    /// All of the staff, since a shift of the past may be of a person who has gone.
    pub(crate) people: HashMap<StaffId, Member>,
    /// Those who can be on duty.
    pub(crate) able: Vec<Colleague>,
    /// Those of all who have no proven way to be reached.
    pub(crate) unreachable: HashSet<StaffId>,
    pub(crate) month: Month,
}

impl RotaView {
    pub(crate) fn is_used(&self) -> bool {
        self.loaded.rota.retired_at.is_none()
    }

    /// The shifts that can be swapped: those that begin soon.
    pub(crate) fn coming(&self, now: Instant) -> Vec<Shift> {
        let shifts = self.loaded.duty.shifts(now, now.plus(SWAPS));
        shifts.into_iter().skip(1).filter(|shift| shift.staff.is_some()).collect()
    }
}

impl Subject for RotaView {
    type Id = String;
    const SECTION: Section = Section::Oncall;
    const PAGE: &'static str = "/oncall/{name}";
    const MISSING: Option<RefusalWord> = Some(ROTA);

    fn target(name: &String) -> Target {
        target(name)
    }

    async fn load(desk: &Desk, name: &String) -> Result<Option<Self>, PageError> {
        let month = Month::asked(Query::of(desk).get("month"), desk.now(), desk.zone(), desk.words().lang());
        let since = month.from.min(desk.now());
        let Some(loaded) = record::by_name(&mut desk.reader(), name, since).await? else { return Ok(None) };
        let people = record::members(&mut desk.reader()).await?;
        let able = people::able(&mut desk.reader()).await?;
        let unreachable = people::unreachable(&mut desk.reader(), &people).await?;
        Ok(Some(Self { loaded, people, able, unreachable, month }))
    }

    fn path(&self) -> String {
        href(&self.loaded.rota.name)
    }

    fn version(&self) -> Option<i64> {
        Some(self.loaded.rota.changed)
    }

    fn takes_forms(&self) -> bool {
        self.is_used()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let may_change = self.is_used() && desk.may("POST", super::stand_in_panels::OverridePanel::ROUTE);
        desk.page(status, &RotaPage::of(shell, self, may_change, side))
    }
}

impl RowPart for OverrideId {}

/// The address of a rota.
pub(crate) fn href(name: &str) -> String {
    format!("/oncall/{name}")
}

#[derive(Template)]
#[template(path = "oncall/show.html")]
pub(crate) struct RotaPage {
    pub(crate) shell: Shell,
    pub(crate) view: RotaView,
    pub(crate) days: Vec<Day>,
    /// The shifts with which another person is on duty.
    pub(crate) handovers: Vec<Shift>,
    /// The shift under way, or the gap.
    pub(crate) current: Option<Shift>,
    /// Whether the reader can put people on duty.
    pub(crate) may_change: bool,
    pub(crate) side: Side,
}

impl RotaPage {
    pub(crate) fn of(shell: Shell, view: RotaView, may_change: bool, side: Side) -> Self {
        let (now, duty) = (shell.now, &view.loaded.duty);
        let days = month::days(&view.month, duty, now);
        let shifts = duty.shifts(now, now.plus(SWAPS));
        let handovers = handovers(&shifts).map(|(_, after)| after).take(NEXT).collect();
        let current = shifts.first().copied();
        Self { shell, view, days, handovers, current, may_change, side }
    }

    /// Whether no message reaches a person.
    fn is_unreachable(&self, member: &Member) -> bool {
        member.active && self.view.unreachable.contains(&member.id)
    }

    /// Who has a shift.
    fn who(&self, shift: &Shift) -> Option<&Member> {
        self.view.people.get(&shift.staff?)
    }

    /// Who is on duty by an exception.
    fn person(&self, row: &OverrideRow) -> &str {
        self.view.people.get(&row.staff).map_or("", |member| member.name.as_str())
    }

    fn path(&self) -> String {
        self.view.path()
    }

    /// The plan that holds now, or else the one that was made last.
    fn turns(&self) -> Option<&Turns> {
        let duty = &self.view.loaded.duty;
        duty.plan_at(self.shell.now).map(|plan| &plan.turns).or_else(|| newest(duty))
    }

    /// How turns go: `every week · 09:00 Asia/Seoul`.
    fn rule(&self, turns: &Turns) -> String {
        let key = match turns.unit {
            Unit::Day => "oncall.every-day",
            Unit::Week => "oncall.every-week",
        };
        format!("{} · {} {}", self.shell.count(key, &turns.every), turns.handover.format(CLOCK), turns.zone)
    }

    /// Whether no person who can act is on duty now.
    fn is_gap(&self) -> bool {
        let member = self.current.as_ref().and_then(|shift| self.who(shift));
        self.view.is_used() && !member.is_some_and(|member| member.active)
    }

    fn now_tone(&self) -> &'static str {
        if self.is_gap() { "bad" } else { "ok" }
    }

    fn may_take(&self, shift: &Shift) -> bool {
        self.may_change && shift.staff != Some(self.shell.person.id)
    }

    fn is_mine(&self, shift: &Shift) -> bool {
        shift.staff == Some(self.shell.person.id)
    }

    fn month_name(&self) -> String {
        let name =
            self.shell.name("month", MONTHS.get(self.view.month.first.month0() as usize).copied().unwrap_or("jan"));
        self.shell.with("oncall.month", &[("month", &name), ("year", &self.view.month.first.year())])
    }

    /// When a shift begins, on the clock of the reader.
    fn clock(&self, shift: &Shift) -> String {
        local_time::typed(shift.from, self.shell.zone)
            .split_once('T')
            .map_or_else(String::new, |(_, clock)| clock.to_owned())
    }

    /// Whether another exception holds in place of this one, all the time that is left of it.
    fn is_covered(&self, row: &OverrideRow) -> bool {
        let from = row.from_at.max(self.shell.now);
        self.view.loaded.duty.shifts(from, row.until_at).iter().all(|shift| shift.by != Some(row.id))
    }

    fn has_overrides(&self) -> bool {
        self.overrides().next().is_some()
    }

    /// The page with the form that puts the reader on duty for this shift.
    fn take_href(&self, shift: &Shift) -> String {
        let typed = |at: Instant| local_time::typed(at, self.shell.zone);
        let from = if shift.from <= self.shell.now { String::new() } else { typed(shift.from) };
        format!("{}?panel=override&from={from}&until={}", self.view.path(), typed(shift.until))
    }

    fn remove_panel(row: &OverrideRow) -> String {
        row.id.open_name(super::stand_in_panels::RemovePanel::NAME)
    }

    fn remove_href(&self, row: &OverrideRow) -> String {
        format!("{}?panel={}", self.view.path(), Self::remove_panel(row))
    }

    /// Those of the exceptions that are not over.
    fn overrides(&self) -> impl Iterator<Item = &OverrideRow> {
        let now = self.shell.now;
        self.view.loaded.overrides.iter().filter(move |row| row.until_at > now)
    }
}
