use super::maker::{Maker, Sample, before, html, now};
use crate::{
    approvals::{
        Request,
        approve::ApprovePanel,
        created::Created,
        form::FormState,
        list::{Filter, ListPage, Row, Show},
        rehearsal::{Effect, Rehearsal},
        reject::RejectPanel,
        request::{State, Vote},
        show::{RequestView, ShowPage},
        viewer::ViewerPart,
        withdraw::WithdrawPanel,
    },
    audit::RequestRow,
    id::{RequestId, Seq, StaffId},
    web::{
        changed::Changed,
        list::ListQuery as _,
        panel::{Button, Opened, Panel, Receipt, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, SealForm},
        },
    },
};
use chrono::TimeDelta;
use serde_json::json;
use tokio::sync::OnceCell;

impl Maker {
    pub(super) fn request(self, id: i64, state: State) -> Request {
        Request {
            id: RequestId::new(id),
            at: before(TimeDelta::minutes(12)),
            state,
            kind: "points.adjust".into(),
            payload: r#"{"user":482913,"delta":50000,"reason_kind":"goodwill"}"#.into(),
            target_kind: "user".into(),
            target_id: "482913".into(),
            seen: Some(87),
            reversal_of: None,
            before: json!({ "points": "12450", "reason_kind": null }),
            after: json!({ "points": "62450", "reason_kind": "goodwill" }),
            staff_id: StaffId::new(2),
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
            contact: Some("seoyeon.k@naver.com".into()),
        }
    }

    fn rehearsal(request: &Request) -> Rehearsal {
        let changed = |before: Option<&str>, after: &str, field: &str| Changed {
            field: field.into(),
            before: before.map(Into::into),
            after: Some(after.into()),
        };
        let effect = |before, after, field| Effect {
            then: changed(before, after, field),
            now: request.is_waiting().then(|| changed(before, after, field)),
        };
        Rehearsal {
            effects: vec![effect(Some("12450"), "62450", "points"), effect(None, "goodwill", "reason_kind")],
            obstacle: None,
        }
    }

    fn approval(self, request: Request, part: ViewerPart, side: Side) -> ShowPage {
        let rehearsal = Self::rehearsal(&request);
        let button = |name, icon, label| Button { name, icon, label: self.frame().words.known(label).to_owned() };
        let buttons = match part {
            ViewerPart::YourTurn if request.is_open() => {
                vec![button("approve", "approve", "approval.approve"), button("reject", "ban", "approval.reject")]
            }
            ViewerPart::Yours if request.is_waiting() => vec![button("withdraw", "undo", "approval.withdraw")],
            _ => Vec::new(),
        };
        ShowPage {
            shell: self.shell(Section::Approvals),
            part,
            votes: Vec::new(),
            rehearsal,
            deciders: vec![self.text("최하나", "Hana Choi"), self.text("김서연", "Seoyeon Kim")],
            lately: self.changes().into_iter().take(2).collect(),
            rows: vec![
                RequestRow { seq: Seq::new(12_301), action: "points.adjust".into(), outcome: "requested".into() },
                RequestRow { seq: Seq::new(12_305), action: "approvals.reject".into(), outcome: "applied".into() },
            ],
            created: Vec::new(),
            previous: Some(RequestId::new(6)),
            next: Some(RequestId::new(9)),
            side: Side { buttons, ..side },
            request,
        }
    }

    /// The page with the form of a decision.
    fn decision<P>(self, request: Request, part: ViewerPart, panel: fn(FormState) -> P, seal: SealForm) -> ShowPage
    where
        P: Panel<On = RequestView, Part = ()>,
    {
        let state = FormState { rehearsal: Self::rehearsal(&request), is_asked: false };
        self.decision_with(request, part, panel(state), seal)
    }

    fn decision_with<P>(self, request: Request, part: ViewerPart, panel: P, seal: SealForm) -> ShowPage
    where
        P: Panel<On = RequestView, Part = ()>,
    {
        let on = RequestView { request, votes: Vec::new(), part, rehearsal: OnceCell::new() };
        let (side, _) = side_of(&self.shell(Section::Approvals), &on, &(), Opened::Form(panel), seal).unwrap();
        self.approval(on.request, part, side)
    }

    pub(super) fn approvals(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |show: Show, rows, next: Option<i64>| {
            let filter = Filter { show: show.in_address().into(), ..Filter::default() };
            let pager = filter.pager(next);
            html(&ListPage { shell: self.shell(Section::Approvals), show, filter, rows, pager })
        };
        let row = |id, state, part| Row { request: self.request(id, state), part, is_news: id % 2 == 0 };
        let overdue = Row {
            request: Request { is_overdue: true, ..self.request(6, State::Owed) },
            part: ViewerPart::YouVoted,
            is_news: false,
        };
        let open = vec![
            row(9, State::Waiting, ViewerPart::YourTurn),
            row(8, State::Waiting, ViewerPart::Yours),
            row(7, State::Owed, ViewerPart::Others),
            overdue,
        ];
        add("approvals", list(Show::Open, open, Some(7)));
        let decided = [State::Approved, State::Rejected, State::Withdrawn, State::Expired, State::Obsolete];
        let decided = decided.into_iter().zip(1..).map(|(state, id)| row(id, state, ViewerPart::Others)).collect();
        add("approvals-decided", list(Show::Decided, decided, None));
        add("approvals-none", list(Show::Open, vec![], None));
        add("approvals-none-mine", list(Show::Mine, vec![], None));
        add("approvals-none-decided", list(Show::Decided, vec![], None));
        self.one_approval(out);
    }

