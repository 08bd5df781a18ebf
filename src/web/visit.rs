//! What is known of one request, gathered on its way in and asked on its way out.

use super::{session::Visitor, words::Lang};
use crate::{
    allowlist::network_of,
    gate::{Actor, Origin, Who},
    secret,
    text::is_printable,
};
use actix_web::{HttpMessage, HttpRequest, dev::ServiceRequest, http::header};
use std::{
    cell::{Cell, RefCell},
    net::IpAddr,
    rc::Rc,
};
use tracing::{Span, field};

/// One request. Shared between the middleware that sees it whole and the handler.
#[derive(Debug)]
pub struct Visit {
    pub request_id: String,
    /// Every line that is logged for this request carries it: the request id, the method, the matched route and the account.
    pub(super) span: Span,
    /// For the scripts of this answer.
    pub nonce: String,
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Whether htmx asks, and can follow its own kind of redirect.
    pub is_htmx: bool,
    pub peer: Option<IpAddr>,
    pub user_agent: String,
    /// The language asked for in the address, and the one the browser prefers.
    pub requested_lang: Option<Lang>,
    pub preferred: Lang,
    /// Set when the address has been read and the network is an allowed one.
    ip: Cell<Option<IpAddr>>,
    visitor: RefCell<Option<Visitor>>,
    /// The route's path with its placeholders, which holds no ids and no tokens.
    pattern: RefCell<String>,
    /// Whether the audit log tells of this request's refusal.
    pub recorded: Cell<bool>,
}

const MAX_USER_AGENT: usize = 512;

impl Visit {
    pub(super) fn begin(request: &ServiceRequest) -> Rc<Self> {
        let text = |name: header::HeaderName| {
            request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        let request_id = format!("req_{}", hex::encode(secret::random::<10>()));
        // At the highest level, so that an error carries it however few lines are wanted.
        let span = tracing::error_span!(
            "request",
            request = request_id,
            method = request.method().as_str(),
            route = field::Empty,
            staff = field::Empty
        );
        let visit = Rc::new(Self {
            request_id,
            span,
            nonce: hex::encode(secret::random::<16>()),
            method: request.method().as_str().to_owned(),
            path: request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            is_htmx: request.headers().contains_key("hx-request"),
            peer: request.peer_addr().map(|peer| peer.ip().to_canonical()),
            user_agent: text(header::USER_AGENT).chars().filter(|c| is_printable(*c)).take(MAX_USER_AGENT).collect(),
            requested_lang: request
                .query_string()
                .split('&')
                .find_map(|pair| pair.strip_prefix("lang="))
                .and_then(|code| code.parse().ok()),
            preferred: Lang::from_accept_language(text(header::ACCEPT_LANGUAGE)),
            ip: Cell::new(None),
            visitor: RefCell::new(None),
            pattern: RefCell::new(String::new()),
            recorded: Cell::new(false),
        });
        request.extensions_mut().insert(Rc::clone(&visit));
        visit
    }

    /// The visit of a request that came through the middleware, as all of them do.
    pub fn of(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Rc<Self>>().cloned()
    }

    pub(super) fn set_ip(&self, ip: IpAddr) {
        self.ip.set(Some(ip));
    }

    pub fn ip(&self) -> Option<IpAddr> {
        self.ip.get()
    }

    /// Whose turn a request of this address takes: that of its network.
    pub(crate) fn network(&self) -> String {
        format!("network/{}", self.ip().map(|ip| network_of(ip).to_string()).unwrap_or_default())
    }

    pub(super) fn set_visitor(&self, visitor: Visitor) {
        self.span.record("staff", visitor.id.get());
        *self.visitor.borrow_mut() = Some(visitor);
    }

    pub(super) fn set_pattern(&self, pattern: &str) {
        // The pattern and never the path: a path may hold a set-up token.
        self.span.record("route", if pattern.is_empty() { "-" } else { pattern });
        pattern.clone_into(&mut self.pattern.borrow_mut());
    }

    /// The path of its route; empty where none matched.
    pub(super) fn pattern(&self) -> std::cell::Ref<'_, str> {
        std::cell::Ref::map(self.pattern.borrow(), String::as_str)
    }

    /// The request, as it may be written to the log: `GET /users/{id}`.
    pub fn asked_for(&self) -> String {
        format!("{} {}", self.method, self.pattern.borrow()).trim_end().to_owned()
    }

    /// The person with a session, be it half way through signing in.
    pub fn visitor(&self) -> Option<Visitor> {
        self.visitor.borrow().clone()
    }

    /// The language of the answer: the person's own, or the one asked for in the address, or the browser's.
    pub fn lang(&self) -> Lang {
        let own = || {
            self.visitor
                .borrow()
                .as_ref()
                .filter(|visitor| visitor.is_signed())
                .and_then(|visitor| visitor.lang.as_deref()?.parse().ok())
        };
        own().or(self.requested_lang).unwrap_or(self.preferred)
    }

    /// Who is asking, for the gate.
    pub fn actor(&self) -> Actor {
        let visitor = self.visitor();
        let origin = Origin {
            ip: self.ip(),
            peer: self.peer,
            user_agent: self.user_agent.clone(),
            session: visitor.as_ref().map(|visitor| visitor.session.clone()),
            request_id: self.request_id.clone(),
        };
        let who = visitor.map_or(Who::Visitor, |visitor| Who::Staff {
            id: visitor.id,
            name: visitor.name,
            email: visitor.email,
            roles: visitor.roles,
        });
        Actor { who, origin }
    }
}
