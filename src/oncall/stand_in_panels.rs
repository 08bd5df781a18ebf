//! The forms beside a rota: taking over for a time, swapping shifts, taking an exception back, retiring.

use super::{
    duty::Shift,
    record::OverrideRow,
    retire::RetireRota,
    show::RotaView,
    stand_in::{OverrideRota, RemoveOverride, SwapShifts, check_times},
};
use crate::{
    clock::Instant,
    gate::Fault,
    id::{OverrideId, StaffId},
    staff::colleague::Colleague,
    web::{
        Desk, PageError,
        form::Form,
        local_time,
        panel::{Button, Opened, Opening, Panel, Query, Unread, View},
        refused::field_errors,
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;

/// Who takes over for a time.
pub(crate) struct OverridePanel {
    pub(crate) staff: String,
    /// As typed, in the zone of the person; empty for now.
    pub(crate) from: String,
    pub(crate) until: String,
}

impl Panel for OverridePanel {
    type On = RotaView;
    type Part = ();
    type Asks = OverrideRota;
    const NAME: &'static str = "override";
    const ROUTE: &'static str = "/oncall/{name}/overrides";
    const FIELDS: &'static [&'static str] = &["staff", "from", "until"];

    fn button(desk: &Desk, _: &RotaView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "user", label: desk.words().get("rota.override").to_owned() })
    }

    async fn open(desk: &Desk, on: &RotaView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let query = Query::of(desk);
        let now = desk.now();
        let next = on.loaded.duty.shifts(now, now.plus(super::stand_in::SWAPS)).first().map(|shift| shift.until);
        let until = next.map(|until| local_time::typed(until, desk.zone())).unwrap_or_default();
        let until = if query.get("until").is_empty() { until.as_str() } else { query.get("until") };
        Ok(Opened::Form(Self {
            staff: opening.typed("staff", &desk.person().id.to_string()),
            from: opening.typed("from", query.get("from")),
            until: opening.typed("until", until),
        }))
    }

    async fn read(desk: &Desk, on: &RotaView, (): &(), form: &Form) -> Result<OverrideRota, Unread> {
        let mut errors = FieldErrors::new();
        let staff = form.trimmed("staff").parse::<StaffId>().ok();
        if staff.is_none() {
            errors.add("staff", wrong::not_a_choice());
        }
        let time = |field, errors: &mut FieldErrors| match form.trimmed(field) {
            "" => None,
            text => {
                let at = local_time::read(text, desk.zone());
                if at.is_none() {
                    errors.add(field, wrong::refused(super::OVERRIDE_TIMES));
                }
                at
            }
        };
        let (from, until) = (time("from", &mut errors), time("until", &mut errors));
        if form.trimmed("until").is_empty() {
            errors.add("until", wrong::required());
        }
        let now = desk.now();
        if let Some(until) = until
            && let Err(Fault::Rejected(why)) = check_times(from.map_or(now, |from| from.max(now)), until, now)
        {
            errors.extend(field_errors(&why));
        }
        match (staff, until) {
            (Some(staff), Some(until)) if errors.is_empty() => Ok(OverrideRota {
                rota: on.loaded.rota.name.clone(),
                staff,
                from: from.map(|from| from.to_string()),
                until: until.to_string(),
            }),
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        OverrideForm { shell, able: &on.able, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "oncall/override.html")]
struct OverrideForm<'a> {
    shell: &'a Shell,
    able: &'a [Colleague],
    panel: &'a OverridePanel,
    seal: &'a SealForm,
}

impl OverrideForm<'_> {
    fn is_chosen(&self, member: &Colleague) -> bool {
        member.id.to_string() == self.panel.staff
    }
}

/// Two shifts that change hands.
pub(crate) struct SwapPanel {
    pub(crate) one: String,
    pub(crate) other: String,
}

