use super::{Maker, Sample, before, html, now};
use chrono::TimeDelta;
use ingam::{
    audit::pages::{Changed, Row},
    gate::{Meaning, Rejection},
    staff::{
        Role, Roles,
        link_page::{LinkPage, Told},
        list_pages::{InvitePanel, ListPage},
        pages::SessionRow,
        people::{Filter, Person, State},
        show::Asked,
        show_pages::{Address, Done, Filled, Panel, PersonPage, SignIn},
    },
    web::shell::{
        Section,
        field::{FieldErrors, wrong},
        seal::{Refusal, Seal, Sealed},
        table::Pager,
    },
};

impl Maker {
    pub(super) fn people(self, out: &mut Vec<Sample>) {
        self.everybody(out);
        self.links(out);
        self.one_person(out);
    }

    fn member(self, id: i64, state: State, roles: &str, has_link: bool) -> Person {
        let is_there = !matches!(state, State::Invited);
        Person {
            id,
            name: self.text("윤나리", "Nari Yoon"),
            email: self.text("nari@ingam.test", "nari@ingam.test"),
            roles: roles.into(),
            state,
            version: 3,
            networks: if id == 4 { "10.20.0.0/16 2001:db8::/32".into() } else { String::new() },
            time_zone: "Asia/Seoul".into(),
            created_at: before(TimeDelta::days(90)),
            password_at: is_there.then(|| before(TimeDelta::days(89))),
            enrolled_at: (is_there && state != State::Reset).then(|| before(TimeDelta::days(89))),
            link_until: has_link.then(|| now().plus(TimeDelta::hours(20))),
            signed_in_at: is_there.then(|| before(TimeDelta::hours(3))),
            sessions: i64::from(is_there) * 2,
        }
    }

    fn everybody(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |filter, rows: Vec<Person>, pager, panel| {
            html(&ListPage { shell: self.shell(Section::Staff), filter, rows, pager, panel })
        };
        let all = || {
            vec![
                self.member(1, State::Active, "owner", false),
                self.member(2, State::Invited, "operator", true),
                self.member(3, State::Invited, "auditor", false),
                self.member(4, State::Active, "operator oncall auditor approver owner", false),
                self.member(5, State::Reset, "oncall", true),
                self.member(6, State::Locked, "approver", false),
                self.member(7, State::Disabled, "operator", false),
            ]
        };
        add("staff", list(Filter::default(), all(), Pager::default(), None));
        let filter = Filter { state: Some(State::Active), role: Some(Role::Owner) };
        let pager = Pager { first: Some("/staff".into()), previous: None, next: Some("/staff?after=7".into()) };
        add("staff-pages", list(filter, all(), pager, None));
        add("staff-none", list(filter, Vec::new(), Pager::default(), None));
        let invite = |seal| InvitePanel {
            seal,
            email: self.text("nari", "nari"),
            name: self.text("윤나리", "Nari Yoon"),
            roles: Roles::new([Role::Operator]),
            reason: self.reason(),
        };
        let fresh = || Seal::fresh("", "01JD3Q8V5W", 0);
        add("staff-invite", list(Filter::default(), all(), Pager::default(), Some(invite(fresh()))));
        let mut errors = FieldErrors::one("email", wrong::staff_exists());
        errors.add("name", wrong::required());
        errors.add("roles", wrong::no_role());
        errors.add("reason", wrong::too_short(5));
        add(
            "staff-invite-invalid",
            list(Filter::default(), all(), Pager::default(), Some(invite(Seal { errors, ..fresh() }))),
        );
    }

    fn links(self, out: &mut Vec<Sample>) {
        let link = |told, staff| {
            html(&LinkPage {
                shell: self.shell(Section::Staff),
                action: "staff.invite",
                staff,
                name: self.text("윤나리", "Nari Yoon"),
                email: self.text("nari@ingam.test", "nari@ingam.test"),
                told,
                expires: now().plus(TimeDelta::hours(24)),
                seq: 12_346,
            })
        };
        let mut add = |name, html| out.push(Sample { name, html });
        let shown = "https://admin.example.com/setup/Zm9yIHRoZSBleWVzIG9mIG9uZSBvbmx5IQ7x".to_owned();
        add("staff-link", link(Told::Now { link: shown }, 7));
        add("staff-link-before", link(Told::Before, 7));
    }

    fn log_row(self, action: &str, outcome: &str, refusal: Option<&str>, changed: Vec<Changed>) -> Row {
        Row {
            seq: 12_340,
            at: before(TimeDelta::hours(2)),
            staff: self.me(),
            action: action.into(),
            target: "staff/4".into(),
            outcome: outcome.into(),
            refusal: refusal.map(Into::into),
            ip: Some("10.20.4.22".into()),
            reason: self.reason(),
            changed,
        }
    }

