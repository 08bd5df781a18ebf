use super::*;

fn slack() -> Personal {
    Personal::new(Service::Slack, vec!["hooks.slack.com".to_owned(), "127.0.0.1:9000".to_owned()])
}

fn mail() -> Personal {
    let mail = Mail::new("smtps://mail.example.com", None, "ingam@example.com", None, None).unwrap();
    Personal::new(Service::Email(mail), Vec::new())
}

#[test]
fn an_address_names_a_host_that_the_configuration_names() {
    let slack = slack();
    for good in [
        "https://hooks.slack.com/services/T0/B0/x",
        "https://HOOKS.slack.com:443/services/T0/B0/x",
        "http://127.0.0.1:9000/slack",
    ] {
        assert!(slack.rule.address(good).is_ok() && slack.receiver(good).is_some(), "{good}");
    }
    for elsewhere in [
        "https://169.254.169.254/latest",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com:8443/x",
        "https://127.0.0.1/x",
    ] {
        assert_eq!(slack.rule.address(elsewhere), Err(AddressFault::Host), "{elsewhere}");
        assert!(slack.receiver(elsewhere).is_none());
    }
    for wrong in [
        "",
        "hooks.slack.com/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com@evil.example/x",
        "ftp://hooks.slack.com/x",
        "https://hooks.slack.com/\u{7}",
    ] {
        assert_eq!(slack.rule.address(wrong), Err(AddressFault::Form), "{wrong}");
    }
}

#[test]
fn an_address_of_mail_is_one_without_a_name() {
    let mail = mail();
    assert_eq!(mail.rule.address(" 민아 <mina@회사.한국> ").as_deref(), Ok("mina@xn--vf4b131b.xn--3e0b707e"));
    assert_eq!(mail.rule.address("nowhere"), Err(AddressFault::Form));
    assert_eq!(mail.rule.address("a@b.c, d@e.f"), Err(AddressFault::Form));
    assert_eq!(mail.rule.hint("mina.kang@example.com"), "mi•••••••@example.com");
}

#[test]
fn what_an_address_is_refused_for_is_told_apart_from_what_is_wrong_with_the_channel() {
    let refused = |text: &str| mail().judge(Answer::Refused(text.to_owned()), "mina.kang@example.com");
    assert_eq!(
        refused("SMTP 550: 5.1.1 mina.kang unknown"),
        Answer::Unreachable("SMTP 550: 5.1.1 … unknown".to_owned())
    );
    assert!(matches!(refused("SMTP 550: 5.7.1 relaying denied"), Answer::Refused(_)));
    assert!(matches!(refused("SMTP 554: rejected"), Answer::Refused(_)));
    let address = "https://hooks.slack.com/services/T0AAA/B0BBB/tokentoken";
    let gone = slack().judge(Answer::Misconfigured("HTTP 404: no hook tokentoken of T0AAA".to_owned()), address);
    assert_eq!(gone, Answer::Unreachable("HTTP 404: no hook … of …".to_owned()));
    let later = Answer::Later { why: format!("HTTP 500: {address}"), after: None };
    assert_eq!(slack().judge(later, address), Answer::Later { why: "HTTP 500: …".to_owned(), after: None });
}

#[test]
fn a_key_of_pagerduty_is_letters_and_digits() {
    let url = Address::parse("https://events.pagerduty.com/v2/enqueue").unwrap();
    let pager = Personal::new(Service::PagerDuty { url }, Vec::new());
    assert!(pager.rule.address("R0UT1NGK3YR0UT1NGK3YR0UT1NGK3Y00").is_ok());
    assert_eq!(pager.rule.hint("R0UT1NGK3YR0UT1NGK3YR0UT1NGK3Y00"), "…3Y00");
    assert_eq!(pager.rule.address("no key"), Err(AddressFault::Form));
    let invalid = Answer::Refused("HTTP 400: {\"errors\":[\"Invalid routing key\"]}".to_owned());
    assert!(matches!(pager.judge(invalid, "R0UT1NGK3Y"), Answer::Unreachable(_)));
}
