//! Taking a row of the log back.

use super::maker::{Maker, Sample, html, wrong_state};
use crate::{
    audit::pages::Changed,
    gate::{Role, audit::Entry},
    id::{RequestId, Seq, StaffId},
    reversal::{ReversalPage, ReversePanel, Row, Standing, Stated},
    users::{adjust::AdjustPoints, note::NoteUser},
    web::{
        panel::{Opened, Panel, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use serde_json::json;

impl Maker {
    fn row_to_take_back(self, action: &str, needs_second: bool) -> Row {
        let entry = Entry {
            seq: Seq::new(12_344),
            at: super::maker::now(),
            change_id: "c".into(),
            actor: "staff".into(),
            staff_id: Some(StaffId::new(2)),
            staff_name: self.text("이하은", "Haeun Lee"),
            staff_email: "haeun@ingam.test".into(),
            roles: "operator".into(),
            action: action.into(),
            target_kind: "user".into(),
            target_id: "482913".into(),
            before: json!({"points": "9450"}),
            after: json!({"points": "12450"}),
            reason: self.reason(),
            ip: "10.20.4.31".into(),
            peer: "10.20.4.31".into(),
            user_agent: String::new(),
            session: String::new(),
            request_id: "r".into(),
            approval_id: needs_second.then(|| RequestId::new(7)),
            reversal_of: None,
            outcome: "applied".into(),
            refusal: String::new(),
            flags: String::new(),
        };
        Row::sample(entry, &json!({"points": "13000", "status": "active"}), json!({"points": "10000"}))
    }

    fn side_to_take_back<P: Panel<On = Row, Part = ()>>(self, panel: P, row: &Row, seal: SealForm) -> Side {
        let seal = SealForm { reason: self.reason(), ..seal };
        side_of(&self.shell(Section::Audit), row, &(), Opened::Form(panel), seal).unwrap().0
    }

    pub(super) fn reversals(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let page = |standing: Standing, (by, of, waits): (Option<i64>, Option<i64>, Option<i64>), side: Side| {
            let is_moved = matches!(standing, Standing::NotNow(_));
            html(&ReversalPage {
                shell: self.shell(Section::Audit),
                row: self.changes().swap_remove(0),
                stated: Stated {
                    standing,
                    by: by.map(Seq::new),
                    of: of.map(Seq::new),
                    waits: waits.map(RequestId::new),
                },
                now: vec![Changed { field: "points".into(), before: None, after: Some("13000".into()) }],
                later: if is_moved { self.changes() } else { Vec::new() },
                form: is_moved.then(|| "/users/482913?panel=points".into()),
                target: "user/482913".into(),
                is_reader: !is_moved,
                side,
            })
        };
        let unlinked = (None, None, None);
        let fresh = || SealForm::fresh("points.adjust", "01JD3Q8V5W", 7);
        let points = ReversePanel::<AdjustPoints>::new;
        let row = self.row_to_take_back("points.adjust", false);
        add("reversal", page(Standing::Open, unlinked, self.side_to_take_back(points(), &row, fresh())));
        let second = self.row_to_take_back("points.adjust", true);
        let waits = (None, None, Some(41));
        add("reversal-second", page(Standing::Open, waits, self.side_to_take_back(points(), &second, fresh())));
        let note = self.row_to_take_back("users.note", false);
        let panel = ReversePanel::<NoteUser>::new();
        let seal = SealForm::fresh("users.note", "01JD3Q8V5W", 0);
        add("reversal-note", page(Standing::Open, unlinked, self.side_to_take_back(panel, &note, seal)));
        let errors = FieldErrors::one("amount", wrong::too_large());
        let seal = SealForm { errors, ..fresh() };
        add("reversal-forbidden", page(Standing::Open, unlinked, self.side_to_take_back(points(), &row, seal)));
        let why = self.text("그 뒤에 바뀌었습니다.", "It was changed since.");
        let seal = SealForm { refusal: Some(wrong_state()), ..fresh() };
        add("reversal-moved", page(Standing::NotNow(why), unlinked, self.side_to_take_back(points(), &row, seal)));
        add("reversal-done", page(Standing::Done, (Some(12_350), None, None), Side::default()));
        add("reversal-others", page(Standing::Others(vec![Role::Operator]), unlinked, Side::default()));
        let why = self.text("되돌린 행입니다.", "This row took back another one.");
        add("reversal-of-reversal", page(Standing::NotNow(why), (None, Some(12_001), None), Side::default()));
        add("reversal-never", page(Standing::Never("money"), unlinked, Side::default()));
    }
}
