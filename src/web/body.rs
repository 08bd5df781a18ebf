//! The body of a request, within a time: a client that sends a byte a second holds a connection and what was read of it.

use actix_web::{
    HttpMessage as _,
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    http::{StatusCode, header},
};
use futures_util::{Stream as _, stream};
use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// The same request, whose body breaks off with an error when `deadline` is over, and whether it has a body.
pub(super) fn with_deadline(mut request: ServiceRequest, deadline: Duration) -> (ServiceRequest, bool) {
    let headers = request.headers();
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length != "0");
    if has_body {
        let mut payload = request.take_payload();
        let mut over = Box::pin(tokio::time::sleep(deadline));
        let read = move |context: &mut Context<'_>| {
            if over.as_mut().poll(context).is_ready() {
                return Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))));
            }
            Pin::new(&mut payload).poll_next(context)
        };
        request.set_payload(Payload::Stream { payload: Box::pin(stream::poll_fn(read)) });
    }
    (request, has_body)
}

/// Whether no handler may have read the body: the rest of it would come over this connection for as long as its client likes.
pub(super) fn may_be_left(method: &str, status: StatusCode) -> bool {
    let is_refused = status.is_client_error() && status != StatusCode::UNPROCESSABLE_ENTITY;
    is_refused || matches!(method, "GET" | "HEAD")
}

/// Whether an error says that the body did not come in time.
pub(super) fn is_too_slow(error: &actix_web::Error) -> bool {
    matches!(error.as_error::<PayloadError>(), Some(PayloadError::Io(error)) if error.kind() == io::ErrorKind::TimedOut)
}
