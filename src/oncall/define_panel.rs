//! The form of a rota: its name, how turns go, and the members in their order.

use super::{
    define::{DefineRota, LONGEST_TITLE, MEMBERS, newest},
    list::Rotas,
    record::CLOCK,
    show::RotaView,
    turn::{Turns, Unit},
};
use crate::{
    clock::Instant,
    id::StaffId,
    staff::colleague::Colleague,
    text::composed,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
    zone::Zone,
};
use askama::Template;
use chrono::{Datelike as _, Days, NaiveDate, TimeZone as _};

/// The fields of the members, in the order of their turns.
const PLACES: [&str; MEMBERS] = [
    "member-1",
    "member-2",
    "member-3",
    "member-4",
    "member-5",
    "member-6",
    "member-7",
    "member-8",
    "member-9",
    "member-10",
    "member-11",
    "member-12",
];

const FIELDS: &[&str] = &[
    "name",
    "title",
    "zone",
    "handover",
    "every",
    "unit",
    "starts_on",
    "clocks",
    "member-1",
    "member-2",
    "member-3",
    "member-4",
    "member-5",
    "member-6",
    "member-7",
    "member-8",
    "member-9",
    "member-10",
    "member-11",
    "member-12",
];

/// How far ahead a handover is held against changes of the clocks.
const WARNS_DAYS: u64 = 2 * 366;

/// The fields as they were typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) zone: String,
    pub(crate) handover: String,
    pub(crate) every: String,
    pub(crate) unit: String,
    pub(crate) starts_on: String,
    pub(crate) members: Vec<String>,
    /// What has to be confirmed: handovers while clocks are changed.
    pub(crate) clocks: Option<Clocks>,
}

/// Handovers at which the clocks of the zone skip the time or show it twice.
#[derive(Clone, Debug)]
pub(crate) struct Clocks {
    /// What the box is ticked for.
    pub(crate) value: String,
    pub(crate) days: String,
    pub(crate) is_confirmed: bool,
}

impl Typed {
    /// A new rota: weeks from the next Monday on, at nine.
    fn fresh(desk: &Desk) -> Self {
        let today = today(desk.now(), desk.zone());
        let ahead = 7_u32.saturating_sub(today.weekday().num_days_from_monday());
        let monday = today.checked_add_days(Days::new(u64::from(ahead))).unwrap_or(today);
        Self {
            zone: desk.zone().name().to_owned(),
            handover: "09:00".to_owned(),
            every: "1".to_owned(),
            unit: Unit::Week.as_str().to_owned(),
            starts_on: monday.to_string(),
            ..Self::default()
        }
    }

    /// A rota as its newest plan has it.
    fn of(on: &RotaView) -> Self {
        let rota = &on.loaded.rota;
        let base = Self { name: rota.name.clone(), title: rota.title.clone(), ..Self::default() };
        let Some(turns) = newest(&on.loaded.duty) else { return base };
        Self {
            zone: turns.zone.to_string(),
            handover: turns.handover.format(CLOCK).to_string(),
            every: turns.every.to_string(),
            unit: turns.unit.as_str().to_owned(),
            starts_on: turns.starts_on.to_string(),
            members: turns.members.iter().map(ToString::to_string).collect(),
            ..base
        }
    }

    fn again(form: &Form, now: Instant) -> Self {
        let get = |field: &str| form.get(field).to_owned();
        let members = PLACES.iter().map(|place| get(place)).filter(|member| !member.is_empty()).collect();
        Self {
            name: get("name"),
            title: get("title"),
            zone: get("zone"),
            handover: get("handover"),
            every: get("every"),
            unit: get("unit"),
            starts_on: get("starts_on"),
            members,
            clocks: read(form, "").turns(now).ok().and_then(|turns| Clocks::of(&turns, form, now)),
        }
    }
}

impl Clocks {
    fn of(turns: &Turns, form: &Form, now: Instant) -> Option<Self> {
        let from = today(now, turns.zone).max(turns.starts_on);
        let days = turns.on_changed_clocks(from, from.checked_add_days(Days::new(WARNS_DAYS))?);
        if days.is_empty() {
            return None;
        }
        let value = format!("{} {}", turns.zone, turns.handover.format(CLOCK));
        let days = days.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Some(Self { is_confirmed: form.get("clocks") == value, value, days })
    }
}

fn today(now: Instant, zone: Zone) -> NaiveDate {
    zone.from_utc_datetime(&now.utc().naive_utc()).date_naive()
}

