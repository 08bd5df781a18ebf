//! The command line: the way back in.

use crate::{
    kit::{REASON, World, on_both},
    networks::support::{listed, put, row},
};
use ingam::allowlist::Allowlist;

/// Runs `ingam network …` and says whether it worked and what it said.
fn network(world: &World, arguments: &[&str]) -> (bool, String) {
    let reason: &[&str] = if arguments == ["list"] { &[] } else { &["--reason", REASON] };
    let output = world.command(&[&["network"][..], arguments, reason].concat()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

on_both! {
    fn a_person_shut_out_is_let_in_again_from_the_host(world) {
        let server = world.another(|config| config.allowed_networks = Allowlist::parse("10.0.0.0/8").unwrap()).unwrap();
        put(world, "127.0.0.1/32");
        let owner = world.browser().at(server.address);
        owner.sign_in("owner");
        world.database().tamper("delete from networks").unwrap();
        assert_eq!(owner.get("/networks").status, 403);
        let (worked, said) = network(world, &["allow", "127.0.0.1", "--note", "Back in"]);
        assert!(worked && said.contains("127.0.0.1/32"), "{said}");
        let audit = world.last_audit();
        assert_eq!((audit.action.as_str(), audit.outcome.as_str()), ("networks.add", "applied"));
        assert_eq!(world.database().value("select actor from audit order by seq desc limit 1"), "console");
        assert_eq!(audit.after["note"], "Back in");
        let page = owner.get("/networks");
        assert!(page.status == 200 && page.says("tbody").contains("Back in"), "{page}");
        let (worked, said) = network(world, &["remove", "127.0.0.1/32"]);
        assert!(worked, "{said}");
        assert_eq!(world.last_audit().action, "networks.remove");
        assert_eq!(owner.get("/networks").status, 403, "nothing is refused to the host");
    }

    fn nothing_is_refused_to_the_host_but_junk(world) {
        for (net, sentence) in
            [("10.0.0.1/8", "did you mean 10.0.0.0/8?"), ("office", "is not a network"), ("0.0.0.0/0", "too wide")]
        {
            for command in ["allow", "remove"] {
                let (worked, said) = network(world, &[command, net]);
                assert!(!worked && said.contains(sentence) && said.lines().count() == 1, "{said}");
            }
        }
        let (worked, said) = network(world, &["allow", "10.0.0.0/8", "--note", &"x".repeat(201)]);
        assert!(!worked && said.contains("200 characters"), "{said}");
        for days in ["0", "367", "-1", "x"] {
            assert!(!network(world, &["allow", "10.0.0.0/8", "--days", days]).0, "{days}");
        }
        assert!(listed(world).is_empty());
        // Wide, overlapping, and as the environment has it.
        for net in ["10.0.0.0/8", "10.20.0.0/16", "127.0.0.0/8"] {
            let (worked, said) = network(world, &["allow", net]);
            assert!(worked, "{said}");
        }
        assert!(network(world, &["allow", "10.0.0.0/8"]).1.contains("already allowed"));
        let (worked, said) = network(world, &["remove", "192.0.2.0/24"]);
        assert!(!worked && said.contains("is not on the list"), "{said}");
    }

    fn a_listed_network_can_be_changed(world) {
        put(world, "192.0.2.0/24");
        let (worked, said) = network(world, &["allow", "192.0.2.0/24", "--note", "Auditors", "--days", "7"]);
        assert!(worked && said.contains("until"), "{said}");
        let audit = world.last_audit();
        assert_eq!((audit.action.as_str(), &audit.after["note"]), ("networks.change", &"Auditors".into()));
        world.database().tamper("update networks set expires_at = '2026-03-01T00:00:00.000000Z'").unwrap();
        let (_, said) = network(world, &["list"]);
        let line = |net: &str| said.lines().find(|line| line.starts_with(net)).unwrap_or_else(|| panic!("{said}"));
        assert!(line("192.0.2.0/24").contains("expired") && line("192.0.2.0/24").contains("Auditors"), "{said}");
        assert!(line("127.0.0.0/8").contains("environment"), "{said}");
        let (worked, said) = network(world, &["allow", "192.0.2.0/24"]);
        assert!(worked, "{said}");
        assert_eq!(world.number("select count(*) from networks where expires_at is null and note = 'Auditors'"), 1);
        assert_eq!(row(world, "192.0.2.0/24"), world.number("select id from networks"));
    }
}
