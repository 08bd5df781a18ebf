use super::maker::{Maker, Sample, before, html, wrong_state};
use crate::{
    audit::pages::Row,
    host::{
        confirm::ConfirmPanel,
        list::{HostChange, HostChanges, ListPage},
    },
    id::Seq,
    web::{
        panel::{Opened, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, Meanwhile, SealForm},
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn host_rows(self) -> Vec<Row> {
        let row = |seq, action: &str, target: &str, minutes| Row {
            seq: Seq::new(seq),
            at: before(TimeDelta::minutes(minutes)),
            staff: self.text("console@admin-01 (minjun)", "console@admin-01 (minjun)"),
            is_by_system: false,
            request: None,
            may_take_back: false,
            action: action.to_owned(),
            target: self.text(target, target),
            name: None,
            outcome: "applied".to_owned(),
            refusal: None,
            ip: None,
            reason: self.reason(),
            changed: vec![],
        };
        vec![
            row(12_345, "staff.reset-second-factor", "staff/5", 2),
            row(12_340, "networks.add", "network/203.0.113.9/32", 14),
            row(12_001, "staff.invite", "staff/nari@ingam.test", 1_900),
        ]
    }

    fn host_changes(self) -> HostChanges {
        let mut rows = self.host_rows();
        rows.reverse();
        let change = |(n, row): (usize, Row)| HostChange {
            row,
            user: self.text("root (0)", "root (0)"),
            login: if n == 0 { String::new() } else { "1000".to_owned() },
            sudo: if n == 1 { self.text("minjun", "minjun") } else { String::new() },
        };
        let rows = rows.into_iter().enumerate().map(change).collect();
        HostChanges { rows, seen_through: 11_000, more: true }
    }

    pub(super) fn host(self, out: &mut Vec<Sample>) {
        let mut push = |name, changes: HostChanges, opened: Option<(Opened<ConfirmPanel>, SealForm)>| {
            let shell = self.shell(Section::Home);
            let side = opened.map(|(opened, seal)| side_of(&shell, &changes, &(), opened, seal).unwrap().0);
            out.push(Sample { name, html: html(&ListPage { shell, changes, side: side.unwrap_or_default() }) });
        };
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 11_000);
        let form = || Opened::Form(ConfirmPanel { through: Seq::new(12_345) });
        push("host-changes", self.host_changes(), Some((form(), fresh())));
        let errors = FieldErrors::one("reason", wrong::required());
        push("host-changes-invalid", self.host_changes(), Some((form(), SealForm { errors, ..fresh() })));
        let meanwhile = Meanwhile { by: self.me(), at: before(TimeDelta::minutes(4)), seq: Seq::new(12_344) };
        let refusal = Some(FormRefusal::Stale(Some(meanwhile)));
        push(
            "host-changes-stale",
            self.host_changes(),
            Some((form(), SealForm { refusal, reason: self.reason(), ..fresh() })),
        );
        let refusal = Some(wrong_state());
        push("host-changes-refused", self.host_changes(), Some((form(), SealForm { refusal, ..fresh() })));
        let none = || HostChanges { rows: vec![], seen_through: 12_345, more: false };
        push("host-changes-none", none(), None);
        let closed = Opened::Closed(self.frame().words.known("host.nothing").to_owned());
        push("host-changes-closed", none(), Some((closed, fresh())));
    }
}
