use super::{Maker, Sample, before, html, now};
use chrono::TimeDelta;
use ingam::{
    users::pages as users,
    web::shell::{
        Section,
        field::{FieldErrors, wrong},
        seal::{Meanwhile, Refusal, Seal, Sealed},
        table::Pager,
    },
};

impl Maker {
    fn customer(self, suspended: bool) -> users::Customer {
        users::Customer {
            id: 482_913,
            name: self.text("김*연", "김*연"),
            email: "se•••••@naver.com".into(),
            phone: Some("010-••••-4821".into()),
            suspended,
            points: 12_450,
            joined_at: before(TimeDelta::days(2078)),
            last_seen_at: Some(before(TimeDelta::hours(6))),
        }
    }

    fn ledger(self) -> Vec<users::LedgerEntry> {
        let entry = |minutes, delta, balance, kind: &str, memo: &str, staff: Option<String>, seq| users::LedgerEntry {
            at: before(TimeDelta::minutes(minutes)),
            delta,
            balance,
            kind: kind.into(),
            memo: memo.into(),
            staff,
            seq,
        };
        let order = self.text("20261119-004829", "20261119-004829");
        vec![
            entry(8, 3000, 12_450, "adjusted", "late_delivery", Some(self.text("이하은", "Haeun Lee")), Some(12_344)),
            entry(332, 874, 9450, "earned", &order, None, None),
            entry(334, -5000, 8576, "spent", &order, None, None),
            entry(26_000, -420, 13_576, "expired", "", None, None),
            entry(33_800, 1200, 13_996, "returned", &order, None, None),
            entry(33_801, -87, 12_796, "reclaimed", &order, Some(self.me()), Some(12_001)),
            entry(33_802, 87, 12_883, "reclaimed", &order, None, Some(12_000)),
            entry(33_803, -1200, 12_796, "returned", &order, None, Some(11_999)),
            entry(540_000, -300, 12_796, "adjusted", "correction", Some("Emily Carter".into()), Some(902)),
        ]
    }

    fn user(self, customer: users::Customer, panel: Option<users::Panel>) -> users::ShowPage {
        users::ShowPage {
            shell: self.shell(Section::Users),
            customer,
            revealed: None,
            may: users::Abilities { adjust_points: true, change_status: true, reveal_contact: true },
            ledger: self.ledger(),
            ledger_pager: Pager { next: Some("/users/482913?before=17".into()), ..Pager::default() },
            orders: self.order_rows().into_iter().skip(1).take(5).collect(),
            has_more_orders: true,
            history: Some(self.changes()),
            waiting: vec![self.request(7, ingam::approvals::request::State::Waiting)],
            panel,
        }
    }

    fn points(self, seal: Seal, form: users::PointForm, stale_points: Option<i64>) -> String {
        let panel = users::Panel::Points(users::PointPanel { seal, form, stale_points });
        html(&self.user(self.customer(false), Some(panel)))
    }

    fn typed(self) -> users::PointForm {
        users::PointForm {
            direction: "add".into(),
            amount: "1,000".into(),
            reason_kind: "late_delivery".into(),
            reason: self.reason(),
        }
    }

    fn refused(self, refusal: Refusal) -> String {
        let seal = Seal { refusal: Some(refusal), ..Seal::fresh("", "01JD3Q8V5W", 87) };
        self.points(seal, self.typed(), None)
    }

