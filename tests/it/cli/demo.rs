//! The first minute: `ingam demo`, and everything that can be in its way.

use crate::{
    cli::program::{Serving, allowed, ingam, one_line},
    kit::{Engine, World, totp, within},
};
use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path, process::Command};
use tempfile::TempDir;

fn demo(data: &Path, more: &[&str]) -> Command {
    let data = data.to_str().unwrap();
    let arguments: Vec<_> =
        ["demo", "--listen", "127.0.0.1:0", "--data", data, "--users", "40"].iter().chain(more).copied().collect();
    ingam(&[], &arguments)
}

fn accounts(data: &Path) -> Vec<serde_json::Value> {
    serde_json::from_str(&fs::read_to_string(data.join("staff.json")).unwrap()).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// How many rows the log of a demo has, which also verifies it.
fn verified(data: &Path) -> String {
    let output = ingam(&[], &["audit", "verify", "--data", data.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn code(data: &Path, email: &str) -> String {
    let output = ingam(&[], &["code", email, "--data", data.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn first_minute(world: &World) {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("new").join("demo");
    let mut serving = Serving::start(demo(&data, &[]));

    let accounts_before = accounts(&data);
    let roles: Vec<_> =
        accounts_before.iter().map(|one| (one["email"].as_str().unwrap(), one["roles"].clone())).collect();
    assert_eq!(
        roles,
        [("mina", "operator"), ("jun", "oncall"), ("sora", "auditor"), ("hana", "approver"), ("owner", "owner")]
            .map(|(who, role)| (format!("{who}@ingam.test"), serde_json::json!([role])))
            .iter()
            .map(|(email, roles)| (email.as_str(), roles.clone()))
            .collect::<Vec<_>>()
    );
    for one in &accounts_before {
        let mut keys: Vec<_> = one.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["email", "name", "password", "roles", "totp_secret"]);
        let (email, password) = (one["email"].as_str().unwrap(), one["password"].as_str().unwrap());
        let line = serving.said.iter().find(|line| line.contains(email) && line.contains(password));
        assert!(
            line.is_some_and(
                |line| line.contains("otpauth://totp/") && line.contains(one["totp_secret"].as_str().unwrap())
            ),
            "{email} is in the table"
        );
    }
    assert_eq!((mode(&data.join("staff.json")), mode(&data.join("secret-key")), mode(&data)), (0o600, 0o600, 0o700));
    assert_eq!(mode(&data.join("ingam.db")) & 0o077, 0, "no other account reads the customers");

    // All of it stays in sight: one line while the data is made, a table, and nothing that only a terminal understands.
    assert!(serving.said.len() <= 40, "{:#?}", serving.said);
    assert!(
        serving.said[0].starts_with("Making a demo in ") && serving.said[0].ends_with("Done."),
        "{:?}",
        serving.said
    );
    assert!(serving.said.iter().all(|line| !line.contains('\u{1b}') && !line.contains('█')), "{:#?}", serving.said);

    // Anybody can sign in with what is printed.
    let mina = &accounts_before[0];
    let browser = world.browser().at(serving.address);
    let half = crate::kit::try_password(&browser, "mina@ingam.test", mina["password"].as_str().unwrap());
    assert_eq!(half.status, 303, "{half}");
    let shown = code(&data, "mina@ingam.test");
    let secret = totp_rs::Secret::try_from_base32(mina["totp_secret"].as_str().unwrap()).unwrap();
    let now = ingam::clock::Clock::system().now().unix() / 30;
    assert!([now, now - 1].iter().any(|step| totp(secret.as_ref(), *step) == shown), "{shown}");
    let page = half.follow().form_with("code").set("code", &shown).submit();
    assert_eq!(page.status, 303, "{page}");
    let users = browser.get("/users");
    assert_eq!(users.all("tbody tr").len(), 25, "{users}");
    assert!(browser.get("/users/40").status == 200 && browser.get("/users/41").status == 404);
    assert_eq!(serving.terminate().code(), Some(0));

    // A second start keeps everything.
    let before = verified(&data);
    let mut again = Serving::start(demo(&data, &[]));
    assert_eq!(accounts(&data), accounts_before);
    assert_eq!(
        crate::kit::try_password(
            &world.browser().at(again.address),
            "mina@ingam.test",
            mina["password"].as_str().unwrap()
        )
        .status,
        303
    );
    assert!(again.said.iter().any(|line| line.contains(mina["password"].as_str().unwrap())), "it says so again");
    assert_eq!(again.terminate().code(), Some(0));
    assert_ne!(verified(&data), before, "the sign-in is in the same log");

    // A fresh one replaces it.
    let mut fresh = Serving::start(demo(&data, &["--fresh"]));
    assert_ne!(accounts(&data), accounts_before);
    assert_eq!(
        crate::kit::try_password(
            &world.browser().at(fresh.address),
            "mina@ingam.test",
            mina["password"].as_str().unwrap()
        )
        .status,
        422
    );
    assert_eq!(fresh.terminate().code(), Some(0));
}

#[test]
fn the_first_minute_goes_as_promised() {
    within(Engine::Sqlite, first_minute);
}

#[test]
fn a_demo_that_was_cut_off_while_it_was_made_is_made_again() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ingam-demo.version"), "").unwrap();
    fs::write(folder.path().join("ingam.db"), "half a database").unwrap();
    let mut serving = Serving::start(demo(folder.path(), &[]));
    assert_eq!(accounts(folder.path()).len(), 5);
    assert_eq!(serving.terminate().code(), Some(0));
}

#[test]
fn a_port_in_use_is_one_line_and_costs_no_data() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("demo");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        ingam(&[], &["demo", "--listen", &address, "--data", data.to_str().unwrap(), "--fresh"]).output().unwrap();
    let (code, line) = one_line(&output);
    assert_eq!(code, Some(1));
    assert!(line.contains(&address) && line.contains("--listen"), "{line}");
    assert!(!data.exists());
}

#[test]
fn what_cannot_be_a_data_directory_is_said_in_one_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "x").unwrap();
    let foreign = folder.path().join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("thesis.txt"), "years of work").unwrap();
    let newer = folder.path().join("newer");
    fs::create_dir(&newer).unwrap();
    fs::write(newer.join("ingam-demo.version"), "99\n").unwrap();
    for (data, more, why) in [
        (file.join("below"), &[][..], "cannot be made"),
        (file.clone(), &[][..], "a-file"),
        (Path::new("/proc/ingam-demo").to_owned(), &[][..], "cannot be made"),
        (foreign.clone(), &[][..], "not from a demo"),
        (foreign.clone(), &["--fresh"][..], "not from a demo"),
        (newer.clone(), &[][..], "another version"),
    ] {
        let (code, line) = one_line(&demo(&data, more).output().unwrap());
        assert_eq!(code, Some(1), "{line}");
        assert!(line.contains(why) && line.contains(data.to_str().unwrap()), "{line}");
    }
    assert_eq!(fs::read_to_string(foreign.join("thesis.txt")).unwrap(), "years of work");
    // Asked to, it replaces the data of another version.
    let mut serving = Serving::start(demo(&newer, &["--fresh"]));
    assert_eq!(serving.terminate().code(), Some(0));
}

#[test]
fn a_demo_is_for_this_machine_alone() {
    let folder = TempDir::new().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "10.0.0.1:0"] {
        let data = folder.path().join("demo");
        let output = ingam(&[], &["demo", "--listen", address, "--data", data.to_str().unwrap()]).output().unwrap();
        let (code, line) = one_line(&output);
        assert_eq!(code, Some(1));
        assert!(line.contains("loopback"), "{line}");
        assert!(!data.exists());
    }
}

