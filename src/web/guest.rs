//! Where a handler without a signed-in person sits: it can read, submit what is open to it and make pages, and it has no other
//! way to anything.

mod posted;

use super::{
    Console, PageError, PageResult, drafts, focus, forgery,
    problem_page::Problem,
    session::{Stage, Visitor},
    session_page::PageSession,
    shell::{Frame, Solo},
    visit::Visit,
    words::{Lang, Words},
};
use crate::{
    clock::Instant,
    gate::{
        Actor, Catalog, Change, DynChange, Fault, Foreseen, Housekeeping, LookKind, Looked, Outcome, Policies, Reason,
        Refusal, RefusalWord, Rehearsed, Rejection, Requester, Seal, Sealed, Seen, Target, looks,
    },
    id::{RequestId, Seq, StaffId},
    secret,
    store::Reader,
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::StatusCode, web};
use askama::Template;
pub(crate) use posted::{Posted, Token};
use std::{
    future::{Ready, ready},
    rc::Rc,
    sync::Arc,
};

/// What a handler gets for a request without a complete sign-in.
#[derive(Clone, Debug)]
pub struct Guest {
    console: Arc<Console>,
    visit: Rc<Visit>,
    /// What the forms of this visitor are bound to: the session, or before there is one, a cookie.
    bound: String,
    /// The page that was requested before sign-in.
    wanted: Option<String>,
    /// Until when the person has seen the decisions about their requests, as this browser remembers it.
    seen_until: Option<String>,
}

impl Guest {
    /// A guest for a page about a request that failed. `bound` is what their forms are bound to.
    pub(super) fn of_visit(console: Arc<Console>, visit: Rc<Visit>, bound: String, seen_until: Option<String>) -> Self {
        Self { console, visit, bound, wanted: None, seen_until }
    }

    pub fn console(&self) -> &Console {
        &self.console
    }

    pub fn reader(&self) -> &Reader {
        &self.console.reader
    }

    pub fn now(&self) -> Instant {
        self.console.clock.now()
    }

    pub fn visit(&self) -> &Visit {
        &self.visit
    }

    pub fn visitor(&self) -> Option<Visitor> {
        self.visit.visitor()
    }

    pub fn actor(&self) -> Actor {
        self.visit.actor()
    }

    pub fn words(&self) -> Words {
        Words::of(self.visit.lang())
    }

    /// Records that a change was asked for of something that is not there, and ends the request with 404.
    pub(crate) async fn refuse_missing(&self, action: &'static str, target: Target, word: RefusalWord) -> PageError {
        let Fault::Rejected(rejection) = Fault::missing(word) else { return Problem::NotFound.into() };
        match self.console.gate.record_refusal(&self.actor(), action, target, &Refusal::Rejected(rejection)).await {
            Ok(()) => PageError::recorded(Problem::NotFound),
            Err(refusal) => refusal.into(),
        }
    }

