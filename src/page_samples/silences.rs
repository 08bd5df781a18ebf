//! Silences.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    alerts::silence::{
        begin::BeginPanel,
        end::EndPanel,
        list::{OVER, Silences, SilencesPage},
        record::{Scope, Silence},
    },
    id::SilenceId,
    web::{
        list::pager_within,
        panel::{Opened, Panel, Side, side_of},
        shell::{
            Section, Silenced,
            field::{FieldErrors, wrong},
            seal::SealForm,
            table::Choice,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn a_silence(self, id: i64, scope: Scope, name: &str) -> Silence {
        Silence {
            id: SilenceId::new(id),
            scope,
            name: name.into(),
            begun_at: before(TimeDelta::minutes(40)),
            until_at: now().plus(TimeDelta::hours(23)),
            reason: self.reason(),
            staff_name: self.me(),
            ended_at: None,
            ended_by: None,
        }
    }

    fn active_silences(self) -> Vec<Silence> {
        vec![
            self.a_silence(4, Scope::Kind, "runs.failed"),
            self.a_silence(3, Scope::Job, &self.text("daily-settlement", "daily-settlement")),
            self.a_silence(2, Scope::Channel, &self.text("ops", "ops")),
        ]
    }

    fn silences_on(self) -> Silences {
        Silences {
            before: None,
            active: self.active_silences(),
            jobs: vec![Choice::new(
                self.text("daily-settlement", "daily-settlement"),
                self.text("일일 정산 집계", "Daily settlement"),
            )],
            channels: vec![self.text("ops", "ops")],
        }
    }

    fn silences_page(self, active: Vec<Silence>, over: Vec<Silence>, side: Side) -> String {
        let pager = pager_within("/silences", OVER, true, over.last().map(|silence| silence.id));
        let mut shell = self.shell(Section::Alerts);
        let n = i64::try_from(active.len()).unwrap();
        shell.silenced = active.first().map(|silence| Silenced { n, until: silence.end() });
        html(&SilencesPage { shell, active, over, pager, may_end: true, side })
    }

    fn silences_side<P: Panel<On = Silences>>(self, part: &P::Part, opened: Opened<P>, errors: FieldErrors) -> Side {
        let seal = SealForm { reason: self.reason(), errors, ..SealForm::fresh(P::KIND, "01JD3Q8V5W", 0) };
        side_of(&self.shell(Section::Alerts), &self.silences_on(), part, opened, seal).unwrap().0
    }

    pub(super) fn silences(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let expired = Silence { until_at: before(TimeDelta::minutes(5)), ..self.a_silence(1, Scope::Job, "orders") };
        let early = Silence {
            ended_at: Some(before(TimeDelta::minutes(20))),
            ended_by: Some(self.me()),
            ..self.a_silence(0, Scope::Kind, "batches.missed")
        };
        let over = || vec![expired.clone(), early.clone()];
        add("silences", self.silences_page(self.active_silences(), over(), Side::default()));
        add("silences-empty", self.silences_page(vec![], vec![], Side::default()));
        let form = |what: &str, until: String| Opened::Form(BeginPanel { what: what.into(), until });
        let begin = self.silences_side(&(), form("", "2026-11-21T03:12".into()), FieldErrors::new());
        add("silence-begin", self.silences_page(vec![], over(), begin));
        let mut errors = FieldErrors::one("what", wrong::required());
        errors.add("until", super::maker::refused_field("silence-long", &[]));
        let refused = self.silences_side(&(), form("kind:runs.failed", self.text("", "")), errors);
        add("silence-begin-refused", self.silences_page(self.active_silences(), vec![], refused));
        let silence = self.a_silence(4, Scope::Kind, "runs.failed");
        let end = self.silences_side(&silence.id.clone(), Opened::Form(EndPanel(silence)), FieldErrors::new());
        add("silence-end", self.silences_page(self.active_silences(), over(), end));
    }
}