#[test]
fn a_code_is_for_an_account_of_a_demo() {
    let folder = TempDir::new().unwrap();
    let nothing = ingam(&[], &["code", "mina@ingam.test", "--data", folder.path().to_str().unwrap()]).output().unwrap();
    assert!(one_line(&nothing).1.contains("holds no demo"));
    let mut serving = Serving::start(demo(folder.path(), &[]));
    assert_eq!(serving.terminate().code(), Some(0));
    for who in ["nobody@ingam.test", "mina", ""] {
        let output = ingam(&[], &["code", who, "--data", folder.path().to_str().unwrap()]).output().unwrap();
        assert_eq!(one_line(&output).0, Some(1), "{who:?}");
    }
    assert_eq!(code(folder.path(), "Mina@ingam.test").len(), 6);
}

#[test]
fn a_demo_prints_qr_codes_when_it_is_asked_to() {
    let folder = TempDir::new().unwrap();
    let mut serving = Serving::start(demo(folder.path(), &["--qr"]));
    assert!(serving.said.iter().any(|line| line.contains('█')), "{:#?}", serving.said);
    assert_eq!(serving.terminate().code(), Some(0));
}

/// What requests and statements say is for those who ask for it, by `RUST_LOG`.
#[test]
fn a_demo_that_is_used_prints_nothing_more() {
    within(Engine::Sqlite, |world| {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("said");
        let out = fs::File::create(&log).unwrap();
        let mut command = demo(&folder.path().join("demo"), &[]);
        let mut child = command.stdout(out.try_clone().unwrap()).stderr(out).spawn().unwrap();
        let said = || fs::read_to_string(&log).unwrap();
        crate::kit::wait_until(|| said().contains("listening on http://") && said().ends_with('\n'));
        let before = said();
        let address = before.rsplit("http://").next().unwrap().trim().parse().unwrap();
        for path in ["/login", "/users", "/nowhere"] {
            assert!(world.browser().at(address).get(path).status > 0);
        }
        assert_eq!(said(), before);
        assert!(before.lines().count() <= 40 && !before.contains("select") && !before.contains('\u{1b}'), "{before}");
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
    });
}

