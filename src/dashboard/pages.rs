//! The first page.

use super::{MOST, begin::Task};
use crate::{
    alerts::list::Shown,
    approvals::{Request, news::News},
    audit::pages::Row,
    batches::{kind::Kind, lapse::Lapse, state::State},
    clock::Instant,
    gate::{Roles, lead::Lead},
    id::RunId,
    incidents::record::Action,
    orders::filter::Needs,
    web::{
        format,
        shell::{Section, Shell, Tone},
    },
};
use askama::Template;
use chrono::Timelike;

/// `GET /`
#[derive(Debug, Template)]
#[template(path = "dashboard.html")]
pub(crate) struct HomePage {
    pub shell: Shell,
    /// How far the newest row of the log is ahead of the clock, where that is too far.
    pub lead: Option<Lead>,
    /// What is wrong now, the worst first.
    pub alerts: Vec<Shown>,
    /// What the reader is to do after incidents, what is due first.
    pub actions: Vec<Action>,
    /// In the zone of the reader: `2026-11-20`.
    pub today: String,
    /// What an owner has to do in a console that begins; nothing for others, and where all of it is done.
    pub begin: Vec<Task>,
    /// The urgent requests that were made and still lack their approval, for everybody.
    pub owed: Vec<Request>,
    /// The number of requests that wait for this person.
    pub requests: i64,
    /// The reader's own requests that were decided since they looked.
    pub decided: Vec<News>,
    /// Runs of batches that a person should look at and no alert here shows, the newest first.
    pub runs: Vec<WaitingRun>,
    /// Jobs to which something did not happen that no alert here shows, first those to which it did first.
    pub lapses: Vec<WaitingJob>,
    /// What commands on the host changed and no owner has confirmed; for owners, and only where there is something.
    pub from_host: Option<FromHost>,
    /// How many suspicions no person closed, up to a hundred; for those who look into them, and only where there are any.
    pub suspicions: Option<i64>,
    /// How many reports about a period should have been signed by now; none for those who do not sign them.
    pub overdue_reviews: i64,
    /// What waits for a person, the most pressing first; nothing for those who may not see orders.
    pub attention: Vec<Attention>,
    /// The newest changes of everybody; none for those who may not read the log.
    pub recent: Option<Vec<Row>>,
    /// The newest changes this person made.
    pub mine: Vec<Row>,
}

/// Changes from the host that no owner has confirmed.
#[derive(Clone, Debug)]
pub(crate) struct FromHost {
    pub n: i64,
    /// Whether there are more than are counted.
    pub is_more: bool,
    /// The newest, newest first.
    pub rows: Vec<Row>,
}

/// A run that a person should look at.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct WaitingRun {
    pub id: RunId,
    pub job: String,
    /// The title of its job.
    pub title: String,
    #[sqlx(try_from = "String")]
    pub state: State,
    pub is_slow: bool,
    pub is_low: bool,
    pub at: Instant,
    /// Whether the reader may act on it.
    #[sqlx(skip)]
    pub is_yours: bool,
}

/// A job to which something did not happen.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct WaitingJob {
    #[sqlx(flatten)]
    pub lapse: Lapse,
    pub title: String,
    #[sqlx(try_from = "String", rename = "job_kind")]
    pub kind: Kind,
    /// Whether the reader may act on it.
    #[sqlx(skip)]
    pub is_yours: bool,
}

impl WaitingRun {
    pub(crate) fn tone(&self) -> Tone {
        if self.state.is_bad() { Tone::Bad } else { Tone::Warn }
    }

    pub(crate) fn icon(&self) -> &'static str {
        if self.state.is_bad() { self.state.icon() } else { "alert" }
    }

    /// The key under `run-state.`
    pub(crate) fn name(&self) -> &'static str {
        match self.state {
            state if state.is_bad() => state.as_str(),
            State::Queued => "overdue",
            _ => "unusual",
        }
    }
}

/// The number of orders that have the same need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attention {
    pub needs: Needs,
    pub n: i64,
    /// Whether there are more than are counted.
    pub is_more: bool,
    /// Whether any refund that failed was asked for here, so that trying it again is up to the console.
    pub can_retry: bool,
}

impl Attention {
    /// The key of what is to be done, under `home-needs.`
    pub(crate) fn what(&self) -> &'static str {
        match self.needs {
            _ if self.n == 0 => "nothing",
            Needs::Retrying if !self.can_retry => "retrying-shop",
            needs => needs.as_str(),
        }
    }

    pub(crate) fn href(&self) -> String {
        format!("/orders?needs={}", self.needs.as_str())
    }

    /// A need without orders is fine.
    pub(crate) fn tone(&self) -> Tone {
        match self.needs {
            _ if self.n == 0 => Tone::Ok,
            Needs::Retrying => Tone::Bad,
            Needs::Settling => Tone::Info,
            Needs::Shipping => Tone::Warn,
        }
    }
}

impl HomePage {
    /// A number that was counted up to a hundred.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn up_to(n: &i64) -> String {
        if *n > MOST { format!("{MOST}+") } else { n.to_string() }
    }

    /// The key of a greeting for the time of day where the reader is.
    pub(crate) fn greeting(&self) -> &'static str {
        match self.shell.now.utc().with_timezone(&self.shell.zone).hour() {
            5..=10 => "home.morning",
            11..=16 => "home.day",
            17..=21 => "home.evening",
            _ => "home.night",
        }
    }

    /// Whether the reader may look at this request.
    pub(crate) fn may_open(&self, request: &Request) -> bool {
        request.is_for(self.shell.person.id, &Roles::new(self.shell.person.roles.iter().copied()))
    }

    /// Whether the reader may act on any of the runs and jobs: the others are no task of theirs.
    pub(crate) fn has_own_runs(&self) -> bool {
        self.runs.iter().any(|run| run.is_yours) || self.lapses.iter().any(|job| job.is_yours)
    }

    /// How far it is ahead, in words.
    pub(crate) fn ahead(&self, lead: &Lead) -> String {
        format::span(lead.by.num_seconds(), self.shell.words)
    }

    pub(crate) fn may_search(&self) -> bool {
        self.shell.may(Section::Users)
    }

    /// The search box here complains about nothing: what is wrong with a term is said where the search leads.
    #[expect(clippy::unused_self, reason = "a template calls it as a method")]
    pub(crate) fn no_error(&self) -> Option<String> {
        None
    }
}
