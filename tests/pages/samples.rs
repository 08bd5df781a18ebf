//! Every page in every state it can be in, by name.

use askama::Template;
use chrono::TimeDelta;
use ingam::{
    access::pages as access,
    audit::pages as audit,
    clock::Instant,
    dashboard::pages as dashboard,
    profile::Profile,
    staff::{Role, pages as staff},
    users::pages as users,
    web::{
        problem_page::{Onward, Problem, ProblemPage},
        shell::{
            AuditHead, Flash, Frame, NavItem, Person, Section, Shell, Solo, Theme, Tone,
            field::{FieldErrors, wrong},
            seal::{Meanwhile, Refusal, Seal, Sealed},
            table::{Choice, Pager},
        },
        words::{Lang, Words},
    },
};

/// What somebody might put wherever text can be put.
pub(crate) const NASTY: &str = "\u{202e}</td><script>alert(\"1\")</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}";

/// How the samples are made.
#[derive(Clone, Copy)]
pub(crate) struct Maker {
    pub lang: Lang,
    pub environment: Profile,
    pub theme: Theme,
    /// Whether text from outside is hostile.
    pub nasty: bool,
}

pub(crate) struct Sample {
    pub name: &'static str,
    pub html: String,
}

fn now() -> Instant {
    Instant::parse("2026-11-19T18:12:08.120000Z").unwrap()
}

fn before(delta: TimeDelta) -> Instant {
    now().minus(delta)
}

impl Maker {
    fn ko(self) -> bool {
        self.lang == Lang::Ko
    }

    /// Text from outside.
    fn text(self, ko: &str, en: &str) -> String {
        if self.nasty { NASTY.to_owned() } else { (if self.ko() { ko } else { en }).to_owned() }
    }

    fn frame(self) -> Frame {
        Frame {
            words: Words::of(self.lang),
            environment: self.environment,
            nonce: "bm9uY2U".into(),
            csrf: "5f0c7d1e9a".into(),
            zone: chrono_tz::Asia::Seoul,
            now: now(),
            theme: self.theme,
            flash: None,
        }
    }

    fn solo(self, path: Option<&str>) -> Solo {
        Solo { frame: self.frame(), asked: Some(self.lang), path: path.map(Into::into) }
    }

    fn me(self) -> String {
        self.text("김서연", "Seoyeon Kim")
    }

    fn shell(self, section: Section) -> Shell {
        Shell {
            frame: self.frame(),
            person: Person { id: 1, name: self.me(), email: "mina@ingam.test".into(), roles: vec![Role::Operator, Role::Auditor] },
            session_left: 7 * 3600 + 12 * 60,
            path: section.href().into(),
            key: "01JD3Q8V5W".into(),
            section: Some(section),
            nav: Section::ALL.into_iter().map(NavItem::from).collect(),
            audit_head: Some(AuditHead { seq: 12_345, at: before(TimeDelta::minutes(2)) }),
        }
    }

    fn reason(self) -> String {
        self.text("택배사 파업으로 5일 지연. 상담 CS-20931에서 보상 약속.", "Delivered 5 days late (carrier strike). Promised in ticket CS-20931.")
    }

