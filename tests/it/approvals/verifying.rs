use crate::{
    approvals::support::{approval, ask, ruled},
    kit::{Engine, World, assert_sound, on_both},
};

/// Does something to a table behind the back of its trigger, which is put back afterwards.
fn behind_its_back(world: &World, table: &str, trigger: &str, sql: &str) {
    match world.engine {
        Engine::Sqlite => {
            let made = world.database().value(&format!("select sql from sqlite_master where name = '{trigger}'"));
            world.database().tamper(&format!("drop trigger {trigger}; {sql}; {made}")).unwrap();
        }
        Engine::Postgres => {
            world.database().tamper(&format!("alter table {table} disable trigger user; {sql}")).unwrap();
        }
    }
}

fn said(world: &World) -> String {
    let verified = world.command(&["audit", "verify"]).output().unwrap();
    assert!(!verified.status.success());
    String::from_utf8_lossy(&verified.stderr).into_owned() + &String::from_utf8_lossy(&verified.stdout)
}

on_both! {
    fn a_forged_vote_is_found(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        assert_sound(world);
        let hana = world.number("select id from staff where email = 'hana@ingam.test'");
        world.database().tamper(&format!(
            "insert into approval_votes (request_id, staff_id, staff_name, at, verdict, reason, change_id)
             values ({request}, {hana}, 'Hana Choi', '2026-03-02T00:00:00.000000Z', 'approved', 'Fine by me', 'made-up')"
        )).unwrap();
        assert!(said(world).contains("a vote on request 1"));
    }

    fn an_approval_that_was_written_in_is_found(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        ask(world, &mina, 1, "50,000");
        world.database().tamper("update approval_requests set state = 'approved', decided_at = at").unwrap();
        assert!(said(world).contains("request 1 is marked as approved"));
    }

    fn a_vote_that_was_taken_away_is_found(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_sound(world);
        behind_its_back(world, "approval_votes", "approval_votes_no_delete", "delete from approval_votes");
        assert!(said(world).contains("request 1 is marked as approved"));
    }

    fn a_request_in_the_name_of_another_person_is_found(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        ask(world, &mina, 1, "50,000");
        let sora = world.number("select id from staff where email = 'sora@ingam.test'");
        behind_its_back(world, "approval_requests", "approval_requests_kept", &format!("update approval_requests set staff_id = {sora}"));
        assert!(said(world).contains("the requester of request 1"));
    }
}
