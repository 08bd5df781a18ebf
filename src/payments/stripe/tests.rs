use super::*;
use crate::money::Currency;
use crate::payments::{
    fake::{Fake, Manner, Seen},
    tests::{now, request, stripe},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use ureq::http::StatusCode;

fn refund(id: &str, status: &str, key: &str) -> Value {
    json!({ "id": id, "object": "refund", "status": status, "amount": 12_300, "metadata": { "ingam_refund": key } })
}

fn list(refunds: &[Value], has_more: bool) -> Manner {
    Manner::json(200, &json!({ "object": "list", "data": refunds, "has_more": has_more }))
}

fn error(status: u16, kind: &str, code: Option<&str>) -> Manner {
    Manner::json(status, &json!({ "error": { "type": kind, "code": code, "message": "Mina Kim, 4242" } }))
}

/// What comes of asking for a refund that is met so, and the requests that were made.
async fn asked(manners: Vec<Manner>) -> (Result<Answer, String>, Vec<Seen>) {
    let fake = Fake::start(manners);
    let answer = stripe(&fake).refund(&request(), now()).await.map_err(|unclear| unclear.0);
    (answer, fake.seen())
}

/// What comes of asking after one.
async fn asked_after(manners: Vec<Manner>) -> (Result<Answer, String>, Vec<Seen>) {
    let fake = Fake::start(manners);
    let answer = stripe(&fake).status(&request(), now()).await.map_err(|unclear| unclear.0);
    (answer, fake.seen())
}

fn succeeded(reference: &str) -> Answer {
    Answer::Succeeded { reference: reference.to_owned() }
}

fn declined(code: &str) -> Answer {
    Answer::Declined { code: code.to_owned() }
}

#[tokio::test]
async fn a_refund_is_asked_for_under_its_key() {
    let (answer, seen) = asked(vec![Manner::json(200, &refund("re_1", "succeeded", "rfd_01"))]).await;
    assert_eq!(answer, Ok(succeeded("re_1")));
    let [seen] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(seen.line, "POST /v1/refunds HTTP/1.1");
    assert_eq!(seen.header("authorization"), "Bearer rk_test_51NiPpBq");
    assert_eq!(seen.header("idempotency-key"), "rfd_01");
    assert_eq!(seen.header("content-type"), "application/x-www-form-urlencoded");
    assert_eq!(seen.header("user-agent"), concat!("ingam/", env!("CARGO_PKG_VERSION")));
    assert_eq!(seen.body, "payment_intent=pi_77&amount=12300&metadata%5Bingam_refund%5D=rfd_01");
}

/// docs.stripe.com/currencies, 2026-11-29: "Zero-decimal currencies", "Special cases", "Three-decimal currencies".
#[test]
fn an_amount_is_in_the_smallest_unit_that_stripe_has_for_its_currency() {
    for (code, minor, sent) in [
        ("KRW", 12_300, Some(12_300)),
        ("USD", 1_234, Some(1_234)),
        ("ISK", 500, Some(50_000)),
        ("UGX", 500, Some(50_000)),
        ("MGA", 50_000, Some(500)),
        ("MGA", 50_050, None),
        ("KWD", 5_120, Some(5_120)),
        ("KWD", 5_124, None),
        ("UGX", i64::MAX, None),
    ] {
        let currency: Currency = code.parse().unwrap();
        assert_eq!(amount(currency.amount(minor)), sent, "{code} {minor}");
    }
}

#[tokio::test]
async fn what_stripe_cannot_express_is_declined_and_not_asked_for() {
    let amount = "KWD".parse::<Currency>().unwrap().amount(5_124);
    let fake = Fake::start(vec![]);
    let answer = stripe(&fake).refund(&RefundRequest { amount, ..request() }, now()).await;
    assert_eq!(answer.unwrap(), declined("amount_too_fine"));
    assert!(fake.seen().is_empty());
}

#[tokio::test]
async fn what_is_no_payment_intent_is_a_charge_and_cannot_add_parameters() {
    for (payment, encoded) in [("ch_77", "ch_77"), ("x&amount=1#", "x%26amount%3D1%23")] {
        let request = RefundRequest { payment: payment.to_owned(), ..request() };
        let fake = Fake::start(vec![Manner::Answer(500, String::new()), list(&[], false)]);
        let provider = stripe(&fake);
        assert!(provider.refund(&request, now()).await.is_err());
        assert_eq!(provider.status(&request, now()).await.unwrap(), Answer::Unknown);
        let seen = fake.seen();
        assert!(seen[0].body.starts_with(&format!("charge={encoded}&amount=12300&")), "{seen:?}");
        assert_eq!(seen[1].line, format!("GET /v1/refunds?charge={encoded}&limit=100 HTTP/1.1"));
        assert_eq!(seen[1].header("authorization"), "Bearer rk_test_51NiPpBq");
    }
}

#[tokio::test]
async fn the_status_of_a_refund_decides() {
    for (status, answer) in [
        ("succeeded", succeeded("re_1")),
        ("pending", Answer::Pending),
        ("requires_action", Answer::Pending),
        ("failed", declined("failed")),
        ("canceled", declined("canceled")),
    ] {
        let refund = refund("re_1", status, "rfd_01");
        assert_eq!(asked(vec![Manner::json(200, &refund)]).await.0, Ok(answer.clone()), "{status}");
        assert_eq!(asked_after(vec![list(&[refund], false)]).await.0, Ok(answer), "{status}");
    }
    let mut reasoned = refund("re_1", "failed", "rfd_01");
    reasoned["failure_reason"] = json!("expired_or_canceled_card");
    assert_eq!(asked(vec![Manner::json(200, &reasoned)]).await.0, Ok(declined("expired_or_canceled_card")));
    for status in [json!(null), json!("reversed")] {
        let refund = json!({ "id": "re_1", "status": status, "metadata": { "ingam_refund": "rfd_01" } });
        assert!(asked(vec![Manner::json(200, &refund)]).await.0.is_err(), "{status}");
        assert!(asked_after(vec![list(&[refund], false)]).await.0.is_err(), "{status}");
    }
}

#[tokio::test]
async fn a_refusal_declines() {
    for (status, kind, code, word) in [
        (400, "invalid_request_error", Some("charge_disputed"), "charge_disputed"),
        (400, "invalid_request_error", None, "invalid_request_error"),
        (402, "card_error", Some("card_declined"), "card_declined"),
    ] {
        let (answer, seen) =
            asked(vec![error(status, kind, code), list(&[refund("re_2", "succeeded", "rfd_02")], false)]).await;
        assert_eq!(answer, Ok(declined(word)));
        assert_eq!(seen.len(), 2, "what Stripe has is looked at before it is believed");
    }
    // A payment that is not there has no refunds to look at.
    for status in [400, 404] {
        let (answer, seen) = asked(vec![error(status, "invalid_request_error", Some("resource_missing"))]).await;
        assert_eq!((answer, seen.len()), (Ok(declined("resource_missing")), 1));
    }
}

#[tokio::test]
async fn of_a_payment_that_is_not_there_no_refund_is_known() {
    for status in [400, 404] {
        let (answer, _) = asked_after(vec![error(status, "invalid_request_error", Some("resource_missing"))]).await;
        assert_eq!(answer, Ok(Answer::Unknown), "asked for it, Stripe says so and it is settled");
    }
    let (answer, _) = asked_after(vec![error(400, "invalid_request_error", None)]).await;
    assert_eq!(answer, Err("HTTP 400".to_owned()));
}

#[tokio::test]
async fn a_refusal_because_this_refund_was_paid_before_is_a_success() {
    let refusal = || error(400, "invalid_request_error", Some("charge_already_refunded"));
    let ours = || list(&[refund("re_2", "failed", "rfd_02"), refund("re_1", "succeeded", "rfd_01")], false);
    assert_eq!(asked(vec![refusal(), ours()]).await.0, Ok(succeeded("re_1")));
    let (answer, _) = asked(vec![refusal(), Manner::Answer(500, String::new())]).await;
    assert_eq!(answer, Err("HTTP 500".to_owned()), "nobody knows whether it was this one");
}

#[tokio::test]
async fn an_error_that_is_no_refusal_is_unclear() {
    for (status, kind) in [
        (400, "idempotency_error"),
        (400, "api_error"),
        (401, "invalid_request_error"),
        (403, "invalid_request_error"),
        (409, "idempotency_error"),
        (429, "invalid_request_error"),
        (500, "api_error"),
    ] {
        let (answer, seen) = asked(vec![error(status, kind, Some("key_in_use"))]).await;
        assert_eq!((answer, seen.len()), (Err(format!("HTTP {status}")), 1), "{kind}");
    }
    for body in ["", "<h1>Not found</h1>", r#"{"error":"invalid_request_error"}"#] {
        assert_eq!(asked(vec![Manner::Answer(404, body.to_owned())]).await.0, Err("HTTP 404".to_owned()));
    }
}

#[tokio::test]
async fn a_refund_is_found_on_either_list() {
    let page = |number: usize| list(&[refund(&format!("re_{number}"), "succeeded", "other")], true);
    let (answer, seen) = asked_after(vec![page(1), page(2), list(&[refund("re_3", "pending", "rfd_01")], true)]).await;
    assert_eq!(answer, Ok(Answer::Pending));
    let lines: Vec<_> = seen.iter().map(|seen| seen.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /v1/refunds?payment_intent=pi_77&limit=100 HTTP/1.1",
            "GET /v1/refunds?payment_intent=pi_77&limit=100&starting_after=re_1 HTTP/1.1",
            "GET /v1/refunds?payment_intent=pi_77&limit=100&starting_after=re_2 HTTP/1.1",
        ]
    );
    assert_eq!(asked_after(vec![page(1), list(&[], false)]).await.0, Ok(Answer::Unknown));
    assert_eq!(asked_after(vec![list(&[json!({ "id": "re_1", "metadata": {} })], false)]).await.0, Ok(Answer::Unknown));
    let (answer, seen) = asked_after((1..=20).map(page).collect()).await;
    assert_eq!((answer.is_err(), seen.len()), (true, PAGES), "a list without end is unclear");
    let (answer, _) = asked_after(vec![page(1), Manner::Answer(500, String::new())]).await;
    assert_eq!(answer, Err("HTTP 500".to_owned()), "half a list does not say that there is none");
}

