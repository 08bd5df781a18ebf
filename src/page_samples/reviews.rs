//! Reports about a period.

use super::maker::{Maker, NASTY, Sample, before, html};
use crate::{
    clock::Instant,
    id::{ReviewId, Seq},
    reviews::{
        Period, REVIEW_TEXT,
        list::{ListPage, Row, Stage},
        record::Review,
        report::{Report, tests::full},
        show::{PeriodPage, PeriodView},
        sign::SignPanel,
        signed::SignedPage,
        view::Shown,
    },
    web::{
        panel::{Opened, Panel as _, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::SealForm,
            table::Pager,
        },
    },
    zone::Zone,
};
use chrono::TimeDelta;

/// The hash of a report.
fn sha256() -> String {
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()
}

fn november() -> Period {
    "2026-11".parse().unwrap()
}

/// A report of a period in which there was nothing.
fn empty() -> Report {
    let report = full();
    let mut head = report.head.clone();
    (head.processor, head.method, head.cut) = (String::new(), String::new(), Vec::new());
    let mut integrity = report.integrity.clone();
    (integrity.checkpoint, integrity.sealed, integrity.previous, integrity.verified) = (None, None, None, None);
    Report {
        head,
        people: Vec::new(),
        taken: Vec::new(),
        reveals: Vec::new(),
        behalf: Vec::new(),
        rights: Vec::new(),
        dormant: Vec::new(),
        findings: Vec::new(),
        integrity,
        ..report
    }
}

/// One with text from outside everywhere, and with records that are missing.
fn hostile() -> Report {
    let mut report = full();
    report.retention.gaps.0 = 2;
    report.retention.is_whole = false;
    NASTY.clone_into(&mut report.people[0].name);
    NASTY.clone_into(&mut report.reveals[0].reason);
    NASTY.clone_into(&mut report.taken[0].reason);
    report.taken[0].sha256 = Some(sha256());
    NASTY.clone_into(&mut report.rights[0].reason);
    report.integrity.verified.as_mut().unwrap().finding = Some("row 12: is missing".to_owned());
    report
}

impl Maker {
    fn review(self, id: i64, result: &str) -> Review {
        Review {
            id: ReviewId::new(id),
            period: november(),
            staff_name: self.me(),
            signed_at: before(TimeDelta::hours(3)),
            sha256: sha256(),
            result: result.into(),
            findings: self.text(
                "한 직원이 밤에 412명을 조회함.\n소명: 캠페인",
                "One person looked at 412 customers at night.\nA campaign",
            ),
            measures: String::new(),
            responsible: self.text("개인정보 보호책임자 김보호", "Boho Kim, privacy officer"),
            earlier: (id > 1).then(|| ReviewId::new(id - 1)),
            seq: Seq::new(12_340),
        }
    }

    fn sign_side(self, result: &str, is_over: bool, is_changed: bool, errors: FieldErrors) -> Side {
        let on = PeriodView {
            period: november(),
            report: full(),
            sha256: sha256(),
            is_over,
            signed: Vec::new(),
            continues: None,
        };
        let seal = SealForm { errors, reason: self.reason(), ..SealForm::fresh(SignPanel::KIND, "01JD3Q8V5W", 0) };
        let panel = SignPanel {
            result: result.into(),
            findings: NASTY.into(),
            measures: String::new(),
            responsible: self.me(),
            is_changed,
        };
        let opened = if is_over {
            Opened::Form(panel)
        } else {
            Opened::Closed(self.text("아직 끝나지 않은 기간입니다.", "The period has not ended yet."))
        };
        side_of(&self.shell(Section::Audit), &on, &(), opened, seal).unwrap().0
    }

    pub(super) fn reviews(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |rows: Vec<Row>, next: Option<&str>| {
            let pager = Pager { first: None, previous: None, next: next.map(Into::into) };
            html(&ListPage { shell: self.shell(Section::Audit), rows, pager, within_days: 10, every: "month" })
        };
        let row = |period: &str, stage: Stage, newest: Option<Review>| Row {
            period: period.parse().unwrap(),
            stage,
            due: Instant::parse("2026-12-10T15:00:00.000000Z").unwrap(),
            newest,
        };
        let rows = vec![
            row("2026-11", Stage::Open, None),
            row("2026-10", Stage::Due, None),
            row("2026-09", Stage::Overdue, None),
            row("2026-08", Stage::Signed, Some(self.review(3, "found"))),
        ];
        add("reviews", list(rows, Some("/audit/reviews?from=2026-07")));
        add("reviews-empty", list(Vec::new(), None));

        let shown = |report: Report, review: Option<Review>, continues: Option<bool>| Shown {
            report,
            sha256: sha256(),
            review,
            continues,
            zone: Zone::seoul(),
        };
        let show = |shown: Shown, is_over: bool, is_as_signed: Option<bool>, side: Side| {
            let signed =
                is_as_signed.map(|_| vec![self.review(2, "clear"), self.review(1, "found")]).unwrap_or_default();
            let shell = self.shell(Section::Audit);
            html(&PeriodPage { shell, period: november(), is_over, is_as_signed, signed, shown, side })
        };
        let closed = self.sign_side("clear", false, false, FieldErrors::new());
        add("review-provisional", show(shown(empty(), None, None), false, None, closed));
        let side = self.sign_side("clear", true, false, FieldErrors::new());
        add("review-sign", show(shown(full(), None, Some(true)), true, None, side));
        let mut errors = FieldErrors::one("findings", wrong::refused(REVIEW_TEXT));
        for field in ["result", "measures", "responsible"] {
            errors.add(field, wrong::refused(REVIEW_TEXT));
        }
        let side = self.sign_side("found", true, true, errors);
        add("review-sign-refused", show(shown(hostile(), None, Some(false)), true, Some(false), side));
        add("review-as-signed", show(shown(full(), None, None), true, Some(true), Side::default()));
        let signed = |report: Report, review: Review, is_genuine: bool| {
            let shown = shown(report, Some(review.clone()), Some(true));
            html(&SignedPage { shell: self.shell(Section::Audit), review, is_genuine, shown })
        };
        add("review-signed", signed(full(), self.review(1, "clear"), true));
        add("review-altered", signed(hostile(), self.review(2, "found"), false));
    }
}
