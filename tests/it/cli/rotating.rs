//! Rotating the secret key while the console serves: what was made with the former key goes on, and in the end nothing needs it.

use crate::{
    alerts::support::ALL,
    batches::support::declare,
    cli::program::one_line,
    kit::{Browser, Form, PEOPLE, Page, Server, Sink, World, addition, is_in, on_both, reached_at},
    sign_in::recovery::{recover, renew},
};
use ingam::{batches::ping, clock::Clock, secret::SecretKey};
use std::process::{Command, Output, Stdio};

const NEW: &str = "3b7a9d2e48165f0cc05b7f13a8e6d94210fb3c6d7e8a915246b0c7d8e9fa3b1c";

fn new_key() -> SecretKey {
    SecretKey::parse(NEW).unwrap()
}

fn old(world: &World) -> String {
    world.config().secret_key.spellings()[0].clone()
}

/// The program with both keys.
fn with_both(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("INGAM_SECRET_KEY", NEW).env("INGAM_SECRET_KEY_OLD", old(world));
    command
}

fn with_new(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("INGAM_SECRET_KEY", NEW);
    command
}

fn said(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).unwrap()
}

fn rotate(world: &World) -> String {
    let rotated = with_both(world, &["rotate-key"]).output().unwrap();
    assert!(rotated.status.success(), "{}", said(&rotated));
    said(&rotated)
}

/// Consoles with both keys, and with the new one alone.
fn serving_both(world: &World) -> Server {
    world.another(|config| config.secret_key = new_key().with_former(&config.secret_key)).unwrap()
}

fn serving_new(world: &World) -> Server {
    world.another(|config| config.secret_key = new_key()).unwrap()
}

/// Commands go by the clock of the machine.
fn by_the_machine(world: &World) {
    world.clock.reach(Clock::system().now().unix());
}

fn all_sign_in(world: &World, server: &Server) {
    for person in PEOPLE {
        let browser = world.browser().at(server.address);
        browser.sign_in(person.email);
        assert!(is_in(&browser), "{}", person.email);
    }
}

fn at(form: &Form, browser: &Browser) -> Form {
    Form::bare(browser, form.action(), form.fields())
}

