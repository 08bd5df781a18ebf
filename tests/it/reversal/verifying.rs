//! `ingam audit verify` holds a reversal against the row that it takes back.

use crate::{
    evidence::support::{lay_open, literal, recompute, said, tamper},
    kit::{World, on_both},
    reversal::support::{given, taken_back, verified},
};
use ingam::merkle::leaf;

/// Rewrites what a row says that it takes back, in its column and in its bytes, and the tree after it.
fn forge(world: &World, seq: i64, of: i64) {
    lay_open(world);
    let body = world.rows(&format!(
        "select {} from audit where seq = {seq}",
        if world.engine == crate::kit::Engine::Sqlite { "hex(body)" } else { "encode(body, 'hex')" }
    ));
    let body = String::from_utf8(hex::decode(body[0][0].as_deref().unwrap()).unwrap()).unwrap();
    let at = body.find("\"reversal\":").unwrap() + "\"reversal\":".len();
    let end = at + body[at..].find(',').unwrap();
    let body = format!("{}\"{of}\"{}", &body[..at], &body[end..]);
    let (bytes, hash) = (literal(world.engine, body.as_bytes()), literal(world.engine, &leaf(body.as_bytes())));
    tamper(world, &format!("update audit set reversal_of = {of}, body = {bytes}, leaf = {hash} where seq = {seq}"));
    recompute(world);
}

fn finding(world: &World) -> String {
    let output = world.command(&["audit", "verify"]).output().unwrap();
    assert!(!output.status.success(), "{}", said(&output));
    said(&output)
}

on_both! {
    fn a_forged_link_is_found(world) {
        let mina = world.signed_in("mina");
        let first = given(world, &mina, "1,000");
        let second = given(world, &mina, "300");
        verified(world);
        // 300 more points are no opposite of 1,000 points.
        forge(world, second, first);
        let found = finding(world);
        assert!(found.contains(&format!("what takes row {first} back is not its opposite")), "{found}");
    }

    fn a_link_to_a_row_of_another_kind_is_found(world) {
        let mina = world.signed_in("mina");
        let signed_in = world.last_audit().seq;
        let seq = given(world, &mina, "1,000");
        forge(world, seq, signed_in);
        assert!(finding(world).contains("is not its opposite"));
    }

    fn a_link_to_a_later_row_is_found(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        forge(world, seq, seq + 5);
        assert!(finding(world).contains("which is not before it"));
    }

    fn a_row_that_is_taken_back_twice_is_found_where_the_index_is_gone(world) {
        let mina = world.signed_in("mina");
        let first = given(world, &mina, "1,000");
        taken_back(world, &mina, "mina", first);
        let deducted = crate::kit::addition(&mina, 1, "1,000").set("direction", "deduct").set("code", &world.code("mina")).submit();
        assert_eq!(deducted.status, 303, "{deducted}");
        let second = world.last_audit().seq;
        lay_open(world);
        let refused = world.database().tamper(&format!("update audit set reversal_of = {first} where seq = {second}"));
        assert!(refused.is_err(), "the index allows one");
        tamper(world, "drop index audit_reversal");
        forge(world, second, first);
        assert!(finding(world).contains("or not the only one"));
    }
}
