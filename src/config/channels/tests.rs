use super::*;

const SECRET: &str = "whsec_c2VhbHMgYXJlIG5vdCBzaWduYXR1cmVz";

fn read(text: &str, profile: Profile) -> Result<Channels, String> {
    read_at(text, profile, true)
}

fn read_at(text: &str, profile: Profile, has_origin: bool) -> Result<Channels, String> {
    let mut declared: DeclaredChannels = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    declared.resolve(|name| match name {
        "HOOK" => Some("https://hooks.slack.com/services/T0/B0/x".to_owned()),
        "KEY" => Some("R0UT1NGK3Y".to_owned()),
        "WHSEC" => Some(SECRET.to_owned()),
        _ => None,
    })?;
    declared.channels(&Rules::default(), profile, has_origin)
}

fn channel(rest: &str, profile: Profile) -> Result<Channels, String> {
    read(&format!("[[channel]]\nname = \"ops\"\n{rest}\n[[route]]\nkinds = [\"*\"]\nto = [\"ops\"]"), profile)
}

#[test]
fn a_channel_is_used_where_it_says_and_a_pager_in_production_alone() {
    let is_on = |rest: &str, profile| channel(rest, profile).unwrap().find("ops").unwrap().is_on;
    let (slack, pager) = ("kind = \"slack\"\nurl = \"$HOOK\"", "kind = \"pagerduty\"\nrouting_key = \"$KEY\"");
    assert!(is_on(slack, Profile::Dev) && is_on(slack, Profile::Prod));
    assert!(!is_on(pager, Profile::Staging) && is_on(pager, Profile::Prod));
    assert!(is_on(&format!("{pager}\nenvironments = [\"staging\"]"), Profile::Staging));
    assert!(!is_on(&format!("{slack}\nenvironments = [\"prod\"]"), Profile::Local));
}

#[test]
fn what_is_wrong_is_one_line_that_names_it_and_no_secret() {
    for (rest, says) in [
        ("kind = \"pigeon\"", "unknown variant"),
        ("kind = \"slack\"", "url is missing"),
        ("kind = \"slack\"\nurl = \"$NOTHING\"", "NOTHING is not set"),
        ("kind = \"slack\"\nurl = \"https://hooks.slack.com/services/secret\"", "write \"$NAME\""),
        ("kind = \"slack\"\nurl = \"$HOOK\"\nsecret = \"$WHSEC\"", "has no secret; it has url, beside"),
        ("kind = \"slack\"\nurl = \"$HOOK\"\nlang = \"fr\"", "lang must be"),
        ("kind = \"slack\"\nurl = \"$HOOK\"\nenvironments = [\"production\"]", "is not a profile"),
        (
            "kind = \"webhook\"\nurl = \"http://hooks.example.com/secret\"\nsecret = \"$WHSEC\"",
            "must begin with https://",
        ),
        ("kind = \"webhook\"\nurl = \"https://hooks.example.com\"\nsecret = \"$KEY\"", "whsec_"),
        ("kind = \"pagerduty\"\nrouting_key = \"secret\"", "write \"$NAME\""),
        ("kind = \"slack\"\nurl = \"$HOOK\"\nchannel = \"x\"", "has no channel; it has url"),
    ] {
        let error = channel(rest, Profile::Prod).unwrap_err();
        assert!(error.contains(says) && !error.contains("/secret") && !error.contains('\n'), "{rest}: {error}");
    }
}

#[test]
fn a_route_leads_somewhere_and_every_kind_has_one() {
    let ops = "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"$HOOK\"\n";
    for (route, says) in [
        ("", "no route takes every alert of the kind runs.failed"),
        ("[[route]]\nkinds = [\"runs.*\"]\nto = [\"ops\"]", "of the kind batches.missed"),
        ("[[route]]\nkinds = [\"*\"]\njobs = [\"a*\"]\nto = [\"ops\"]", "of the kind runs.failed"),
        ("[[route]]\nkinds = [\"runs.fialed\"]\nto = [\"ops\"]", "is no kind of alert"),
        ("[[route]]\nkinds = [\"*\"]\nto = [\"opps\"]", "\"opps\" is not the name of a channel"),
        ("[[route]]\nkinds = [\"*\"]\nto = []", "`to` must name something"),
    ] {
        let error = read(&format!("{ops}{route}"), Profile::Prod).unwrap_err();
        assert!(error.contains(says), "{route}: {error}");
    }
    assert_eq!(read("", Profile::Prod).unwrap().iter().count(), 0);
    let error = read(&format!("{ops}{ops}"), Profile::Prod).unwrap_err();
    assert!(error.contains("declared twice"), "{error}");
    let error = read_at(ops, Profile::Local, false).unwrap_err();
    assert!(error.contains("INGAM_PUBLIC_ORIGIN"), "{error}");
}

#[cfg(feature = "kafka")]
const TOPIC: &str = "[[channel]]\nname = \"events\"\nkind = \"kafka\"\nbrokers = [\"kafka-1.example.com:9093\"]\ntopic = \"shop.events\"\n";

#[cfg(feature = "kafka")]
#[test]
fn a_topic_takes_events_and_no_alerts() {
    let channels = read(TOPIC, Profile::Prod).unwrap();
    assert_eq!(channels.of_events().iter().map(|to| to.channel.as_str()).collect::<Vec<_>>(), ["events"]);
    assert!(channels.beside("ops").is_empty());
    let error = read(&format!("{TOPIC}[[route]]\nkinds = [\"*\"]\nto = [\"events\"]"), Profile::Prod).unwrap_err();
    assert!(error.contains("\"events\" is not the name of a channel that tells people"), "{error}");
}

