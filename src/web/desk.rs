//! Where a handler sits: it can read, submit changes and make pages, and it has no other way to anything.

use super::{
    Console, Guest, PageError,
    form::Form,
    problem_page::Problem,
    route,
    session::Visitor,
    session_page::PageSession,
    shell::{AuditHead, Flash, Frame, NavItem, OpenIncident, Person, Section, Shell, seal::wrong_state},
    visit::Visit,
};
use crate::zone::Zone;
use crate::{
    clock::Instant,
    gate::{Fault, Reason, Role, Seal, lever::closed},
    secret,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, web};
use chrono::TimeDelta;
use std::{
    future::{Ready, ready},
    rc::Rc,
};

/// How long a decision is news in a browser that does not know what was seen, and in one that does.
const NEWS_WITHOUT: TimeDelta = TimeDelta::days(7);
const NEWS_AT_MOST: TimeDelta = TimeDelta::days(30);

/// What a handler gets for a request of a signed-in person.
#[derive(Clone, Debug)]
pub struct Desk {
    guest: Guest,
    visitor: Visitor,
}

impl std::ops::Deref for Desk {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        &self.guest
    }
}

impl Desk {
    /// The desk of a visit whose request has been answered: only where a person is signed in.
    pub(super) fn of_visit(console: &web::Data<Console>, visit: &Rc<Visit>, request: &HttpRequest) -> Option<Self> {
        let visitor = visit.visitor().filter(Visitor::is_signed)?;
        let seen = request.cookie(console.seen_cookie()).map(|cookie| cookie.value().to_owned());
        let guest = Guest::of_visit(console.clone().into_inner(), Rc::clone(visit), visitor.session.clone(), seen);
        Some(Self { guest, visitor })
    }

    pub fn person(&self) -> &Visitor {
        &self.visitor
    }

    pub fn zone(&self) -> Zone {
        self.visitor.time_zone.parse().unwrap_or(self.console().zone)
    }

    /// Whether this person may use the route, as the route table says.
    pub fn may(&self, method: &str, path: &str) -> bool {
        route::find(self.console().routes, method, path).is_some_and(|route| route.opens.to(Some(&self.visitor)))
    }

    /// Since when decisions about this person's requests are new to them: since they saw them in this browser, which remembers
    /// it, or for a week.
    pub(crate) fn decisions_seen(&self) -> Instant {
        let now = self.now();
        let seen = self.seen_decisions().and_then(|text| {
            let (staff, at) = text.split_once('.')?;
            let at = Instant::from_unix(at.parse().ok()?)?;
            (staff == self.visitor.id.to_string() && at <= now).then_some(at)
        });
        seen.map_or(now.minus(NEWS_WITHOUT), |at| at.max(now.minus(NEWS_AT_MOST)))
    }

    /// An answer that has the browser remember that this person saw the decisions until now.
    pub(crate) fn with_decisions_seen(&self, mut answer: HttpResponse) -> HttpResponse {
        let value = format!("{}.{}", self.visitor.id, self.now().unix());
        let mut cookie = self.console().cookie(self.console().seen_cookie(), value);
        cookie.set_max_age(actix_web::cookie::time::Duration::seconds(NEWS_AT_MOST.num_seconds()));
        // A name and value made here are always a valid header.
        let _ = answer.add_cookie(&cookie);
        answer
    }

    /// The page this is; of a form that came back, the page it is on, because its own address takes no GET.
    fn page_here(&self) -> String {
        match self.visit().method.as_str() {
            "GET" | "HEAD" => self.visit().path.clone(),
            _ => route::page_above(self.console().routes, &self.visit().path).to_owned(),
        }
    }

