//! The page of a request. The list is in [`list_pages`](super::list_pages).

use super::{
    Request,
    request::{State, Vote},
    rule,
};
use crate::{
    audit::pages::{Changed, Row as AuditRow},
    web::{
        format,
        shell::{
            Frame, Shell, Tone,
            seal::{Seal, Sealed},
        },
    },
};
use askama::Template;

/// What the reader has to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They asked.
    Yours,
    /// They may decide.
    YourTurn,
    /// They have decided already.
    YouVoted,
    /// Somebody of another role decides.
    Others,
}

impl Request {
    /// The request as a row of the log, for what pages say in the same words about both.
    pub fn as_row(&self) -> AuditRow {
        AuditRow {
            seq: 0,
            at: self.at,
            staff: self.staff_name.clone(),
            action: self.kind.clone(),
            target: format!("{}/{}", self.target_kind, self.target_id),
            outcome: "requested".to_owned(),
            refusal: None,
            ip: None,
            reason: self.reason.clone(),
            changed: Changed::between(&self.before, &self.after),
        }
    }

    pub fn tone(&self) -> Tone {
        match self.state {
            State::Waiting => Tone::Warn,
            State::Owed => Tone::Bad,
            State::Approved => Tone::Ok,
            State::Rejected | State::Withdrawn | State::Expired | State::Obsolete => Tone::Mute,
        }
    }

    pub fn icon(&self) -> &'static str {
        match self.state {
            State::Waiting => "wait",
            State::Owed => "timer",
            State::Approved => "check",
            State::Rejected => "ban",
            State::Withdrawn => "undo",
            State::Expired => "clock",
            State::Obsolete => "x",
        }
    }

    /// What stands under `request-state.`
    pub fn state_name(&self) -> &'static str {
        if self.state == State::Owed && self.is_overdue { "overdue" } else { self.state.as_str() }
    }

    /// How long there is to decide.
    pub fn left(&self, frame: &Frame) -> String {
        let seconds = self.expires_at.since(frame.now).num_seconds();
        if seconds <= 0 { frame.t("approval.over").to_owned() } else { format::span(seconds, frame.words) }
    }

    pub fn is_owed(&self) -> bool {
        self.state == State::Owed
    }

    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    pub fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    pub fn why(&self, frame: &Frame) -> String {
        rule::why(self, frame)
    }

    /// "+50,000 P waits for approval (Mina)"
    pub fn waits_here(&self, frame: &Frame) -> String {
        let row = self.as_row();
        let what = row.headline(frame).unwrap_or_else(|| frame.name("action", &self.kind).to_owned());
        let key = if self.is_owed() { "approval.owed-here" } else { "approval.waiting-here" };
        frame.with(key, &[("what", &what), ("by", &self.staff_name)])
    }

    /// How many more people are wanted.
    pub fn wants(&self) -> i64 {
        (self.needs - self.approvals).max(0)
    }

    pub fn href(&self) -> String {
        format!("/approvals/{}", self.id)
    }
}

/// `GET /approvals/{id}`, and what its forms come back as when they are refused.
#[derive(Debug, Template)]
#[template(path = "approvals/show.html")]
pub struct ShowPage {
    pub shell: Shell,
    pub request: Request,
    pub standing: Standing,
    pub votes: Vec<Vote>,
    pub effects: Vec<Effect>,
    /// Why it could not be made now, if so.
    pub obstacle: Option<String>,
    /// Who could decide.
    pub deciders: Vec<String>,
    /// What the same person did to the same target in the last month.
    pub lately: Vec<AuditRow>,
    /// The older and the newer request that wait for the reader.
    pub previous: Option<i64>,
    pub next: Option<i64>,
    pub panel: Option<Panel>,
}

/// One field: as it was and would become when it was asked for, and as things stand now.
#[derive(Clone, Debug)]
pub struct Effect {
    pub then: Changed,
    /// None where it was not tried, or cannot be made.
    pub now: Option<Changed>,
}

impl Effect {
    /// A field that it would alter now, and would not have altered when it was asked for.
    pub fn gained(now: Changed) -> Self {
        let then = Changed { field: now.field.clone(), before: None, after: None };
        Self { then, now: Some(now) }
    }

    /// What a short summary shows: what has a before, as things stand now.
    pub fn telling(&self) -> Option<&Changed> {
        let shown = self.now.as_ref().unwrap_or(&self.then);
        (shown.before.is_some() || shown.field == "amount").then_some(shown)
    }
}

/// What stands beside a request.
#[derive(Clone, Debug)]
pub enum Panel {
    Approve(PlainPanel),
    Reject(PlainPanel),
    Withdraw(PlainPanel),
    /// What the reader just decided.
    Done {
        sealed: Sealed,
        action: String,
    },
}

