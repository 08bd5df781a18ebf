//! What all requests share.

use super::{
    drafts::FormPage,
    report_networks::ReportNetworks,
    route::Route,
    session::Limits,
    session_page::PageSession,
    shell::{
        FindFailing, FindIncidents, FindNextCall, FindOnDuty, FindSilenced, FindUnreached, Frame, Solo, Theme, Waits,
    },
    traffic::Traffic,
    visit::Visit,
    words::Words,
};
use crate::zone::Zone;
use crate::{
    clock::{Clock, Instant},
    gate::{
        Gate, Refusal, Target,
        lead::{Lead, lead},
    },
    id::Seq,
    password::Passwords,
    persona::Persona,
    plan::ReviewPlan,
    profile::Profile,
    secret::SecretKey,
    sql,
    store::{Reader, takes_no_writes},
};
use actix_rt::ArbiterHandle;
use actix_web::cookie::{Cookie, SameSite};
use anyhow::Context as _;
use chrono::TimeDelta;
use ipnet::IpNet;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// What all requests share. Handlers do not see it whole: they sit at a `Desk`, which hands out what they may use.
#[derive(Debug)]
pub struct Console {
    pub profile: Profile,
    pub zone: Zone,
    pub clock: Clock,
    pub key: SecretKey,
    pub reader: Reader,
    pub(crate) gate: Gate,
    pub passwords: Passwords,
    pub limits: Limits,
    /// How long access records are kept; nothing where it is for good.
    pub(crate) kept_access_years: Option<u32>,
    /// From where batches report and other systems post alerts.
    pub(crate) report_networks: ReportNetworks,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Whether runs are started by this process, so that it can tell whether their programs are there.
    pub(crate) starts_runs: bool,
    /// How long a client may take to send the body of a request.
    pub(crate) request_deadline: Duration,
    /// What browsers may say they come from.
    pub(crate) origins: Vec<String>,
    /// Whether requests have to name the host of the public origin.
    pub(crate) is_strict_about_hosts: bool,
    pub(crate) plain_http: bool,
    /// Every route there is.
    pub(crate) routes: &'static [Route],
    /// Every form of a signed-in page, with that page.
    pub(crate) forms: Vec<FormPage>,
    /// What the navigation counts.
    pub(crate) waits: &'static [Waits],
    /// What every page of an owner tells of channels.
    pub(crate) failing: FindFailing,
    /// What every page tells of silences.
    pub(crate) silenced: FindSilenced,
    /// Who every page says is on duty.
    pub(crate) on_duty: FindOnDuty,
    /// What every page tells an owner of alerts about which no person is reached.
    pub(crate) unreached: FindUnreached,
    /// Who is called next about an alert.
    pub(crate) next_call: FindNextCall,
    /// What every page knows of incidents.
    pub(crate) incidents: FindIncidents,
    /// How access records are reviewed.
    pub(crate) review_plan: ReviewPlan,
    /// The people that the sign-in page offers; none but in a demo.
    pub(crate) personas: Vec<Persona>,
    /// How many requests there were.
    pub(crate) traffic: Arc<Traffic>,
    /// A thread for what is long and must not hold up the requests of others, such as writing a file of the log.
    pub(crate) aside: ArbiterHandle,
    /// What is read there.
    pub(crate) beside: Reader,
    pub(crate) head: Mutex<Option<(Instant, AuditHead)>>,
    /// When a write was tried last and taken.
    pub(crate) written: Mutex<Option<Instant>>,
}

/// The newest row of the log, if there is one.
pub(crate) type AuditHead = Option<(Seq, Instant)>;

/// How long a write that was taken is not tried again: anybody may ask whether the console is ready.
const WRITTEN: TimeDelta = TimeDelta::seconds(1);

/// How long the newest audit row may be remembered: it decorates every page and decides nothing.
const HEAD_SECONDS: i64 = 5;