    #[expect(clippy::too_many_lines, reason = "a list, with nothing to follow")]
    fn one_person(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let changed = || {
            vec![Changed {
                field: "roles".into(),
                before: Some("operator".into()),
                after: Some("operator auditor".into()),
            }]
        };
        let session = |id: &str, agent: &str| SessionRow {
            id: id.into(),
            here: false,
            started: before(TimeDelta::hours(3)),
            seen: before(TimeDelta::minutes(4)),
            ip: "10.20.4.22".into(),
            user_agent: (!agent.is_empty()).then(|| self.text(agent, agent)),
        };
        let sessions = || {
            vec![
                session("9f1c2e7ab04d5583", "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"),
                session("c6e1f7a2900b4c6d", ""),
            ]
        };
        let page = |person: Person, is_me, panel| PersonPage {
            shell: self.shell(Section::Staff),
            is_me,
            sessions: sessions(),
            panel,
            made: vec![self.log_row("points.adjust", "applied", None, Vec::new())],
            refused: vec![self.log_row("points.adjust", "refused", Some("code-wrong"), Vec::new())],
            happened: vec![self.log_row("staff.roles", "applied", None, changed())],
            sign_ins: vec![
                SignIn {
                    row: self.log_row("session.start", "applied", None, Vec::new()),
                    user_agent: self.text("x", "x"),
                },
                SignIn {
                    row: self.log_row("session.password", "failed", Some("sign-in-wrong"), Vec::new()),
                    user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36".into(),
                },
            ],
            addresses: vec![Address {
                ip: "10.20.4.22".into(),
                first: before(TimeDelta::days(30)),
                last: before(TimeDelta::minutes(4)),
            }],
            person,
        };
        let active = || self.member(4, State::Active, "operator auditor", false);
        let fresh = || Seal::fresh("", "01JD3Q8V5W", 3);
        let form = |asked, seal| Some(Panel::Form(Filled { asked, seal, reason: self.reason() }));
        let conflict = |word| Seal {
            refusal: Some(Refusal::WrongState {
                why: Rejection { word, field: None, meaning: Meaning::Conflict, values: Vec::new() },
            }),
            ..fresh()
        };
        add("person", html(&page(active(), false, None)));
        let quiet = PersonPage {
            sessions: Vec::new(),
            made: Vec::new(),
            refused: Vec::new(),
            happened: Vec::new(),
            sign_ins: Vec::new(),
            addresses: Vec::new(),
            ..page(self.member(2, State::Invited, "operator", true), false, None)
        };
        add("person-invited", html(&quiet));
        add("person-locked", html(&page(self.member(6, State::Locked, "approver", false), false, None)));
        add("person-own", html(&page(active(), true, None)));
        add("person-own-refused", html(&page(active(), true, Some(Panel::Refused(conflict("staff-own"))))));
        let roles = || Asked::Roles(Roles::new([Role::Operator, Role::Auditor]));
        add("person-roles", html(&page(active(), false, form(roles(), fresh()))));
        let errors = FieldErrors::one("roles", wrong::no_role());
        add(
            "person-roles-invalid",
            html(&page(active(), false, form(Asked::Roles(Roles::default()), Seal { errors, ..fresh() }))),
        );
        add("person-last-owner", html(&page(active(), false, form(roles(), conflict("staff-last-owner")))));
        add("person-disable", html(&page(active(), false, form(Asked::Status, fresh()))));
        let errors = FieldErrors::one("status", wrong::not_a_choice());
        add(
            "person-enable",
            html(&page(
                self.member(7, State::Disabled, "operator", false),
                false,
                form(Asked::Status, Seal { errors, ..fresh() }),
            )),
        );
        add("person-reset", html(&page(active(), false, form(Asked::Reset, fresh()))));
        let reset = || self.member(5, State::Reset, "oncall", false);
        add("person-link", html(&page(reset(), false, form(Asked::Link, fresh()))));
        add("person-sessions", html(&page(active(), false, form(Asked::Sessions, fresh()))));
        add("person-session", html(&page(active(), false, form(Asked::Session("9f1c2e7ab04d5583".into()), fresh()))));
        let typed = || Asked::Networks(self.text("10.20.0.0/16\noffice", "10.20.0.0/16\noffice"));
        add("person-networks", html(&page(active(), false, form(typed(), fresh()))));
        let errors = FieldErrors::one("networks", wrong::not_a_whole_network("10.20.4.1/16", "10.20.0.0/16"));
        add("person-networks-invalid", html(&page(active(), false, form(typed(), Seal { errors, ..fresh() }))));
        let closed = Panel::Closed { name: "reset", why: "refused-state.staff-no-factor" };
        add("person-closed", html(&page(reset(), false, Some(closed))));
        let done = || {
            Panel::Done(Done {
                action: "staff.roles".into(),
                changed: changed(),
                sealed: Sealed { seq: 12_346, at: now(), by: self.me(), reason: self.reason() },
            })
        };
        add("person-done", html(&page(active(), false, Some(done()))));
    }
}
