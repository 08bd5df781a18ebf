//! The pages of the audit log.

use super::{
    RequestRow,
    background::LastVerification,
    filter::{Filter, SIGN_INS},
};
pub(crate) use crate::web::changed::Changed;
use crate::{
    clock::Instant,
    digits,
    evidence::{
        keep::{Finding, Kept},
        witness::record::Refusal,
    },
    id::{ExportId, IncidentId, RequestId, Seq, StaffId, SuspicionId},
    web::{
        format,
        link::link,
        list::{ListQuery as _, Tab},
        shell::{
            Frame, Section, Shell, Tone,
            field::FieldErrors,
            table::{Choice, Pager},
        },
        words::Words,
    },
};
use askama::Template;
use chrono::TimeDelta;

/// `GET /audit`
#[derive(Debug, Template)]
#[template(path = "audit/list.html")]
pub(crate) struct ListPage {
    pub shell: Shell,
    pub filter: Filter,
    /// Everybody who can be filtered by: the staff id as text, and the name.
    pub staff: Vec<Choice>,
    /// Every kind of change, as in `Change::KIND`.
    pub actions: Vec<String>,
    /// What is wrong with the filter; then there are no rows.
    pub errors: FieldErrors,
    pub rows: Vec<Row>,
    pub pager: Pager,
    /// How far the log is sealed.
    pub sealed: Option<SealedThrough>,
    pub verification: LastVerification,
    /// Why the signer refuses.
    pub finding: Option<Finding>,
    pub refusals: Vec<Refusal>,
}

impl ListPage {
    /// Today, the last seven days and the last thirty, each with its address.
    pub(crate) fn spans(&self) -> Vec<Tab> {
        let today = self.shell.now;
        let span = |(value, days): (&'static str, i64)| {
            let from = format::day(today.minus(TimeDelta::days(days)), self.shell.zone);
            let is_current = self.filter.from == from && self.filter.to.is_empty();
            Tab { value, href: Filter { from, to: String::new(), ..self.filter.clone() }.href(""), is_current }
        };
        [("today", 0), ("week", 6), ("month", 29)].map(span).into()
    }

    /// The same list with signing in and out, or without.
    pub(crate) fn sign_ins(&self) -> Tab {
        let is_current = self.filter.hide == SIGN_INS;
        let hide = if is_current { String::new() } else { SIGN_INS.to_owned() };
        Tab { value: SIGN_INS, href: Filter { hide, ..self.filter.clone() }.href(""), is_current }
    }

    /// Where these rows are exported.
    pub(crate) fn export_href(&self) -> String {
        let mut fields = self.filter.fields();
        fields.push(("panel", "export"));
        link("/audit/exports", &fields)
    }

    /// "#12,345 – #12,336"
    pub(crate) fn range(&self) -> String {
        match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => {
                format!("#{} – #{}", digits::group(first.seq.get()), digits::group(last.seq.get()))
            }
            _ => String::new(),
        }
    }
}

/// The outcomes a change can have; their names are under `outcome.`
pub(crate) const OUTCOMES: [&str; 4] = ["applied", "requested", "refused", "failed"];

/// The current tree head of the log.
#[derive(Clone, Debug)]
pub(crate) struct SealedThrough {
    pub seq: Seq,
    pub at: Instant,
    pub root: Vec<u8>,
}

impl SealedThrough {
    pub(crate) fn root_hex(&self) -> String {
        hex::encode(&self.root)
    }

    pub(crate) fn short_root(&self) -> String {
        format::short_hash(&self.root)
    }

    /// Rows in the log; the first is number 0.
    pub(crate) fn rows(&self) -> i64 {
        self.seq.get().saturating_add(1)
    }
}

/// One row of the log in a list.
#[derive(Clone, Debug)]
pub struct Row {
    pub seq: Seq,
    pub at: Instant,
    pub staff: String,
    /// Whether the console itself did it.
    pub is_by_system: bool,
    /// `points.adjust`
    pub action: String,
    /// `user/42`
    pub target: String,
    /// What people call it: the number of an order, the name of a member of staff.
    pub name: Option<String>,
    /// `applied`, `requested`, `refused` or `failed`
    pub outcome: String,
    /// Why it was refused, in the program's words: `wrong_code`, `stale` …
    pub refusal: Option<String>,
    pub ip: Option<String>,
    pub reason: String,
    /// What changed. A list may leave it empty; the dashboard and a customer's history show it.
    pub changed: Vec<Changed>,
    /// The request for approval that it made or still owed, as it is now.
    pub request: Option<RequestNow>,
    /// Whether the reader may make such changes, so that they are led to taking it back.
    pub may_take_back: bool,
}

