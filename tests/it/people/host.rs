//! The command line.

use crate::{
    kit::{is_in, on_both},
    people::support::{enter, host, id_of, link_in, set_up},
};
use ingam::clock::Clock;

on_both! {
    fn the_command_line_does_what_owners_do_and_is_in_the_log(world) {
        if world.clock.now() < Clock::system().now() {
            world.clock.set(Clock::system().now());
        }
        let mina = world.signed_in("mina");
        let (done, said) = host(world, &["roles", "MINA@ingam.test", "--role", "operator", "--role", "auditor"]);
        assert!(done && said.contains("operator auditor"), "{said}");
        assert_eq!(mina.get("/audit").status, 200);
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.email.as_str()), ("staff.roles", "applied", ""));
        assert!(world.database().value("select staff_name from audit order by seq desc limit 1").starts_with("console@"));

        assert!(host(world, &["disable", "mina@ingam.test", "--reason", "Left the company"]).0);
        assert_eq!(world.last_audit().reason, "Left the company");
        assert!(!is_in(&mina));
        let (_, listed) = host(world, &["list"]);
        assert!(listed.contains("mina@ingam.test\toperator auditor\tMina Kang\tdisabled"), "{listed}");
        for (arguments, says) in [
            (vec!["disable", "mina@ingam.test"], "already like this"),
            (vec!["reset-second-factor", "mina@ingam.test"], "disabled"),
            (vec!["link", "mina@ingam.test"], "disabled"),
            (vec!["link", "sora@ingam.test"], "has set up their account"),
            (vec!["enable", "sora@ingam.test"], "already like this"),
            (vec!["enable", "nobody@ingam.test"], "no member of staff has the e-mail address nobody@ingam.test"),
            (vec!["enable", "nobody"], "is not an e-mail address"),
            (vec!["roles", "mina@ingam.test", "--role", "king"], "king"),
            (vec!["roles", "mina@ingam.test"], "--role"),
            (vec!["disable", "sora@ingam.test", "--reason", "no"], "a reason has 5 to 500"),
            (vec!["networks", "sora@ingam.test", "10.0.0.1/8"], "Did you mean 10.0.0.0/8?"),
            (vec!["add", "--email", "mina@ingam.test", "--name", "N", "--role", "owner"], "enable"),
        ] {
            let (done, said) = host(world, &arguments);
            assert!(!done && said.contains(says), "{arguments:?}: {said}");
        }
        assert!(host(world, &["enable", "mina@ingam.test"]).0);
        world.signed_in("mina");
        assert!(host(world, &["networks", "mina@ingam.test", "127.0.0.0/8"]).0);
        let kept = format!("select networks from staff where id = {}", id_of(world, "mina"));
        assert_eq!(world.database().value(&kept), "127.0.0.0/8");
        assert!(host(world, &["networks", "mina@ingam.test"]).0);
        assert_eq!(world.database().value(&kept), "");
    }

    fn a_link_from_the_command_line_takes_the_place_of_the_one_before(world) {
        if world.clock.now() < Clock::system().now() {
            world.clock.set(Clock::system().now());
        }
        let (done, said) = host(world, &["add", "--email", "nari@ingam.test", "--name", "Nari Yoon", "--role", "owner"]);
        assert!(done, "{said}");
        let (done, again) = host(world, &["link", "nari@ingam.test"]);
        assert!(done, "{again}");
        assert_eq!(world.browser().get(&link_in(&said)).status, 404);
        let (_, secret) = set_up(world, &link_in(&again));
        let nari = enter(world, "nari@ingam.test", &secret);
        assert_eq!(nari.get("/staff").status, 200);
        let token = link_in(&again).trim_start_matches("/setup/").to_owned();
        assert!(world.rows("select reason || target_id || request_id from audit").iter().all(|row| !row[0].as_deref().unwrap().contains(&token)));
    }
}
