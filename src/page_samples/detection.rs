//! What rules found, and the rules.

use super::maker::{Maker, Sample, before, html};
use crate::{
    detection::{
        Thresholds,
        close::ClosePanel,
        list::{Filter, ListPage},
        record::{Counted, Suspicion},
        rule::Rule,
        rules_page::{RulesPage, Shown},
        show::ShowPage,
    },
    id::{CustomerId, Seq, StaffId, SuspicionId},
    web::{
        panel::{Opened, Panel as _, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
            table::{Choice, Pager},
        },
    },
    zone::Zone,
};
use chrono::TimeDelta;
use serde_json::{Value, json};

impl Maker {
    fn suspicion(self, id: i64, rule: Rule, evidence: Value) -> Suspicion {
        let at = before(TimeDelta::hours(7 * id));
        let is_looks = matches!(rule, Rule::Browsing | Rule::Reveals);
        Suspicion {
            id: SuspicionId::new(id),
            rule: rule.as_str().to_owned(),
            staff_id: StaffId::new(1),
            staff_name: self.me(),
            other_id: (rule == Rule::EachOther).then(|| StaffId::new(2)),
            other_name: (rule == Rule::EachOther).then(|| self.text("최하나", "Hana Choi")),
            customer: (rule == Rule::SameCustomer).then(|| CustomerId::new(482_913)),
            began_at: at,
            first_seq: (!is_looks).then(|| Seq::new(481_120)),
            last_seq: (!is_looks).then(|| Seq::new(481_900)),
            n: 12,
            evidence,
            found_at: at,
            state: "open".to_owned(),
            outcome: None,
            closed_at: None,
            closed_name: None,
            closed_reason: None,
            closed_seq: None,
        }
    }

    fn ended(self, suspicion: Suspicion, outcome: &str) -> Suspicion {
        Suspicion {
            state: "closed".to_owned(),
            outcome: Some(outcome.to_owned()),
            closed_at: Some(before(TimeDelta::hours(1))),
            closed_name: Some(self.me()),
            closed_reason: Some(self.reason()),
            closed_seq: Some(Seq::new(482_001)),
            ..suspicion
        }
    }

    /// One of each rule.
    fn suspicions(self) -> Vec<Suspicion> {
        let of = |id, rule, evidence| self.suspicion(id, rule, evidence);
        vec![
            of(12, Rule::OffHours, json!({ "n": 4, "off": 9, "all": 1_204, "days": 90 })),
            self.ended(of(11, Rule::NewAddress, json!({ "n": 1, "days": 180 })), "explained"),
            of(10, Rule::Burst, json!({ "n": 12, "seconds": 300, "least": 10 })),
            of(9, Rule::BelowThreshold, json!({ "n": 4, "percent": 90, "over": 10_000, "days": 30 })),
            of(8, Rule::BelowThreshold, json!({ "n": 3, "sum": 27_000, "over": 10_000 })),
            self.ended(of(7, Rule::PastedReason, json!({ "n": 41, "length": 5, "characters": 12 })), "false-alarm"),
            of(6, Rule::AfterSilence, json!({ "n": 64 })),
            of(5, Rule::SameCustomer, json!({ "n": 3, "sum": 24_000, "days": 30 })),
            self.ended(of(4, Rule::Browsing, json!({ "n": 212, "median": 18, "days": 30, "changed": 1 })), "confirmed"),
            of(3, Rule::EachOther, json!({ "n": 9, "all": 10, "back": 7, "back_all": 8, "days": 90 })),
            of(2, Rule::Reveals, json!({ "n": 31, "median": 4, "days": 30 })),
            of(1, Rule::RefusedThenThrough, json!({ "n": 6, "minutes": 10 })),
        ]
    }

    pub(super) fn detection(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |rows: Vec<Suspicion>, filter: Filter, errors: FieldErrors| {
            html(&ListPage {
                shell: self.shell(Section::Audit),
                filter,
                staff: vec![Choice::new("1", self.me())],
                errors,
                pager: Pager {
                    first: None,
                    previous: None,
                    next: (rows.len() > 1).then(|| "/audit/suspicions?before=3".into()),
                },
                looked_at: (!rows.is_empty()).then(|| before(TimeDelta::minutes(20))),
                rows,
            })
        };
        add("suspicions", list(self.suspicions(), Filter::default(), FieldErrors::new()));
        add("suspicions-empty", list(Vec::new(), Filter::default(), FieldErrors::new()));
        let wrong = Filter { rule: "x".into(), state: "open".into(), ..Filter::default() };
        add("suspicions-refused", list(Vec::new(), wrong, FieldErrors::one("rule", wrong::not_a_choice())));
        let show = |suspicion: Suspicion, is_own: bool, side: Side| {
            let evidence = suspicion.evidence_hrefs(Zone::seoul());
            let evidence = evidence.into_iter().map(|(href, name)| (href, name.to_owned())).collect();
            html(&ShowPage { shell: self.shell(Section::Audit), suspicion, evidence, is_own, side })
        };
        for (name, at) in
            [("suspicion", 0), ("suspicion-of-two", 9), ("suspicion-of-looks", 10), ("suspicion-closed", 1)]
        {
            add(name, show(self.suspicions().remove(at), false, Side::default()));
        }
        add("suspicion-own", show(self.suspicions().remove(7), true, Side::default()));
        for (name, outcome, errors) in [
            ("suspicion-form", "explained", FieldErrors::new()),
            ("suspicion-form-refused", "", FieldErrors::one("outcome", wrong::required())),
        ] {
            let on = crate::detection::show::SuspicionView { suspicion: self.suspicions().remove(2) };
            let seal = SealForm { errors, reason: self.reason(), ..SealForm::fresh(ClosePanel::KIND, "01JD3Q8V5W", 0) };
            let opened = Opened::Form(ClosePanel { outcome: outcome.to_owned() });
            let (side, _) = side_of(&self.shell(Section::Audit), &on, &(), opened, seal).unwrap();
            add(name, show(self.suspicions().remove(2), false, side));
        }
        let thresholds = Thresholds::default();
        let shown = |rule: Rule| Shown {
            rule: rule.as_str(),
            is_enabled: rule != Rule::Browsing,
            numbers: thresholds.numbers(rule),
            counted: [Counted { found: 1, false_alarms: 0 }, Counted { found: 1_204, false_alarms: 31 }],
        };
        for (name, too_few) in [("suspicion-rules", None), ("suspicion-rules-few", Some(1))] {
            add(
                name,
                html(&RulesPage {
                    shell: self.shell(Section::Audit),
                    rules: Rule::ALL.into_iter().map(shown).collect(),
                    hours: ("22:00".into(), "07:00".into()),
                    too_few,
                }),
            );
        }
    }
}
