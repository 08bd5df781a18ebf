use super::*;
use crate::{
    config::{Declared, DeclaredChannels},
    gate::covers,
};

const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";

fn read_with(text: &str, channels: &str, profile: Profile) -> Result<Receivers, String> {
    #[derive(Deserialize)]
    struct File {
        receive: Vec<ReceiverConfig>,
    }
    let mut file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    for one in &mut file.receive {
        one.resolve(|name| (name == "TOKEN").then(|| TOKEN.to_owned()))?;
    }
    let declared: DeclaredChannels = toml::from_str(channels).unwrap();
    let channels = declared.channels(&Declared::default(), Profile::Local, true)?;
    receivers(&file.receive, &channels, profile)
}

fn read(rest: &str) -> Result<Receivers, String> {
    read_with(&format!("[[receive]]\nname = \"am\"\n{rest}"), "", Profile::Prod)
}

#[test]
fn a_receiver_has_a_name_a_kind_and_a_token_by_reference() {
    let receivers = read(
        "kind = \"alertmanager\"\ntoken = \"$TOKEN\"\nurl = \"http://alertmanager:9093\"\nrepeat_interval = \"90m\"",
    )
    .unwrap();
    let receiver = receivers.iter().next().unwrap();
    assert_eq!((receiver.kind, receiver.repeat), (Kind::Alertmanager, TimeDelta::minutes(90)));
    assert!(receiver.token.is_shown_in(&format!("Bearer {TOKEN}")));
    let lines: Vec<String> = receivers.check().into_iter().map(|check| check.verdict.unwrap()).collect();
    assert_eq!(lines, ["/receive/am from alertmanager; asks alertmanager what is open"]);
    assert!(!format!("{receivers:?}").contains(TOKEN));
    let grafana = read("kind = \"grafana\"\ntoken = \"$TOKEN\"").unwrap();
    assert_eq!(grafana.iter().next().unwrap().repeat, TimeDelta::hours(4));
    assert!(grafana.iter().next().unwrap().networks.is_none());
    let near = read("kind = \"grafana\"\ntoken = \"$TOKEN\"\nnetworks = [\"10.20.0.0/16\", \"2001:db8::7\"]").unwrap();
    let said = near.check().pop().unwrap().verdict.unwrap();
    assert!(said.starts_with("/receive/am from grafana in 10.20.0.0/16, 2001:db8::7/128; "), "{said}");
}

#[test]
fn what_is_wrong_is_one_line_that_names_it_and_no_secret() {
    let good = "kind = \"alertmanager\"\ntoken = \"$TOKEN\"";
    for (rest, says) in [
        ("token = \"$TOKEN\"", "missing field `kind`"),
        ("kind = \"alertmanager\"", "token is missing"),
        ("kind = \"pigeon\"\ntoken = \"$TOKEN\"", "unknown variant"),
        ("kind = \"grafana\"\ntoken = \"$NOTHING\"", "receive \"am\": NOTHING is not set"),
        ("kind = \"grafana\"\ntoken = \"0123abcdsecret\"", "its token is written in the file"),
        ("kind = \"grafana\"\ntoken = \"$TOKEN\"\nurl = \"https://x\"", "belongs to the kind alertmanager"),
        (&format!("{good}\nurl = \"ftp://secret\""), "its url must begin with https://"),
        (&format!("{good}\nurl = \"http://user:secret@am:9093\""), "holds a login that others could read"),
        (&format!("{good}\nrepeat_interval = \"often\""), "repeat_interval must be a number with s, m, h or d"),
        (&format!("{good}\nrepeat_interval = \"-4h\""), "repeat_interval must be"),
        (&format!("{good}\nrepeat_interval = \"é\""), "repeat_interval must be"),
        (&format!("{good}\nnetwork = [\"10.0.0.0/8\"]"), "has no network; it has token, networks"),
        (&format!("{good}\nnetworks = \"10.0.0.0/8\""), "its networks must be a list of texts"),
        (
            &format!("{good}\nnetworks = [\"10.0.0.1/8\"]"),
            "its networks: 10.0.0.1/8 is not a network; did you mean 10.0.0.0/8?",
        ),
        (&format!("{good}\nnetworks = [\"0.0.0.0/0\"]"), "its networks: 0.0.0.0/0 is too wide"),
        (&format!("{good}\nnetworks = []"), "without the key those of INGAM_REPORT_NETWORKS hold"),
        (&format!("{good}\nnetworks = [\"\"]"), "could be posted to from nowhere"),
        (&format!("{good}\n[[receive]]\nname = \"am\"\n{good}"), "receive \"am\" is declared twice"),
    ] {
        let why = read(rest).unwrap_err();
        assert!(why.contains(says) && !why.contains("secret") && !why.contains('\n'), "{rest}: {why}");
    }
    let why = read_with(&format!("[[receive]]\nname = \"A M\"\n{good}"), "", Profile::Prod).unwrap_err();
    assert!(why.contains("lower-case letters"), "{why}");
    let weak = "[[receive]]\nname = \"am\"\nkind = \"grafana\"\ntoken = \"changeme-changeme-changeme\"";
    assert!(read_with(weak, "", Profile::Local).unwrap_err().contains("sample value"));
}

#[test]
fn what_is_received_needs_a_route_where_there_are_channels() {
    let receive = "[[receive]]\nname = \"am\"\nkind = \"grafana\"\ntoken = \"$TOKEN\"";
    let channels = |kinds: &str| {
        format!(
            "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"https://hooks.example.com/x\"\n[[route]]\nkinds = [{kinds}]\nto = [\"ops\"]"
        )
    };
    let others: Vec<String> =
        AlertKind::NAMES.iter().filter(|kind| !covers("received.*", kind)).map(|kind| format!("{kind:?}")).collect();
    let why = read_with(receive, &channels(&others.join(", ")), Profile::Prod).unwrap_err();
    assert!(why.starts_with("no route takes alerts of the kind received.firing"), "{why}");
    read_with(receive, &channels("\"*\""), Profile::Prod).unwrap();
    read_with(receive, "", Profile::Prod).unwrap();
}
