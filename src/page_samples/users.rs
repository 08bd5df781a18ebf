use super::maker::{Maker, Sample, before, html, now, refused_field};
use crate::{
    access::{of_customer::Looked, pages as access},
    id::{CustomerId, EntryId, NoteId, Seq},
    page_samples::maker,
    users::{
        adjust::AdjustPanel,
        contact,
        customer::{Contact, Customer},
        find::CustomerRow,
        ledger,
        list_page::{Filter, ListPage},
        note::{Note, NotePanel},
        show::{Revealed, ShowPage},
        status::StatusPanel,
    },
    web::{
        list::{ListQuery as _, pager_within},
        panel::{Button, Html, Opened, Panel, Receipt, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FirstUse, FormRefusal, Meanwhile, SealForm},
            table::Pager,
        },
    },
};
use chrono::TimeDelta;

/// What a person typed into the form that adjusts points.
struct Typed {
    direction: &'static str,
    amount: String,
    reason_kind: &'static str,
    reason: String,
}

impl Maker {
    fn customer(is_suspended: bool) -> CustomerRow {
        CustomerRow {
            id: CustomerId::new(482_913),
            name: "김서연".into(),
            email: "seoyeon.k@naver.com".into(),
            phone: Some("+821048214821".into()),
            status: if is_suspended { "suspended" } else { "active" }.into(),
            points: 12_450,
            version: 87,
            joined_at: before(TimeDelta::days(2078)),
            last_seen_at: Some(before(TimeDelta::hours(6))),
        }
    }