/// How far a request for approval is now.
#[derive(Clone, Debug)]
pub struct RequestNow {
    pub id: RequestId,
    /// Its name under `request-state.`
    pub state: String,
    /// Whether the reader may look at it.
    pub may_open: bool,
}

impl RequestNow {
    /// Whether it waits for its decision.
    pub fn is_waiting(&self) -> bool {
        self.state == "waiting"
    }

    pub fn tone(&self) -> Tone {
        request_tone(&self.state)
    }

    pub fn icon(&self) -> &'static str {
        request_icon(&self.state)
    }

    pub fn href(&self) -> Option<String> {
        self.may_open.then(|| format!("/approvals/{}", self.id))
    }
}

/// How the state of a request looks, on every page.
pub(crate) fn request_tone(state: &str) -> Tone {
    match state {
        "waiting" => Tone::Warn,
        "owed" | "overdue" | "rejected" => Tone::Bad,
        "approved" => Tone::Ok,
        _ => Tone::Mute,
    }
}

pub(crate) fn request_icon(state: &str) -> &'static str {
    match state {
        "waiting" => "wait",
        "owed" | "overdue" => "timer",
        "approved" => "check",
        "rejected" => "ban",
        "withdrawn" => "undo",
        "expired" => "clock",
        _ => "x",
    }
}

impl Row {
    pub fn tone(&self) -> Tone {
        if let Some(request) = self.asked() {
            return request.tone();
        }
        match self.outcome.as_str() {
            "applied" => Tone::Ok,
            "requested" => Tone::Warn,
            _ => Tone::Bad,
        }
    }

    /// The request, where it was all that the change came to.
    fn asked(&self) -> Option<&RequestNow> {
        self.request.as_ref().filter(|_| self.outcome == "requested")
    }

    /// The request of a change that was so urgent that it was made first, where that is not settled well.
    pub fn owed(&self) -> Option<&RequestNow> {
        self.request.as_ref().filter(|request| self.outcome == "applied" && request.state != "approved")
    }

    /// The page of the request, where the reader may open it.
    pub fn request_href(&self) -> Option<String> {
        self.request.as_ref()?.href()
    }

    pub fn outcome_icon(&self) -> &'static str {
        if let Some(request) = self.asked() {
            return request.icon();
        }
        match self.outcome.as_str() {
            "applied" => "check",
            "requested" => "wait",
            "refused" => "ban",
            _ => "x",
        }
    }

    /// Who did it; before signing in a person has no name.
    pub fn who<'w>(&'w self, words: &Words) -> &'w str {
        match self.staff.as_str() {
            _ if self.is_by_system => words.get("table.system"),
            "" => words.get("audit.nobody"),
            name => name,
        }
    }

    /// The outcome in words; of a refusal, the reason for it.
    pub fn outcome_name(&self, words: &Words) -> String {
        if let Some(request) = self.asked().filter(|request| !request.is_waiting()) {
            return words.name("request-state", &request.state).to_owned();
        }
        match &self.refusal {
            // The word may be followed by values: "points-more-than-balance balance=900".
            Some(refusal) => words.name("refusal", refusal.split(' ').next().unwrap_or(refusal)).to_owned(),
            None => words.name("outcome", &self.outcome).to_owned(),
        }
    }

    /// The page of the target, where there is one this reader may open.
    pub fn target_href(&self, shell: &Shell) -> Option<String> {
        target_href(&self.target, shell)
    }

    /// Whether the number that people know it by is not the id that the log has.
    pub fn is_about_an_order(&self) -> bool {
        self.target.starts_with("order/")
    }

    /// "Point balance 9,450 → 12,450": of what changed, the field that tells most.
    pub fn headline(&self, frame: &Frame) -> Option<String> {
        let telling: &[&str] = match self.target.split_once('/') {
            Some(("order", _)) => &["state", "amount", "points_returned", "tracking_number"],
            Some(("network", _)) => &["net", "expires_at", "note"],
            Some(("queue", _)) => &["next_offset"],
            Some(("export", _)) => &["export_sent", "rows"],
            Some(("review", _)) => &["review_result"],
            Some(("audit", _)) => &["access_size", "purged"],
            Some(("retention", _)) => &["removed"],
            Some(("run", _)) => &["rerun", "run_state", "resolution", "late_report"],
            // Of signing in only the session is noted, which tells a reader nothing.
            Some(("staff", _)) if self.action.starts_with("session.") => return None,
            Some(("staff", _)) => &["roles", "active", "networks", "authenticator_at", "link_expires_at"],
            _ => &["points", "status"],
        };
        let named =
            |field: &&str| self.changed.iter().find(|changed| changed.field == *field && !changed.is_no_money());
        let changed = named(&"refusals").or_else(|| telling.iter().find_map(named)).or(self.changed.first())?;
        let (name, after) = (changed.name(&frame.words), changed.after_text(frame));
        Some(match changed.before {
            None => format!("{name} {after}"),
            Some(_) => format!("{name} {} → {after}", changed.before_text(frame)),
        })
    }
}

