//! Changes that commands on the host make: who made them and why, and the owners who are shown them.

use crate::{
    kit::{Browser, Form, Page, World, assert_sound, at_once, on_both, owners, submit_at_once, with_status},
    people::support::{host, id_of},
};
use ingam::clock::Clock;

/// Whether the first page says that commands on the host changed something.
fn card(browser: &Browser) -> Option<String> {
    let page = browser.get("/");
    assert_eq!(page.status, 200, "{page}");
    page.has("#host-title").then(|| page.says("section:has(#host-title)"))
}

fn confirmation(browser: &Browser) -> Form {
    browser
        .get("/host-changes")
        .form_to("/host-changes/confirmation")
        .set("reason", "Asked the administrators, ticket 7")
}

fn confirm(world: &World, browser: &Browser, who: &str) -> Page {
    confirmation(browser).set("code", &world.code(who)).submit()
}

/// A command of a change, run with this environment.
fn command(world: &World, arguments: &[&str], env: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = world.command(arguments);
    command.envs(env.iter().copied());
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn catch_up(world: &World) {
    if world.clock.now() < Clock::system().now() {
        world.clock.set(Clock::system().now());
    }
}

on_both! {
    fn each_change_from_the_host_names_who_ran_it(world) {
        catch_up(world);
        let roles = ["staff", "roles", "mina@ingam.test", "--role", "operator", "--role", "auditor", "--reason", "Audit week"];
        let (code, said) = command(world, &roles, &[("SUDO_USER", "minjun\u{202e}")]);
        assert_eq!(code, Some(0), "{said}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.reason.as_str()), ("staff.roles", "applied", "Audit week"));
        let uid = rustix::process::getuid().as_raw().to_string();
        assert_eq!(row.after["host_uid"], uid.as_str());
        assert_eq!(row.after["host_sudo_user"], "minjun");
        if let Some(name) = uzers::get_user_by_uid(rustix::process::getuid().as_raw()) {
            assert_eq!(row.after["host_user"], name.name().to_str().unwrap());
        }
        assert!(row.before.get("host_uid").is_none());
        let name = world.database().value("select staff_name from audit order by seq desc limit 1");
        assert!(name.starts_with("console@") && name.ends_with(" (minjun)"), "{name}");
        // It is in the bytes that are sealed, and refusals have it too.
        let (code, said) = command(world, &["staff", "enable", "sora@ingam.test", "--reason", "Back again"], &[]);
        assert_eq!(code, Some(1), "{said}");
        let row = world.last_audit();
        assert_eq!((row.outcome.as_str(), &row.after["host_uid"]), ("refused", &uid.as_str().into()));
        assert!(row.after.get("host_sudo_user").is_none());
        let body = world.database().value("select body from audit order by seq desc limit 1");
        assert!(String::from_utf8(hex::decode(body).unwrap()).unwrap().contains("\"host_uid\""));
        let told = world.database().value("select body from outbox where topic = 'host.changed' order by id desc limit 1");
        assert!(told.contains("staff.roles") && !told.contains('@'), "{told}");
        assert_sound(world);
        // An auditor reads it on the page of the row.
        let sora = world.signed_in("sora");
        let page = sora.get(&format!("/audit/{}", world.number("select max(seq) from audit where action = 'staff.roles'")));
        assert!(page.says("main").contains("User on the host") && page.says("main").contains("minjun"), "{page}");
    }

    fn no_command_changes_anything_without_a_reason(world) {
        let size = world.audit_size();
        let commands: &[&[&str]] = &[
            &["staff", "add", "--email", "nari@ingam.test", "--name", "Nari Yoon", "--role", "owner"],
            &["staff", "roles", "mina@ingam.test", "--role", "owner"],
            &["staff", "disable", "mina@ingam.test"],
            &["staff", "enable", "mina@ingam.test"],
            &["staff", "reset-second-factor", "mina@ingam.test"],
            &["staff", "link", "mina@ingam.test"],
            &["staff", "networks", "mina@ingam.test", "10.0.0.0/8"],
            &["network", "allow", "10.0.0.0/8"],
            &["network", "remove", "10.0.0.0/8"],
            &["key", "replace"],
            &["audit", "take-over-ledger"],
            &["seed", "--users", "9"],
        ];
        for arguments in commands {
            let (code, said) = command(world, arguments, &[]);
            assert!(code == Some(2) && said.contains("--reason"), "{arguments:?}: {code:?} {said}");
            let short = [*arguments, &["--reason", "no"]].concat();
            let (code, said) = command(world, &short, &[]);
            assert!(code == Some(2) && said.contains("a reason has 5 to 500"), "{arguments:?}: {code:?} {said}");
        }
        assert_eq!(world.audit_size(), size);
        assert_eq!(world.number("select count(*) from staff where email = 'nari@ingam.test'"), 0);
    }

    fn every_owner_is_shown_the_changes_from_the_host_until_one_confirms(world) {
        let (owner, other) = (world.signed_in("owner"), owners(world, 1).remove(0));
        // Founding this world was done on its host too.
        assert_eq!(confirm(world, &owner, "owner").status, 303);
        assert_eq!((card(&owner), card(&other.browser)), (None, None));
        assert!(owner.get("/host-changes").says("main").contains("Nothing to confirm"));

        catch_up(world);
        let (owner, other) = (world.signed_in("owner"), owners_again(world));
        let done = host(world, &["networks", "mina@ingam.test", "127.0.0.0/8", "--reason", "Works from home"]);
        assert!(done.0, "{}", done.1);
        for browser in [&owner, &other] {
            let card = card(browser).expect("each owner is shown it");
            assert!(card.contains("console@") && card.contains("Works from home") && card.contains('1'), "{card}");
        }
        for who in ["mina", "jun", "sora", "hana"] {
            let browser = world.signed_in(who);
            assert_eq!(card(&browser), None, "{who}");
            assert_eq!(browser.get("/host-changes").status, 403, "{who}");
        }
        let page = owner.get("/host-changes");
        assert!(page.says("tbody").contains("Works from home") && page.says("tbody").contains("as "), "{page}");
        // What comes while the owner reads is not confirmed with it.
        let form = confirmation(&owner);
        assert!(host(world, &["networks", "mina@ingam.test", "--reason", "Back in the office"]).0);
        let no_code = form.clone().submit();
        assert_eq!(no_code.status, 422, "{no_code}");
        assert_eq!(no_code.form_to("/confirmation").value("through"), form.value("through"));
        let done = form.set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), row.outcome.as_str()), ("host.confirm", "host/changes", "applied"));
        assert_eq!(row.after["seen_through"], world.number("select seq from audit where reason = 'Works from home'").to_string());
        for browser in [&owner, &other] {
            let card = card(browser).expect("the later one is shown");
            assert!(card.contains("Back in the office") && !card.contains("Works from home"), "{card}");
        }
        assert_eq!(confirm(world, &owner, "owner").status, 303);
        assert_eq!((card(&owner), card(&other)), (None, None));
        assert_sound(world);
    }

    fn of_owners_who_confirm_at_once_one_does(world) {
        let people = owners(world, 4);
        let now = world.clock.now();
        let forms: Vec<Form> = people
            .iter()
            .map(|person| confirmation(&person.browser).set("code", &person.code(now, 0)))
            .collect();
        let pages = submit_at_once(&forms);
        assert_eq!((with_status(&pages, 303), with_status(&pages, 409)), (1, 3));
        for page in pages.iter().filter(|page| page.status == 409) {
            let says = page.says("main");
            assert!(says.contains("Owner 200") || says.contains("confirmed"), "{page}");
        }
        assert_eq!(world.number("select count(*) from audit where action = 'host.confirm' and outcome = 'applied'"), 1);
        assert!(at_once(&people, |person| card(&person.browser)).iter().all(Option::is_none));
        // A row that is no change from the host cannot be confirmed, nor one that is confirmed already.
        let through = world.number("select max(seq) from audit where actor <> 'console'");
        let page = world.signed_in("owner").post(
            "/host-changes/confirmation",
            &[
                ("csrf", &crate::kit::csrf(&world.signed_in("owner").get("/account"))),
                ("key", "k"),
                ("seen", ""),
                ("reason", "Just to be sure"),
                ("code", &world.code("owner")),
                ("through", &through.to_string()),
            ],
        );
        assert!(matches!(page.status, 403 | 409), "{page}");
        assert_eq!(world.number("select count(*) from audit where action = 'host.confirm' and outcome = 'applied'"), 1);
        assert_sound(world);
    }

    fn a_page_of_changes_from_the_host_is_confirmed_at_a_time(world) {
        let owner = world.signed_in("owner");
        assert_eq!(confirm(world, &owner, "owner").status, 303);
        catch_up(world);
        let owner = world.signed_in("owner");
        for n in 0..52 {
            assert!(host(world, &["networks", "mina@ingam.test", &format!("10.{n}.0.0/16")]).0);
        }
        assert!(card(&owner).unwrap().contains("52"));
        let page = owner.get("/host-changes");
        assert_eq!(page.all("tbody tr").len(), 50, "the oldest");
        assert_eq!(confirm(world, &owner, "owner").status, 303);
        assert_eq!(owner.get("/host-changes").all("tbody tr").len(), 2);
        assert!(id_of(world, "mina") > 0 && card(&owner).unwrap().contains('2'));
    }
}

/// The session of the second owner by the clock of now.
fn owners_again(world: &World) -> Browser {
    world.database().tamper("delete from sessions where staff_id >= 2000; delete from authenticators where staff_id >= 2000; delete from staff where id >= 2000").unwrap();
    owners(world, 1).remove(0).browser
}
