//! A console from nothing, as an operator of servers would make it: migrate, serve, invite, look whether it is alive.

use crate::{
    cli::program::{Serving, ingam, one_line},
    kit::{Database, free_address, on_both},
    sign_in::setup::offered,
};

on_both! {
    fn from_an_empty_database_to_the_first_owner(world) {
        let database = Database::empty(world.engine);
        let address = free_address().to_string();
        let origin = format!("http://{address}");
        let settings = [
            ("DATABASE_URL", database.url.as_str()),
            ("INGAM_SECRET_KEY", "9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12"),
            ("INGAM_ALLOWED_NETWORKS", "127.0.0.0/8"),
            ("INGAM_PUBLIC_ORIGIN", &origin),
            ("INGAM_LISTEN", &address),
        ];
        let run = |arguments: &[&str]| ingam(&settings, arguments).output().unwrap();
        let add = [
            "staff",
            "add",
            "--email",
            "first@ingam.test",
            "--name",
            "First Owner",
            "--role",
            "owner",
            "--role",
            "operator",
        ];
        for early in [&add[..], &["serve"], &["audit", "verify"], &["staff", "list"]] {
            let (code, line) = one_line(&run(early));
            assert!(code == Some(1) || code == Some(78), "{line}");
        }
        let migrated = run(&["migrate"]);
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
        let mut serving = Serving::start(ingam(&settings, &["serve"]));
        assert_eq!(serving.address.to_string(), address);
        assert!(run(&["healthcheck"]).status.success());

        let invited = run(&add);
        let said = String::from_utf8(invited.stdout).unwrap();
        assert!(invited.status.success(), "{said}");
        let link = said.lines().find_map(|line| line.strip_prefix(&origin)).unwrap_or_else(|| panic!("{said}"));
        let browser = world.browser().at(serving.address);
        let page = browser.get(link);
        assert_eq!(page.status, 200, "{page}");
        let secret = offered(&page);
        let step = || ingam::clock::Clock::system().now().unix() / 30;
        let password = "a bus full of violins";
        let done = page
            .form_with("password_again")
            .set("password", password)
            .set("password_again", password)
            .set("code", &crate::kit::totp(&secret, step()))
            .submit();
        assert_eq!(done.status, 200, "{done}");
        let half = crate::kit::try_password(&browser, "first@ingam.test", password);
        assert_eq!(half.status, 303, "{half}");
        // A recovery code and another authenticator, because the next code of this one is half a minute away.
        let recovering = browser
            .get("/login/code?with=recovery")
            .form_with("code")
            .set("code", &done.all("ol.codes code")[0])
            .submit();
        assert_eq!(recovering.location(), Some("/login/authenticator"), "{recovering}");
        let page = recovering.follow();
        let code = crate::kit::totp(&offered(&page), step());
        let signed_in = page.form_to("/login/authenticator").set("code", &code).submit();
        assert_eq!(signed_in.location(), Some("/account?done=authenticator"), "{signed_in}");
        assert_eq!((browser.get("/audit").status, browser.get("/users").status), (200, 200));
        assert!(browser.get("/audit").says("main").contains("console@"), "the first row names the machine");

        assert_eq!(serving.terminate().code(), Some(0));
        let (code, gone) = one_line(&run(&["healthcheck"]));
        assert_eq!(code, Some(1));
        assert!(gone.contains(&address), "{gone}");
        assert!(run(&["audit", "verify"]).status.success());
    }

    fn a_server_that_cannot_be_reached_is_said_in_one_line(world) {
        let gone = Database::empty(world.engine);
        let url = gone.url.clone();
        drop(gone);
        let output = ingam(
            &[
                ("DATABASE_URL", url.as_str()),
                ("INGAM_SECRET_KEY", "9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12"),
                ("INGAM_ALLOWED_NETWORKS", "127.0.0.0/8"),
                ("INGAM_LISTEN", "127.0.0.1:0"),
            ],
            &["serve"],
        )
        .output()
        .unwrap();
        let (code, line) = one_line(&output);
        assert_eq!(code, Some(1), "{line}");
        assert!(line.contains("cannot"), "{line}");
    }
}