impl Console {
    /// Does long work on the thread for it, and waits for what comes of it. It ends early where that is not waited for any more.
    ///
    /// # Errors
    ///
    /// The console stops.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let (mut done, result) = oneshot::channel();
        self.aside.spawn(async move {
            tokio::select! {
                output = work => drop(done.send(output)),
                () = done.closed() => {}
            }
        });
        result.await.context("the console stops")
    }

    /// Whether the database takes writes. One that is busy with a long write does: requests wait for it.
    pub(super) async fn takes_writes(&self) -> bool {
        let now = self.clock.now();
        let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.is_some_and(|at| at <= now && now.since(at) < WRITTEN) {
            return true;
        }
        let takes = self.gate.try_write().await.err().is_none_or(|error| !takes_no_writes(&error));
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) = takes.then_some(now);
        takes
    }

    /// How far the newest row of the log is ahead of the clock, where that is too far.
    pub(crate) async fn lead(&self) -> sqlx::Result<Option<Lead>> {
        lead(&mut &self.reader, self.clock.now()).await
    }

    /// Whether the signer refuses to sign the log.
    pub(crate) async fn is_unsigned(&self) -> sqlx::Result<bool> {
        let (is_unsigned,): (bool,) =
            self.reader.query(sql!("select fault is not null from signing where id = 1")).one().await?;
        Ok(is_unsigned)
    }

    /// Whether a witness refuses what the log says of itself.
    pub(crate) async fn is_contradicted(&self) -> sqlx::Result<bool> {
        let (is_contradicted,): (bool,) =
            self.reader.query(sql!("select exists (select 1 from witnesses where refusal is not null)")).one().await?;
        Ok(is_contradicted)
    }

    /// Whether checkpoints do not get to a target in time.
    pub(crate) async fn is_unshipped(&self) -> sqlx::Result<bool> {
        let (is_unshipped,): (bool,) = self
            .reader
            .query(sql!(
                "select exists (select 1 from shipments where next_at is not null and (late_at <= $1 or state = 'refused'))"
            ))
            .bind(self.clock.now())
            .one()
            .await?;
        Ok(is_unshipped)
    }

    pub async fn audit_size(&self) -> sqlx::Result<i64> {
        let (size,): (i64,) = self.reader.query(sql!("select size from audit_head where id = 1")).one().await?;
        Ok(size)
    }

    /// The newest audit row, as of a few seconds ago.
    pub async fn audit_head(&self) -> sqlx::Result<AuditHead> {
        let now = self.clock.now();
        let known = self.head.lock().ok().and_then(|head| *head);
        if let Some((at, head)) = known
            && (0..HEAD_SECONDS).contains(&now.since(at).num_seconds())
        {
            return Ok(head);
        }
        let head: AuditHead =
            self.reader.query(sql!("select seq, at from audit order by seq desc limit 1")).optional().await?;
        if let Ok(mut kept) = self.head.lock() {
            *kept = Some((now, head));
        }
        Ok(head)
    }

    /// Whether the console opens to this address, by its environment or by the list in the database.
    pub(crate) async fn opens_to(&self, ip: IpAddr) -> sqlx::Result<bool> {
        self.gate.opens_to(&mut &self.reader, ip).await
    }

    /// Writes to the audit log that a request was turned away, or counts it for the log, and says whether that worked.
    pub(crate) async fn record(&self, visit: &Visit, refusal: &Refusal) -> bool {
        let target = Target::new("request", visit.asked_for());
        match self.gate.record_refusal(&visit.actor(), "request.refused", target, refusal).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "a refusal could not be recorded");
                false
            }
        }
    }

    /// The absolute address of a path, for a reader outside the console.
    pub(crate) fn link_to(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The public origin; on a local machine the first of its names.
    pub(crate) fn origin(&self) -> &str {
        self.origins.first().map_or("", String::as_str)
    }

    /// The cookie that binds forms to a browser before there is a session.
    pub(crate) fn form_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-form" } else { "__Host-ingam-form" }
    }

    /// The cookie that remembers the requested page during sign-in.
    pub(crate) fn wanted_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-wanted" } else { "__Host-ingam-wanted" }
    }

    /// The cookie that remembers until when a person has seen the decisions about their requests.
    pub(crate) fn seen_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-seen" } else { "__Host-ingam-seen" }
    }

    pub(crate) fn session_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-session" } else { "__Host-ingam-session" }
    }

    pub(crate) fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build(name, value).path("/").http_only(true).secure(!self.plain_http).same_site(SameSite::Lax).finish()
    }

    /// What every page of this visit knows. `csrf` is the token of its forms.
    pub(crate) fn frame(&self, visit: &Visit, csrf: String) -> Frame {
        let visitor = visit.visitor();
        Frame {
            words: Words::of(visit.lang()),
            environment: self.profile,
            nonce: visit.nonce.clone(),
            csrf,
            zone: visitor.as_ref().and_then(|visitor| visitor.time_zone.parse().ok()).unwrap_or(self.zone),
            now: self.clock.now(),
            theme: visitor.as_ref().and_then(|visitor| Theme::parse(&visitor.theme)).unwrap_or_default(),
            flash: None,
            has_personas: !self.personas.is_empty(),
            codes: visitor
                .and_then(|visitor| self.persona(&visitor.email))
                .map(|persona| persona.codes(self.clock.now())),
        }
    }

    /// The person of a demo with this e-mail address.
    pub(crate) fn persona(&self, email: &str) -> Option<&Persona> {
        self.personas.iter().find(|persona| persona.email == email)
    }

    /// The frame of an error page, which has no form.
    pub(crate) fn solo(&self, visit: &Visit) -> Solo {
        Solo {
            frame: self.frame(visit, String::new()),
            session: PageSession::default(),
            requested_lang: visit.requested_lang,
            path: None,
        }
    }
}