    /// The sections this person may open, with how much waits for them there; nothing where there is nothing.
    async fn nav(&self, incidents: &[OpenIncident]) -> Result<Vec<NavItem>, PageError> {
        let mut nav = Vec::new();
        for section in Section::ALL.into_iter().filter(|section| self.may("GET", section.href())) {
            let waits = self.console().waits.iter().find(|waits| waits.section == section);
            let waiting = match waits {
                // Every page knows them by name already.
                None if section == Section::Incidents => Some(i64::try_from(incidents.len()).unwrap_or(i64::MAX)),
                Some(waits) => Some((waits.count)(self.reader(), &self.visitor, self.now()).await?),
                None => None,
            };
            let news = match waits.and_then(|waits| waits.news) {
                Some(news) => Some(news(self.reader(), &self.visitor, self.decisions_seen()).await?),
                None => None,
            };
            nav.push(NavItem { section, waiting: waiting.filter(|n| *n > 0), news: news.filter(|n| *n > 0) });
        }
        Ok(nav)
    }

    /// The frame of a signed-in page.
    pub async fn shell(&self, section: Option<Section>, flash: Option<Flash>) -> Result<Shell, PageError> {
        let may_audit = self.may("GET", Section::Audit.href());
        let owns = self.visitor.roles.any_of(&[Role::Owner]);
        let incidents = if self.may("GET", Section::Incidents.href()) {
            (self.console().incidents)(self.reader()).await?
        } else {
            Vec::new()
        };
        Ok(Shell {
            frame: Frame { flash, ..self.frame() },
            person: Person {
                id: self.visitor.id,
                name: self.visitor.name.clone(),
                email: self.visitor.email.clone(),
                roles: self.visitor.roles.iter().collect(),
            },
            session: PageSession::of(self.console(), &self.visitor),
            path: self.page_here(),
            key: fresh_key(),
            section,
            policies: self.policies().clone(),
            nav: self.nav(&incidents).await?,
            incidents,
            failing: if owns { (self.console().failing)(self.reader()).await? } else { None },
            unreached: if owns { (self.console().unreached)(self.reader()).await? } else { None },
            silenced: if self.may("GET", Section::Alerts.href()) {
                (self.console().silenced)(self.reader(), self.now()).await?
            } else {
                None
            },
            closed: closed(&mut self.reader(), self.now()).await?,
            on_duty: (self.console().on_duty)(self.reader(), self.now()).await?,
            audit_head: if may_audit {
                self.console().audit_head().await?.map(|(seq, at)| AuditHead { seq, at })
            } else {
                None
            },
        })
    }
}

impl Desk {
    /// Why a change would be refused now, by the rule that refuses it: the sentence for a page that does not offer it.
    pub(crate) fn obstacle(&self, rule: Result<(), Fault>) -> Result<Option<String>, PageError> {
        match rule {
            Ok(()) => Ok(None),
            Err(Fault::Rejected(why)) => {
                let sentence = wrong_state(&why, &self.frame());
                Ok(Some(sentence.unwrap_or_else(|| self.words().get("refused.wrong-state").to_owned())))
            }
            Err(Fault::Store(error)) => Err(error.into()),
        }
    }
}

/// Names a form, so that sending it twice does nothing twice.
pub(crate) fn fresh_key() -> String {
    hex::encode(secret::random::<16>())
}

/// Whether a form can have this name.
pub(crate) fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The part of a change form that is the same in all of them.
pub(crate) fn seal_of(form: &Form, reason: Reason) -> Result<Seal, PageError> {
    let key = form.get("key");
    let seen = match form.get("seen") {
        "" => None,
        text => Some(text.parse().map_err(|_| Problem::Unprocessable)?),
    };
    if !is_key(key) {
        return Err(Problem::Unprocessable.into());
    }
    let is_urgent = form.get("urgent") == "yes";
    Ok(Seal {
        reason,
        code: Some(form.get("code").to_owned()),
        key: Some(key.to_owned()),
        seen,
        is_urgent,
        reverses: None,
    })
}

impl FromRequest for Desk {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let guest = Guest::from_request(request, payload).into_inner();
        ready(guest.and_then(|guest| match guest.visitor() {
            Some(visitor) if visitor.is_signed() => Ok(Self { guest, visitor }),
            _ => Err(Problem::Permission.into()),
        }))
    }
}