    /// Records that a row of the log was not taken back, and gives the refusal back.
    pub(crate) async fn refuse_reversal(
        &self,
        what: (&'static str, Target),
        of: (Seq, &Reason),
        rejection: Rejection,
    ) -> Refusal {
        let refusal = Refusal::Rejected(rejection);
        match self.console.gate.record_no_reversal(&self.actor(), what, of, &refusal).await {
            Ok(()) => refusal,
            Err(failed) => failed,
        }
    }

    pub async fn submit<C: Change>(&self, change: &C, seal: &Seal) -> Result<Sealed<Outcome<C::Output>>, Refusal> {
        self.console.gate.submit(&self.actor(), change, seal).await
    }

    /// Several changes of one kind under one seal: all of them or none.
    pub async fn submit_all<C: Change>(
        &self,
        changes: &[C],
        seal: &Seal,
    ) -> Result<Sealed<Vec<Outcome<C::Output>>>, Refusal> {
        self.console.gate.submit_all(&self.actor(), changes, seal).await
    }

    /// What a change that waits would alter now; nothing is kept of it.
    pub async fn rehearse(&self, requester: &Requester, change: &dyn DynChange) -> Result<Rehearsed, Refusal> {
        self.console.gate.rehearse(requester, change).await
    }

    /// What the rules will say about changes of this kind to this target, before it is known how much they alter.
    pub async fn foresee(&self, kind: &str, target: &Target, contact: Option<&str>) -> sqlx::Result<Foreseen> {
        self.console.gate.foresee(self.reader(), &self.actor(), kind, target, contact).await
    }

    /// All changes there are.
    pub fn catalog(&self) -> Catalog {
        self.console.gate.catalog()
    }

    /// Which changes need a second person.
    pub fn policies(&self) -> &Policies {
        self.console.gate.policies()
    }

    /// Background work that must have happened before the page is shown.
    pub async fn run_housekeeping<H: Housekeeping>(&self, work: &H) -> Result<H::Output, PageError> {
        let failed = |error: sqlx::Error| PageError {
            problem: Problem::NotRecorded,
            cause: Some(error.into()),
            recorded: false,
        };
        self.console.gate.run_housekeeping(work).await.map_err(failed)
    }

    /// Background work that records a look at customers. Where the person has looked at too much, nothing is to be shown:
    /// they are led to the page that asks for a reason, or refused.
    pub(crate) async fn look<H: Housekeeping<Output = Looked>>(&self, work: &H) -> Result<(), PageError> {
        let Looked::Braked(braked) = self.run_housekeeping(work).await? else { return Ok(()) };
        if !braked.is_recorded {
            let actor = self.actor();
            let target = looks::target(actor.staff_id().unwrap_or_default());
            self.console.gate.record_refusal(&actor, looks::LOOK, target, &braked.refusal()).await?;
        }
        Err(PageError::braked(braked))
    }

    /// How often this person has looked at customers in this hour and on this day.
    pub(crate) async fn seen(&self, kind: LookKind) -> Result<Vec<Seen>, PageError> {
        let Some(visitor) = self.visitor() else { return Ok(Vec::new()) };
        Ok(self.console.gate.seen(self.reader(), visitor.id, &visitor.roles, kind).await?)
    }

    pub fn frame(&self) -> Frame {
        self.console.frame(&self.visit, forgery::token(&self.console.key, &self.bound, self.person()))
    }

    /// The frame of a page for a guest; `path` where it can be had in the other language too.
    pub fn solo(&self, path: Option<String>) -> Solo {
        let visitor = self.visitor().filter(Visitor::is_signed);
        let session = visitor.map(|visitor| PageSession::of(&self.console, &visitor)).unwrap_or_default();
        Solo { frame: self.frame(), session, requested_lang: self.visit.requested_lang, path }
    }

    /// A page.
    pub fn page(&self, status: u16, page: &impl Template) -> PageResult {
        Ok(Self::html(status, page.render()?))
    }

    /// HTML that was rendered already.
    pub(crate) fn html(status: u16, html: String) -> HttpResponse {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        HttpResponse::build(status).content_type("text/html; charset=utf-8").body(focus::on_first_fault(html))
    }

    /// On to another page, which a browser gets with GET.
    pub fn see_other(&self, path: &str) -> HttpResponse {
        see_other(&self.visit, path)
    }

    /// On to the page of what was changed, which shows it by its row in the log, or to the request that holds it.
    pub fn see_sealed<T>(&self, sealed: &Sealed<Outcome<T>>, path: &str) -> HttpResponse {
        match sealed.output {
            Outcome::Applied(_) => self.see_other(&format!("{path}?sealed={}", sealed.seq)),
            Outcome::Pending(request) => self.see_request(request, sealed.seq),
        }
    }

    /// On to a request for approval, which was made or decided in this row of the log.
    pub fn see_request(&self, request: RequestId, seq: Seq) -> HttpResponse {
        self.see_other(&format!("/approvals/{request}?sealed={seq}"))
    }

    /// Where this person goes after signing in: the page that was wanted, or the first one.
    pub fn wanted(&self, person: StaffId) -> &str {
        let wanted = self.wanted.as_deref();
        wanted.and_then(|page| drafts::unmarked(&self.console.key, person, page)).unwrap_or("/")
    }

    /// Whether the page that was wanted is that of a form whose text was kept.
    pub(crate) fn wants_draft(&self) -> bool {
        self.wanted.as_deref().is_some_and(drafts::is_marked)
    }

    /// What the browser says of when a person saw the decisions about their requests.
    pub(super) fn seen_decisions(&self) -> Option<&str> {
        self.seen_until.as_deref()
    }

    pub fn forget_wanted(&self, answer: &mut HttpResponse) {
        if self.wanted.is_some() {
            let mut cookie = self.console.cookie(self.console.wanted_cookie(), String::new());
            cookie.make_removal();
            // A name and value made here are always a valid header.
            let _ = answer.add_cookie(&cookie);
        }
    }

    /// The path with the language that this visitor asked for in the address.
    pub fn path(&self, path: &str) -> String {
        match self.visit.requested_lang {
            Some(lang) => format!("{path}{}lang={}", if path.contains('?') { '&' } else { '?' }, Lang::code(lang)),
            None => path.to_owned(),
        }
    }
}

/// A redirect after a form. htmx would follow a 303 by itself and put the page inside this one; it is told to go there.
pub(crate) fn see_other(visit: &Visit, path: &str) -> HttpResponse {
    if visit.is_htmx {
        HttpResponse::Ok().insert_header(("HX-Redirect", path)).finish()
    } else {
        HttpResponse::SeeOther().insert_header(("Location", path)).finish()
    }
}

/// The longest address that is gone to after signing in: a cookie holds 4 KiB, in which a filter of Korean words has fifteen bytes for
/// each letter.
const MAX_WANTED: usize = 2_400;

/// Whether `path` is a path of this console and nothing that a browser could take for another place.
pub(crate) fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= MAX_WANTED
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b';' | b','))
}

impl FromRequest for Guest {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = || {
            let console = request.app_data::<web::Data<Console>>()?.clone().into_inner();
            let visit = Visit::of(request)?;
            let cookie = |name: &str| request.cookie(name).map(|cookie| cookie.value().to_owned());
            // Until a person has given a code their forms are bound to a cookie of their own, so that a form survives the
            // short session between password and code.
            let bound = match visit.visitor().filter(|visitor| visitor.stage != Stage::Password) {
                Some(visitor) => visitor.session,
                None => cookie(console.form_cookie()).unwrap_or_default(),
            };
            let wanted = cookie(console.wanted_cookie()).filter(|path| is_own_path(path));
            let seen_until = cookie(console.seen_cookie());
            Some(Self { console, visit, bound, wanted, seen_until })
        };
        ready(found().ok_or_else(|| PageError::internal(anyhow::anyhow!("a request came around the middleware"))))
    }
}

impl Guest {
    /// The same guest with its forms bound to a new cookie, for a visitor who has none yet.
    pub fn bind(mut self) -> (Self, Option<actix_web::cookie::Cookie<'static>>) {
        if !self.bound.is_empty() {
            return (self, None);
        }
        self.bound = secret::token();
        let cookie = self.console.cookie(self.console.form_cookie(), self.bound.clone());
        (self, Some(cookie))
    }
}
