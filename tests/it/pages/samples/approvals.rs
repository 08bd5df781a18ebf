use super::{Maker, Sample, before, html, now};
use chrono::TimeDelta;
use ingam::{
    approvals::{
        Request,
        list_pages::{ListPage, Row, Show},
        pages::{Effect, Panel, PlainPanel, ShowPage, Standing},
        request::{State, Vote},
    },
    audit::pages::Changed,
    web::shell::{
        Section,
        field::{FieldErrors, wrong},
        seal::{Refusal, Seal, Sealed},
        table::Pager,
    },
};
use serde_json::json;

impl Maker {
    pub(super) fn request(self, id: i64, state: State) -> Request {
        Request {
            id,
            at: before(TimeDelta::minutes(12)),
            state,
            kind: "points.adjust".into(),
            payload: r#"{"user":482913,"delta":50000,"reason_kind":"goodwill"}"#.into(),
            target_kind: "user".into(),
            target_id: "482913".into(),
            seen: Some(87),
            before: json!({ "points": "12450", "reason_kind": null }),
            after: json!({ "points": "62450", "reason_kind": "goodwill" }),
            staff_id: 2,
            staff_name: self.text("이하은", "Haeun Lee"),
            staff_email: "mina@ingam.test".into(),
            ip: "10.20.4.31".into(),
            peer: "10.20.4.31".into(),
            user_agent: String::new(),
            session: String::new(),
            reason: self.reason(),
            change_id: "c".into(),
            rule: "over".into(),
            beyond: Some("10000".into()),
            role: "approver".into(),
            needs: 1,
            expires_at: now().plus(TimeDelta::minutes(1425)),
            decided_at: (!state.is_open()).then(now),
            is_overdue: false,
            version: 1,
            approvals: 0,
        }
    }

    fn approval(self, request: Request, standing: Standing, panel: Option<Panel>) -> ShowPage {
        let changed = |before: Option<&str>, after: &str, field: &str| Changed {
            field: field.into(),
            before: before.map(Into::into),
            after: Some(after.into()),
        };
        ShowPage {
            shell: self.shell(Section::Approvals),
            standing,
            votes: Vec::new(),
            effects: vec![
                Effect {
                    then: changed(Some("12450"), "62450", "points"),
                    now: request.is_waiting().then(|| changed(Some("12450"), "62450", "points")),
                },
                Effect {
                    then: changed(None, "goodwill", "reason_kind"),
                    now: request.is_waiting().then(|| changed(None, "goodwill", "reason_kind")),
                },
            ],
            obstacle: None,
            deciders: vec![self.text("최하나", "Hana Choi"), self.text("김서연", "Seoyeon Kim")],
            lately: self.changes().into_iter().take(2).collect(),
            previous: Some(6),
            next: Some(9),
            panel,
            request,
        }
    }

    pub(super) fn approvals(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let pager = || Pager { first: None, previous: None, next: Some("/approvals?before=7".into()) };
        let row = |id, state, standing| Row { request: self.request(id, state), standing };
        let overdue =
            Row { request: Request { is_overdue: true, ..self.request(6, State::Owed) }, standing: Standing::YouVoted };
        add(
            "approvals",
            html(&ListPage {
                shell: self.shell(Section::Approvals),
                show: Show::Open,
                rows: vec![
                    row(9, State::Waiting, Standing::YourTurn),
                    row(8, State::Waiting, Standing::Yours),
                    row(7, State::Owed, Standing::Others),
                    overdue,
                ],
                pager: pager(),
            }),
        );
        add(
            "approvals-decided",
            html(&ListPage {
                shell: self.shell(Section::Approvals),
                show: Show::Decided,
                rows: [State::Approved, State::Rejected, State::Withdrawn, State::Expired, State::Obsolete]
                    .into_iter()
                    .zip(1..)
                    .map(|(state, id)| row(id, state, Standing::Others))
                    .collect(),
                pager: Pager::default(),
            }),
        );
        for (name, show) in [
            ("approvals-none", Show::Open),
            ("approvals-none-mine", Show::Mine),
            ("approvals-none-decided", Show::Decided),
        ] {
            let shell = self.shell(Section::Approvals);
            add(name, html(&ListPage { shell, show, rows: vec![], pager: Pager::default() }));
        }
        self.one_approval(out);
    }