/// The change as it was typed; what cannot be read is what the change refuses. `name` is that of the rota which is edited.
fn read(form: &Form, name: &str) -> DefineRota {
    let is_new = name.is_empty();
    let members = PLACES.iter().filter_map(|place| form.trimmed(place).parse::<StaffId>().ok()).collect();
    DefineRota {
        name: if is_new { form.trimmed("name").to_owned() } else { name.to_owned() },
        title: composed(form.trimmed("title")),
        zone: form.trimmed("zone").to_owned(),
        handover: form.trimmed("handover").to_owned(),
        every: form.trimmed("every").parse().unwrap_or_default(),
        unit: Unit::parse(form.get("unit")).unwrap_or(Unit::Week),
        starts_on: form.trimmed("starts_on").to_owned(),
        members,
        is_new,
    }
}

/// The change that the form asks for, or what is missing in it.
fn checked(desk: &Desk, form: &Form, name: &str) -> Result<DefineRota, Unread> {
    let mut errors = FieldErrors::new();
    for field in ["title", "zone", "handover", "every", "starts_on"] {
        if form.trimmed(field).is_empty() {
            errors.add(field, wrong::required());
        }
    }
    if name.is_empty() && form.trimmed("name").is_empty() {
        errors.add("name", wrong::required());
    }
    if Unit::parse(form.get("unit")).is_none() {
        errors.add("unit", wrong::not_a_choice());
    }
    let change = read(form, name);
    if let Ok(turns) = change.turns(desk.now())
        && Clocks::of(&turns, form, desk.now()).is_some_and(|clocks| !clocks.is_confirmed)
    {
        errors.add("clocks", wrong::required());
    }
    if errors.is_empty() { Ok(change) } else { Err(errors.into()) }
}

/// The form of a new rota.
pub(crate) struct CreatePanel(pub(crate) Typed);

impl Panel for CreatePanel {
    type On = Rotas;
    type Part = ();
    type Asks = DefineRota;
    const NAME: &'static str = "create";
    const ROUTE: &'static str = "/oncall";
    const FIELDS: &'static [&'static str] = FIELDS;
    const CLOSED: &'static str = "rota";

    fn button(desk: &Desk, _: &Rotas) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("rota.create").to_owned() })
    }

    async fn open(desk: &Desk, _: &Rotas, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let typed = opening.form().map_or_else(|| Typed::fresh(desk), |form| Typed::again(form, desk.now()));
        Ok(Opened::Form(Self(typed)))
    }

    async fn read(desk: &Desk, _: &Rotas, (): &(), form: &Form) -> Result<DefineRota, Unread> {
        checked(desk, form, "")
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        PlanForm { shell, able: &on.able, typed: &self.0, is_new: true, seal }.render()
    }
}

/// The form of another plan.
pub(crate) struct PlanPanel(pub(crate) Typed);

impl Panel for PlanPanel {
    type On = RotaView;
    type Part = ();
    type Asks = DefineRota;
    const NAME: &'static str = "plan";
    const ROUTE: &'static str = "/oncall/{name}/plan";
    const FIELDS: &'static [&'static str] = FIELDS;
    const CLOSED: &'static str = "rota-turns";

    fn button(desk: &Desk, _: &RotaView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "users", label: desk.words().get("rota.plan").to_owned() })
    }

    async fn open(desk: &Desk, on: &RotaView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let typed = opening.form().map_or_else(|| Typed::of(on), |form| Typed::again(form, desk.now()));
        Ok(Opened::Form(Self(typed)))
    }

    async fn read(desk: &Desk, on: &RotaView, (): &(), form: &Form) -> Result<DefineRota, Unread> {
        checked(desk, form, &on.loaded.rota.name)
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        PlanForm { shell, able: &on.able, typed: &self.0, is_new: false, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "oncall/plan.html")]
struct PlanForm<'a> {
    shell: &'a Shell,
    able: &'a [Colleague],
    typed: &'a Typed,
    is_new: bool,
    seal: &'a SealForm,
}

impl PlanForm<'_> {
    const LONGEST_TITLE: usize = LONGEST_TITLE;

    /// The places of the form, each with who is in it: those that are filled, and three more.
    fn places(&self) -> Vec<(usize, &'static str, &str)> {
        let filled = self.typed.members.len();
        let places = PLACES.iter().enumerate().take(filled.saturating_add(3));
        places.map(|(n, place)| (n + 1, *place, self.typed.members.get(n).map_or("", String::as_str))).collect()
    }

    fn is_chosen(member: &Colleague, chosen: &str) -> bool {
        member.id.to_string() == chosen
    }
}