    fn ledger(self) -> Vec<ledger::Entry> {
        let entry =
            |minutes, delta, balance, kind: &str, memo: &str, staff: Option<String>, seq: Option<i64>| ledger::Entry {
                id: EntryId::new(seq.unwrap_or(minutes)),
                at: before(TimeDelta::minutes(minutes)),
                delta,
                balance,
                kind: kind.into(),
                memo: memo.into(),
                staff_name: staff,
                seq: seq.map(Seq::new),
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

    fn user(self, customer: CustomerRow, side: Side) -> ShowPage {
        let button = |name, icon, label: &str| Button { name, icon, label: self.frame().words.known(label).to_owned() };
        let status = if customer.is_suspended() { "status.reactivate" } else { "status.suspend" };
        ShowPage {
            shell: self.shell(Section::Users),
            may_reveal: true,
            ledger: self.ledger(),
            ledger_pager: pager_within("/users/482913", "ledger", true, Some(17)),
            orders: self.order_rows().into_iter().skip(1).take(5).collect(),
            notes: self.notes(),
            has_more_notes: true,
            notes_pager: pager_within("/users/482913", "notes", true, None::<i64>),
            history: self.changes(),
            history_pager: pager_within("/users/482913", "history", true, Some(17)),
            looks: Some(self.viewed()),
            waiting: vec![self.request(7, crate::approvals::request::State::Waiting)],
            side: Side {
                buttons: vec![button("points", "coins", "points.title"), button("status", "ban", status)],
                ..side
            },
            // A hostile name is shown whole: its mask would hide what must not get through.
            customer: Customer { name: self.text("김*연", "김*연"), ..Customer::masked(customer) },
        }
    }

    fn viewed(self) -> Looked {
        let look = |minutes, task: &str, detail: Option<&str>, reason: Option<String>| access::Row {
            id: 48_120 - minutes,
            at: before(TimeDelta::minutes(minutes)),
            staff: self.me(),
            task: task.into(),
            detail: detail.map(Into::into),
            shown: 1,
            customers: vec![CustomerId::new(482_913)],
            reason,
            ip: "10.20.4.22".into(),
            request: Some("req_01JD3Q7XK2".into()),
        };
        Looked {
            rows: vec![
                look(1, "view", None, None),
                look(3, "reveal", None, Some(self.text("택배 기사 연락 요청", "Courier asked for contact"))),
                look(5, "view-order", Some("order/4829"), None),
                look(6, "search", Some("orders"), None),
                look(9, "view-log", Some("audit/12345"), None),
                look(
                    12,
                    "export-log",
                    Some("audit/exports/7"),
                    Some(self.text("정기 감사 자료", "For the inspection")),
                ),
            ],
            pager: pager_within("/users/482913", "looks", true, Some(17)),
        }
    }

    fn notes(self) -> Vec<Note> {
        let note = |id, days, ko: &str, en: &str, seq| Note {
            id,
            at: before(TimeDelta::days(days)),
            text: self.text(ko, en),
            staff_name: self.text("이하은", "Haeun Lee"),
            seq: Some(Seq::new(seq)),
        };
        vec![
            note(
                NoteId::new(31),
                2,
                "전화는 오후 6시 이후에만.\n가족이 대신 받을 수 있음.",
                "Call after 6 pm only.\nFamily may answer.",
                12_301,
            ),
            note(NoteId::new(17), 90, "교환보다 환불을 선호합니다.", "Prefers refunds to exchanges.", 9_120),
        ]
    }

    fn panel<P: Panel<On = CustomerRow, Part = ()>>(self, panel: P, seal: SealForm, is_suspended: bool) -> String {
        let on = Self::customer(is_suspended);
        let (side, _) = side_of(&self.shell(Section::Users), &on, &(), Opened::Form(panel), seal).unwrap();
        html(&self.user(on, side))
    }

    fn points(self, seal: SealForm, form: Typed, stale_points: Option<i64>) -> String {
        let Typed { direction, amount, reason_kind, reason } = form;
        let panel =
            AdjustPanel { direction: direction.to_owned(), amount, reason_kind: reason_kind.to_owned(), stale_points };
        self.panel(panel, SealForm { reason, ..seal }, false)
    }

    fn nothing_typed() -> Typed {
        Typed { direction: "", amount: String::new(), reason_kind: "", reason: String::new() }
    }

    fn typed(self) -> Typed {
        Typed { direction: "add", amount: "1,000".into(), reason_kind: "late_delivery", reason: self.reason() }
    }

    fn refused(self, refusal: FormRefusal) -> String {
        let seal = SealForm { refusal: Some(refusal), ..SealForm::fresh("", "01JD3Q8V5W", 87) };
        self.points(seal, self.typed(), None)
    }

    /// The page with the receipt of a change that was just made.
    fn receipt(self, action: &str, field: &str, before: &str, after: &str, is_suspended: bool) -> String {
        let shell = self.shell(Section::Users);
        let receipt = Receipt {
            seq: Seq::new(12_346),
            at: now(),
            by: self.me(),
            reason: self.reason(),
            action: action.to_owned(),
            changed: maker::changed(&[(field, Some(before).filter(|text| !text.is_empty()), Some(after))], &shell),
        };
        let html_of = receipt.html(&shell, "/users/482913").unwrap();
        html(&self.user(Self::customer(is_suspended), Side { html: Some(html_of), ..Side::default() }))
    }

    fn contact_side(self, errors: &FieldErrors, reason: &str) -> Side {
        contact::side(&self.shell(Section::Users), &Self::customer(false), errors, reason, None).unwrap()
    }

    /// A form that comes back because it was sent too late, or once more with other content.
    fn users_again(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        add("user-expired", self.refused(FormRefusal::Expired));
        let empty = "/users/482913?panel=points&draft=none".to_owned();
        add("user-kept", self.refused(FormRefusal::Kept { at: now(), empty }));
        add("user-kept-nothing", self.refused(FormRefusal::Kept { at: now(), empty: String::new() }));
        add("user-used-unknown", self.refused(FormRefusal::Used(None)));
        let first = FirstUse {
            action: "points.adjust".into(),
            at: now().minus(TimeDelta::minutes(3)),
            seq: Seq::new(12_345),
            href: "/users/482913?sealed=12345".into(),
            is_last: true,
        };
        add("user-used", self.refused(FormRefusal::Used(Some(first))));
    }

    pub(super) fn users(self, out: &mut Vec<Sample>) {
        self.users_again(out);
        let mut add = |name, html| out.push(Sample { name, html });
        let status = |suspended, seal, reason| self.panel(StatusPanel, SealForm { reason, ..seal }, suspended);
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 87);
        add("user", self.points(fresh(), Self::nothing_typed(), None));
        add("user-typed", self.points(fresh(), self.typed(), None));
        let mut errors = FieldErrors::one("amount", refused_field("points-more-than-balance", &[("balance", &12_450)]));
        errors.add("reason", wrong::too_short(5));
        errors.add("reason_kind", wrong::not_a_choice());
        errors.add("direction", wrong::not_a_choice());
        errors.add("code", wrong::not_a_code());
        let form = Typed {
            direction: "deduct",
            amount: self.text("99,999", "99,999"),
            reason_kind: "?",
            reason: self.text("네", "ok"),
        };
        add("user-invalid", self.points(SealForm { errors, ..fresh() }, form, None));
        add("user-wrong-code", self.refused(FormRefusal::WrongCode { left: Some(1) }));
        add("user-used-code", self.refused(FormRefusal::UsedCode { next: now().plus(TimeDelta::seconds(18)) }));
        add("user-code-ahead", self.refused(FormRefusal::CodeAhead { from: now().plus(TimeDelta::seconds(4)) }));
        add("user-waiting", self.refused(FormRefusal::CodeWait { until: now().plus(TimeDelta::minutes(4)) }));
        add("user-locked", self.refused(FormRefusal::CodeLocked));
        add("user-not-permitted", self.refused(FormRefusal::NotPermitted));
        add("user-wrong-state", self.refused(maker::wrong_state()));
        add("user-not-recorded", self.refused(FormRefusal::NotRecorded));
        add("user-stale-unknown", self.refused(FormRefusal::Stale(None)));
        let meanwhile = Meanwhile {
            by: self.text("이하은", "Haeun Lee"),
            at: before(TimeDelta::seconds(76)),
            seq: Seq::new(12_346),
        };
        let stale = SealForm { refusal: Some(FormRefusal::Stale(Some(meanwhile))), ..fresh() };
        add("user-stale", self.points(stale, self.typed(), Some(12_950)));
        add("user-done", self.receipt("points.adjust", "points", "11450", "12450", false));
        add("user-deducted", self.receipt("points.adjust", "points", "13450", "12450", false));
        add("user-suspend", status(false, fresh(), String::new()));
        add(
            "user-suspend-invalid",
            status(
                false,
                SealForm { errors: FieldErrors::one("reason", wrong::required()), ..fresh() },
                self.text("", ""),
            ),
        );
        add("user-reactivate", status(true, fresh(), self.reason()));
        add("user-suspended", self.receipt("users.status", "status", "active", "suspended", true));
        add("user-reactivated", self.receipt("users.status", "status", "suspended", "active", false));
        let note = |text, seal| self.panel(NotePanel { text }, seal, false);
        add("user-note", note(String::new(), fresh()));
        let errors = FieldErrors::one("text", wrong::too_long(2_000));
        add(
            "user-note-invalid",
            note(self.text("전화는 오후 6시 이후에만.", "Call after 6 pm only."), SealForm { errors, ..fresh() }),
        );
        add("user-noted", self.receipt("users.note", "note", "", "31", false));
        let side = self.contact_side(&FieldErrors::new(), "");
        add("user-reveal", html(&self.user(Self::customer(false), side)));
        let side = self.contact_side(&FieldErrors::one("reason", wrong::too_short(5)), &self.text("네", "ok"));
        add("user-reveal-invalid", html(&self.user(Self::customer(false), side)));
        let contact = Contact {
            name: self.text("김서연", "김서연"),
            email: self.text("seoyeon.k@naver.com", "seoyeon.k@naver.com"),
            phone: Some("010-4821-4821".into()),
        };
        let revealed =
            Html::of(&Revealed { shell: &self.shell(Section::Users), id: CustomerId::new(482_913), contact: &contact })
                .unwrap();
        add("user-revealed", html(&self.user(Self::customer(false), Side::of("revealed", revealed))));
        add("user-plain", html(&self.user(Self::customer(false), Side::default())));
        let mut no_orders = self.user(Self::customer(false), Side::default());
        no_orders.shell.nav.retain(|item| item.section != Section::Orders);
        add("user-orders-closed", html(&no_orders));
        let nobody = CustomerRow { phone: None, last_seen_at: None, points: 0, ..Self::customer(false) };
        let empty = ShowPage {
            may_reveal: false,
            side: Side::default(),
            orders: vec![],
            ledger: vec![],
            notes: vec![],
            has_more_notes: false,
            history: vec![],
            history_pager: Pager::default(),
            looks: None,
            ..self.user(nobody, Side::default())
        };
        add("user-look-only", html(&empty));
        self.user_lists(out);
    }

    fn user_lists(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |term: String, filter: Filter, rows, errors| {
            let pager = filter.pager(Some("a600417"));
            let is_indexing = term.is_empty() && !filter.search.is_empty();
            html(&ListPage { shell: self.shell(Section::Users), term, filter, rows, pager, errors, is_indexing })
        };
        let ok = FieldErrors::new;
        let filter =
            |search: &str, status: &str| Filter { search: search.into(), status: status.into(), ..Filter::default() };
        add("users", list(String::new(), Filter::default(), self.customers(), ok()));
        let found = filter("6b334a3978", "active");
        add("users-found", list(self.text("4821", "4821"), found, self.customers(), ok()));
        let unfinished = self.text("seoyeon.k@naver.con", "seoyeon.k@naver.con");
        add("users-empty", list(unfinished, filter("6b334a3978", "suspended"), vec![], ok()));
        add("users-indexing", list(String::new(), filter("6b334a3978", ""), vec![], ok()));
        add("users-none", list(String::new(), filter("", "suspended"), vec![], ok()));
        let errors = FieldErrors::one("q", wrong::nothing_to_search());
        add("users-invalid", list(self.text("…", "…"), Filter::default(), vec![], errors));
    }

    pub(super) fn customers(self) -> Vec<Customer> {
        let row =
            |id, name: &str, email: &str, phone: Option<&str>, suspended, points, joined, seen: Option<i64>| Customer {
                id,
                name: self.text(name, name),
                email: email.into(),
                phone: phone.map(Into::into),
                suspended,
                points,
                joined_at: before(TimeDelta::days(joined)),
                last_seen_at: seen.map(|hours| before(TimeDelta::hours(hours))),
            };
        vec![
            row(
                CustomerId::new(482_913),
                "김*연",
                "se•••••@naver.com",
                Some("010-••••-4821"),
                false,
                12_450,
                2078,
                Some(6),
            ),
            row(
                CustomerId::new(119_204),
                "김*연",
                "sy••@hanmail.net",
                Some("010-••••-4821"),
                true,
                0,
                2546,
                Some(2600),
            ),
            row(CustomerId::new(551_020), "박*민", "ji•••••@gmail.com", None, false, 3200, 1217, Some(72)),
            row(
                CustomerId::new(600_417),
                "Emily C•••••",
                "em•••@outlook.com",
                Some("+1 ••• ••• 4821"),
                false,
                880,
                1046,
                None,
            ),
            row(
                CustomerId::new(714_466),
                "최*아",
                "ch•••••••@naver.com",
                Some("010-••••-4824"),
                false,
                1_104_300,
                3188,
                Some(0),
            ),
        ]
    }
}