impl Panel for SwapPanel {
    type On = RotaView;
    type Part = ();
    type Asks = SwapShifts;
    const NAME: &'static str = "swap";
    const ROUTE: &'static str = "/oncall/{name}/swaps";
    const FIELDS: &'static [&'static str] = &["one", "other"];

    fn button(desk: &Desk, _: &RotaView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "refresh", label: desk.words().get("rota.swap").to_owned() })
    }

    async fn open(_: &Desk, _: &RotaView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self { one: opening.typed("one", ""), other: opening.typed("other", "") }))
    }

    async fn read(_: &Desk, on: &RotaView, (): &(), form: &Form) -> Result<SwapShifts, Unread> {
        let mut errors = FieldErrors::new();
        for field in ["one", "other"] {
            if Instant::parse(form.trimmed(field)).is_err() {
                errors
                    .add(field, if form.trimmed(field).is_empty() { wrong::required() } else { wrong::not_a_choice() });
            }
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let get = |field| form.trimmed(field).to_owned();
        Ok(SwapShifts { rota: on.loaded.rota.name.clone(), one: get("one"), other: get("other") })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        SwapForm { shell, on, shifts: on.coming(shell.now), panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "oncall/swap.html")]
struct SwapForm<'a> {
    shell: &'a Shell,
    on: &'a RotaView,
    shifts: Vec<Shift>,
    panel: &'a SwapPanel,
    seal: &'a SealForm,
}

impl SwapForm<'_> {
    fn name(&self, shift: &Shift) -> &str {
        let member = shift.staff.and_then(|staff| self.on.people.get(&staff));
        member.map_or("?", |member| member.name.as_str())
    }

    fn label(&self, shift: &Shift) -> String {
        let (from, until) = (self.shell.minute(&shift.from).shown, self.shell.minute(&shift.until).shown);
        format!("{} · {from} – {until}", self.name(shift))
    }
}

/// An exception that is taken back.
pub(crate) struct RemovePanel(pub(crate) OverrideRow);

impl Panel for RemovePanel {
    type On = RotaView;
    type Part = OverrideId;
    type Asks = RemoveOverride;
    const NAME: &'static str = "remove";
    const ROUTE: &'static str = "/oncall/{name}/overrides/{id}/removal";
    const CLOSED: &'static str = "override-remove";

    async fn open(desk: &Desk, on: &RotaView, id: &OverrideId, _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let now = desk.now();
        let found = on.loaded.overrides.iter().find(|row| row.id == *id && row.until_at > now);
        Ok(match found {
            Some(row) => Opened::Form(Self(row.clone())),
            None => Opened::Closed(desk.words().get("refused-state.override-gone").to_owned()),
        })
    }

    async fn read(_: &Desk, on: &RotaView, id: &OverrideId, _: &Form) -> Result<RemoveOverride, Unread> {
        Ok(RemoveOverride { rota: on.loaded.rota.name.clone(), id: *id })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        let name = on.people.get(&self.0.staff).map_or("?", |member| member.name.as_str());
        RemoveForm { shell, row: &self.0, name, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "oncall/remove.html")]
struct RemoveForm<'a> {
    shell: &'a Shell,
    row: &'a OverrideRow,
    name: &'a str,
    seal: &'a SealForm,
}

/// A rota that is needed no more.
pub(crate) struct RetirePanel;

impl Panel for RetirePanel {
    type On = RotaView;
    type Part = ();
    type Asks = RetireRota;
    const NAME: &'static str = "retire";
    const ROUTE: &'static str = "/oncall/{name}/retirement";
    const CLOSED: &'static str = "rota-retire";

    fn button(desk: &Desk, _: &RotaView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "minus", label: desk.words().get("rota.retire").to_owned() })
    }

    async fn open(_: &Desk, _: &RotaView, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &RotaView, (): &(), _: &Form) -> Result<RetireRota, Unread> {
        Ok(RetireRota { rota: on.loaded.rota.name.clone() })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RetireForm { shell, rota: &on.loaded.rota.title, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "oncall/retire.html")]
struct RetireForm<'a> {
    shell: &'a Shell,
    rota: &'a str,
    seal: &'a SealForm,
}
