use super::maker::{self, Maker, Sample, before, html, now, refused_field};
use crate::{
    audit::pages::{Changed, Row},
    gate::{Meaning, RefusalWord, Rejection},
    id::{Seq, StaffId},
    staff::{
        Role, Roles,
        history::{Address, History, SignIn},
        invite::InvitePanel,
        link::LinkPanel,
        link_page::{Holder, LinkNotice, LinkPage},
        list::ListPage,
        people::{Filter, Member, Person, StaffList, State},
        reset::ResetPanel,
        restrict::NetworksPanel,
        roles::RolesPanel,
        session_list::{SessionHandle, SessionRow},
        sessions::{EndAllPanel, EndOnePanel},
        show::PersonPage,
        status::StatusPanel,
    },
    web::{
        list::ListQuery as _,
        panel::{Button, Opened, Panel, Receipt, Side, Subject as _, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, SealForm},
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn people(self, out: &mut Vec<Sample>) {
        self.everybody(out);
        self.links(out);
        self.one_person(out);
    }

    fn member(self, id: i64, state: State, roles: &str, has_link: bool) -> Person {
        let is_there = !matches!(state, State::Invited);
        Person {
            id: StaffId::new(id),
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
        let list = |filter: Filter, rows: Vec<Person>, next: Option<i64>, side: Side| {
            let pager = filter.pager(next);
            let label = self.frame().words.known("invite.title").to_owned();
            let side = Side { buttons: vec![Button { name: "invite", icon: "plus", label }], ..side };
            html(&ListPage { shell: self.shell(Section::Staff), filter, rows, pager, side })
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
        add("staff", list(Filter::default(), all(), None, Side::default()));
        let filter = Filter { state: "active".into(), role: "owner".into(), place: "4".into() };
        add("staff-pages", list(filter.clone(), all(), Some(7), Side::default()));
        add("staff-none", list(filter, Vec::new(), None, Side::default()));
        let invite = |seal| {
            let panel = InvitePanel {
                email: self.text("nari", "nari"),
                name: self.text("윤나리", "Nari Yoon"),
                roles: Roles::new([Role::Operator]),
            };
            let seal = SealForm { reason: self.reason(), ..seal };
            side_of(&self.shell(Section::Staff), &StaffList::default(), &(), Opened::Form(panel), seal).unwrap().0
        };
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 0);
        add("staff-invite", list(Filter::default(), all(), None, invite(fresh())));
        let mut errors = FieldErrors::one("email", refused_field("staff-exists", &[]));
        errors.add("name", wrong::required());
        errors.add("roles", refused_field("staff-no-role", &[]));
        errors.add("reason", wrong::too_short(5));
        add("staff-invite-invalid", list(Filter::default(), all(), None, invite(SealForm { errors, ..fresh() })));
    }

    fn links(self, out: &mut Vec<Sample>) {
        let link = |notice, staff| {
            html(&LinkPage {
                shell: self.shell(Section::Staff),
                action: "staff.invite",
                holder: Holder {
                    staff,
                    name: self.text("윤나리", "Nari Yoon"),
                    email: self.text("nari@ingam.test", "nari@ingam.test"),
                },
                notice,
                expires: now().plus(TimeDelta::hours(24)),
                seq: Seq::new(12_346),
            })
        };
        let mut add = |name, html| out.push(Sample { name, html });
        let shown = "https://admin.example.com/setup/Zm9yIHRoZSBleWVzIG9mIG9uZSBvbmx5IQ7x".to_owned();
        add("staff-link", link(LinkNotice::Shown { link: shown }, StaffId::new(7)));
        add("staff-link-before", link(LinkNotice::ShownBefore, StaffId::new(7)));
    }

    fn log_row(self, action: &str, outcome: &str, refusal: Option<&str>, changed: Vec<Changed>) -> Row {
        Row {
            seq: Seq::new(12_340),
            at: before(TimeDelta::hours(2)),
            staff: self.me(),
            is_by_system: false,
            request: None,
            may_take_back: false,
            action: action.into(),
            target: "staff/4".into(),
            name: Some(self.me()),
            outcome: outcome.into(),
            refusal: refusal.map(Into::into),
            ip: Some("10.20.4.22".into()),
            reason: self.reason(),
            changed,
        }
    }

    fn session_rows(self) -> Vec<SessionRow> {
        let session = |id: &str, agent: &str| SessionRow {
            id: id.into(),
            here: false,
            started: before(TimeDelta::hours(3)),
            seen: before(TimeDelta::minutes(4)),
            ip: "10.20.4.22".into(),
            user_agent: (!agent.is_empty()).then(|| self.text(agent, agent)),
        };
        vec![
            session("9f1c2e7ab04d5583", "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36"),
            session("c6e1f7a2900b4c6d", ""),
        ]
    }

    fn log_of(self) -> History {
        let changed =
            Changed { field: "roles".into(), before: Some("operator".into()), after: Some("operator auditor".into()) };
        History {
            made: vec![self.log_row("points.adjust", "applied", None, Vec::new())],
            refused: vec![self.log_row("points.adjust", "refused", Some("code-wrong"), Vec::new())],
            happened: vec![self.log_row("staff.roles", "applied", None, vec![changed])],
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
        }
    }

    fn person_page(self, on: Member, side: Side) -> PersonPage {
        let button = |name, icon, label: &str| Button { name, icon, label: self.frame().words.known(label).to_owned() };
        let person = &on.person;
        let (icon, status) =
            if person.is_disabled() { ("undo", "set-status.enable") } else { ("ban", "set-status.disable") };
        let factor = if person.needs_link() {
            button("link", "key", "new-link.title")
        } else {
            button("reset", "phone", "reset.title")
        };
        let all = vec![
            button("roles", "user", "set-roles.title"),
            factor,
            button("networks", "shield", "restrict.title"),
            button("status", icon, status),
        ];
        PersonPage {
            shell: self.shell(Section::Staff),
            side: Side { buttons: if on.is_me { Vec::new() } else { all }, ..side },
            is_me: on.is_me,
            sessions: on.sessions,
            history: self.log_of(),
            person: on.person,
        }
    }

    fn person_with<P: Panel<On = Member>>(
        self,
        on: Member,
        part: &P::Part,
        opened: Opened<P>,
        seal: SealForm,
    ) -> String {
        let seal = SealForm { reason: self.reason(), ..seal };
        let (side, _) = side_of(&self.shell(Section::Staff), &on, part, opened, seal).unwrap();
        html(&self.person_page(on, side))
    }

    fn one_person(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let on = |person, is_me| Member { person, sessions: self.session_rows(), is_me };
        let active = || on(self.member(4, State::Active, "operator auditor", false), false);
        let own = || Member { is_me: true, ..active() };
        let reset = || on(self.member(5, State::Reset, "oncall", false), false);
        let page = |on, side| html(&self.person_page(on, side));
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 3);
        let invalid = |errors| SealForm { errors, ..fresh() };
        let conflict = |word| SealForm {
            refusal: Some(FormRefusal::WrongState {
                why: Rejection { word, field: None, meaning: Meaning::Conflict, values: Vec::new() },
            }),
            ..fresh()
        };
        add("person", page(active(), Side::default()));
        let invited = Member { sessions: Vec::new(), ..on(self.member(2, State::Invited, "operator", true), false) };
        let quiet = PersonPage { history: History::default(), ..self.person_page(invited, Side::default()) };
        add("person-invited", html(&quiet));
        add("person-locked", page(on(self.member(6, State::Locked, "approver", false), false), Side::default()));
        add("person-own", page(own(), Side::default()));
        let roles = |roles: &[Role]| Opened::Form(RolesPanel { roles: Roles::new(roles.iter().copied()) });
        let two = || roles(&[Role::Operator, Role::Auditor]);
        add("person-own-refused", self.person_with(own(), &(), two(), conflict(RefusalWord::declared("staff-own"))));
        add("person-roles", self.person_with(active(), &(), two(), fresh()));
        let errors = FieldErrors::one("roles", refused_field("staff-no-role", &[]));
        add("person-roles-invalid", self.person_with(active(), &(), roles(&[]), invalid(errors)));
        add(
            "person-last-owner",
            self.person_with(active(), &(), two(), conflict(RefusalWord::declared("staff-last-owner"))),
        );
        add("person-disable", self.person_with(active(), &(), Opened::Form(StatusPanel), fresh()));
        let disabled = on(self.member(7, State::Disabled, "operator", false), false);
        let errors = FieldErrors::one("status", wrong::not_a_choice());
        add("person-enable", self.person_with(disabled, &(), Opened::Form(StatusPanel), invalid(errors)));
        add("person-reset", self.person_with(active(), &(), Opened::Form(ResetPanel), fresh()));
        add("person-link", self.person_with(reset(), &(), Opened::Form(LinkPanel), fresh()));
        add("person-sessions", self.person_with(active(), &(), Opened::Form(EndAllPanel), fresh()));
        let handle = SessionHandle("9f1c2e7ab04d5583".into());
        add("person-session", self.person_with(active(), &handle, Opened::Form(EndOnePanel), fresh()));
        let typed = || {
            let networks = self.text("10.20.0.0/16\noffice", "10.20.0.0/16\noffice");
            Opened::Form(NetworksPanel { networks })
        };
        add("person-networks", self.person_with(active(), &(), typed(), fresh()));
        let errors = FieldErrors::one("networks", wrong::not_a_whole_network("10.20.4.1/16", "10.20.0.0/16"));
        add("person-networks-invalid", self.person_with(active(), &(), typed(), invalid(errors)));
        let why = self.frame().words.known("refused-state.staff-no-factor").to_owned();
        add("person-closed", self.person_with(reset(), &(), Opened::<ResetPanel>::Closed(why), fresh()));
        let shell = self.shell(Section::Staff);
        let receipt = Receipt {
            seq: Seq::new(12_346),
            at: now(),
            by: self.me(),
            reason: self.reason(),
            action: "staff.roles".into(),
            changed: maker::changed(&[("roles", Some("operator"), Some("operator auditor"))], &shell),
        };
        let receipt = receipt.html(&shell, &active().path()).unwrap();
        add("person-done", page(active(), Side { html: Some(receipt), ..Side::default() }));
    }
}
