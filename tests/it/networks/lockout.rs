//! After any change an owner makes to the list, the next page still opens to them.

use crate::{
    kit::{Browser, Server, World, on_both},
    networks::support::{ELSEWHERE, REASON, adding, changing, from, listed, local, put, removing, signed_in},
};
use chrono::TimeDelta;
use std::time::Duration;

/// Sends a form of the list that is on no page, as a person could who wants to shut themselves out.
fn post(world: &World, owner: &Browser, path: &str, fields: &[(&str, &str)]) -> u16 {
    let blank = owner.get("/networks?panel=add").form_to("/networks");
    let (csrf, key) = (blank.value("csrf").unwrap(), blank.value("key").unwrap());
    let code = world.code("owner");
    let sealed = [("csrf", csrf), ("key", key), ("reason", REASON), ("code", code.as_str()), ("seen", "")];
    owner.post(path, &[&sealed[..], fields].concat()).status
}

/// Where the sequence of steps comes from: the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const NETS: [&str; 5] = ["203.0.113.9/32", "203.0.113.8/31", "203.0.113.0/24", "198.51.100.0/24", "2001:db8::/32"];

/// One step of all that can be done to the list.
fn step(world: &World, owner: &Browser, dice: &mut Dice) -> u16 {
    let rows = world.rows("select id from networks order by id");
    let net = NETS[usize::try_from(dice.roll(5)).unwrap()];
    let hours = TimeDelta::hours(1 + i64::try_from(dice.roll(40)).unwrap());
    let seoul = world.clock.after(hours + TimeDelta::hours(9)).utc().format("%Y-%m-%dT%H:%M").to_string();
    let until = if dice.roll(2) == 0 { "" } else { seoul.as_str() };
    let fields = [("net", net), ("note", ""), ("expires_at", until), ("wide_confirmed", net)];
    let pick = usize::try_from(dice.roll(u64::try_from(rows.len().max(1)).unwrap())).unwrap();
    let id = rows.get(pick).map(|row| row[0].clone().unwrap());
    match (dice.roll(3), id) {
        (0, _) | (_, None) => post(world, owner, "/networks", &fields),
        (1, Some(id)) => post(world, owner, &format!("/networks/{id}"), &fields),
        (_, Some(id)) => post(world, owner, &format!("/networks/{id}/removal"), &[]),
    }
}

/// Signed in at an address that only the list opens.
fn owner_elsewhere(world: &World, server: &Server) -> Browser {
    let owner = from(world, server, ELSEWHERE);
    owner.sign_in("owner");
    owner
}

on_both! {
    fn no_sequence_of_changes_shuts_out_its_author(world) {
        let server = local(world);
        put(world, "203.0.113.0/24");
        let mut owner = owner_elsewhere(world, &server);
        let (mut dice, mut made, mut refused) = (Dice(20_260_302), 0, 0);
        for n in 0..120 {
            match step(world, &owner, &mut dice) {
                303 => made += 1,
                409 | 422 => refused += 1,
                status => panic!("step {n} was answered with {status}"),
            }
            let page = owner.get("/networks");
            assert_eq!(page.status, 200, "after step {n}, with {:?}: {page}", listed(world));
            if n % 10 == 9 {
                // Networks run out meanwhile; so does the session.
                world.clock.advance(Duration::from_hours(5));
                assert_eq!(owner.get("/login").status, 200, "after step {n} and five hours, with {:?}", listed(world));
                owner = owner_elsewhere(world, &server);
            }
        }
        assert!(made > 20 && refused > 20, "{made} were made and {refused} refused");
    }

    fn an_owner_is_told_why_what_they_use_stays(world) {
        let server = local(world);
        let id = put(world, "203.0.113.0/24");
        let owner = owner_elsewhere(world, &server);
        let page = owner.get(&format!("/networks?panel=remove-{id}"));
        assert!(page.find_form("form[action$='/removal']").is_none(), "{page}");
        assert!(page.says("main").contains("You are using the console through this network"), "{page}");
        let away = changing(&owner, id).set("net", "203.0.113.128/25").set("code", &world.code("owner")).submit();
        assert!(away.status == 422 && away.says("#net-error").contains("end your access"), "{away}");
        let ending = changing(&owner, id).set("expires_at", "2026-03-04T09:00").set("code", &world.code("owner")).submit();
        assert!(ending.status == 422 && ending.says("#expires_at-error").contains("end your access"), "{ending}");
        assert_eq!(world.last_audit().refusal, "network-yours");
        // Narrowed to what still holds the owner, and from then on with another that holds them too, all is well.
        let narrow = changing(&owner, id).set("net", "203.0.113.0/28").set("code", &world.code("owner")).submit();
        assert_eq!(narrow.status, 303, "{narrow}");
        let second = adding(&owner, ELSEWHERE).forge("wide_confirmed", "203.0.113.9/32").set("code", &world.code("owner"));
        assert_eq!(second.submit().status, 303);
        assert_eq!(removing(&owner, id).set("code", &world.code("owner")).submit().status, 303);
        assert_eq!(owner.get("/networks").status, 200);
    }

    fn what_runs_out_does_not_count_beside_what_stays(world) {
        let server = local(world);
        let id = put(world, "203.0.113.0/24");
        let owner = owner_elsewhere(world, &server);
        let form = adding(&owner, ELSEWHERE).set("expires_at", "2026-03-09T09:00").forge("wide_confirmed", "203.0.113.9/32");
        assert_eq!(form.set("code", &world.code("owner")).submit().status, 303);
        // Next week the owner would be outside.
        assert_eq!(post(world, &owner, &format!("/networks/{id}/removal"), &[]), 409);
        // A person admitted by the environment can remove anything.
        let inside = signed_in(world, &server, "owner");
        assert_eq!(removing(&inside, id).set("code", &world.code("owner")).submit().status, 303);
        // And a person admitted for a week only may change the other entries, but not shorten the week.
        let other = put(world, "198.51.100.0/24");
        assert_eq!(removing(&owner, other).set("code", &world.code("owner")).submit().status, 303);
        let week = crate::networks::support::row(world, "203.0.113.9/32");
        let shorter = changing(&owner, week).set("expires_at", "2026-03-08T09:00").set("code", &world.code("owner"));
        assert_eq!(shorter.submit().status, 422);
        let longer = changing(&owner, week).set("expires_at", "2026-03-10T09:00").set("code", &world.code("owner"));
        assert_eq!(longer.submit().status, 303);
    }
}
