//! The page of one alert: what is wrong, who looks at it, what happened, and the messages about it.

use super::{
    ALERT, PANELS,
    call::{self, CallEvent, What},
    kind::AlertKind,
    receive::record::{self as received, Received},
    record::{self, Alert, AlertEvent},
    silence::{
        begin::BeginPanel,
        record::{Scope, Silence, active},
    },
    target,
};
use crate::{
    clock::Instant,
    deployments::record::count_before,
    gate::{RefusalWord, Target},
    id::{AlertId, IncidentId},
    notify::{
        Facts,
        list::{self, Delivery},
    },
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        link::link,
        panel::{self, Panel as _, Side, Subject},
        shell::{NextCall, Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /alerts/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<AlertId>) -> PageResult {
    panel::show::<AlertView>(&desk, path.into_inner()).await
}

/// An alert with what happened to it.
pub(crate) struct AlertView {
    pub(crate) alert: Alert,
    pub(crate) events: Vec<AlertEvent>,
    pub(crate) calls: Vec<CallEvent>,
    pub(crate) told: Vec<Delivery>,
    /// The silence that keeps channels from being told of it, the one that ends last.
    pub(crate) silence: Option<Silence>,
    /// What its system said of it, where it is an alert of another one.
    pub(crate) received: Option<Received>,
    /// The incident that was opened from it last.
    pub(crate) incident: Option<(IncidentId, String)>,
}

impl Subject for AlertView {
    type Id = AlertId;
    const SECTION: Section = Section::Alerts;
    const PAGE: &'static str = "/alerts/{id}";
    const MISSING: Option<RefusalWord> = Some(ALERT);

    fn target(id: &AlertId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &AlertId) -> Result<Option<Self>, PageError> {
        let Some(alert) = record::find(&mut desk.reader(), *id).await? else { return Ok(None) };
        let events = record::events(&mut desk.reader(), *id).await?;
        let calls = call::of_alert(&mut desk.reader(), *id).await?;
        let told = list::of_alert(desk.reader(), *id).await?;
        let now = desk.now();
        let mut silences = active(&mut desk.reader(), now).await?;
        silences.retain(|silence| alert.is_open() && silence.is_of(&alert));
        let received = match alert.kind {
            AlertKind::Received => received::find(&mut desk.reader(), &alert.subject).await?,
            _ => None,
        };
        let incident = incident_of(desk.reader(), *id).await?;
        Ok(Some(Self { alert, events, calls, told, silence: silences.pop(), received, incident }))
    }

    fn path(&self) -> String {
        self.alert.href()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { alert, events, calls, told, silence, received, incident } = self;
        let next = (desk.console().next_call)(desk.reader(), alert.id).await?.filter(|_| silence.is_none());
        let events = timeline(events, calls);
        let may_silence = alert.is_open() && silence.is_none() && desk.may("POST", BeginPanel::ROUTE);
        let received = received.filter(|_| alert.is_open());
        let facts = alert.facts();
        let deployments = count_before(&mut desk.reader(), alert.opened_at).await?;
        let may_open_incident = desk.may("POST", "/incidents");
        let page = ShowPage {
            shell,
            alert,
            facts,
            events,
            next,
            told,
            silence,
            may_silence,
            deployments,
            received,
            incident,
            may_open_incident,
            side,
        };
        desk.page(status, &page)
    }
}

/// The incident that was opened from an alert last, and what it is called.
async fn incident_of(reader: &Reader, alert: AlertId) -> sqlx::Result<Option<(IncidentId, String)>> {
    reader
        .query(sql!("select id, title from incidents where alert = $1 order by id desc limit 1"))
        .bind(alert)
        .optional()
        .await
}

/// Something that happened to an alert, or in its escalation.
#[derive(Debug)]
pub(crate) enum Happening {
    Event(AlertEvent),
    Call(CallEvent),
}

impl Happening {
    const fn at(&self) -> Instant {
        match self {
            Self::Event(event) => event.at,
            Self::Call(call) => call.at,
        }
    }
}

/// What happened in the order in which it did.
pub(crate) fn timeline(events: Vec<AlertEvent>, calls: Vec<CallEvent>) -> Vec<Happening> {
    let mut all: Vec<Happening> = events.into_iter().map(Happening::Event).collect();
    all.extend(calls.into_iter().map(Happening::Call));
    all.sort_by_key(Happening::at);
    all
}

#[derive(Debug, Template)]
#[template(path = "alerts/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) alert: Alert,
    pub(crate) facts: Facts,
    pub(crate) events: Vec<Happening>,
    /// Who is called next.
    pub(crate) next: Option<NextCall>,
    pub(crate) told: Vec<Delivery>,
    pub(crate) silence: Option<Silence>,
    /// Whether the reader can silence it.
    pub(crate) may_silence: bool,
    /// How many deployments there were in the day before it was opened.
    pub(crate) deployments: i64,
    /// What its system said last of one that is open.
    pub(crate) received: Option<Received>,
    pub(crate) incident: Option<(IncidentId, String)>,
    /// Whether the reader can open one from it.
    pub(crate) may_open_incident: bool,
    pub(crate) side: Side,
}

