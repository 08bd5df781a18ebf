//! How providers are reached: plain requests over TLS, few and short, each call within one span of time.

use super::Unclear;
use crate::outgoing;
use serde::de::DeserializeOwned;
use std::{
    fmt,
    time::{Duration, Instant},
};
use ureq::{
    AsSendBody,
    http::{Request, StatusCode, request},
};

/// More than any provider says of a refund; what goes on after that is not read.
const LARGEST: u64 = 64 * 1024;

/// Makes the calls of one provider.
#[derive(Clone)]
pub(super) struct Client {
    agent: ureq::Agent,
    pub(super) timeout: Duration,
}

impl Client {
    pub(super) fn new(timeout: Duration) -> Self {
        let agent = outgoing::agent().build().new_agent();
        Self { agent, timeout }
    }

    /// Makes one call, of as many requests as `ask` needs. It is made away from the async threads, since ureq blocks, and
    /// to its end even where its caller no longer waits.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Call) -> Result<T, Unclear> + Send + 'static,
    ) -> Result<T, Unclear> {
        // Counted from here: what waits long for a thread has less time left, and the caller's claim holds.
        let call = Call { agent: self.agent.clone(), deadline: Instant::now() + self.timeout };
        let asked = tokio::task::spawn_blocking(move || ask(&call)).await;
        asked.unwrap_or_else(|_| Err(Unclear("the call was broken off".to_owned())))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// One call: its requests share the time that it may take.
pub(super) struct Call {
    agent: ureq::Agent,
    deadline: Instant,
}

impl Call {
    pub(super) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Reply, Unclear> {
        self.send(Request::get(url), headers, ())
    }

    pub(super) fn post(&self, url: &str, headers: &[(&str, &str)], body: String) -> Result<Reply, Unclear> {
        self.send(Request::post(url), headers, body)
    }

    fn send(
        &self,
        request: request::Builder,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> Result<Reply, Unclear> {
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(body).map_err(|_| Unclear("the request cannot be written".to_owned()))?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Unclear("timed out".to_owned()));
        }
        let request = self.agent.configure_request(request).timeout_global(Some(left)).build();
        let reply = self.agent.run(request).and_then(|mut reply| {
            let body = reply.body_mut().with_config().limit(LARGEST).read_to_vec()?;
            Ok(Reply { status: reply.status(), body })
        });
        reply.map_err(|error| Unclear(outgoing::shortly(&error).to_owned()))
    }
}

/// The response.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// The body, where it is JSON of this shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// That this says nothing of what became of the refund.
    pub(super) fn unclear(&self) -> Unclear {
        Unclear(format!("HTTP {}", self.status.as_u16()))
    }
}
