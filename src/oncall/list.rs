//! The page of on-call: who is on duty in each rota and who is next, the reader's own shifts, and their calendar.

use super::{
    LIST_PANELS,
    calendar::{self, Calendar},
    duty::{Shift, handovers},
    people,
    record::{self, Loaded, Member},
    stand_in::SWAPS,
};
use crate::{
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::StaffId,
    staff::colleague::Colleague,
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
    pub(crate) able: Vec<Colleague>,
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
    fn of(loaded: &Loaded, shifts: &[Shift]) -> Self {
        let newest = super::define::newest(&loaded.duty);
        Self {
            name: loaded.rota.name.clone(),
            title: loaded.rota.title.clone(),
            current: shifts.first().copied(),
            next: handovers(shifts).next().map(|(_, after)| after),
            members: newest.map(|turns| turns.members.clone()).unwrap_or_default(),
        }
    }
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
        let (now, reader) = (shell.now, shell.person.id);
        let (mut lines, mut own) = (Vec::new(), Vec::new());
        for loaded in &view.all {
            let shifts = loaded.duty.shifts(now, now.plus(SWAPS));
            let mine = shifts.iter().filter(|shift| shift.staff == Some(reader));
            own.extend(mine.map(|shift| (loaded.rota.title.clone(), *shift)));
            lines.push(Line::of(loaded, &shifts));
        }
        own.sort_by_key(|(_, shift)| shift.from);
        own.truncate(OWN);
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
