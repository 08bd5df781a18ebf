//! Files of rows of the log.

use super::maker::{Maker, Sample, before, html};
use crate::{
    access,
    audit::filter::Filter,
    exports::{
        EXPORT_EMPTY, Holds,
        create::CreatePanel,
        format::Format,
        list::{Exports, ListPage},
        record::{Export, Stage},
        show::{Now, ShowPage},
        typed::Typed,
    },
    id::{ExportId, Seq, StaffId},
    web::{
        list::ListQuery as _,
        panel::{Opened, Panel as _, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
            table::Pager,
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    fn export(self, id: i64, format: Format, filter: &str) -> Export {
        let at = before(TimeDelta::minutes(30 * id));
        Export {
            id: ExportId::new(id),
            staff_id: Some(StaffId::new(1)),
            staff_name: self.me(),
            at,
            expires_at: at.plus(TimeDelta::hours(24)),
            format,
            holds: Holds::Log,
            purpose: "authority".into(),
            filter: filter.into(),
            first_seq: Seq::new(0),
            end_seq: Seq::new(1_234_567),
            row_count: 1_234_567,
            person_count: 48_291,
            state: "ready".into(),
            attempts: 0,
            sent: 0,
            lease_until: None,
            finished_at: None,
            bytes: None,
            sha256: None,
            is_covered: true,
            seq: Seq::new(1_234_567),
            reason: self.text("개인정보보호위원회 자료 제출 요구 2026-118호", "Letter 2026-118 of the commission"),
        }
    }

    fn finished(self, id: i64) -> Export {
        Export {
            state: "finished".into(),
            sent: 1_234_567,
            finished_at: Some(before(TimeDelta::minutes(4))),
            bytes: Some(893_201_114),
            sha256: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into()),
            ..self.export(id, Format::Jsonl, "")
        }
    }

    fn export_side(self, filter: Typed, purpose: &str, errors: FieldErrors) -> Side {
        let seal = SealForm { errors, reason: self.reason(), ..SealForm::fresh(CreatePanel::KIND, "01JD3Q8V5W", 0) };
        let panel =
            CreatePanel { format: "csv".into(), purpose: purpose.into(), end: "12345".into(), filter, waiting: 0 };
        side_of(&self.shell(Section::Audit), &Exports, &(), Opened::Form(panel), seal).unwrap().0
    }

    pub(super) fn exports(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |rows: Vec<Export>, side: Side| {
            let pager =
                Pager { first: None, previous: None, next: (rows.len() > 1).then(|| "/audit/exports?before=3".into()) };
            html(&ListPage { shell: self.shell(Section::Audit), rows, pager, side })
        };
        let broken = Export { sent: 4_096, ..self.export(4, Format::Ocsf, "") };
        let rows = vec![self.finished(6), self.export(5, Format::Csv, "action=points.adjust"), broken.clone()];
        add("exports", list(rows.clone(), Side::default()));
        add("exports-empty", list(Vec::new(), Side::default()));
        add("export-form", list(rows.clone(), self.export_side(Typed::Log(Filter::default()), "", FieldErrors::new())));
        let filter = Filter {
            staff: "1".into(),
            action: "points.adjust".into(),
            from: "2026-11-01".into(),
            text: "delivery".into(),
            ..Filter::default()
        };
        assert!(!filter.is_empty());
        let filter = Typed::Log(filter);
        let refused = FieldErrors::one("filter", wrong::refused(EXPORT_EMPTY));
        add("export-form-filtered", list(rows.clone(), self.export_side(filter.clone(), "audit", FieldErrors::new())));
        let mut errors = refused;
        errors.add("purpose", wrong::not_a_choice());
        errors.add("format", wrong::not_a_choice());
        add("export-form-refused", list(rows, self.export_side(filter, "", errors)));

        let records =
            access::list::Filter { subject: "482913".into(), from: "2026-11-01".into(), ..Default::default() };
        let side = self.export_side(Typed::Access(records), "data-subject", FieldErrors::new());
        let of_access = Export { holds: Holds::Access, ..self.export(7, Format::Jsonl, "subject=482913") };
        add("export-form-access", list(vec![of_access.clone()], side));

        let show = |export: Export, stage: Stage, is_offered: bool| {
            let progress = Now { stage, is_offered };
            html(&ShowPage { shell: self.shell(Section::Audit), export, progress, side: Side::default() })
        };
        add(
            "export-ready",
            show(
                self.export(7, Format::Csv, "action=points.adjust&staff=1&from=2026-11-01&to=2026-11-30"),
                Stage::Ready,
                true,
            ),
        );
        let unsigned = Export { is_covered: false, ..self.export(7, Format::Bundle, "action=points.adjust") };
        add("export-access", show(of_access, Stage::Ready, true));
        add("export-unsigned", show(unsigned, Stage::Unsigned, false));
        add("export-of-another", show(self.export(7, Format::Ocsf, ""), Stage::Ready, false));
        let sending = Export { sent: 420_112, ..self.export(7, Format::Jsonl, "") };
        add("export-sending", show(sending.clone(), Stage::Sending, false));
        add("export-broken", show(sending, Stage::BrokenOff, true));
        add("export-finished", show(self.finished(7), Stage::Finished, false));
        add("export-expired", show(broken, Stage::Expired, false));
    }
}
