use super::*;
use crate::{config::approvals::Declared as Rules, config::channels::DeclaredChannels, profile::Profile};

const CHANNELS: &str = "[[channel]]\nname = \"ops\"\nkind = \"slack\"\nurl = \"$HOOK\"\n\
                        [[channel]]\nname = \"duty\"\nkind = \"pagerduty\"\npeople = true\n\
                        [[route]]\nkinds = [\"*\"]\nto = [\"ops\"]";

#[derive(Deserialize)]
struct File {
    escalation: Vec<EscalationConfig>,
}

fn read(text: &str) -> Result<Policies, String> {
    let mut channels: DeclaredChannels = toml::from_str(CHANNELS).unwrap();
    channels.resolve(|name| (name == "HOOK").then(|| "https://hooks.slack.com/services/T0/B0/x".to_owned())).unwrap();
    let channels = channels.channels(&Rules::default(), Profile::Prod, true).unwrap();
    let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    escalations(&file.escalation, &channels)
}

fn policy(rest: &str) -> Result<Policies, String> {
    read(&format!("[[escalation]]\nname = \"batches\"\n{rest}"))
}

#[test]
fn a_policy_says_whom_it_calls_and_when() {
    let steps = "steps = [{ after = 0, rota = \"first\" }, { after = 10, rota = \"second\" }, { after = 20, channel = \"ops\" }]";
    let policies = policy(&format!("kinds = [\"runs.*\"]\nseverity = \"critical\"\n{steps}")).unwrap();
    let found = policies.find("batches").unwrap();
    assert_eq!((found.repeat, found.severity, found.pause()), (1, Severity::Critical, TimeDelta::minutes(20)));
    assert_eq!(found.rotas().collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(found.steps[2].to, To::Channel("ops".to_owned()));
    assert_eq!(found.place(1), "batches 2/3");
    for step in &found.steps {
        assert_eq!(To::read(&step.to.to_string()).as_ref(), Some(&step.to));
    }
}

#[test]
fn what_is_wrong_with_a_policy_is_one_line_that_names_it() {
    let first = "steps = [{ after = 0, rota = \"first\" }]";
    for (rest, says) in [
        ("kinds = [\"*\"]\nsteps = []", "steps must name 1 to 20"),
        ("kinds = [\"*\"]", "missing field `steps`"),
        (&format!("kinds = []\n{first}"), "kinds"),
        (&format!("kinds = [\"runs.fialed\"]\n{first}"), "is no kind of alert"),
        (&format!("kinds = [\"*\"]\nseverity = \"high\"\n{first}"), "severity must be"),
        (&format!("kinds = [\"*\"]\nrepeat = 10\n{first}"), "repeat must be 0 to 9"),
        (&format!("kinds = [\"*\"]\nrepeat = -1\n{first}"), "repeat must be 0 to 9"),
        ("kinds = [\"*\"]\nsteps = [{ after = 0 }]", "step 1: it must name a rota or a channel"),
        (
            "kinds = [\"*\"]\nsteps = [{ after = 0, rota = \"a\", channel = \"ops\" }]",
            "it must name a rota or a channel",
        ),
        ("kinds = [\"*\"]\nsteps = [{ after = -1, rota = \"a\" }]", "after must be 0 to 1440"),
        ("kinds = [\"*\"]\nsteps = [{ after = 0, channel = \"opps\" }]", "\"opps\" is not the name of a channel"),
        ("kinds = [\"*\"]\nsteps = [{ after = 0, channel = \"duty\" }]", "\"duty\" has people = true; name the rota"),
        ("kinds = [\"*\"]\nsteps = [{ after = 0, rota = \"A B\" }]", "is no name of a rota"),
    ] {
        let error = policy(rest).map(drop).unwrap_err();
        assert!(error.contains(says) && !error.contains('\n'), "{rest}: {error}");
    }
    let twice = format!("[[escalation]]\nname = \"a\"\nkinds = [\"*\"]\n{first}\n").repeat(2);
    assert!(read(&twice).map(drop).unwrap_err().contains("declared twice"));
}