on_both! {
    fn an_address_of_a_person_is_encrypted_again_and_stays_the_same(outer) {
        let sink = Sink::start();
        let world = World::start_with(outer.engine, |config| sink.serve_for(config, &(sink.people() + ALL)));
        by_the_machine(&world);
        let jun = world.signed_in("jun");
        reached_at(&world, &sink, &jun, "jun", "hooks/jun");
        let stored = || world.rows("select address from ways").concat();
        let before = stored();
        let with_new = |sink: &Sink| {
            world.another(|config| {
                sink.serve_for(config, &(sink.people() + ALL));
                config.secret_key = new_key().with_former(&config.secret_key);
            })
        };
        let both = with_new(&sink).unwrap();
        let told = rotate(&world);
        assert!(told.contains("0 drafts, 1 addresses of people"), "{told}");
        assert_ne!(stored(), before);
        // The same address is known under the new key, and is given twice to no channel.
        let there = jun.at(both.address);
        let form = there.get("/account/ways?panel=add").form_to("/account/ways");
        let twice = form.set("channel", "duty").set("address", &sink.url("hooks/jun")).set("code", &world.code("jun")).submit();
        assert_eq!(twice.status, 422, "{twice}");
        assert!(twice.text().contains("You have this address in this channel already"));
    }

    fn sessions_forms_drafts_and_codes_go_on_through_a_rotation(world) {
        by_the_machine(world);
        let (mina, jun, sora, hana) =
            (world.signed_in("mina"), world.signed_in("jun"), world.signed_in("sora"), world.signed_in("hana"));
        let codes = renew(world, &sora, "sora");
        let leaving = world.signed_in("mina");
        let kept = addition(&leaving, 2, "777");
        assert_eq!(leaving.get("/").form_to("/logout").submit().status, 303);
        assert_eq!(kept.submit().status, 303, "a draft is kept");
        let form = addition(&mina, 1, "5");
        let during = addition(&mina, 3, "6");

        let both = serving_both(world);
        let posted = at(&form, &mina.at(both.address)).forge("code", &world.code("mina")).submit();
        assert_eq!(posted.status, 303, "a form of the former key: {posted}");
        all_sign_in(world, &both);
        let told = rotate(world);
        assert!(told.contains("Encrypted again: 5 authenticators, 1 drafts") && told.contains("INGAM_SECRET_KEY_OLD can go"), "{told}");
        let posted = at(&during, &mina.at(both.address)).forge("code", &world.code("mina")).submit();
        assert_eq!(posted.status, 303, "{posted}");
        assert!(is_in(&jun.at(both.address)), "its cookie is signed again here");
        all_sign_in(world, &both);

        let alone = serving_new(world);
        all_sign_in(world, &alone);
        for (who, browser) in [("mina", &mina), ("jun", &jun)] {
            assert!(is_in(&browser.at(alone.address)), "{who} was there while both keys were");
        }
        assert!(!is_in(&hana.at(alone.address)), "and she was not");
        let panel = mina.at(alone.address).get("/users/2?panel=points");
        assert_eq!(panel.form_to("/point-adjustments").value("amount"), Some("777"), "{panel}");
        assert_eq!(recover(&world.browser().at(alone.address), "sora", &codes[0]), 303, "a recovery code of the former key");

        let rows: Vec<String> = world.audit().into_iter().map(|row| row.action).filter(|action| action.starts_with("installation.")).collect();
        assert_eq!(rows.iter().filter(|action| *action == "installation.reseal-authenticator").count(), 5);
        assert_eq!((rows[0].as_str(), rows[6].as_str()), ("installation.rotate-key", "installation.end-key-rotation"));
        let verified = with_new(world, &["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{}", said(&verified));
        let check = with_new(world, &["check"]).output().unwrap();
        assert!(check.status.success() && said(&check).contains("the key of this database\n"), "{}", said(&check));
        assert!(said(&with_both(world, &["rotate-key"]).output().unwrap()).contains("Nothing was changed"));
    }

    fn the_former_key_alone_is_refused_and_counts_nothing_where_it_still_serves(world) {
        by_the_machine(world);
        let link = world.command(&["staff", "add", "--email", "new@ingam.test", "--name", "New", "--role", "operator", "--reason", "A new colleague"]).output().unwrap();
        let link = said(&link);
        let link = link[link.find("/setup/").unwrap()..].split_whitespace().next().unwrap().to_owned();
        let page = world.browser().get(&link);
        let secret = crate::sign_in::setup::offered(&page);
        rotate(world);
        let password = "a bus full of violins";
        let set_up = |page: &Page| {
            let code = crate::kit::totp(&secret, world.clock.now().unix() / 30);
            page.form_with("password_again").set("password", password).set("password_again", password).set("code", &code)
        };
        // The console in this process has the former key alone and goes on serving.
        let late = set_up(&page).submit();
        assert_eq!(late.status, 503, "nothing more comes under the former key: {late}");
        let browser = world.browser();
        let page_of_code = browser.give_password("mina");
        assert_eq!(page_of_code.form_with("code").set("code", &world.code("mina")).submit().status, 503);
        assert_eq!(world.number("select coalesce(sum(failures), 0) from authenticators"), 0);

        let refused = world.another(|_| ()).expect_err("it started");
        assert!(format!("{refused:#}").contains("INGAM_SECRET_KEY is a former key of this database"), "{refused:#}");
        for arguments in [&["serve"][..], &["staff", "list"], &["rotate-key"]] {
            let (status, answer) = one_line(&world.command(arguments).output().unwrap());
            assert!(status == Some(78) && answer.contains("is a former key of this database, which was rotated at "), "{arguments:?}: {answer}");
        }
        let check = world.command(&["check"]).output().unwrap();
        assert!(check.status.code() == Some(78) && said(&check).contains("is a former key of this database"), "{}", said(&check));
        let mut swapped = world.command(&["serve"]);
        let (status, answer) = one_line(&swapped.env("INGAM_SECRET_KEY_OLD", NEW).output().unwrap());
        assert!(status == Some(78) && answer.contains("is a former key"), "{answer}");

        // What that page offered is taken by a console that has both keys.
        let both = serving_both(world);
        let form = set_up(&page);
        let done = at(&form, &page.browser.at(both.address)).submit();
        assert_eq!(done.status, 200, "{done}");
    }

    fn a_rotation_that_was_killed_goes_on_where_it_was(world) {
        by_the_machine(world);
        stop_at(world, 3);
        let broken = with_both(world, &["rotate-key"]).output().unwrap();
        assert!(!broken.status.success(), "{}", said(&broken));
        let resealed = || world.audit().iter().filter(|row| row.action == "installation.reseal-authenticator" && row.outcome == "applied").count();
        assert_eq!(resealed(), 2, "half of it");
        let both = serving_both(world);
        all_sign_in(world, &both);
        let check = with_both(world, &["check"]).output().unwrap();
        assert!(said(&check).contains("some of it may still be under INGAM_SECRET_KEY_OLD"), "{}", said(&check));
        let (code, line) = one_line(&with_new(world, &["serve"]).output().unwrap());
        assert!(code == Some(78) && line.contains("has not come to its end; set INGAM_SECRET_KEY_OLD"), "{line}");
        let third = OTHER_KEY;
        let mut other = world.command(&["rotate-key"]);
        let (code, line) = one_line(&other.env("INGAM_SECRET_KEY", third).env("INGAM_SECRET_KEY_OLD", NEW).output().unwrap());
        assert!(code == Some(78) && line.contains("has not come to its end"), "one rotation after the other: {line}");
        let_go(world);
        // Killed at a random moment, again and again.
        for milliseconds in [20, 60, 100, 140, 180] {
            let mut killed = with_both(world, &["rotate-key"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(std::time::Duration::from_millis(milliseconds));
            killed.kill().unwrap();
            killed.wait().unwrap();
        }
        rotate(world);
        assert_eq!(resealed(), 5);
        assert!(with_new(world, &["check"]).output().unwrap().status.success());
        all_sign_in(world, &serving_new(world));
        assert!(with_new(world, &["audit", "verify"]).output().unwrap().status.success());
        // The next one carries on what is left of the first.
        let mut next = world.command(&["rotate-key"]);
        let next = next.env("INGAM_SECRET_KEY", third).env("INGAM_SECRET_KEY_OLD", NEW).output().unwrap();
        assert!(next.status.success(), "{}", said(&next));
        assert_eq!(world.number("select count(*) from former_keys where ended_at is not null"), 2);
    }

    fn a_wrong_key_is_said_before_anything_is_written(world) {
        let (size, stored) = (world.audit_size(), world.database().value("select key_check from installation"));
        let alone = world.command(&["rotate-key"]).output().unwrap();
        assert!(one_line(&alone).1.contains("nothing was changed: INGAM_SECRET_KEY_OLD is not set"), "{}", said(&alone));
        for (new, old, says) in [
            (NEW.to_owned(), OTHER_KEY.to_owned(), "INGAM_SECRET_KEY is not the key that this database was set up with"),
            (old(world), old(world), "INGAM_SECRET_KEY_OLD is the same key as INGAM_SECRET_KEY"),
            (NEW.to_owned(), "short".to_owned(), "INGAM_SECRET_KEY_OLD: must be 32 bytes"),
        ] {
            for command in ["rotate-key", "serve"] {
                let (code, line) = one_line(&world.command(&[command]).env("INGAM_SECRET_KEY", &new).env("INGAM_SECRET_KEY_OLD", &old).output().unwrap());
                assert!(code == Some(78) && line.contains(says), "{command}: {line}");
                assert!(!line.contains(&new) && !line.contains(&old) || old == "short", "{line}");
            }
        }
        assert_eq!((world.audit_size(), world.database().value("select key_check from installation")), (size, stored));
    }

    fn reports_with_tokens_of_the_former_key_count_until_it_goes(world) {
        by_the_machine(world);
        let job = "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\nexternal = true\ntimeout_seconds = 600\n";
        let old = world.config().secret_key;
        let both = world.another(|config| {
            declare(config, job);
            config.secret_key = new_key().with_former(&config.secret_key);
        }).unwrap();
        let report = |server: &Server, key: &SecretKey| {
            let path = format!("/ping/{}/sync", ping::token(key, "sync", 1));
            world.browser().at(server.address).request("POST", &path).without("origin").body("text/plain", "").send().status
        };
        assert_eq!((report(&both, &old), report(&both, &new_key())), (200, 200));
        let told = rotate(world);
        assert!(told.contains("(`ingam batch token NAME`): sync"), "{told}");
        assert_eq!(report(&both, &old), 200);
        let alone = world.another(|config| {
            declare(config, job);
            config.secret_key = new_key();
        }).unwrap();
        assert_eq!((report(&alone, &old), report(&alone, &new_key())), (404, 200));
    }
}

const OTHER_KEY: &str = "c05b7f13a8e6d94210fb3c6d7e8a915246b0c7d8e9fa3b1c3b7a9d2e48165f0c";

/// Lets no authenticator from this person on be changed.
fn stop_at(world: &World, staff: i64) {
    let tamper = |sql: &str| world.database().tamper(sql).unwrap();
    match world.engine {
        crate::kit::Engine::Sqlite => tamper(&format!(
            "create trigger stopped before update of secret on authenticators when new.staff_id >= {staff} begin select raise(abort, 'stopped'); end"
        )),
        crate::kit::Engine::Postgres => {
            tamper(
                "create function stopped() returns trigger language plpgsql as $$ begin raise exception 'stopped'; end $$",
            );
            tamper(&format!(
                "create trigger stopped before update of secret on authenticators for each row when (new.staff_id >= {staff}) execute function stopped()"
            ));
        }
    }
}

fn let_go(world: &World) {
    let on = if world.engine == crate::kit::Engine::Sqlite { "" } else { " on authenticators" };
    world.database().tamper(&format!("drop trigger stopped{on}")).unwrap();
}
