use super::{
    fake::{Fake, Manner},
    *,
};
use crate::money::Currency;
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const KEY: &str = "rk_test_51NiPpBq";

pub(super) fn request() -> RefundRequest {
    RefundRequest { key: "rfd_01".to_owned(), payment: "pi_77".to_owned(), amount: Currency::KRW.amount(12_300) }
}

pub(super) fn now() -> Instant {
    Instant::from_unix(1_614_265_330).unwrap()
}

/// The whole of a call in a test, unless it has to run out.
pub(super) const PATIENT: Duration = Duration::from_secs(20);
const HASTY: Duration = Duration::from_millis(200);

pub(super) fn webhook(fake: &Fake) -> Provider {
    Provider::Webhook(Webhook::new(fake.url(), SigningSecret::parse(SECRET).unwrap(), PATIENT))
}

pub(super) fn stripe(fake: &Fake) -> Provider {
    Provider::Stripe(Stripe::new(&fake.origin(), ApiKey::parse(KEY).unwrap(), PATIENT))
}

/// What comes of meeting every question to every provider so, within this time.
async fn unclear(manner: impl Fn() -> Manner, timeout: Duration) -> Vec<String> {
    let mut reasons = Vec::new();
    for is_status in [false, true] {
        for is_stripe in [false, true] {
            let fake = Fake::start(vec![manner()]);
            let provider = if is_stripe {
                Provider::Stripe(Stripe::new(&fake.origin(), ApiKey::parse(KEY).unwrap(), timeout))
            } else {
                Provider::Webhook(Webhook::new(fake.url(), SigningSecret::parse(SECRET).unwrap(), timeout))
            };
            let answer = if is_status {
                provider.status(&request(), now()).await
            } else {
                provider.refund(&request(), now()).await
            };
            reasons.push(answer.unwrap_err().0);
            assert_eq!(fake.seen().len(), 1);
        }
    }
    reasons
}

#[tokio::test]
async fn an_answer_that_is_too_late_is_unclear() {
    for reason in unclear(|| Manner::Late, HASTY).await {
        assert_eq!(reason, "timed out");
    }
}

#[tokio::test]
async fn an_answer_that_comes_byte_by_byte_has_no_more_time_than_another() {
    for reason in unclear(|| Manner::Drip, HASTY).await {
        assert_eq!(reason, "timed out");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_unclear_and_not_kept() {
    for reason in unclear(|| Manner::Endless, PATIENT).await {
        assert_eq!(reason, "the answer is too large");
    }
}

#[tokio::test]
async fn other_statuses_of_http_are_unclear() {
    for status in [401, 403, 409, 410, 429, 500, 502, 503] {
        // Even if a refund is in them.
        let body = json!({ "status": "succeeded", "id": "re_1", "reference": "re_1", "data": [], "has_more": false });
        for reason in unclear(|| Manner::json(status, &body), PATIENT).await {
            assert_eq!(reason, format!("HTTP {status}"));
        }
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_unclear() {
    for body in
        ["", "ok", "{}", "[]", "null", "\"succeeded\"", r#"{"status":"SUCCEEDED"}"#, r#"{"status":true}"#, "{\u{0}"]
    {
        for reason in unclear(|| Manner::Answer(200, body.to_owned()), PATIENT).await {
            assert!(reason.starts_with("HTTP 200 without a readable "), "{body}: {reason}");
        }
    }
    for bytes in [&b""[..], b"\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"SSH-2.0-OpenSSH_9.6\r\n"] {
        for reason in unclear(|| Manner::Bytes(bytes.to_vec()), PATIENT).await {
            assert!(["no readable HTTP answer", "the connection failed"].contains(&reason.as_str()), "{reason}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_unclear() {
    let body = r#"{"status":"succeeded","id":"re_1","data":[],"has_more":false}"#;
    for (head, body) in [
        (format!("content-length: {}\r\n", body.len() + 1), body.to_owned()),
        ("transfer-encoding: chunked\r\n".to_owned(), format!("{:x}\r\n{body}\r\n", body.len())),
        (String::new(), body[..body.len() - 1].to_owned()),
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}");
        for reason in unclear(|| Manner::Bytes(bytes.clone().into_bytes()), PATIENT).await {
            assert!(!reason.contains("succeeded"), "{reason}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Fake::start(vec![Manner::json(200, &json!({ "status": "succeeded", "id": "re_1" }))]);
        let location = format!("{}/refunds", elsewhere.origin());
        for reason in unclear(|| Manner::Redirect(status, location.clone()), PATIENT).await {
            assert_eq!(reason, format!("HTTP {status}"));
        }
        assert!(elsewhere.seen().is_empty());
    }
}

#[tokio::test]
async fn an_unreachable_provider_is_unclear() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}/").parse().unwrap();
    let webhook = Provider::Webhook(Webhook::new(url, SigningSecret::parse(SECRET).unwrap(), PATIENT));
    assert_eq!(webhook.refund(&request(), now()).await.unwrap_err().0, "the connection was refused");
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_is_told_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"succeeded\"}").unwrap();
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        String::from_utf8_lossy(&heard).into_owned()
    });
    let webhook = Provider::Webhook(Webhook::new(url, SigningSecret::parse(SECRET).unwrap(), PATIENT));
    assert_eq!(webhook.refund(&request(), now()).await.unwrap_err().0, "no secure connection");
    assert!(!heard.join().unwrap().contains("rfd_01"));
}

#[tokio::test]
async fn bookkeeping_asks_no_provider() {
    let provider = Provider::default();
    assert_eq!(provider.timeout(), Duration::ZERO);
    let succeeded = Answer::Succeeded { reference: "rfd_01".to_owned() };
    assert_eq!(provider.refund(&request(), now()).await.unwrap(), succeeded);
    assert_eq!(provider.status(&request(), now()).await.unwrap(), succeeded);
}

#[test]
fn calls_may_be_made_from_any_thread() {
    fn is_send(_: &impl Send) {}
    let provider = Provider::default();
    let request = request();
    is_send(&provider.refund(&request, now()));
    is_send(&provider.status(&request, now()));
}

#[test]
fn a_provider_shown_for_debugging_tells_no_secret() {
    let url = "https://pay.ingam.test/hooks/T0K3N?key=T0K3N".parse().unwrap();
    let webhook = Provider::Webhook(Webhook::new(url, SigningSecret::parse(SECRET).unwrap(), PATIENT));
    let stripe = Provider::Stripe(Stripe::new("https://api.stripe.com", ApiKey::parse(KEY).unwrap(), PATIENT));
    let shown = format!("{webhook:?} {webhook:#?} {stripe:?} {stripe:#?}");
    for secret in ["T0K3N", &SECRET[6..], &KEY[8..], "[11, 97"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(shown.contains("pay.ingam.test") && shown.contains("api.stripe.com") && shown.contains("20s"), "{shown}");
}

#[test]
fn names_that_others_make_up_are_short_and_printable() {
    assert_eq!(plain("re_1", 100).as_deref(), Some("re_1"));
    assert_eq!(plain("a\u{0}b\u{202e}c\u{1b}[2Jé환불", 100).as_deref(), Some("abc[2J"));
    assert_eq!(plain(&"x".repeat(1000), 64).map(|name| name.len()), Some(64));
    for nothing in ["", "  ", "\n", "환불"] {
        assert_eq!(plain(nothing, 64), None);
        assert_eq!(Answer::succeeded(nothing, "rfd_01"), Answer::Succeeded { reference: "rfd_01".to_owned() });
        assert_eq!(Answer::declined(nothing), Answer::Declined { code: "failed".to_owned() });
    }
}
