//! Two at once.

use crate::{
    kit::{Form, at_once, on_both, submit_at_once, with_status},
    networks::support::{ELSEWHERE, adding, from, listed, local, put, removing, row, signed_in},
};

on_both! {
    fn two_owners_who_each_leave_what_the_other_removes_do_not_shut_out_each_other(world) {
        let server = local(world);
        world.database().tamper("update staff set roles = 'operator owner' where email = 'mina@ingam.test'").unwrap();
        put(world, "203.0.113.0/24");
        let owners = ["owner", "mina"].map(|who| {
            let browser = from(world, &server, ELSEWHERE);
            browser.sign_in(who);
            browser
        });
        for round in 0..4 {
            let nets = listed(world);
            let missing = ["203.0.113.0/24", "203.0.113.8/29"].into_iter().find(|net| !nets.contains(&(*net).to_owned()));
            put(world, missing.unwrap());
            let forms: Vec<Form> = ["203.0.113.0/24", "203.0.113.8/29"]
                .into_iter()
                .zip(owners.iter().zip(["owner", "mina"]))
                .map(|(net, (browser, who))| removing(browser, row(world, net)).set("code", &world.code(who)))
                .collect();
            let pages = submit_at_once(&forms);
            assert_eq!((with_status(&pages, 303), with_status(&pages, 409)), (1, 1), "round {round}: {pages:?}");
            assert_eq!(listed(world).len(), 1);
            for browser in &owners {
                assert_eq!(browser.get("/networks").status, 200);
            }
        }
    }

    fn the_same_network_is_added_once(world) {
        let server = local(world);
        world.database().tamper("update staff set roles = 'operator owner' where email = 'mina@ingam.test'").unwrap();
        let forms = ["owner", "mina"]
            .map(|who| adding(&signed_in(world, &server, who), "203.0.113.0/24").set("code", &world.code(who)));
        let pages = submit_at_once(&forms);
        assert_eq!((with_status(&pages, 303), with_status(&pages, 422)), (1, 1), "{pages:?}");
        assert_eq!(listed(world), ["203.0.113.0/24"]);
    }

    fn a_change_is_made_before_its_network_is_closed_or_not_at_all(world) {
        let server = local(world);
        let owner = signed_in(world, &server, "owner");
        for round in 0..4 {
            let id = put(world, "203.0.113.0/24");
            let mina = from(world, &server, ELSEWHERE);
            mina.sign_in("mina");
            let points = mina.get("/users/1?panel=points").form_to("/point-adjustments");
            let points = points.set("amount", "1").set("reason", "Late delivery").set("code", &world.code("mina"));
            let removal = removing(&owner, id).set("code", &world.code("owner"));
            let before = world.audit_size();
            let pages = at_once(&[points, removal], Form::submit);
            assert_eq!(pages[1].status, 303, "round {round}: {}", pages[1]);
            let rows = world.audit_from(before);
            let at = |action: &str| rows.iter().position(|row| row.action == action && row.outcome == "applied");
            match pages[0].status {
                303 => assert!(at("points.adjust") < at("networks.remove"), "{rows:?}"),
                403 => assert_eq!(at("points.adjust"), None, "{rows:?}"),
                _ => panic!("round {round}: {}", pages[0]),
            }
        }
    }
}