    #[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
    pub(super) fn users(self, out: &mut Vec<Sample>) {
        use users::StatusFilter::{Active, All, Suspended};
        let mut add = |name, html| out.push(Sample { name, html });
        let sealed = || Sealed { seq: 12_346, at: now(), by: self.me(), reason: self.reason() };
        let status = |suspended, seal, reason| {
            html(&self.user(self.customer(suspended), Some(users::Panel::Status(users::StatusPanel { seal, reason }))))
        };
        let fresh = || Seal::fresh("", "01JD3Q8V5W", 87);
        add("user", self.points(fresh(), users::PointForm::default(), None));
        add("user-typed", self.points(fresh(), self.typed(), None));
        let mut errors = FieldErrors::one("amount", wrong::more_than_balance(12_450));
        errors.add("reason", wrong::too_short(5));
        errors.add("reason_kind", wrong::not_a_choice());
        errors.add("direction", wrong::not_a_choice());
        errors.add("code", wrong::not_a_code());
        let form = users::PointForm {
            direction: "deduct".into(),
            amount: self.text("99,999", "99,999"),
            reason_kind: "?".into(),
            reason: self.text("네", "ok"),
        };
        add("user-invalid", self.points(Seal { errors, ..fresh() }, form, None));
        add("user-wrong-code", self.refused(Refusal::WrongCode { left: Some(1) }));
        add("user-used-code", self.refused(Refusal::UsedCode { next: now().plus(TimeDelta::seconds(18)) }));
        add("user-waiting", self.refused(Refusal::CodeWait { until: now().plus(TimeDelta::minutes(4)) }));
        add("user-locked", self.refused(Refusal::CodeLocked));
        add("user-not-permitted", self.refused(Refusal::NotPermitted));
        add("user-wrong-state", self.refused(super::wrong_state()));
        add("user-not-recorded", self.refused(Refusal::NotRecorded));
        add("user-stale-unknown", self.refused(Refusal::Stale(None)));
        let meanwhile =
            Meanwhile { by: self.text("이하은", "Haeun Lee"), at: before(TimeDelta::seconds(76)), seq: 12_346 };
        let stale = Seal { refusal: Some(Refusal::Stale(Some(meanwhile))), ..fresh() };
        add("user-stale", self.points(stale, self.typed(), Some(12_950)));
        add(
            "user-done",
            html(&self.user(
                self.customer(false),
                Some(users::Panel::PointsDone { sealed: sealed(), before: 11_450, after: 12_450 }),
            )),
        );
        add(
            "user-deducted",
            html(&self.user(
                self.customer(false),
                Some(users::Panel::PointsDone { sealed: sealed(), before: 13_450, after: 12_450 }),
            )),
        );
        add("user-suspend", status(false, fresh(), String::new()));
        add(
            "user-suspend-invalid",
            status(false, Seal { errors: FieldErrors::one("reason", wrong::required()), ..fresh() }, self.text("", "")),
        );
        add("user-reactivate", status(true, fresh(), self.reason()));
        add(
            "user-suspended",
            html(&self.user(self.customer(true), Some(users::Panel::StatusDone { sealed: sealed(), suspended: true }))),
        );
        add(
            "user-reactivated",
            html(
                &self.user(self.customer(false), Some(users::Panel::StatusDone { sealed: sealed(), suspended: false })),
            ),
        );
        add(
            "user-reveal",
            html(&self.user(self.customer(false), Some(users::Panel::Contact(users::ContactPanel::default())))),
        );
        let refused = users::ContactPanel {
            errors: FieldErrors::one("reason", wrong::too_short(5)),
            reason: self.text("네", "ok"),
        };
        add("user-reveal-invalid", html(&self.user(self.customer(false), Some(users::Panel::Contact(refused)))));
        let contact = users::Contact {
            name: self.text("김서연", "김서연"),
            email: self.text("seoyeon.k@naver.com", "seoyeon.k@naver.com"),
            phone: Some("010-4821-4821".into()),
        };
        add(
            "user-revealed",
            html(&users::ShowPage { revealed: Some(contact), ..self.user(self.customer(false), None) }),
        );
        add("user-plain", html(&self.user(self.customer(false), None)));
        let mut no_orders = self.user(self.customer(false), None);
        no_orders.shell.nav.retain(|item| item.section != Section::Orders);
        add("user-orders-closed", html(&no_orders));
        let empty = users::ShowPage {
            may: users::Abilities::default(),
            orders: vec![],
            has_more_orders: false,
            ledger: vec![],
            history: Some(vec![]),
            ..self.user(users::Customer { phone: None, last_seen_at: None, points: 0, ..self.customer(false) }, None)
        };
        add("user-look-only", html(&empty));
        let list = |term: String, search: Option<&str>, status, rows, errors| {
            html(&users::ListPage {
                shell: self.shell(Section::Users),
                term,
                search: search.map(Into::into),
                status,
                rows,
                pager: Pager { first: None, previous: None, next: Some("/users?after=600417".into()) },
                errors,
            })
        };
        add("users", list(String::new(), None, All, self.customers(), FieldErrors::new()));
        add(
            "users-found",
            list(self.text("4821", "4821"), Some("k3J9x"), Active, self.customers(), FieldErrors::new()),
        );
        add(
            "users-empty",
            list(
                self.text("seoyeon.k@naver.con", "seoyeon.k@naver.con"),
                Some("k3J9x"),
                Suspended,
                vec![],
                FieldErrors::new(),
            ),
        );
        add("users-none", list(String::new(), None, Suspended, vec![], FieldErrors::new()));
        add(
            "users-invalid",
            list(self.text("…", "…"), None, All, vec![], FieldErrors::one("q", wrong::nothing_to_search())),
        );
    }

    fn customers(self) -> Vec<users::Customer> {
        let row = |id, name: &str, email: &str, phone: Option<&str>, suspended, points, joined, seen: Option<i64>| {
            users::Customer {
                id,
                name: self.text(name, name),
                email: email.into(),
                phone: phone.map(Into::into),
                suspended,
                points,
                joined_at: before(TimeDelta::days(joined)),
                last_seen_at: seen.map(|hours| before(TimeDelta::hours(hours))),
            }
        };
        vec![
            row(482_913, "김*연", "se•••••@naver.com", Some("010-••••-4821"), false, 12_450, 2078, Some(6)),
            row(119_204, "김*연", "sy••@hanmail.net", Some("010-••••-4821"), true, 0, 2546, Some(2600)),
            row(551_020, "박*민", "ji•••••@gmail.com", None, false, 3200, 1217, Some(72)),
            row(600_417, "Emily C•••••", "em•••@outlook.com", Some("+1 ••• ••• 4821"), false, 880, 1046, None),
            row(714_466, "최*아", "ch•••••••@naver.com", Some("010-••••-4824"), false, 1_104_300, 3188, Some(0)),
        ]
    }
}