#[cfg(feature = "kafka")]
#[test]
fn what_is_wrong_with_a_topic_is_one_line() {
    for (rest, says) in [
        ("topic = \"dev-shop.events\"", "duplicate key"),
        ("tls = false", "others could read"),
        ("login = \"ingam\"", "go together"),
        ("mechanism = \"plain\"", "go together"),
        ("login = \"ingam\"\npassword = \"secret\"", "write \"$NAME\""),
        ("login = \"ingam\"\npassword = \"$KEY\"\nmechanism = \"gssapi\"", "mechanism must be"),
        ("url = \"https://kafka.example.com\"", "has no url; it has brokers"),
        ("group = \"ingam\"", "has no group; it has brokers"),
    ] {
        let error = read(&format!("{TOPIC}{rest}"), Profile::Prod).unwrap_err();
        assert!(error.contains(says) && !error.contains('\n'), "{rest}: {error}");
    }
    let without_port = TOPIC.replace(":9093", "");
    assert!(read(&without_port, Profile::Prod).unwrap_err().contains("not a host and a port"));
    assert!(read(&format!("{TOPIC}login = \"ingam\"\npassword = \"$KEY\""), Profile::Prod).is_ok());
    let at_home = TOPIC.replace("shop.events", "dev-shop.events");
    assert!(read(&format!("{at_home}tls = false"), Profile::Dev).is_ok());
    assert!(
        channel("kind = \"slack\"\nurl = \"$HOOK\"\ntls = true", Profile::Dev)
            .unwrap_err()
            .contains("has no tls; it has url")
    );
}

#[test]
fn what_is_secret_is_hidden_in_the_logs_of_runs_and_a_name_is_not() {
    let mut declared: DeclaredChannels = toml::from_str(
        "[[channel]]\nname = \"mail\"\nkind = \"email\"\nlogin = \"$LOGIN\"\nsmtp = \"smtps://mail.example.com\"\n\
         [[channel]]\nname = \"events\"\nkind = \"kafka\"\nlogin = \"ingam\"\npassword = \"$PASSWORD\"\ntopic = \"dev-a\"",
    )
    .unwrap();
    let env = |name: &str| match name {
        "LOGIN" => Some("ingam:s3cret".to_owned()),
        "PASSWORD" => Some("hunter2".to_owned()),
        _ => None,
    };
    declared.resolve(env).unwrap();
    assert_eq!(declared.secrets().collect::<Vec<_>>(), ["ingam:s3cret", "s3cret", "hunter2"]);
}

const PEOPLE: &str = "[[channel]]\nname = \"duty\"\npeople = true\n";

#[test]
fn a_channel_for_people_has_no_receiver_of_its_own_and_is_told_of_nothing_by_itself() {
    let ops =
        "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"$HOOK\"\n[[route]]\nkinds = [\"*\"]\nto = [\"ops\"]\n";
    for kind in [
        "kind = \"slack\"",
        "kind = \"slack\"\nhosts = [\"hooks.example.com:8443\"]",
        "kind = \"pagerduty\"",
        "kind = \"webhook\"\nsecret = \"$WHSEC\"\nhosts = [\"hooks.example.com\"]",
        "kind = \"email\"\nsmtp = \"smtps://mail.example.com\"\nfrom = \"ingam@example.com\"",
    ] {
        let channels = read(&format!("{ops}{PEOPLE}{kind}"), Profile::Prod).unwrap();
        assert!(!channels.find("duty").unwrap().is_tested && channels.find("duty").unwrap().recipients().count() == 0);
        assert!(channels.beside("ops").is_empty() && channels.told_of("runs.failed", None).len() == 1, "{kind}");
        // Alone it is no channel that tells of alerts, so no route is asked for.
        assert!(read(&format!("{PEOPLE}{kind}"), Profile::Prod).is_ok());
    }
}

#[test]
fn what_is_wrong_with_a_channel_for_people_is_one_line() {
    for (rest, says) in [
        ("kind = \"slack\"\nurl = \"$HOOK\"", "with people = true has no url; it has hosts, beside"),
        ("kind = \"pagerduty\"\nrouting_key = \"$KEY\"", "has no routing_key"),
        ("kind = \"webhook\"\nsecret = \"$WHSEC\"", "hosts is missing"),
        ("kind = \"webhook\"\nsecret = \"$WHSEC\"\nhosts = []", "hosts must name"),
        ("kind = \"webhook\"\nhosts = [\"hooks.example.com\"]", "secret is missing"),
        ("kind = \"webhook\"\nsecret = \"$WHSEC\"\nhosts = [\"https://hooks.example.com\"]", "which is no host"),
        ("kind = \"slack\"\nhosts = [\"*.example.com\"]", "which is no host"),
        (
            "kind = \"email\"\nsmtp = \"smtps://mail.example.com\"\nfrom = \"a@b.c\"\nto = [\"a@b.c\"]",
            "has no to; it has smtp",
        ),
        ("kind = \"influxdb\"\nurl = \"https://influx.example.com\"\ndatabase = \"app\"", "reaches no people"),
        ("kind = \"slack\"\nweekly_test = true", "leave weekly_test out"),
        ("kind = \"slack\"\n[[route]]\nkinds = [\"*\"]\nto = [\"duty\"]", "go to the people who are called"),
    ] {
        let error = read(&format!("{PEOPLE}{rest}"), Profile::Prod).unwrap_err();
        assert!(error.contains(says) && !error.contains('\n'), "{rest}: {error}");
    }
}
