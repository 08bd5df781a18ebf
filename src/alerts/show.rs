//! The page of one alert: what is wrong, who looks at it, what happened, and the messages about it.

use super::{
    ALERT, PANELS,
    kind::AlertKind,
    record::{self, Alert, AlertEvent},
    target,
};
use crate::{
    gate::{RefusalWord, Target},
    id::AlertId,
    notify::{
        Facts,
        list::{self, Delivery},
    },
    web::{
        Desk, PageError, PageResult,
        panel::{self, Side, Subject},
        shell::{Section, Shell},
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
    pub(crate) told: Vec<Delivery>,
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
        let told = list::of_alert(desk.reader(), *id).await?;
        Ok(Some(Self { alert, events, told }))
    }

    fn path(&self) -> String {
        self.alert.href()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { alert, events, told } = self;
        let page = ShowPage { shell, facts: alert.facts(), alert, events, told, side };
        desk.page(status, &page)
    }
}

#[derive(Debug, Template)]
#[template(path = "alerts/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) alert: Alert,
    pub(crate) facts: Facts,
    pub(crate) events: Vec<AlertEvent>,
    pub(crate) told: Vec<Delivery>,
    pub(crate) side: Side,
}

impl ShowPage {
    /// How long it has lasted, or lasted.
    fn lasted(&self) -> i64 {
        self.alert.resolved_at.unwrap_or(self.shell.now).since(self.alert.opened_at).num_milliseconds()
    }

    /// Where what is wrong is looked at and put right.
    fn place(&self) -> String {
        match (self.facts.run, self.alert.job(), self.alert.kind) {
            (Some(run), ..) => format!("/runs/{run}"),
            (None, Some(job), _) => format!("/batches/{job}"),
            (None, None, AlertKind::ApprovalOverdue) => format!("/approvals/{}", self.alert.subject),
            (None, None, AlertKind::Unfit) => "/audit".to_owned(),
            (None, None, AlertKind::QueueStuck) => "/queues".to_owned(),
            (None, None, _) => "/deliveries".to_owned(),
        }
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