#[test]
fn a_key_says_whether_it_moves_real_money() {
    let live = |text: &str| ApiKey::parse(text).map(|key| key.is_live());
    assert_eq!(live("sk_live_51NiPpBq"), Some(true));
    assert_eq!(live("rk_live_51NiPpBq"), Some(true));
    assert_eq!(live("sk_test_51NiPpBq"), Some(false));
    assert_eq!(live("rk_test_51NiPpBq"), Some(false));
    for bad in ["", "sk_live_", "pk_live_51NiPpBq", "sk_51NiPpBq", "sk_live_51Ni PpBq", "sk_live_…", "sk_live_a\r\nb"]
    {
        assert_eq!(live(bad), None, "{bad}");
    }
    for (text, is_sample) in [("sk_live_xxxxxxxx", true), ("rk_live_abcdefgh", true), ("sk_live_51NiPpBq", false)] {
        assert_eq!(ApiKey::parse(text).map(|key| key.is_sample()), Some(is_sample), "{text}");
    }
}

proptest! {
    #[test]
    fn any_answer_is_read_and_none_refuses_that_does_not_say_so(
        status in 200..600_u16,
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..200),
            r#"\{"error":\{"type":"[a-z_]{0,24}"(,"code":.{0,9})?\}\}?"#.prop_map(String::into_bytes),
            r#"\{"id":"\PC{0,200}","status":"[a-z]{0,9}"\}"#.prop_map(String::into_bytes),
        ],
    ) {
        let text = String::from_utf8_lossy(&body).into_owned();
        let reply = Reply { status: StatusCode::from_u16(status).unwrap(), body };
        if refusal(&reply).is_some() {
            prop_assert!([400, 402, 404].contains(&status));
            prop_assert!(text.contains("invalid_request_error") || text.contains("card_error"));
        }
        if let Some(Ok(Answer::Succeeded { reference })) = reply.json::<Refund>().map(|refund| refund.answer("rfd_01")) {
            prop_assert!(text.contains("\"succeeded\""));
            prop_assert!((1..=100).contains(&reference.len()) && reference.is_ascii());
        }
    }
}