    // ---- users

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
            entry(540_000, -300, 12_796, "adjusted", "correction", Some("Emily Carter".into()), Some(902)),
        ]
    }

    fn changes(self) -> Vec<audit::Row> {
        let points = |before: &str, after: &str| vec![audit::Changed { field: "points".into(), before: Some(before.into()), after: Some(after.into()) }];
        let row = |seq, minutes, staff: String, action: &str, target: &str, outcome: &str, refusal: Option<&str>, reason: String, changed| audit::Row {
            seq,
            at: before(TimeDelta::minutes(minutes)),
            staff,
            action: action.into(),
            target: target.into(),
            outcome: outcome.into(),
            refusal: refusal.map(Into::into),
            ip: Some("10.20.4.31".into()),
            reason,
            changed,
        };
        let status = vec![audit::Changed { field: "status".into(), before: Some("active".into()), after: Some("suspended".into()) }];
        vec![
            row(12_344, 8, self.text("이하은", "Haeun Lee"), "points.adjust", "user/482913", "applied", None, self.reason(), points("9450", "12450")),
            row(12_343, 9, self.me(), "points.adjust", "user/482913", "refused", Some("code-wrong"), self.reason(), vec![]),
            row(12_318, 610, "Emily Carter".into(), "users.status", "user/907755", "applied", None, self.text("도난 카드 결제 의심. 카드사 통보 접수.", "Suspected stolen card. Notice from the issuer."), status),
            row(12_301, 700, self.text("박준호", "Junho Park"), "session.start", "staff/2", "applied", None, String::new(), vec![]),
            row(902, 540_000, "console@host".into(), "moon.land", "staff/9", "failed", None, self.text("오류 정정", "Correction"), points("13096", "12796")),
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
            history: Some(self.changes()),
            panel,
        }
    }

    fn points(self, seal: Seal, form: users::PointForm, stale_points: Option<i64>) -> String {
        let panel = users::Panel::Points(users::PointPanel { seal, form, stale_points });
        html(&self.user(self.customer(false), Some(panel)))
    }

    fn typed(self) -> users::PointForm {
        users::PointForm { direction: "add".into(), amount: "1,000".into(), reason_kind: "late_delivery".into(), reason: self.reason() }
    }

    fn refused(self, refusal: Refusal) -> String {
        let seal = Seal { refusal: Some(refusal), ..Seal::fresh("01JD3Q8V5W", 87) };
        self.points(seal, self.typed(), None)
    }

    fn users(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let sealed = || Sealed { seq: 12_346, at: now(), by: self.me(), reason: self.reason() };
        let status = |suspended, seal, reason| html(&self.user(self.customer(suspended), Some(users::Panel::Status(users::StatusPanel { seal, reason }))));
        let fresh = || Seal::fresh("01JD3Q8V5W", 87);
        add("user", self.points(fresh(), users::PointForm::default(), None));
        add("user-typed", self.points(fresh(), self.typed(), None));
        let mut errors = FieldErrors::one("amount", wrong::more_than_balance(12_450));
        errors.add("reason", wrong::too_short(5));
        errors.add("reason_kind", wrong::not_a_choice());
        errors.add("direction", wrong::not_a_choice());
        errors.add("code", wrong::not_a_code());
        let form = users::PointForm { direction: "deduct".into(), amount: self.text("99,999", "99,999"), reason_kind: "?".into(), reason: self.text("네", "ok") };
        add("user-invalid", self.points(Seal { errors, ..fresh() }, form, None));
        add("user-wrong-code", self.refused(Refusal::WrongCode { left: Some(1) }));
        add("user-used-code", self.refused(Refusal::UsedCode { next: now().plus(TimeDelta::seconds(18)) }));
        add("user-waiting", self.refused(Refusal::CodeWait { until: now().plus(TimeDelta::minutes(4)) }));
        add("user-locked", self.refused(Refusal::CodeLocked));
        add("user-not-permitted", self.refused(Refusal::NotPermitted));
        add("user-wrong-state", self.refused(Refusal::WrongState));
        add("user-not-recorded", self.refused(Refusal::NotRecorded));
        add("user-stale-unknown", self.refused(Refusal::Stale(None)));
        let meanwhile = Meanwhile { by: self.text("이하은", "Haeun Lee"), at: before(TimeDelta::seconds(76)), seq: 12_346 };
        let stale = Seal { refusal: Some(Refusal::Stale(Some(meanwhile))), ..fresh() };
        add("user-stale", self.points(stale, self.typed(), Some(12_950)));
        add("user-done", html(&self.user(self.customer(false), Some(users::Panel::PointsDone { sealed: sealed(), before: 11_450, after: 12_450 }))));
        add("user-deducted", html(&self.user(self.customer(false), Some(users::Panel::PointsDone { sealed: sealed(), before: 13_450, after: 12_450 }))));
        add("user-suspend", status(false, fresh(), String::new()));
        add("user-suspend-invalid", status(false, Seal { errors: FieldErrors::one("reason", wrong::required()), ..fresh() }, self.text("", "")));
        add("user-reactivate", status(true, fresh(), self.reason()));
        add("user-suspended", html(&self.user(self.customer(true), Some(users::Panel::StatusDone { sealed: sealed(), suspended: true }))));
        add("user-reactivated", html(&self.user(self.customer(false), Some(users::Panel::StatusDone { sealed: sealed(), suspended: false }))));
        add("user-reveal", html(&self.user(self.customer(false), Some(users::Panel::Contact(users::ContactPanel::default())))));
        let refused = users::ContactPanel { errors: FieldErrors::one("reason", wrong::too_short(5)), reason: self.text("네", "ok") };
        add("user-reveal-invalid", html(&self.user(self.customer(false), Some(users::Panel::Contact(refused)))));
        let contact = users::Contact { name: self.text("김서연", "김서연"), email: self.text("seoyeon.k@naver.com", "seoyeon.k@naver.com"), phone: Some("010-4821-4821".into()) };
        add("user-revealed", html(&users::ShowPage { revealed: Some(contact), ..self.user(self.customer(false), None) }));
        add("user-plain", html(&self.user(self.customer(false), None)));
        let empty = users::ShowPage {
            may: users::Abilities::default(),
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
        use users::StatusFilter::{Active, All, Suspended};
        add("users", list(String::new(), None, All, self.customers(), FieldErrors::new()));
        add("users-found", list(self.text("4821", "4821"), Some("k3J9x"), Active, self.customers(), FieldErrors::new()));
        add("users-empty", list(self.text("seoyeon.k@naver.con", "seoyeon.k@naver.con"), Some("k3J9x"), Suspended, vec![], FieldErrors::new()));
        add("users-none", list(String::new(), None, Suspended, vec![], FieldErrors::new()));
        add("users-invalid", list(self.text("…", "…"), None, All, vec![], FieldErrors::one("q", wrong::nothing_to_search())));
    }

    fn customers(self) -> Vec<users::Row> {
        let row = |id, name: &str, email: &str, phone: Option<&str>, suspended, points, joined, seen: Option<i64>| users::Row {
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
            row(482_913, "김*연", "se•••••@naver.com", Some("010-••••-4821"), false, 12_450, 2078, Some(6)),
            row(119_204, "김*연", "sy••@hanmail.net", Some("010-••••-4821"), true, 0, 2546, Some(2600)),
            row(551_020, "박*민", "ji•••••@gmail.com", None, false, 3200, 1217, Some(72)),
            row(600_417, "Emily C•••••", "em•••@outlook.com", Some("+1 ••• ••• 4821"), false, 880, 1046, None),
            row(714_466, "최*아", "ch•••••••@naver.com", Some("010-••••-4824"), false, 1_104_300, 3188, Some(0)),
        ]
    }

    // ---- the log and the records

    fn audit(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let sealed = || Some(audit::SealedThrough { seq: 12_345, at: before(TimeDelta::minutes(2)), root: (0..32).map(|n| n * 7 + 3).collect() });
        let list = |filter, rows: Vec<audit::Row>, errors| {
            html(&audit::ListPage {
                shell: self.shell(Section::Audit),
                filter,
                staff: vec![Choice::new("1", self.me()), Choice::new("2", self.text("박준호", "Junho Park"))],
                actions: vec!["points.adjust".into(), "users.status".into(), "session.start".into()],
                errors,
                rows,
                pager: Pager { first: Some("/audit".into()), previous: Some("/audit?after=3".into()), next: None },
                sealed: sealed(),
            })
        };
        let filter = audit::Filter {
            staff: "2".into(),
            action: "points.adjust".into(),
            target: self.text("user/482913", "user/482913"),
            outcome: "refused".into(),
            from: "2026-11-20".into(),
            to: self.text("2026-11-20", "2026-11-20"),
            address: self.text("10.20.0.0/16", "10.20.0.0/16"),
            text: self.text("배송", "late"),
        };
        add("audit", list(audit::Filter::default(), self.changes(), FieldErrors::new()));
        add("audit-filtered", list(filter.clone(), self.changes(), FieldErrors::new()));
        add("audit-nothing", list(filter.clone(), vec![], FieldErrors::new()));
        let mut errors = FieldErrors::one("address", wrong::not_an_address());
        errors.add("from", wrong::not_a_day());
        add("audit-invalid", list(filter, vec![], errors));
        add("audit-empty", list(audit::Filter::default(), vec![], FieldErrors::new()));
        let entry = audit::Entry {
            staff_id: Some(2),
            email: Some("junho@ingam.test".into()),
            roles: vec!["operator".into(), "astronaut".into()],
            peer: Some("10.0.0.2".into()),
            user_agent: Some(self.text("Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0")),
            session: Some("8f3a91c2".into()),
            request: Some("req_01JD3Q7XK2".into()),
            approval: Some(12_300),
            reverses: Some(12_299),
            flags: vec![self.text("새 IP", "New IP")],
            leaf: (0..32).collect(),
            body: self.text(r#"{"action":"points.adjust","seq":"12344"}"#, r#"{"action":"points.adjust","seq":"12344"}"#),
        };
        let show = |row: audit::Row, entry, next| html(&audit::ShowPage { shell: self.shell(Section::Audit), previous: Some(row.seq - 1), next, row, entry, sealed: sealed() });
        let rows = self.changes();
        add("audit-row", show(rows[0].clone(), entry, Some(12_345)));
        add("audit-row-bare", show(audit::Row { ip: None, ..rows[3].clone() }, audit::Entry::default(), None));

        let looks = |filter, rows: Vec<access::Row>, errors| {
            html(&access::ListPage { shell: self.shell(Section::Access), filter, staff: vec![Choice::new("1", self.me())], errors, rows, pager: Pager::default() })
        };
        let look = |minutes, task: &str, subject, reason: Option<String>| access::Row {
            at: before(TimeDelta::minutes(minutes)),
            staff: self.me(),
            task: task.into(),
            subject,
            reason,
            ip: "10.20.4.22".into(),
            request: Some("req_01JD3Q7XK2".into()),
        };
        let some = vec![look(3, "reveal", Some(482_913), Some(self.text("택배 기사 연락 요청", "Courier asked for contact"))), look(4, "view", Some(482_913), None), look(5, "search", None, None)];
        let filter = access::Filter { subject: self.text("482913", "482913"), task: "reveal".into(), ..access::Filter::default() };
        add("access", looks(access::Filter::default(), some.clone(), FieldErrors::new()));
        add("access-filtered", looks(filter.clone(), some, FieldErrors::new()));
        add("access-nothing", looks(filter, vec![], FieldErrors::one("address", wrong::not_an_address())));
        add("access-empty", looks(access::Filter::default(), vec![], FieldErrors::new()));
    }

    fn home(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let flash = Flash { tone: Tone::Ok, title: self.text("설정을 저장했습니다", "Preferences saved"), body: Some(self.text("다음 화면부터 적용됩니다.", "From the next page on.")) };
        let mut shell = self.shell(Section::Home);
        shell.frame.flash = Some(flash);
        shell.nav.iter_mut().for_each(|item| item.waiting = (item.section == Section::Users).then_some(3));
        add("home", html(&dashboard::HomePage { shell, recent: Some(self.changes()), mine: self.changes().into_iter().take(2).collect() }));
        add("home-empty", html(&dashboard::HomePage { shell: self.shell(Section::Home), recent: Some(vec![]), mine: vec![] }));
        let mut shell = self.shell(Section::Home);
        shell.nav.retain(|item| item.section == Section::Home);
        shell.audit_head = None;
        add("home-least", html(&dashboard::HomePage { shell, recent: None, mine: self.changes() }));
    }

    // ---- staff

    fn staff(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let login = |email: String, refusal, errors, notice| {
            html(&staff::LoginPage { shell: self.solo(Some("/login")), email, refusal, errors, notice, address: Some("10.20.4.22".into()) })
        };
        add("login", login(String::new(), None, FieldErrors::new(), None));
        add("login-ended", login(String::new(), None, FieldErrors::new(), Some(staff::LoginNotice::Ended)));
        add("login-ready", login(String::new(), None, FieldErrors::new(), Some(staff::LoginNotice::SetUp)));
        add("login-wrong", login(self.text("mina@ingam.test", "mina@ingam.test"), Some(staff::LoginRefusal::Wrong), FieldErrors::new(), None));
        add("login-throttled", login(self.text("mina@ingam.test", "mina@ingam.test"), Some(staff::LoginRefusal::Throttled { until: now() }), FieldErrors::new(), None));
        let mut errors = FieldErrors::one("email", wrong::not_an_email());
        errors.add("password", wrong::required());
        add("login-invalid", login(self.text("mina", "mina"), None, errors, Some(staff::LoginNotice::SignedOut)));
        let code = |recovery, refusal, errors| html(&staff::LoginCodePage { shell: self.solo(Some(if recovery { "/login/code?with=recovery" } else { "/login/code" })), recovery, refusal, errors });
        add("login-code", code(false, None, FieldErrors::new()));
        add("login-code-wrong", code(false, Some(Refusal::WrongCode { left: None }), FieldErrors::new()));
        add("login-code-locked", code(false, Some(Refusal::CodeLocked), FieldErrors::new()));
        add("login-code-invalid", code(false, None, FieldErrors::one("code", wrong::not_a_code())));
        add("login-recovery", code(true, None, FieldErrors::new()));
        add("login-recovery-wrong", code(true, Some(Refusal::WrongCode { left: None }), FieldErrors::new()));
        let new = || staff::NewAuthenticator::new("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "otpauth://totp/Ingam:mina%40ingam.test?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Ingam");
        let setup = |errors, refusal| {
            html(&staff::SetupPage {
                shell: self.solo(Some("/setup/T0ken")),
                token: "T0ken".into(),
                name: self.me(),
                email: self.text("mina@ingam.test", "mina@ingam.test"),
                authenticator: new(),
                expires: now().plus(TimeDelta::hours(23)),
                errors,
                refusal,
            })
        };
        add("setup", setup(FieldErrors::new(), None));
        let mut errors = FieldErrors::one("password", wrong::common_password());
        errors.add("password_again", wrong::password_differs());
        add("setup-invalid", setup(errors, Some(Refusal::WrongCode { left: None })));
        let codes: Vec<String> = (0..10).map(|n| format!("{n}f3a-91c2-07de-5b{n}4-a{n}07")).collect();
        add("recovery-codes", html(&staff::RecoveryCodesPage { shell: self.solo(None), name: self.me(), email: self.text("mina@ingam.test", "mina@ingam.test"), codes, onward: "/account" }));

        let session = |id: &str, here, hours, agent: &str| staff::SessionRow {
            id: id.into(),
            here,
            started: before(TimeDelta::hours(hours)),
            seen: before(TimeDelta::minutes(hours * 3)),
            ip: "10.20.4.22".into(),
            user_agent: (!agent.is_empty()).then(|| self.text(agent, agent)),
        };
        let other = || session("s2", false, 30, "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1");
        let account = |panel: Option<(staff::AccountPanelKind, Seal)>, errors| {
            html(&staff::AccountPage {
                shell: self.shell(Section::Home),
                sessions: vec![session("s1", true, 1, "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"), other(), session("s3", false, 90, "")],
                recovery_codes_left: 2,
                password_changed: Some(before(TimeDelta::days(40))),
                preferences: staff::Preferences { key: "p1".into(), lang: self.lang, time_zone: self.text("Asia/Seoul", "Asia/Seoul"), theme: Theme::System, errors },
                panel: panel.map(|(kind, seal)| staff::AccountPanel { kind, seal }),
            })
        };
        let fresh = || Seal::fresh("01JD3Q8V5W", 3);
        use staff::AccountPanelKind as Kind;
        add("account", account(None, FieldErrors::new()));
        add("account-prefer-invalid", account(None, FieldErrors::one("time_zone", wrong::not_a_zone())));
        add("account-password", account(Some((Kind::Password, fresh())), FieldErrors::new()));
        let mut errors = FieldErrors::one("current", wrong::password_wrong());
        errors.add("new", wrong::password_same());
        errors.add("new_again", wrong::password_differs());
        add("account-password-invalid", account(Some((Kind::Password, Seal { errors, ..fresh() })), FieldErrors::new()));
        add("account-authenticator", account(Some((Kind::Authenticator(Box::new(new())), fresh())), FieldErrors::new()));
        let errors = FieldErrors::one("new_code", wrong::new_code_wrong());
        add("account-authenticator-invalid", account(Some((Kind::Authenticator(Box::new(new())), Seal { errors, ..fresh() })), FieldErrors::new()));
        add("account-recovery-codes", account(Some((Kind::RecoveryCodes, fresh())), FieldErrors::new()));
        add("account-session", account(Some((Kind::Session(other()), fresh())), FieldErrors::new()));
        add("account-sessions", account(Some((Kind::OtherSessions, Seal { refusal: Some(Refusal::WrongCode { left: Some(2) }), ..fresh() })), FieldErrors::new()));
    }

    fn problems(self, out: &mut Vec<Sample>) {
        let onward = [Onward::Home, Onward::SignIn, Onward::Again("/users".into()), Onward::Back("/users/42".into())];
        for (n, (name, problem)) in PROBLEMS.iter().enumerate() {
            let page = ProblemPage {
                shell: self.solo(None),
                problem: *problem,
                request: "req_01JD3QB2M8".into(),
                address: Some("203.0.113.58".into()),
                recorded: n % 2 == 0,
                onward: onward[n % onward.len()].clone(),
            };
            assert!((400..600).contains(&problem.status()) && !page.title().is_empty() && !page.what().is_empty(), "{name}");
            assert!(page.steps().len() == 2 && page.steps().iter().all(|step| !step.is_empty()), "{name}");
            out.push(Sample { name, html: html(&page) });
        }
        let until = Some(now().plus(TimeDelta::seconds(30)));
        let page = ProblemPage { shell: self.solo(None), problem: Problem::TooMany { until }, request: "req_1".into(), address: None, recorded: false, onward: Onward::Home };
        out.push(Sample { name: "problem-too-many-until", html: html(&page) });
    }

    /// Every page in every state.
    pub(crate) fn all(self) -> Vec<Sample> {
        let mut out = Vec::new();
        self.users(&mut out);
        self.audit(&mut out);
        self.home(&mut out);
        self.staff(&mut out);
        self.problems(&mut out);
        out
    }
}

const PROBLEMS: [(&str, Problem); 15] = [
    ("problem-bad-request", Problem::BadRequest),
    ("problem-network", Problem::Network),
    ("problem-permission", Problem::Permission),
    ("problem-forgery", Problem::Forgery),
    ("problem-not-found", Problem::NotFound),
    ("problem-link-gone", Problem::LinkGone),
    ("problem-method", Problem::Method),
    ("problem-conflict", Problem::Conflict),
    ("problem-too-large", Problem::TooLarge),
    ("problem-media-type", Problem::MediaType),
    ("problem-unprocessable", Problem::Unprocessable),
    ("problem-too-many", Problem::TooMany { until: None }),
    ("problem-internal", Problem::Internal),
    ("problem-not-recorded", Problem::NotRecorded),
    ("problem-unavailable", Problem::Unavailable),
];

fn html(page: &impl Template) -> String {
    page.render().unwrap()
}
