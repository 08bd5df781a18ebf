//! What `ingam check` says of policies, channels for people and the rotas behind them.

use crate::kit::{World, on_both};
use std::fs;
use tempfile::TempDir;

const FILE: &str = "
    [[channel]]
    name = \"ops\"
    kind = \"slack\"
    url = \"http://127.0.0.1:9/slack\"
    [[channel]]
    name = \"duty\"
    kind = \"webhook\"
    people = true
    hosts = [\"push.example.com\"]
    secret = \"whsec_c2VhbHMgYXJlIG5vdCBzaWduYXR1cmVz\"
    [[route]]
    kinds = [\"*\"]
    to = [\"ops\"]
    [[escalation]]
    name = \"batches\"
    kinds = [\"runs.*\"]
    steps = [{ after = 0, rota = \"first\" }, { after = 10, channel = \"ops\" }]
";

fn check(world: &World, file: &str) -> String {
    let folder = TempDir::with_prefix("ingam-test-").unwrap();
    let path = folder.path().join("ingam.toml");
    fs::write(&path, file).unwrap();
    let mut command = world.command(&["check", "--config"]);
    let output = command.arg(path).env("INGAM_PUBLIC_ORIGIN", "http://127.0.0.1:8080").output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

on_both! {
    fn a_policy_is_listed_and_a_rota_that_is_not_there_is_a_warning(world) {
        let said = check(world, FILE);
        assert!(said.contains("batches: 0 min rota:first, then 10 min channel:ops, repeated 1 times; warning: there is no rota first"), "{said}");
        assert!(said.contains("duty: webhook at push.example.com, for people"), "{said}");
        crate::escalation::support::rota(world.database(), "first", "jun");
        let said = check(world, FILE);
        assert!(said.contains("repeated 1 times") && !said.contains("there is no rota"), "{said}");
    }

    fn a_policy_that_calls_no_one_is_refused(world) {
        let without = FILE.replace("{ after = 0, rota = \"first\" }, { after = 10, channel = \"ops\" }", "");
        assert!(check(world, &without).contains("escalation \"batches\": steps must name 1 to 20 steps"));
        let people = FILE.replace("channel = \"ops\" }", "channel = \"duty\" }");
        assert!(check(world, &people).contains("\"duty\" has people = true; name the rota"));
        let unknown = FILE.replace("channel = \"ops\" }", "channel = \"opps\" }");
        assert!(check(world, &unknown).contains("\"opps\" is not the name of a channel that tells people"));
    }
}
