//! The page of on-call: who is on duty in each rota and who is next, the reader's own shifts, and their calendar.

use super::{
    LIST_PANELS,
    calendar::{self, Calendar},
    duty::Shift,
    people,
    record::{self, Loaded, Member},
    stand_in::SWAPS,
};
use crate::{
    clock::Instant,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::StaffId,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Side, Subject},
        shell::{Section, Shell},
    },
};
use askama::Template;
use std::collections::{HashMap, HashSet};

/// How many shifts of the reader are listed.
const OWN: usize = 10;

/// `GET /oncall`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Rotas>(&desk, ()).await
}

/// The rotas in use.
pub(crate) struct Rotas {
    pub(crate) all: Vec<Loaded>,
    pub(crate) people: HashMap<StaffId, Member>,
    /// Those who can be on duty.
    pub(crate) able: Vec<Member>,
    /// Those of all who have no proven way to be reached.
    pub(crate) unreachable: HashSet<StaffId>,
    /// The address at which the reader's calendar program reads their shifts.
    pub(crate) calendar: Option<Calendar>,
}

impl Subject for Rotas {
    type Id = ();
    const SECTION: Section = Section::Oncall;
    const PAGE: &'static str = "/oncall";
    const MISSING: Option<RefusalWord> = None;

    /// Each of its changes names a rota or a person; the list itself is none.
    fn target((): &()) -> Target {
        Target::new("rota", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let people = record::members(&mut desk.reader()).await?;
        Ok(Some(Self {
            all: record::all(&mut desk.reader(), desk.now()).await?,
            unreachable: people::unreachable(&mut desk.reader(), &people).await?,
            people,
            able: people::able(&mut desk.reader()).await?,
            calendar: calendar::of(&mut desk.reader(), desk.person().id).await?,
        }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        LIST_PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        matches!(row.target_kind.as_str(), "rota" | calendar::TARGET)
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        desk.page(status, &RotasPage::of(shell, self, side))
    }
}

/// A rota in the list.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub name: String,
    pub title: String,
    /// The shift under way, or the gap.
    pub current: Option<Shift>,
    /// The next one with another person, or with none.
    pub next: Option<Shift>,
    /// The members by the newest plan, in their order.
    pub members: Vec<StaffId>,
}

impl Line {
    fn of(loaded: &Loaded, now: Instant) -> Self {
        let mut handovers = loaded.duty.handovers(now, now.plus(SWAPS));
        let newest = super::define::newest(&loaded.duty);
        let next = handovers.next();
        Self {
            name: loaded.rota.name.clone(),
            title: loaded.rota.title.clone(),
            current: loaded.duty.shifts(now, now.plus(SWAPS)).first().copied(),
            next: next.map(|(_, after)| after),
            members: newest.map(|turns| turns.members.clone()).unwrap_or_default(),
        }
    }
}

/// The next shifts of a person, in all rotas, each with the title of its rota.
fn own_shifts(rotas: &[Loaded], staff: StaffId, now: Instant) -> Vec<(String, Shift)> {
    let mut own: Vec<(String, Shift)> = Vec::new();
    for loaded in rotas {
        let shifts = loaded.duty.shifts(now, now.plus(SWAPS)).into_iter();
        own.extend(shifts.filter(|shift| shift.staff == Some(staff)).map(|shift| (loaded.rota.title.clone(), shift)));
    }
    own.sort_by_key(|(_, shift)| shift.from);
    own.truncate(OWN);
    own
}

#[derive(Template)]
#[template(path = "oncall/list.html")]
pub(crate) struct RotasPage {
    pub(crate) shell: Shell,
    pub(crate) lines: Vec<Line>,
    /// The reader's next shifts, each with the title of its rota.
    pub(crate) own: Vec<(String, Shift)>,
    pub(crate) view: Rotas,
    pub(crate) side: Side,
}

impl RotasPage {
    pub(crate) fn of(shell: Shell, view: Rotas, side: Side) -> Self {
        let lines = view.all.iter().map(|loaded| Line::of(loaded, shell.now)).collect();
        let own = own_shifts(&view.all, shell.person.id, shell.now);
        Self { shell, lines, own, view, side }
    }

    /// Whether no message reaches a person.
    fn is_unreachable(&self, member: &Member) -> bool {
        member.active && self.view.unreachable.contains(&member.id)
    }

    /// Who has a shift.
    fn who(&self, shift: &Shift) -> Option<&Member> {
        self.view.people.get(&shift.staff?)
    }

    fn members(&self, line: &Line) -> String {
        let names = line.members.iter().filter_map(|staff| self.view.people.get(staff));
        names.map(|member| member.name.as_str()).collect::<Vec<_>>().join(" → ")
    }
}
