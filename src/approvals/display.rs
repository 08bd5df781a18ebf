//! How pages show a request.

use super::{Request, request::State, rule};
use crate::{
    audit::pages::{Row as AuditRow, request_icon, request_tone},
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
            name: None,
            outcome: "requested".to_owned(),
            refusal: None,
            ip: None,
            reason: self.reason.clone(),
            changed: Changed::between(&self.before, &self.after),
            request: None,
            may_take_back: false,
        }
    }

    pub(crate) fn tone(&self) -> Tone {
        request_tone(self.state.as_str())
    }

    pub(crate) fn icon(&self) -> &'static str {
        request_icon(self.state.as_str())
    }

    /// Whether it ended without an approval.
    pub(crate) fn is_void(&self) -> bool {
        !self.is_open() && self.state != State::Approved
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
        let key = match self.state {
            State::Waiting | State::Approved => "approval.waiting-here",
            State::Owed => "approval.owed-here",
            State::Rejected => "approval.rejected-here",
            State::Withdrawn | State::Expired | State::Obsolete => "approval.lapsed-here",
        };
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