#[test]
fn the_log_of_a_demo_tells_of_a_month_at_work() {
    within(Engine::Sqlite, |world| {
        let folder = TempDir::new().unwrap();
        let mut serving = Serving::start(ingam(
            &[],
            &["demo", "--listen", "127.0.0.1:0", "--data", folder.path().to_str().unwrap(), "--users", "400"],
        ));
        // It is made on one processor and served on all.
        let own = allowed(&fs::read_to_string("/proc/self/status").unwrap()).unwrap();
        for processors in serving.processors() {
            assert_eq!(processors, own);
        }
        let sora = &accounts(folder.path())[2];
        let browser = world.browser().at(serving.address);
        let half = crate::kit::try_password(&browser, "sora@ingam.test", sora["password"].as_str().unwrap());
        let code = code(folder.path(), "sora@ingam.test");
        assert_eq!(half.follow().form_with("code").set("code", &code).submit().status, 303);
        for (action, outcome, least) in [
            ("points.adjust", "applied", 20),
            ("points.adjust", "requested", 2),
            ("points.adjust", "refused", 1),
            ("orders.refund", "applied", 3),
            ("orders.cancel", "applied", 1),
            ("approvals.approve", "applied", 1),
            ("runs.resolve", "applied", 5),
            ("runs.rerun", "applied", 1),
            ("users.note", "applied", 1),
        ] {
            let page = browser.get(&format!("/audit?action={action}&outcome={outcome}"));
            let rows = page.all("#rows tbody tr, .tbl tbody tr").len();
            assert!(rows >= least, "{rows} of {action} {outcome}: {page}");
        }
        assert!(browser.get("/audit").text().contains("CS-2"), "reasons name the tickets that they are about");
        assert_eq!(serving.terminate().code(), Some(0));
        assert!(verified(folder.path()).contains("fits"));
    });
}