impl Panel {
    /// As in `?panel=`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Approve(_) => "approve",
            Self::Reject(_) => "reject",
            Self::Withdraw(_) => "withdraw",
            Self::Done { .. } => "done",
        }
    }
}

/// A decision is nothing but a reason.
#[derive(Clone, Debug, Default)]
pub struct PlainPanel {
    pub seal: Seal,
    pub reason: String,
    /// Whether the reader asked for this panel, and so wants to type.
    pub is_asked: bool,
}

impl PlainPanel {
    pub fn is_focused(&self) -> bool {
        self.is_asked && self.seal.refusal.is_none() || self.seal.focus() == Some("reason")
    }
}

impl ShowPage {
    pub fn action(&self, noun: &str) -> String {
        format!("/approvals/{}/{noun}", self.request.id)
    }

    pub fn is_open(&self, panel: &str) -> bool {
        self.panel.as_ref().is_some_and(|open| open.name() == panel)
    }

    pub fn may_decide(&self) -> bool {
        self.request.is_open() && self.standing == Standing::YourTurn
    }

    pub fn may_withdraw(&self) -> bool {
        self.request.is_waiting() && self.standing == Standing::Yours
    }

    /// What the change comes to in one figure: `+50,000 P`, `₩1,284,000`.
    fn size(&self) -> Option<String> {
        let shown = |effect: &Effect| {
            let one = effect.now.as_ref().unwrap_or(&effect.then);
            match one.field.as_str() {
                "points" => Some(one.by()).filter(|by| !by.is_empty()),
                "amount" => Some(one.after_text(&self.shell)),
                _ => None,
            }
        };
        // Of a refund the money tells more than the points that go with it.
        let money = self.effects.iter().find(|effect| effect.then.field == "amount").and_then(shown);
        money.or_else(|| self.effects.iter().find_map(shown))
    }

    /// Whether the change was tried as things stand now.
    fn is_tried(&self) -> bool {
        self.effects.iter().any(|effect| effect.now.is_some())
    }

    /// Whether a field comes to something else now than when it was asked for.
    pub fn has_moved(&self, effect: &Effect) -> bool {
        self.is_tried() && effect.now.as_ref() != Some(&effect.then)
    }

    /// How what it would do now compares with what was asked for.
    pub fn comparison(&self) -> Option<&'static str> {
        let has_moved = self.effects.iter().any(|effect| self.has_moved(effect));
        self.is_tried().then(|| self.shell.t(if has_moved { "approval.moved" } else { "approval.unmoved" }))
    }

    /// Whose turn it is, or what came of it.
    pub fn turn(&self) -> String {
        let key = match (self.request.state, self.standing) {
            (State::Waiting, Standing::Yours) => "approval.turn-yours",
            (State::Owed, Standing::Yours) => "approval.turn-owed",
            (State::Waiting | State::Owed, Standing::YouVoted) => "approval.turn-voted",
            (State::Waiting | State::Owed, _) => "approval.turn-others",
            (State::Approved, _) => "approval.turn-approved",
            (State::Rejected, _) => "approval.turn-rejected",
            (State::Withdrawn, _) => "approval.turn-withdrawn",
            (State::Expired, _) => "approval.turn-expired",
            (State::Obsolete, _) => "approval.turn-obsolete",
        };
        self.shell.t(key).to_owned()
    }

    /// What is left to do afterwards, where approving alone does not finish it: a set-up link is shown to nobody who waits.
    pub fn afterwards(&self) -> Option<&'static str> {
        let gives_link = matches!(self.request.kind.as_str(), "staff.invite" | "staff.reset-second-factor");
        let is_ahead = matches!(self.request.state, State::Waiting | State::Approved);
        (gives_link && is_ahead).then(|| self.shell.t("setup-link.waiting"))
    }

    pub fn approve_fine(&self) -> &'static str {
        self.shell.t(match (self.request.is_owed(), self.request.wants()) {
            (true, _) => "approval.fine-owed",
            (false, 2..) => "approval.fine-first",
            _ => "approval.fine-approve",
        })
    }

    pub fn reject_fine(&self) -> &'static str {
        self.shell.t(if self.request.is_owed() { "approval.fine-object" } else { "approval.fine-reject" })
    }

    /// What the button does.
    pub fn approve_button(&self) -> String {
        let key = match (self.request.is_owed(), self.request.wants()) {
            (true, _) => "approval.go-owed",
            (false, 2..) => "approval.go-first",
            _ => match self.size() {
                Some(size) => return self.shell.with("approval.go-what", &[("what", &size)]),
                None => "approval.go",
            },
        };
        self.shell.t(key).to_owned()
    }

    pub fn target(&self) -> AuditRow {
        self.request.as_row()
    }

    /// The seats that nobody has filled.
    pub fn empty_seats(&self) -> Vec<i64> {
        if self.request.is_open() { (0..self.request.wants()).collect() } else { Vec::new() }
    }
}
