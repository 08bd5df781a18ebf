//! Networks of one person.

use crate::{
    kit::{on_both, totp},
    networks::support::{console, from},
    people::support::{PASSWORD, host, id_of, link_in, panel},
    sign_in::setup::offered,
};

on_both! {
    fn networks_of_a_person_are_kept_in_order_and_lifted_again(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let form = panel(&owner, id, "networks").set("networks", "10.20.0.0/16\n10.2.0.7\n10.20.0.0/16\n");
        let done = form.set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let kept = format!("select networks from staff where id = {id}");
        assert_eq!(world.database().value(&kept), "10.2.0.7/32 10.20.0.0/16");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.after["networks"].as_str()), ("staff.networks", Some("10.2.0.7/32 10.20.0.0/16")));
        assert!(owner.get("/staff").says("tbody").contains("own networks"));
        let form = panel(&owner, id, "networks");
        assert_eq!(form.value("networks"), Some("10.2.0.7/32\n10.20.0.0/16"));
        let lifted = form.set("networks", "").set("code", &world.code("owner")).submit();
        assert_eq!(lifted.status, 303, "{lifted}");
        assert_eq!(world.database().value(&kept), "");
    }

    fn what_is_no_network_is_said_at_its_field_and_comes_back_as_typed(world) {
        let owner = world.signed_in("owner");
        let id = id_of(world, "mina");
        let code = world.code("owner");
        for (typed, says) in [
            ("10.20.0.0/16\n10.20.4.1/16", "Did you mean 10.20.0.0/16?"),
            ("office", "Enter a network such as"),
            ("0.0.0.0/0", "too wide"),
            ("::/0", "too wide"),
        ] {
            let form = panel(&owner, id, "networks").set("networks", typed).set("code", &code);
            let refused = form.submit();
            assert_eq!(refused.status, 422, "{typed}: {refused}");
            assert!(refused.says("#networks-error").contains(says), "{typed}: {refused}");
            let back = refused.form("form.seal");
            assert_eq!(back.value("networks").map(|text| text.replace("\r\n", "\n")), Some(typed.to_owned()));
            assert_eq!(back.value("reason"), Some(crate::people::support::REASON));
        }
        assert_eq!(world.number("select count(*) from audit where action = 'staff.networks'"), 0);
        let same = panel(&owner, id, "networks").set("code", &code).submit();
        assert_eq!(same.status, 409, "{same}");
    }

    fn a_set_up_link_opens_only_in_the_networks_of_its_person(world) {
        let server = console(world, "10.0.0.0/8");
        let from = |ip: &str| from(world, &server, ip);
        let (made, said) = host(world, &["add", "--email", "nari@ingam.test", "--name", "Nari Yoon", "--role", "operator"]);
        assert!(made, "{said}");
        let link = link_in(&said);
        let limit = host(world, &["networks", "nari@ingam.test", "10.20.0.0/16"]);
        assert!(limit.0, "{}", limit.1);
        let elsewhere = from("10.1.1.1").get(&link);
        assert_eq!(elsewhere.status, 403, "{elsewhere}");
        let inside = from("10.20.1.1");
        let page = inside.get(&link);
        assert_eq!(page.status, 200, "{page}");
        // The form of an open page, sent from elsewhere: the link is still good afterwards.
        let secret = offered(&page);
        let code = totp(&secret, world.clock.now().unix() / 30);
        let form = page.form_with("password_again").set("password", PASSWORD).set("password_again", PASSWORD).set("code", &code);
        let moved = inside.with_header("x-forwarded-for", "10.1.1.1");
        let sent = moved.request("POST", form.action()).form(form.fields()).send();
        assert_eq!(sent.status, 403, "{sent}");
        assert_eq!(form.submit().status, 200);
    }
}
