//! Alerts of others: what an Alertmanager or a Grafana posts to `/receive/{name}` is an alert here until they say that it is over.
//!
//! An episode is a fingerprint and the time it began. It is opened once and ended once, however often it is told and in whichever
//! order. What is not told any more is neither open nor over: it is stale, and an Alertmanager whose address is known is asked.

pub(crate) mod end;
pub(crate) mod incoming;
pub(crate) mod keep;
pub(crate) mod poll;
pub(crate) mod record;

use crate::{
    allowlist::Allowlist,
    web::{
        Console,
        bearer::Token,
        posted::{answer, not_recorded, refuse_token, whole},
    },
};
use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};
use chrono::TimeDelta;
use incoming::read;
use keep::KeepReceived;
use std::sync::Arc;

/// Bytes of a body: about a thousand alerts.
const MOST: usize = 2 * 1024 * 1024;

/// `[[receive]]`
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    /// As in its address.
    pub name: String,
    pub kind: Kind,
    pub token: Token,
    /// From where it may be posted to; where nothing is said, from where batches may report.
    pub networks: Option<Allowlist>,
    /// The address of the Alertmanager, where it is asked what is still open.
    pub url: Option<String>,
    /// How long nothing may be heard of an alert that is open.
    pub repeat: TimeDelta,
}

impl Receiver {
    /// Its address. No other way to write it is answered, because its networks are looked up by it.
    pub(crate) fn path(&self) -> String {
        format!("/receive/{}", self.name)
    }
}

/// Who posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Alertmanager,
    Grafana,
}

impl Kind {
    /// As in `kind =`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
        }
    }
}

/// All that are declared.
#[derive(Clone, Debug, Default)]
pub struct Receivers(Arc<Vec<Receiver>>);

impl Receivers {
    pub(crate) fn new(receivers: Vec<Receiver>) -> Self {
        Self(Arc::new(receivers))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Receiver> {
        self.0.iter()
    }
}

/// `POST /receive/{name}`
pub(crate) async fn take(
    console: web::Data<Console>,
    receivers: web::Data<Receivers>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let Some(receiver) = receivers.iter().find(|receiver| receiver.path() == request.path()) else {
        return answer(HttpResponse::NotFound(), "there is no such receiver");
    };
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !receiver.token.is_shown_in(shown) {
        return refuse_token("show the token of this receiver: Authorization: Bearer …");
    }
    let incoming = match whole(body, MOST, "set max_alerts at the sender")
        .await
        .and_then(|body| read(&body).map_err(|why| (StatusCode::BAD_REQUEST, why)))
    {
        Ok(incoming) => incoming,
        Err((status, why)) => {
            tracing::warn!(receiver = receiver.name, status = status.as_u16(), why, "what was posted was not taken");
            return answer(HttpResponseBuilder::new(status), &why);
        }
    };
    let keep = KeepReceived { source: receiver.name.clone(), repeat: receiver.repeat, incoming };
    match console.gate.run_housekeeping(&keep).await {
        Ok(()) => answer(HttpResponse::Ok(), "OK"),
        Err(error) => {
            tracing::error!(receiver = receiver.name, %error, "alerts that were posted could not be written down");
            not_recorded()
        }
    }
}
