use super::maker::{Maker, Sample, before, html};
use crate::{
    access::{pages as access, tie::Head},
    audit::{RequestRow, checkpoints::CheckpointsPage, pages as audit},
    evidence::{
        access::Place,
        keep::{Finding, Kept},
        ship::record::Shipment,
        timestamp::record::{TimeStamp, Trouble},
        witness::record::{Away, Cosignature, Refusal},
    },
    id::{CheckpointId, CustomerId, RequestId, Seq, StaffId},
    retention::access::Keeping,
    retention::access::Removal,
    web::{
        list::ListQuery as _,
        shell::{
            Section,
            field::{FieldErrors, wrong},
            table::{Choice, Pager},
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    #[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
    pub(super) fn changes(self) -> Vec<audit::Row> {
        let points = |before: &str, after: &str| {
            vec![audit::Changed { field: "points".into(), before: Some(before.into()), after: Some(after.into()) }]
        };
        let row = |seq,
                   minutes,
                   staff: String,
                   action: &str,
                   target: &str,
                   outcome: &str,
                   refusal: Option<&str>,
                   reason: String,
                   changed| audit::Row {
            seq,
            at: before(TimeDelta::minutes(minutes)),
            staff,
            is_by_system: false,
            request: None,
            may_take_back: outcome == "applied" && action == "points.adjust",
            action: action.into(),
            name: target.starts_with("order/").then(|| "20261128-000412".into()),
            target: target.into(),
            outcome: outcome.into(),
            refusal: refusal.map(Into::into),
            ip: Some("10.20.4.31".into()),
            reason,
            changed,
        };
        let changed = |field: &str, before: Option<&str>, after: &str| audit::Changed {
            field: field.into(),
            before: before.map(Into::into),
            after: Some(after.into()),
        };
        let refunded = vec![
            changed("amount", None, "KRW 23900"),
            changed("line.2", Some("0"), "1"),
            changed("payment.11", Some("KRW 0"), "KRW 23900"),
            changed("points_claimed", Some("0"), "1239"),
            changed("points_shortfall", None, "39"),
            changed("reason_kind", None, "wrong_item"),
            changed("refund_state", Some("requested"), "failed"),
            changed("shipping_refunded", Some("false"), "true"),
            changed("state", Some("preparing"), "cancelled"),
        ];
        let status = vec![audit::Changed {
            field: "status".into(),
            before: Some("active".into()),
            after: Some("suspended".into()),
        }];
        vec![
            row(
                Seq::new(12_344),
                8,
                self.text("이하은", "Haeun Lee"),
                "points.adjust",
                "user/482913",
                "applied",
                None,
                self.reason(),
                points("9450", "12450"),
            ),
            row(
                Seq::new(12_343),
                9,
                self.me(),
                "points.adjust",
                "user/482913",
                "refused",
                Some("code-wrong"),
                self.reason(),
                vec![],
            ),
            row(
                Seq::new(12_318),
                610,
                "Emily Carter".into(),
                "users.status",
                "user/907755",
                "applied",
                None,
                self.text("도난 카드 결제 의심. 카드사 통보 접수.", "Suspected stolen card. Notice from the issuer."),
                status,
            ),
            row(
                Seq::new(12_310),
                640,
                self.me(),
                "orders.refund",
                "order/4829",
                "applied",
                None,
                self.text("현미 포장 파손. 사진 확인함.", "Rice bag torn. Photos checked."),
                refunded,
            ),
            row(
                Seq::new(12_305),
                660,
                self.me(),
                "orders.cancel",
                "order/4829",
                "refused",
                Some("order-left"),
                self.reason(),
                vec![],
            ),
            row(
                Seq::new(12_301),
                700,
                self.text("박준호", "Junho Park"),
                "session.start",
                "staff/2",
                "applied",
                None,
                String::new(),
                vec![],
            ),
            row(
                Seq::new(902),
                540_000,
                "console@host".into(),
                "moon.land",
                "staff/9",
                "failed",
                None,
                self.text("오류 정정", "Correction"),
                points("13096", "12796"),
            ),
        ]
    }

    #[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
    pub(super) fn audit(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let sealed = || {
            Some(audit::SealedThrough {
                seq: Seq::new(12_345),
                at: before(TimeDelta::minutes(2)),
                root: (0..32).map(|n| n * 7 + 3).collect(),
            })
        };
        let list = |filter: crate::audit::filter::Filter, rows: Vec<audit::Row>, errors| {
            html(&audit::ListPage {
                shell: self.shell(Section::Audit),
                staff: vec![Choice::new("1", self.me()), Choice::new("2", self.text("박준호", "Junho Park"))],
                actions: vec!["points.adjust".into(), "users.status".into(), "session.start".into()],
                errors,
                rows,
                pager: filter.pager(None::<i64>),
                filter,
                sealed: sealed(),
                verification: crate::audit::background::LastVerification {
                    finished_at: Some(before(TimeDelta::hours(3))),
                    size: Some(12_300),
                    finding: None,
                },
                finding: None,
                refusals: Vec::new(),
            })
        };
        let filter = crate::audit::filter::Filter {
            staff: "2".into(),
            action: "points.adjust".into(),
            target: self.text("user/482913", "user/482913"),
            outcome: "refused".into(),
            from: "2026-11-20".into(),
            to: self.text("2026-11-20", "2026-11-20"),
            address: self.text("10.20.0.0/16", "10.20.0.0/16"),
            text: self.text("배송", "late"),
            rows: "1204-1310".into(),
            hide: crate::audit::filter::SIGN_INS.into(),
            place: "12300".into(),
        };
        add("audit", list(crate::audit::filter::Filter::default(), self.changes(), FieldErrors::new()));
        add("audit-filtered", list(filter.clone(), self.changes(), FieldErrors::new()));
        add("audit-nothing", list(filter.clone(), vec![], FieldErrors::new()));
        let mut errors = FieldErrors::one("address", wrong::not_an_address());
        errors.add("from", wrong::not_a_day());
        add("audit-invalid", list(filter, vec![], errors));
        add("audit-empty", list(crate::audit::filter::Filter::default(), vec![], FieldErrors::new()));
        let entry = audit::Entry {
            staff_id: Some(StaffId::new(2)),
            email: Some("junho@ingam.test".into()),
            roles: vec!["operator".into(), "astronaut".into()],
            peer: Some("10.0.0.2".into()),
            user_agent: Some(self.text(
                "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
                "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0",
            )),
            session: Some("8f3a91c2".into()),
            request: Some("req_01JD3Q7XK2".into()),
            approval: Some(RequestId::new(12_300)),
            reverses: Some(Seq::new(12_299)),
            flags: vec![self.text("새 IP", "New IP")],
            leaf: (0..32).collect(),
            body: self
                .text(r#"{"action":"points.adjust","seq":"12344"}"#, r#"{"action":"points.adjust","seq":"12344"}"#),
        };
        let show = |row: audit::Row, entry, next, reversed_by: Option<Seq>| {
            html(&audit::ShowPage {
                shell: self.shell(Section::Audit),
                previous: Some(Seq::new(row.seq.get() - 1)),
                next,
                row,
                entry,
                decisions: vec![
                    RequestRow { seq: Seq::new(12_301), action: "points.adjust".into(), outcome: "requested".into() },
                    RequestRow { seq: Seq::new(12_305), action: "approvals.reject".into(), outcome: "applied".into() },
                ],
                sealed: sealed(),
                signed: Some(checkpoint(12_345, 20)),
                reversed_by,
            })
        };
        let rows = self.changes();
        add("audit-row", show(rows[0].clone(), entry, Some(Seq::new(12_345)), None));
        let taken_back = Some(Seq::new(12_350));
        add("audit-row-taken-back", show(rows[0].clone(), audit::Entry::default(), None, taken_back));
        add("audit-row-to-take-back", show(rows[0].clone(), audit::Entry::default(), None, None));
        add("audit-row-order", show(rows[3].clone(), audit::Entry::default(), Some(Seq::new(12_345)), None));
        add("audit-row-bare", show(audit::Row { ip: None, ..rows[5].clone() }, audit::Entry::default(), None, None));

        let checkpoints = |rows, finding: Option<Finding>| {
            html(&CheckpointsPage {
                shell: self.shell(Section::Audit),
                refusals: if finding.is_some() {
                    vec![Refusal {
                        name: "witness.example.com/w1".into(),
                        why: "it does not sign the log of 12345 rows after that of 12001 rows (422)".into(),
                        since: before(TimeDelta::minutes(3)),
                    }]
                } else {
                    Vec::new()
                },
                cosignatures: vec![Cosignature {
                    checkpoint_id: CheckpointId::new(12_345),
                    witness: "witness.example.com/w1".into(),
                    line: String::new(),
                }],
                stamps: vec![TimeStamp {
                    checkpoint_id: CheckpointId::new(12_345),
                    authority: "http://timestamp.example.com".into(),
                    time: before(TimeDelta::minutes(19)),
                }],
                away: if finding.is_some() {
                    vec![Away {
                        name: "witness.example.net/w2".into(),
                        error: Some("timed out".into()),
                        since: before(TimeDelta::hours(30)),
                    }]
                } else {
                    Vec::new()
                },
                troubles: if finding.is_some() {
                    vec![Trouble {
                        authority: "http://timestamp.example.com".into(),
                        error: "its clock is 3600 seconds from ours".into(),
                        since: before(TimeDelta::hours(2)),
                    }]
                } else {
                    Vec::new()
                },
                finding,
                rows,
                shipments: [
                    ("locked", None, Some(before(TimeDelta::days(-1_826)))),
                    ("shipped", None, None),
                    ("waiting", Some("the connection was refused"), None),
                    (
                        "refused",
                        Some("/mnt/evidence/checkpoint-00000000000000011000 is there and holds something else"),
                        None,
                    ),
                    ("waiting", None, None),
                ]
                .into_iter()
                .zip([12_345, 12_345, 12_001, 12_001, 11_000])
                .map(|((state, error, retain_until), checkpoint)| Shipment {
                    checkpoint_id: CheckpointId::new(checkpoint),
                    target: if state == "locked" { "s3://ingam-evidence/prod" } else { "/mnt/evidence/ingam" }.into(),
                    state: state.into(),
                    error: error.map(Into::into),
                    retain_until,
                })
                .collect(),
                pager: Pager { first: None, previous: None, next: Some("/audit/checkpoints?before=11000".into()) },
            })
        };
        let signed = [(12_345, 20), (12_001, 80), (11_000, 140)].map(|(size, ago)| checkpoint(size, ago));
        add("audit-checkpoints", checkpoints(signed.to_vec(), None));
        let finding = self.text(
            "감사 로그가 서명된 내용과 다릅니다",
            "the log no longer contains what was signed at size 12345: rows were rewritten, or another log is in its place",
        );
        let finding = Finding { text: finding, since: before(TimeDelta::minutes(4)) };
        add("audit-checkpoints-refused", checkpoints(signed.to_vec(), Some(finding)));
        add("audit-checkpoints-empty", checkpoints(Vec::new(), None));

        let looks = |filter: crate::access::list::Filter, rows: Vec<access::Row>, errors| {
            html(&access::ListPage {
                shell: self.shell(Section::Access),
                staff: vec![Choice::new("1", self.me())],
                errors,
                rows,
                pager: filter.pager(None::<i64>),
                sealed: access::Sealed {
                    head: Head { size: 48_120, tied: 48_000, tied_at: Some(before(TimeDelta::minutes(20))) },
                    waiting: 3,
                },
                kept: Keeping {
                    years: Some(2),
                    oldest: Some(before(TimeDelta::days(730))),
                    removed: Some(Removal { seq: Seq::new(12_300), at: before(TimeDelta::hours(9)), years: 2 }),
                },
                filter,
            })
        };
        let look = |minutes, task: &str, customers: &[i64], detail: Option<&str>, reason: Option<String>| access::Row {
            id: 48_120 - minutes,
            at: before(TimeDelta::minutes(minutes)),
            staff: self.me(),
            task: task.into(),
            shown: if customers.len() == 3 { 1_000 } else { i64::try_from(customers.len()).unwrap_or_default() },
            customers: customers.iter().copied().map(CustomerId::new).collect(),
            detail: detail.map(Into::into),
            reason,
            ip: "10.20.4.22".into(),
            request: Some("req_01JD3Q7XK2".into()),
        };
        let some = vec![
            look(1, "view-log", &[482_913], Some("audit/12345"), None),
            look(2, "view-records", &[], None, None),
            look(3, "reveal", &[482_913], None, Some(self.text("택배 기사 연락 요청", "Courier asked for contact"))),
            look(4, "view", &[482_913], None, None),
            look(5, "view-order", &[482_913], Some("order/4829"), None),
            look(6, "search", &[482_913, 51, 7], Some("orders"), None),
            look(7, "search", &[], Some("newest"), None),
            look(
                8,
                "export-log",
                &[482_913, 52, 7],
                Some("audit/exports/7"),
                Some(self.text("정기 감사 자료", "For the inspection")),
            ),
        ];
        let filter = crate::access::list::Filter {
            subject: self.text("482913", "482913"),
            task: "reveal".into(),
            ..crate::access::list::Filter::default()
        };
        let record = |row: &access::Row, place, is_sealed: bool| {
            let leaf = (
                r#"{"at":"2026-11-28T03:22:22.118204Z","customers":["7"],"detail":"orders","id":"48114","n":"48010"}"#,
                "9f86d081884c7d65",
            );
            let leaf = is_sealed.then(|| (leaf.0.to_owned(), leaf.1.repeat(4)));
            html(&access::ShowPage { shell: self.shell(Section::Access), row: row.clone(), place, leaf })
        };
        let (n, size, row) = (48_010, 48_120, Seq::new(12_340));
        add("access-record", record(&some[7], Place::Signed { n, size, row }, true));
        add("access-record-tied", record(&some[2], Place::Tied { n, size, row, is_signed: true }, true));
        add("access-record-leaf", record(&some[4], Place::Leaf { n }, true));
        add("access-record-waiting", record(&some[6], Place::Waiting, false));
        add("access", looks(crate::access::list::Filter::default(), some.clone(), FieldErrors::new()));
        add("access-filtered", looks(filter.clone(), some, FieldErrors::new()));
        add("access-nothing", looks(filter, vec![], FieldErrors::one("address", wrong::not_an_address())));
        add("access-empty", looks(crate::access::list::Filter::default(), vec![], FieldErrors::new()));
    }
}

fn checkpoint(size: i64, minutes: i64) -> Kept {
    Kept {
        id: CheckpointId::new(size),
        origin: "audit.ingam.test/log".into(),
        size,
        root: (0..32).map(|n| n * 5 + 1).collect(),
        note: String::new(),
        signed_at: before(TimeDelta::minutes(minutes)),
    }
}