    fn one_approval(self, out: &mut Vec<Sample>) {
        use ViewerPart::{Others, YouVoted, YourTurn, Yours};
        let mut add = |name, page: ShowPage| out.push(Sample { name, html: html(&page) });
        let reason = || self.text("상담 기록 확인함", "Checked the ticket");
        let fresh = || SealForm::fresh("", "01JD3Q8V5W", 1);
        let seal = || SealForm { reason: reason(), ..fresh() };
        let waiting = || self.request(7, State::Waiting);
        let approve = |request, seal| self.decision(request, YourTurn, ApprovePanel, seal);
        add("approval", approve(waiting(), fresh()));
        let two = Request { needs: 2, ..waiting() };
        let asked = ApprovePanel(FormState { rehearsal: Self::rehearsal(&two), is_asked: true });
        add("approval-first-of-two", self.decision_with(two, YourTurn, asked, fresh()));
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("approval-invalid", approve(waiting(), SealForm { errors, ..seal() }));
        let stale =
            SealForm { refusal: Some(FormRefusal::WrongState { why: rejection("approval-obsolete") }), ..seal() };
        add("approval-obsolete", approve(self.request(7, State::Obsolete), stale));
        let busy = SealForm { refusal: Some(FormRefusal::WrongState { why: rejection("approval-not-now") }), ..seal() };
        add("approval-not-now", approve(waiting(), busy));
        let mut moved = Self::rehearsal(&waiting());
        for effect in &mut moved.effects {
            effect.now = (effect.then.field == "points").then(|| Changed {
                field: "points".into(),
                before: Some("9450".into()),
                after: Some("59450".into()),
            });
        }
        let panel = ApprovePanel(FormState { rehearsal: moved.clone(), is_asked: false });
        let page = self.decision_with(waiting(), YourTurn, panel, seal());
        add("approval-moved", ShowPage { rehearsal: moved, ..page });
        add("approval-reject", self.decision(waiting(), YourTurn, RejectPanel, seal()));
        add("approval-object", self.decision(self.request(7, State::Owed), YourTurn, RejectPanel, seal()));
        add("approval-yours", self.approval(waiting(), Yours, Side::default()));
        add("approval-withdraw", self.decision(waiting(), Yours, WithdrawPanel, seal()));
        add("approval-owed", self.approval(self.request(7, State::Owed), Others, Side::default()));
        add("approval-done", self.decided(YouVoted));
        let export = Created { field: "export_number", number: 7, href: "/audit/exports/7".into() };
        let made = self.approval(self.request(7, State::Approved), Yours, Side::default());
        add("approval-created", ShowPage { created: vec![export], ..made });
        let mut rejected = self.approval(self.request(7, State::Rejected), Yours, Side::default());
        rejected.votes = vec![Vote {
            staff_name: self.text("최하나", "Hana Choi"),
            at: now(),
            verdict: "rejected".into(),
            reason: self.reason(),
        }];
        add("approval-rejected", rejected);
        add("approval-expired", self.approval(self.request(7, State::Expired), Yours, Side::default()));
        let mut alone = self.approval(waiting(), Yours, Side::default());
        alone.deciders = vec![];
        alone.lately = vec![];
        alone.rehearsal.obstacle = Some(self.text("잔액이 부족합니다", "The balance is too low"));
        alone.rehearsal.effects.iter_mut().for_each(|effect| effect.now = None);
        add("approval-alone", alone);
    }

    /// The page with a decision that was just made.
    fn decided(self, part: ViewerPart) -> ShowPage {
        let receipt = Receipt {
            seq: Seq::new(12_347),
            at: now(),
            by: self.me(),
            reason: self.reason(),
            action: "approvals.approve".into(),
            changed: Vec::new(),
        };
        let html_of = receipt.html(&self.shell(Section::Approvals), "/approvals/7").unwrap();
        let side = Side { html: Some(html_of), receipt: Some(receipt), ..Side::default() };
        let mut page = self.approval(self.request(7, State::Approved), part, side);
        page.votes = vec![Vote {
            staff_name: self.text("최하나", "Hana Choi"),
            at: now(),
            verdict: "approved".into(),
            reason: self.reason(),
        }];
        page
    }
}

fn rejection(word: &'static str) -> crate::gate::Rejection {
    crate::gate::Rejection {
        word: crate::gate::RefusalWord::declared(word),
        field: None,
        meaning: crate::gate::Meaning::Conflict,
        values: vec![("why", "job-busy".into())],
    }
}
