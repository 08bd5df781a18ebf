use super::{activity::UPDATES, *};
use crate::{
    clock::Instant,
    id::{RequestId, Seq, StaffId},
};
use std::{collections::BTreeSet, fs, path::Path};

fn entry(action: &str) -> Entry {
    Entry {
        seq: Seq::new(7),
        at: Instant::parse("2026-11-28T03:22:22.999999Z").unwrap(),
        change_id: "c".to_owned(),
        actor: "staff".to_owned(),
        staff_id: Some(StaffId::new(1)),
        staff_name: "김민아".to_owned(),
        staff_email: "mina@ingam.test".to_owned(),
        roles: "approver operator".to_owned(),
        action: action.to_owned(),
        target_kind: "user".to_owned(),
        target_id: "42".to_owned(),
        before: json!({}),
        after: json!({"points": "1"}),
        reason: "late".to_owned(),
        ip: "10.0.0.1".to_owned(),
        peer: "127.0.0.1".to_owned(),
        user_agent: "Mozilla/5.0".to_owned(),
        session: "29532bc611c7c861".to_owned(),
        request_id: "req_1".to_owned(),
        approval_id: Some(RequestId::new(3)),
        reversal_of: Some(Seq::new(2)),
        outcome: "applied".to_owned(),
        refusal: String::new(),
        flags: String::new(),
    }
}

fn written(entry: &Entry) -> Value {
    let mut out = Vec::new();
    event(&mut out, entry, &entry.body(), Some("ingam.test/audit"));
    assert_eq!(out.pop(), Some(b'\n'));
    assert!(!out.contains(&b'\n'), "one line");
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn a_row_becomes_an_event_that_holds_it() {
    let entry = entry("points.adjust");
    let event = written(&entry);
    assert_eq!(
        event,
        json!({
            "activity_id": 3, "activity_name": "Update", "category_uid": 3, "class_uid": 3004, "type_uid": 300_403,
            "actor": {
                "session": {"uid": "29532bc611c7c861"},
                "user": {
                    "email_addr": "mina@ingam.test", "full_name": "김민아", "groups": [{"name": "approver"}, {"name": "operator"}],
                    "name": "mina@ingam.test", "type": "Admin", "type_id": 2, "uid": "1",
                },
            },
            "comment": "late",
            "entity": {"type": "user", "type_id": 99, "uid": "42"},
            "entity_result": {"data": {"points": "1"}, "type": "user", "type_id": 99, "uid": "42"},
            "http_request": {"uid": "req_1", "user_agent": "Mozilla/5.0"},
            "message": "points.adjust user/42: applied",
            "metadata": {
                "correlation_uid": "req_1", "event_code": "points.adjust", "log_name": "ingam.test/audit",
                "original_time": "2026-11-28T03:22:22.999999Z",
                "product": {"name": "Ingam", "vendor_name": "Ingam", "version": env!("CARGO_PKG_VERSION")},
                "sequence": 7, "uid": "c", "version": "1.8.0",
            },
            "raw_data": String::from_utf8(entry.body()).unwrap(), "raw_data_size": entry.body().len(),
            "severity": "Informational", "severity_id": 1,
            "src_endpoint": {"intermediate_ips": ["127.0.0.1"], "ip": "10.0.0.1"},
            "status": "Success", "status_code": "applied", "status_id": 1,
            "time": 1_795_836_142_999_i64,
            "unmapped": {"actor": "staff", "approval": "3", "reversal_of": "2"},
        })
    );
}

#[test]
fn a_wrong_password_is_a_failed_sign_in() {
    let mut entry = entry("session.password");
    assert_eq!(written(&entry)["type_uid"], 300_206);
    "refused".clone_into(&mut entry.outcome);
    entry.after = json!({"refusals": "17"});
    let event = written(&entry);
    assert_eq!((&event["type_uid"], &event["status_id"], &event["count"]), (&json!(300_201), &json!(2), &json!(17)));
    assert_eq!(written(&self::entry("session.start"))["type_uid"], 300_201);
    assert_eq!(written(&self::entry("session.end"))["type_uid"], 300_202);
    assert_eq!(written(&self::entry("session.new-step"))["type_uid"], 300_299);
}

#[test]
fn a_person_that_the_log_does_not_know_is_still_a_user() {
    let mut entry = entry("session.password");
    (entry.target_id, entry.staff_id) = (String::new(), None);
    assert_eq!(written(&entry)["user"], json!({"name": "unknown"}));
}

#[test]
fn what_a_status_became_says_what_was_done() {
    let of = |action: &str, after: Value| written(&Entry { after, ..entry(action) })["activity_name"].clone();
    assert_eq!(of("users.status", json!({"status": "suspended"})), "Suspend");
    assert_eq!(of("users.status", json!({"status": "active"})), "Resume");
    assert_eq!(of("users.status", json!({})), "Update");
    assert_eq!(of("staff.status", json!({"active": false})), "Disable");
    assert_eq!(of("batches.pause", json!({"paused_until_at": null})), "Resume");
    assert_eq!(of("networks.remove", json!({})), "Delete");
    assert_eq!(of("brand.new-thing", json!({})), "brand.new-thing");
}

#[test]
fn every_kind_of_change_has_an_activity() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/sealing/golden");
    let kinds: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let others: BTreeSet<_> = kinds
        .iter()
        .map(|file| file.trim_end_matches(".json"))
        .filter(|kind| !kind.starts_with("session.") && activity_of(&entry(kind)) == Activity::Other)
        .collect();
    assert_eq!(others, BTreeSet::new(), "say in `activity_of` what they do");
    let verbs: BTreeSet<_> =
        kinds.iter().filter_map(|file| file.trim_end_matches(".json").rsplit_once('.')).map(|(_, verb)| verb).collect();
    assert!(UPDATES.split(' ').all(|verb| verbs.contains(verb)), "no change has such a verb any more");
}

#[test]
fn an_address_that_the_schema_refuses_is_a_name_only() {
    for (email, is) in
        [("mina@ingam.test", true), ("민아@ingam.test", false), ("a@b", false), ("@b.c", false), ("a@b@c.d", false)]
    {
        assert_eq!(is_email(email), is, "{email}");
    }
}
