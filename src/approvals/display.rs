//! How pages show a request.

use super::{Request, request::State, rule};
use crate::{
    audit::pages::Row as AuditRow,
    id::Seq,
    web::{
        changed::Changed,
        format,
        shell::{Frame, Tone},
    },
};

impl Request {
    /// The request as a row of the log, for what pages say in the same words about both.
    pub(crate) fn as_row(&self) -> AuditRow {
        AuditRow {
            seq: Seq::new(0),
            at: self.at,
            staff: self.staff_name.clone(),
            is_by_system: false,
            action: self.kind.clone(),
            target: format!("{}/{}", self.target_kind, self.target_id),
            outcome: "requested".to_owned(),
            refusal: None,
            ip: None,
            reason: self.reason.clone(),
            changed: Changed::between(&self.before, &self.after),
        }
    }

    pub(crate) fn tone(&self) -> Tone {
        match self.state {
            State::Waiting => Tone::Warn,
            State::Owed => Tone::Bad,
            State::Approved => Tone::Ok,
            State::Rejected | State::Withdrawn | State::Expired | State::Obsolete => Tone::Mute,
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
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

    /// Its name under `request-state.`
    pub(crate) fn state_name(&self) -> &'static str {
        if self.state == State::Owed && self.is_overdue { "overdue" } else { self.state.as_str() }
    }

    /// How long there is to decide.
    pub(crate) fn left(&self, frame: &Frame) -> String {
        let seconds = self.expires_at.since(frame.now).num_seconds();
        if seconds <= 0 { frame.t("approval.over").to_owned() } else { format::span(seconds, frame.words) }
    }

    pub(crate) fn is_owed(&self) -> bool {
        self.state == State::Owed
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state.is_open()
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.state == State::Waiting
    }

    pub(crate) fn why(&self, frame: &Frame) -> String {
        rule::why(self, frame)
    }

    /// "+50,000 P waits for approval (Mina)"
    pub(crate) fn waits_here(&self, frame: &Frame) -> String {
        let row = self.as_row();
        let what = row.headline(frame).unwrap_or_else(|| frame.name("action", &self.kind).to_owned());
        let key = if self.is_owed() { "approval.owed-here" } else { "approval.waiting-here" };
        frame.with(key, &[("what", &what), ("by", &self.staff_name)])
    }

    /// The number of further approvals that are needed.
    pub(crate) fn wants(&self) -> i64 {
        (self.needs - self.approvals).max(0)
    }

    pub(crate) fn href(&self) -> String {
        format!("/approvals/{}", self.id)
    }
}