impl ShowPage {
    /// `batches, step 2`
    fn step(&self, call: &CallEvent) -> Option<String> {
        let (policy, step) = (call.policy.as_deref()?, call.step?);
        Some(self.shell.with("calls.step", &[("policy", &policy), ("n", &step.saturating_add(1))]))
    }

    /// The rota or the channel of a step, in words.
    fn called(&self, target: &str) -> String {
        let (kind, name) = target.split_once(':').unwrap_or(("", target));
        self.shell.with(if kind == "rota" { "calls.rota" } else { "calls.channel" }, &[("name", &name)])
    }

    /// Why a step reached no person, in words; what a person noted is as it was typed.
    fn why<'w>(&'w self, call: &'w CallEvent) -> &'w str {
        let detail = call.detail.as_deref().unwrap_or_default();
        if call.what == What::Noted.as_str() { detail } else { self.shell.name("call-why", detail) }
    }

    /// How long it has lasted, or lasted.
    fn lasted(&self) -> i64 {
        self.alert.resolved_at.unwrap_or(self.shell.now).since(self.alert.opened_at).num_milliseconds()
    }

    /// Whether its system has not told of it for too long.
    fn is_stale(&self) -> bool {
        self.received.as_ref().is_some_and(|received| received.is_stale(self.shell.now))
    }

    /// Where it can be silenced: its job, or else its kind.
    fn silence_href(&self) -> String {
        let (scope, name) = match self.alert.job() {
            Some(job) => (Scope::Job, job),
            None => (Scope::Kind, self.alert.kind.as_str()),
        };
        link("/silences", &[("panel", BeginPanel::NAME), ("what", &format!("{}:{name}", scope.as_str()))])
    }

    /// Where what is wrong is looked at and put right.
    fn place(&self) -> Option<String> {
        Some(match (self.facts.run, self.alert.job(), self.alert.kind) {
            (Some(run), ..) => format!("/runs/{run}"),
            (None, Some(job), _) => format!("/batches/{job}"),
            (None, None, AlertKind::ApprovalOverdue) => format!("/approvals/{}", self.alert.subject),
            (None, None, AlertKind::Unfit) => "/audit".to_owned(),
            (None, None, AlertKind::Received) => return None,
            (None, None, AlertKind::QueueStuck) => "/queues".to_owned(),
            (None, None, _) => "/deliveries".to_owned(),
        })
    }

    /// `#1842`, or with which attempt it is.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn run(&self, run: &i64) -> String {
        let run = format!("#{run}");
        match self.facts.attempt.filter(|attempt| *attempt > 1) {
            Some(attempt) => self.shell.with("message.attempt", &[("run", &run), ("n", &attempt)]),
            None => run,
        }
    }

    /// Why a run failed, in words.
    fn failure(&self) -> Option<String> {
        let failure = self.facts.failure.as_deref()?;
        Some(self.shell.name("run-failure", failure).to_owned())
    }
}