    fn one_approval(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let seal = || Seal { asked: Some((self.me(), now())), ..Seal::fresh("", "01JD3Q8V5W", 1) };
        let plain =
            |seal| PlainPanel {
                seal, reason: self.text("상담 기록 확인함", "Checked the ticket"), is_asked: false
            };
        let waiting = || self.request(7, State::Waiting);
        let shown = |request, standing, panel| html(&self.approval(request, standing, panel));
        add(
            "approval",
            shown(
                waiting(),
                Standing::YourTurn,
                Some(Panel::Approve(PlainPanel { seal: seal(), ..PlainPanel::default() })),
            ),
        );
        let two = Request { needs: 2, ..waiting() };
        let asked = PlainPanel { seal: seal(), is_asked: true, ..PlainPanel::default() };
        add("approval-first-of-two", shown(two, Standing::YourTurn, Some(Panel::Approve(asked))));
        let errors = Seal { errors: FieldErrors::one("reason", wrong::too_short(5)), ..seal() };
        add("approval-invalid", shown(waiting(), Standing::YourTurn, Some(Panel::Approve(plain(errors)))));
        let stale = Seal { refusal: Some(Refusal::WrongState { why: rejection("approval-obsolete") }), ..seal() };
        add(
            "approval-obsolete",
            shown(self.request(7, State::Obsolete), Standing::YourTurn, Some(Panel::Approve(plain(stale)))),
        );
        let busy = Seal { refusal: Some(Refusal::WrongState { why: rejection("approval-not-now") }), ..seal() };
        add("approval-not-now", shown(waiting(), Standing::YourTurn, Some(Panel::Approve(plain(busy)))));
        let mut moved = self.approval(waiting(), Standing::YourTurn, Some(Panel::Approve(plain(seal()))));
        for effect in &mut moved.effects {
            effect.now = (effect.then.field == "points").then(|| Changed {
                field: "points".into(),
                before: Some("9450".into()),
                after: Some("59450".into()),
            });
        }
        add("approval-moved", html(&moved));
        add("approval-reject", shown(waiting(), Standing::YourTurn, Some(Panel::Reject(plain(seal())))));
        add(
            "approval-object",
            shown(self.request(7, State::Owed), Standing::YourTurn, Some(Panel::Reject(plain(seal())))),
        );
        add("approval-yours", shown(waiting(), Standing::Yours, None));
        add("approval-withdraw", shown(waiting(), Standing::Yours, Some(Panel::Withdraw(plain(seal())))));
        add("approval-owed", shown(self.request(7, State::Owed), Standing::Others, None));
        let sealed = Sealed { seq: 12_347, at: now(), by: self.me(), reason: self.reason() };
        let done = Panel::Done { sealed, action: "approvals.approve".into() };
        let mut approved = self.approval(self.request(7, State::Approved), Standing::YouVoted, Some(done));
        approved.votes = vec![Vote {
            staff_id: 4,
            staff_name: self.text("최하나", "Hana Choi"),
            at: now(),
            verdict: "approved".into(),
            reason: self.reason(),
        }];
        add("approval-done", html(&approved));
        let mut alone = self.approval(waiting(), Standing::Yours, None);
        alone.deciders = vec![];
        alone.lately = vec![];
        alone.obstacle = Some(self.text("잔액이 부족합니다", "The balance is too low"));
        alone.effects.iter_mut().for_each(|effect| effect.now = None);
        add("approval-alone", html(&alone));
    }
}

fn rejection(word: &'static str) -> ingam::gate::Rejection {
    ingam::gate::Rejection {
        word,
        field: None,
        meaning: ingam::gate::Meaning::Conflict,
        values: vec![("why", "job-busy".into())],
    }
}