fn target_href(target: &str, shell: &Shell) -> Option<String> {
    match target.split_once('/')? {
        ("user", id) if shell.may(Section::Users) => Some(format!("/users/{id}")),
        ("order", id) if shell.may(Section::Orders) => Some(format!("/orders/{id}")),
        ("batch", job) if shell.may(Section::Batches) => Some(format!("/batches/{job}")),
        ("network", _) if shell.may(Section::Networks) => Some("/networks".to_owned()),
        ("run", id) if shell.may(Section::Batches) => Some(format!("/runs/{id}")),
        ("approval", id) => Some(format!("/approvals/{id}")),
        ("alert", id) => Some(format!("/alerts/{id}")),
        ("incident", id) if id.parse::<IncidentId>().is_ok() => Some(format!("/incidents/{id}")),
        ("suspicion", id) if id.parse::<SuspicionId>().is_ok() => Some(format!("/audit/suspicions/{id}")),
        ("export", id) if id.parse::<ExportId>().is_ok() => Some(format!("/audit/exports/{id}")),
        ("review", period) if period.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            Some(format!("/audit/reviews/{period}"))
        }
        ("silence", _) => Some("/silences".to_owned()),
        ("delivery" | "channel", _) => Some("/deliveries".to_owned()),
        ("queue", _) => Some("/queues".to_owned()),
        // An invitation names an address; the invited person had no id yet.
        ("staff", id) if shell.may(Section::Staff) && id.parse::<StaffId>().is_ok() => Some(format!("/staff/{id}")),
        _ => None,
    }
}

/// `GET /audit/{seq}`
#[derive(Debug, Template)]
#[template(path = "audit/show.html")]
pub(crate) struct ShowPage {
    pub shell: Shell,
    pub row: Row,
    /// Everything the row holds beside what a list shows.
    pub entry: Entry,
    /// The rows of the request that it belongs to, itself included.
    pub decisions: Vec<RequestRow>,
    /// The rows before and after it.
    pub previous: Option<Seq>,
    pub next: Option<Seq>,
    pub sealed: Option<SealedThrough>,
    /// The newest checkpoint, where it holds the row.
    pub signed: Option<Kept>,
    /// The row that took it back.
    pub reversed_by: Option<Seq>,
}

impl ShowPage {
    /// Whether the page leads to where the row is taken back, or to why it cannot be.
    fn may_ask_to_take_back(&self) -> bool {
        self.row.outcome == "applied" && self.reversed_by.is_none() && self.entry.reverses.is_none()
    }
}

/// The columns of a row that a list leaves out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub staff_id: Option<StaffId>,
    pub email: Option<String>,
    /// `operator`, `auditor` …
    pub roles: Vec<String>,
    /// The address of the TCP peer, which is a proxy where it differs from the row's `ip`.
    pub peer: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub session: Option<String>,
    pub request: Option<String>,
    /// The request it belongs to, where a second person was needed.
    pub approval: Option<RequestId>,
    /// The row that this one reverses.
    pub reverses: Option<Seq>,
    pub flags: Vec<String>,
    pub leaf: Vec<u8>,
    /// The exact bytes that were sealed.
    pub body: String,
}

impl Entry {
    pub(crate) fn short_leaf(&self) -> String {
        format::short_hash(&self.leaf)
    }

    pub(crate) fn leaf_hex(&self) -> String {
        hex::encode(&self.leaf)
    }

    pub(crate) fn role_names(&self, words: &Words) -> String {
        let names: Vec<&str> = self.roles.iter().map(|role| words.name("role", role)).collect();
        names.join(", ")
    }

    pub(crate) fn body_length(&self) -> i64 {
        i64::try_from(self.body.len()).unwrap_or(i64::MAX)
    }
}
