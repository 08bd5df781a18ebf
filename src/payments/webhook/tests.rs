use super::*;
use crate::payments::{
    fake::{Fake, Manner},
    tests::{now, request, webhook},
};
use proptest::prelude::*;
use ring::hmac;
use serde_json::json;

#[test]
fn signatures_are_those_of_the_specification() {
    let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert!(secret.is_sample());
}

#[test]
fn a_secret_is_24_to_64_bytes_in_base64() {
    let parse = |bytes: &[u8]| SigningSecret::parse(&format!("whsec_{}", STANDARD.encode(bytes)));
    let bytes = secret::random::<65>();
    for count in 24..=64 {
        assert!(parse(&bytes[..count]).is_some_and(|secret| !secret.is_sample()), "{count}");
    }
    assert!(parse(&bytes[..23]).is_none());
    assert!(parse(&bytes).is_none());
    for bad in ["", "whsec_", "whsec_changeme", "sk_live_51NiPp", &STANDARD.encode(&bytes[..32])] {
        assert!(SigningSecret::parse(bad).is_none(), "{bad}");
    }
    assert!(parse(&[7; 32]).is_some_and(|secret| secret.is_sample()));
}

#[tokio::test]
async fn a_request_is_signed_over_what_is_sent() {
    let fake = Fake::start(vec![
        Manner::json(200, &json!({ "status": "succeeded", "reference": "re_1" })),
        Manner::json(202, &json!({ "status": "pending" })),
    ]);
    let provider = webhook(&fake);
    let answer = provider.refund(&request(), now()).await.unwrap();
    assert_eq!(answer, Answer::Succeeded { reference: "re_1".to_owned() });
    assert_eq!(provider.status(&request(), now()).await.unwrap(), Answer::Pending);

    let secret = STANDARD.decode("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
    let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    for (seen, (kind, id)) in
        fake.seen().iter().zip([("refund.requested", "rfd_01"), ("refund.status", "rfd_01.status")])
    {
        assert_eq!(seen.line, "POST /refunds HTTP/1.1");
        assert_eq!(seen.header("content-type"), "application/json");
        assert_eq!(seen.header("user-agent"), concat!("ingam/", env!("CARGO_PKG_VERSION")));
        assert_eq!(seen.header("webhook-id"), id);
        assert_eq!(seen.header("webhook-timestamp"), "1614265330");
        let expected = format!(
            r#"{{"type":"{kind}","timestamp":"2021-02-25T15:02:10.000000Z","data":{{"key":"rfd_01","payment":"pi_77","amount":"12300","currency":"KRW"}}}}"#
        );
        assert_eq!(seen.body, expected);
        let tag = hmac::sign(&secret, format!("{id}.1614265330.{expected}").as_bytes());
        assert_eq!(seen.header("webhook-signature"), format!("v1,{}", STANDARD.encode(tag)));
    }
    assert_eq!(fake.seen().len(), 2);
}

#[tokio::test]
async fn the_same_refund_goes_under_the_same_key_each_time() {
    let fake = Fake::start(vec![Manner::Answer(503, String::new()), Manner::json(200, &json!({ "status": "failed" }))]);
    let provider = webhook(&fake);
    assert!(provider.refund(&request(), now()).await.is_err());
    let later = now().plus(chrono::TimeDelta::minutes(5));
    assert!(provider.refund(&request(), later).await.is_ok());
    let seen = fake.seen();
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
    assert_ne!(seen[0].header("webhook-signature"), seen[1].header("webhook-signature"), "the time is signed too");
}

#[test]
fn only_what_the_receiver_says_counts() {
    let says = |status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        read(&Reply { status, body: body.as_bytes().to_vec() }, "rfd_01")
    };
    let succeeded = |reference: &str| Answer::Succeeded { reference: reference.to_owned() };
    let declined = |code: &str| Answer::Declined { code: code.to_owned() };
    for (status, body, answer) in [
        (200, r#"{"status":"succeeded","reference":"re_1"}"#, succeeded("re_1")),
        (201, r#"{"status":"succeeded"}"#, succeeded("rfd_01")),
        (200, r#"{"status":"succeeded","reference":null,"more":[1,{}]}"#, succeeded("rfd_01")),
        (200, r#"{"status":"succeeded","reference":"re\n\u202e1"}"#, succeeded("re1")),
        (200, r#"{"status":"failed","code":"already_refunded"}"#, declined("already_refunded")),
        (200, r#"{"status":"failed"}"#, declined("failed")),
        (422, r#"{"status":"failed","code":"no_such_payment"}"#, declined("no_such_payment")),
        (202, r#"{"status":"pending"}"#, Answer::Pending),
        (200, r#"{"status":"unknown"}"#, Answer::Unknown),
    ] {
        assert_eq!(says(status, body).unwrap(), answer, "{status} {body}");
    }
    for (status, body) in [
        (200, r#"{"status":"succeeded","status":"failed"}"#),
        (200, r#"{"status":"refunded"}"#),
        (204, ""),
        (400, r#"{"status":"failed","code":"bad"}"#),
        (404, r#"{"status":"unknown"}"#),
        (422, r#"{"status":"succeeded"}"#),
        (422, r#"{"status":"pending"}"#),
        (422, "{}"),
        (500, r#"{"status":"failed"}"#),
    ] {
        assert!(says(status, body).is_err(), "{status} {body}");
    }
}

proptest! {
    #[test]
    fn any_answer_is_read_and_none_counts_as_a_success_that_does_not_say_so(
        status in 200..600_u16,
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            r#"\{"status":"?[a-z]{0,9}"?(,"(reference|code|status)":.{0,9})?\}?"#.prop_map(String::into_bytes),
            r#"\{"status":"(succeeded|failed|pending|unknown)"(,"reference":"\PC{0,200}")?\}"#.prop_map(String::into_bytes),
        ],
    ) {
        let says_so = serde_json::from_slice::<serde_json::Value>(&body)
            .is_ok_and(|body| body.get("status").is_some_and(|status| status == "succeeded"));
        let answer = read(&Reply { status: StatusCode::from_u16(status).unwrap(), body }, "rfd_01");
        if let Ok(Answer::Succeeded { reference }) = answer {
            prop_assert!(says_so && (200..300).contains(&status));
            prop_assert!((1..=100).contains(&reference.len()) && reference.is_ascii());
        }
    }
}
