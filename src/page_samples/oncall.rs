//! Rotas.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    id::{OverrideId, PlanId, RotaId, Seq, StaffId},
    oncall::{
        calendar::{Calendar, CalendarPage, CalendarPanel, RevokePanel},
        define_panel::{Clocks, CreatePanel, PlanPanel, Typed},
        duty::{Duty, Override, Plan},
        list::{Rotas, RotasPage},
        month::Month,
        record::{Loaded, Member, OverrideRow, Rota},
        show::{RotaPage, RotaView},
        stand_in_panels::{OverridePanel, RemovePanel, RetirePanel, SwapPanel},
        turn::{Turns, Unit},
    },
    staff::colleague::Colleague,
    web::{
        panel::{Opened, Panel, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
    zone::Zone,
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use std::collections::HashMap;

impl Maker {
    fn on_call_people(self) -> HashMap<StaffId, Member> {
        let member = |id, name: String, active| Member { id: StaffId::new(id), name, active };
        let people = [
            member(1, self.me(), true),
            member(2, self.text("박준", "Jun Park"), true),
            member(3, self.text("최하나", "Hana Choi"), false),
        ];
        people.into_iter().map(|member| (member.id, member)).collect()
    }

    fn able(self) -> Vec<Colleague> {
        let active = self.on_call_people().into_values().filter(|member| member.active);
        let mut able: Vec<Colleague> = active.map(|Member { id, name, .. }| Colleague { id, name }).collect();
        able.sort_by_key(|member| member.id);
        able
    }

    fn rota(id: i64, name: &str, title: String) -> Rota {
        Rota {
            id: RotaId::new(id),
            name: name.into(),
            title,
            retired_at: None,
            changed: 3,
            changed_at: before(TimeDelta::days(9)),
            announced_at: before(TimeDelta::days(2)),
            told_at: before(TimeDelta::days(2)),
        }
    }

    fn loaded(self, members: &[i64]) -> Loaded {
        let starts_on = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
        let turns = Turns {
            zone: Zone::seoul(),
            handover: NaiveTime::from_hms_opt(9, 0, 0).unwrap(),
            every: 1,
            unit: Unit::Week,
            starts_on,
            members: members.iter().copied().map(StaffId::new).collect(),
        };
        let (from, until) = (now().plus(TimeDelta::days(2)), now().plus(TimeDelta::days(3)));
        let row = OverrideRow {
            id: OverrideId::new(4),
            rota: RotaId::new(1),
            from_at: from,
            until_at: until,
            staff: StaffId::new(1),
            staff_name: self.me(),
            reason: self.reason(),
        };
        let plan = Plan { id: PlanId::new(1), from: before(TimeDelta::days(19)), turns };
        let instead = Override { id: OverrideId::new(4), from, until, staff: StaffId::new(1) };
        Loaded {
            rota: Self::rota(1, "settlement", self.text("정산 당직", "Settlement")),
            duty: Duty { plans: vec![plan], overrides: vec![instead] },
            overrides: vec![row],
        }
    }

    fn rotas(self, calendar: Option<Calendar>) -> Rotas {
        let empty = Loaded {
            rota: Self::rota(2, "second", self.text("2차 당직", "Second line")),
            duty: Duty::default(),
            overrides: Vec::new(),
        };
        let all = vec![self.loaded(&[2, 1, 3]), empty];
        let unreachable = [StaffId::new(1)].into();
        Rotas { all, people: self.on_call_people(), able: self.able(), unreachable, calendar }
    }

    fn rotas_page(self, view: Rotas, side: Side) -> String {
        html(&RotasPage::of(self.shell(Section::Oncall), view, side))
    }

    fn rotas_side<P: Panel<On = Rotas, Part = ()>>(self, panel: P, errors: FieldErrors) -> Side {
        let seal = SealForm { reason: self.reason(), errors, ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 0) };
        side_of(&self.shell(Section::Oncall), &self.rotas(None), &(), Opened::Form(panel), seal).unwrap().0
    }

    fn rota_view(self, members: &[i64]) -> RotaView {
        let lang = self.shell(Section::Oncall).words.lang();
        let month = Month::asked("", now(), Zone::seoul(), lang);
        let unreachable = [StaffId::new(1)].into();
        RotaView { loaded: self.loaded(members), people: self.on_call_people(), able: self.able(), unreachable, month }
    }

    fn rota_page(self, view: RotaView, side: Side) -> String {
        html(&RotaPage::of(self.shell(Section::Oncall), view, true, side))
    }

    fn rota_side<P: Panel<On = RotaView>>(self, part: &P::Part, panel: P, errors: FieldErrors) -> Side {
        let seal = SealForm { reason: self.reason(), errors, ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 3) };
        let view = self.rota_view(&[2, 1, 3]);
        side_of(&self.shell(Section::Oncall), &view, part, Opened::Form(panel), seal).unwrap().0
    }

    fn typed_rota(self) -> Typed {
        Typed {
            name: "settlement".into(),
            title: self.text("정산 당직", "Settlement"),
            zone: "America/New_York".into(),
            handover: "02:30".into(),
            every: "1".into(),
            unit: "week".into(),
            starts_on: "2026-11-30".into(),
            members: vec!["2".into(), "1".into()],
            clocks: Some(Clocks {
                value: "America/New_York 02:30".into(),
                days: "2027-03-14, 2028-03-12".into(),
                is_confirmed: false,
            }),
        }
    }

    pub(super) fn oncall(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let calendar = || Some(Calendar { made_at: before(TimeDelta::days(3)) });
        add("oncall", self.rotas_page(self.rotas(calendar()), Side::default()));
        let nothing = Rotas { all: Vec::new(), ..self.rotas(None) };
        add("oncall-empty", self.rotas_page(nothing, Side::default()));
        let create = self.rotas_side(CreatePanel(self.typed_rota()), FieldErrors::one("clocks", wrong::required()));
        add("oncall-create", self.rotas_page(self.rotas(None), create));
        let address = self.rotas_side(CalendarPanel, FieldErrors::new());
        add("oncall-calendar", self.rotas_page(self.rotas(calendar()), address));
        let revoke = self.rotas_side(RevokePanel, FieldErrors::new());
        add("oncall-calendar-end", self.rotas_page(self.rotas(calendar()), revoke));
        for (name, link) in [
            (
                "oncall-calendar-link",
                Some("https://admin.example.com/calendars/5f0c7d1e9a5f0c7d1e9a5f0c7d1e9a5f.ics".into()),
            ),
            ("oncall-calendar-shown", None),
        ] {
            let shell = self.shell(Section::Oncall);
            add(name, html(&CalendarPage { shell, link, seq: Seq::new(12_345) }));
        }
        add("rota", self.rota_page(self.rota_view(&[2, 1]), Side::default()));
        // Who is on duty now has an account no more.
        add("rota-gap", self.rota_page(self.rota_view(&[3]), Side::default()));
        let mut retired = self.rota_view(&[2, 1]);
        retired.loaded.rota.retired_at = Some(before(TimeDelta::days(1)));
        add("rota-retired", self.rota_page(retired, Side::default()));
        let page = |side| self.rota_page(self.rota_view(&[2, 1, 3]), side);
        let plan = PlanPanel(Typed { clocks: None, ..self.typed_rota() });
        add("rota-plan", page(self.rota_side(&(), plan, FieldErrors::one("members", wrong::required()))));
        let (from, until) = ("2026-11-21T09:00".to_owned(), "2026-11-23T09:00".to_owned());
        let stand_in = OverridePanel { staff: "1".into(), from, until };
        add("rota-override", page(self.rota_side(&(), stand_in, FieldErrors::new())));
        let swap = SwapPanel { one: String::new(), other: String::new() };
        add("rota-swap", page(self.rota_side(&(), swap, FieldErrors::new())));
        let row = self.loaded(&[2]).overrides.remove(0);
        add("rota-remove", page(self.rota_side(&row.id.clone(), RemovePanel(row), FieldErrors::new())));
        add("rota-retire", page(self.rota_side(&(), RetirePanel, FieldErrors::new())));
    }
}
