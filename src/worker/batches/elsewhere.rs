//! Asking for a run elsewhere: one signed request, after the Standard Webhooks specification (standardwebhooks.com), and
//! never a second one. `docs/batches.md` says what the other side has to do.

use super::Runner;
use crate::{
    batches::{
        claim::{ClaimedRun, StartRun},
        definition::{Definition, Values},
        finish::{End, Outcome},
        ping, record,
        state::State,
    },
    id::RunId,
    outgoing, secret,
};
use chrono::TimeDelta;
use serde::Serialize;
use std::{io::ErrorKind, time::Duration};
use ureq::{Timeout, http::StatusCode};

/// How long the other side has to say that it has begun.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    run: RunId,
    job: &'a str,
    /// To be sent along with every report.
    rid: &'a str,
    params: &'a Values,
    /// Where reports go: this for success, with `/fail`, `/log` or an exit code behind it.
    report_to: String,
}

/// The outcome of asking.
enum Triggered {
    /// It has begun, or will.
    Accepted,
    /// It surely has not.
    Refused(String),
    /// Unknown: the request may have arrived.
    Unclear(&'static str),
}

pub(super) async fn trigger(runner: &Runner, claimed: &ClaimedRun, definition: &Definition) {
    let (Some(url), Some(signing)) = (definition.url.clone(), runner.signing.clone()) else {
        return runner
            .finish(claimed, super::failed("INGAM_BATCH_SECRET is not set, so nothing can be triggered"))
            .await;
    };
    let now = runner.clock.now();
    let rid = secret::uuid();
    let deadline = now.plus(TimeDelta::seconds(i64::from(definition.timeout_seconds)));
    let normal = match runner.normal(&claimed.job).await {
        Ok(normal) => normal,
        Err(error) => return tracing::error!(run = claimed.id.get(), %error, "a claimed run could not be begun"),
    };
    // Before anything is sent, so that a report can never be faster than this.
    let start = StartRun {
        id: claimed.id,
        fence: claimed.fence,
        pid: None,
        pid_started: None,
        elsewhere: Some((rid.clone(), deadline)),
        normal,
    };
    match runner.gate.run_housekeeping(&start).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return tracing::error!(run = claimed.id.get(), %error, "a claimed run could not be begun"),
    }
    // A person may have stopped it in between. From here on it is refused, because what runs elsewhere is stopped
    // there.
    if matches!(record::run(&mut &runner.reader, claimed.id).await, Ok(Some(run)) if run.state == State::Cancelling) {
        let end = End { outcome: Outcome::Cancelled, ..End::default() };
        return runner.finish(claimed, end).await;
    }
    let values: Values = serde_json::from_str(&claimed.params).unwrap_or_default();
    let token = ping::token(runner.gate.key(), &claimed.job, definition.ping_revision);
    let message = Message {
        kind: "batch.run",
        timestamp: now.to_string(),
        data: Data {
            run: claimed.id,
            job: &claimed.job,
            rid: &rid,
            params: &values,
            report_to: format!("{}/ping/{token}/{}", runner.origin, claimed.job),
        },
    };
    let body = serde_json::to_string(&message).unwrap_or_default();
    let timestamp = now.unix().to_string();
    let headers = [
        ("content-type", "application/json".to_owned()),
        ("webhook-id", rid.clone()),
        ("webhook-timestamp", timestamp.clone()),
        ("webhook-signature", signing.sign(&rid, &timestamp, &body)),
    ];
    let triggered = tokio::task::spawn_blocking(move || ask(&url, &headers, &body)).await;
    let end = match triggered.unwrap_or(Triggered::Unclear("the request was broken off")) {
        Triggered::Accepted => return,
        Triggered::Refused(why) => super::failed(&why),
        Triggered::Unclear(why) => End { outcome: Outcome::Lost, failure: Some(why.to_owned()), ..End::default() },
    };
    runner.finish(claimed, end).await;
}

fn ask(url: &str, headers: &[(&str, String)], body: &str) -> Triggered {
    let agent = outgoing::agent().timeout_global(Some(TIMEOUT)).timeout_connect(Some(TIMEOUT / 2)).build().new_agent();
    let request = headers.iter().fold(agent.post(url), |request, (name, value)| request.header(*name, value));
    match request.send(body) {
        Ok(reply)
            if matches!(
                reply.status(),
                StatusCode::OK | StatusCode::CREATED | StatusCode::ACCEPTED | StatusCode::NO_CONTENT
            ) =>
        {
            Triggered::Accepted
        }
        // A proxy that answers for the other side may have handed the request on before.
        Ok(reply) if reply.status().is_server_error() => Triggered::Unclear("it answered with an error of its own"),
        Ok(reply) => Triggered::Refused(format!("it answered HTTP {}", reply.status().as_u16())),
        Err(ureq::Error::HostNotFound) => Triggered::Refused("its host was not found".to_owned()),
        Err(ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect)) => {
            Triggered::Refused("it could not be reached".to_owned())
        }
        Err(ureq::Error::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            Triggered::Refused("the connection was refused".to_owned())
        }
        Err(ureq::Error::Tls(_) | ureq::Error::Rustls(_)) => Triggered::Refused("no secure connection".to_owned()),
        Err(ureq::Error::Timeout(_)) => Triggered::Unclear("it did not answer in time"),
        Err(_) => Triggered::Unclear("the connection broke off"),
    }
}
