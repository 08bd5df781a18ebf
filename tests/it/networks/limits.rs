//! Who may come from some networks only.

use crate::{
    kit::{World, on_both},
    networks::opening::knock,
    networks::support::{console, from, turned_away},
};
use ingam::gate::Refusal;

fn limit(world: &World, who: &str, networks: &str) {
    let sql = format!("update staff set networks = '{networks}' where email = '{who}@ingam.test'");
    world.database().tamper(&sql).unwrap();
}

on_both! {
    fn a_limited_person_signs_in_from_their_own_networks_only(world) {
        let server = console(world, "10.0.0.0/8");
        limit(world, "mina", "10.1.0.0/16 10.2.3.4/32");
        let outside = from(world, &server, "10.9.9.9");
        // The same answer to a wrong password as from anywhere.
        let form = outside.get("/login").form_with("password").set("email", "mina@ingam.test");
        assert_eq!(form.clone().set("password", "not the right one").submit().status, 422);
        let known = form.set("password", "quiet river stones").submit();
        assert_eq!(known.status, 303);
        turned_away(world, &known.follow());
        assert_eq!(world.last_audit().email, "mina@ingam.test");
        // Nor can she send the code from there.
        let inside = from(world, &server, "10.1.2.3");
        let form = inside.give_password("mina").form_with("code").set("code", &world.code("mina"));
        turned_away(world, &form.request().header("x-forwarded-for", "10.9.9.9").send());
        assert_eq!(world.number("select count(*) from sessions where stage = 'signed'"), 0);
        assert_eq!(form.submit().status, 303);
        assert_eq!(inside.get("/users").status, 200);
        from(world, &server, "10.2.3.4").sign_in("mina");
        // Another person can sign in at the browser that was turned away.
        assert_eq!(outside.get("/login").status, 200);
        outside.sign_in("jun");
        // What holds for everybody holds for her too.
        limit(world, "mina", "10.1.0.0/16 192.0.2.0/24");
        turned_away(world, &from(world, &server, "192.0.2.1").get("/login"));
    }

    fn a_limit_holds_from_the_next_request_on(world) {
        let server = console(world, "10.0.0.0/8");
        let mina = from(world, &server, "10.9.9.9");
        mina.sign_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments");
        let form = form.set("amount", "1").set("reason", "Late delivery").set("code", &world.code("mina"));
        limit(world, "mina", "10.1.0.0/16");
        for path in ["/", "/users", "/account", "/users/1", "/nowhere"] {
            turned_away(world, &mina.get(path));
        }
        turned_away(world, &form.submit());
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        assert_eq!(world.last_audit().email, "mina@ingam.test");
        // The refusal looks as it should, and no one is kept from signing in.
        let style = mina.get("/").attributes("link[rel=stylesheet]", "href").remove(0);
        assert_eq!((mina.get(&style).status, mina.get("/login").status), (200, 200));
        assert_eq!(form.request().header("x-forwarded-for", "10.1.0.1").send().status, 303);
        assert_eq!(world.number("select points from users where id = 1"), 12_451);
        limit(world, "mina", "");
        assert_eq!(mina.get("/users").status, 200);
    }

    fn the_gate_holds_to_a_limit_whatever_the_door_says(world) {
        world.signed_in("mina");
        let refused = |ip| matches!(knock(world, "mina@ingam.test", ip), Refusal::Network);
        assert!(!refused("127.0.0.1"));
        limit(world, "mina", "127.0.0.2/32");
        assert!(refused("127.0.0.1") && !refused("127.0.0.2"));
        assert_eq!(world.last_audit().email, "mina@ingam.test");
        // One that cannot be read lets no one in.
        limit(world, "mina", "anywhere");
        assert!(refused("127.0.0.1") && refused("127.0.0.2"));
        limit(world, "mina", "127.0.0.0/8 ::1/128");
        assert!(!refused("127.0.0.1") && !refused("::1") && refused("10.1.1.1"));
    }
}
