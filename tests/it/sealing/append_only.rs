//! What is appended stays: the ways around that are known, each of them tried.

use crate::kit::{Engine, World, addition, bytes, on_both};

/// Everything that must not change, in its current state.
fn kept(world: &World) -> Vec<Vec<Option<String>>> {
    [
        "select * from audit order by seq",
        "select * from audit_head",
        "select * from access_records order by id",
        "select * from access_subjects order by record_id, customer",
        "select * from access_head",
        "select * from access_sealed order by lane",
        "select * from point_entries order by id",
    ]
    .iter()
    .flat_map(|sql| world.rows(sql))
    .collect()
}

/// Tries each statement, in each of the `manners`, and sees it refused and nothing changed.
fn assert_refused(world: &World, manners: &[&str], attempts: &[String]) {
    let mina = world.signed_in("mina");
    assert_eq!(addition(&mina, 1, "5").set("code", &world.code("mina")).submit().status, 303);
    let before = kept(world);
    for manner in manners {
        for attempt in attempts {
            let tried = world.database().tamper(&format!("{manner} {attempt}"));
            let refused = tried.expect_err(&format!("was let through: {manner} {attempt}"));
            let is_a_no = [
                "append-only",
                "permission denied",
                "no gaps",
                "one row at a time",
                "one head",
                "must be owner",
                "must be superuser",
                "cannot insert",
            ]
            .iter()
            .any(|word| refused.contains(word));
            assert!(is_a_no, "{manner} {attempt}\nfailed for another reason: {refused}");
        }
        assert!(kept(world) == before, "{manner}\nsomething was refused and changed something all the same");
    }
    // And the console goes on.
    assert_eq!(addition(&mina, 1, "5").set("code", &world.code("mina")).submit().status, 303);
}

/// The columns of an audit row but its `seq`, taken from row 0, so that only the place of the new row is wrong.
const REST: &str = "at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after,
    reason, ip, ip_key, peer, user_agent, session, request_id, approval_id, reversal_of, outcome, refusal, flags, body, leaf";

fn insert(verb: &str, seq: &str, end: &str) -> String {
    let rest = REST.replace("change_id", "'another'");
    format!("{verb} into audit (seq, {REST}) select {seq}, {rest} from audit where seq = 0 {end}")
}

/// What both engines must refuse from every connection.
fn attempts(engine: Engine) -> Vec<String> {
    let no_root = bytes(engine, &[0; 32]);
    let mut list: Vec<String> = [
        "update audit set reason = 'another' where seq = 1",
        "update audit set seq = seq + 1000 where seq = 0",
        "update audit set body = body",
        "delete from audit where seq = (select max(seq) from audit)",
        "delete from audit",
        "update access_records set subject = 'user/2'",
        "delete from access_records",
        "update access_subjects set customer = 2",
        "delete from access_subjects",
        "update access_head set size = size - 1",
        "delete from access_head",
        "update access_sealed set next = next - 1, starts = starts - 1",
        "delete from access_sealed",
        "update point_entries set delta = 1, balance = 1 where id = 1",
        "delete from point_entries where id = 1",
        "delete from audit_head",
        "update audit_head set size = size - 1",
        "update audit_head set size = size + 2",
        "update audit_head set size = 0",
        "update audit_head set id = 2",
    ]
    .map(str::to_owned)
    .to_vec();
    list.push(format!("update audit_head set root = {no_root}"));
    list.push(format!("insert into audit_head (id, size, frontier, root) values (1, 0, {no_root}, {no_root})"));
    for seq in ["(select size + 1 from audit_head)", "1000000", "-1", "0", "(select size - 1 from audit_head)"] {
        list.push(insert("insert", seq, ""));
    }
    list.push(insert("insert", "1", "on conflict (seq) do nothing"));
    list.push(insert("insert", "1", "on conflict (seq) do update set reason = 'another'"));
    list
}

fn sqlite_attempts() -> Vec<String> {
    let mut list = Vec::new();
    for verb in ["replace", "insert or replace", "insert or ignore", "insert or rollback", "insert or fail"] {
        for seq in ["1", "(select max(seq) from audit)", "(select max(seq) + 2 from audit)", "-1"] {
            list.push(insert(verb, seq, ""));
        }
    }
    // A place that belongs to no row, and none at all.
    list.push(insert("insert", "null", ""));
    list.push(insert("insert or replace", "null", ""));
    let rest = REST.replace("change_id", "'another'");
    list.push(format!("insert into audit ({REST}) select {rest} from audit where seq = 0"));
    list.extend(
        [
            "update or replace audit set seq = 1 where seq = 0",
            "update or ignore audit set reason = 'another'",
            "replace into audit_head select id, size + 1, frontier, root from audit_head",
            "insert or replace into audit_head select id, size, frontier, root from audit_head",
            "insert into audit_head select id, size, frontier, root from audit_head where true on conflict (id) do update set size = 0",
            "replace into access_records select * from access_records where id = 1",
            "insert or replace into access_records (id, at, staff_id, staff_name, ip, ip_key, task, request_id)
               values (1, '2026-01-01T00:00:00.000000Z', 1, 'x', '', '', 'view', 'r')",
            "insert into access_records select * from access_records where true on conflict (id) do update set task = 'x'",
            "replace into access_subjects select * from access_subjects where record_id = 1",
            "replace into point_entries select * from point_entries where id = 1",
            "insert or replace into point_entries (id, user_id, at, delta, balance, kind) values (1, 1, '2026-01-01T00:00:00.000000Z', 1, 1, 'earned')",
            // The unique index on a change's name is another way to have a row deleted by replacing it.
            "insert or replace into point_entries (user_id, at, delta, balance, kind, change_id)
               select user_id, at, 1, 1, kind, change_id from point_entries where change_id is not null",
            "insert into point_entries select * from point_entries where id = 1 on conflict (id) do update set delta = 1",
        ]
        .map(str::to_owned),
    );
    list
}

const POSTGRES: [&str; 10] = [
    "truncate audit",
    "truncate audit_head",
    "truncate access_records",
    "truncate access_subjects",
    "truncate point_entries",
    "truncate point_entries, audit, access_records cascade",
    "merge into audit a using (select 1 as one) s on a.seq = s.one when matched then update set reason = 'another'",
    "merge into audit a using (select 1 as one) s on a.seq = s.one when matched then delete",
    "merge into audit_head h using (select 1 as one) s on h.id = s.one when matched then delete",
    "with gone as (delete from audit returning 1) select * from gone",
];

/// What only the console's own role must be refused; an owner may do these, and `self_check` sees that they did.
const AS_THE_CONSOLE: [&str; 15] = [
    "alter table audit disable trigger audit_no_rewriting",
    "alter table audit disable trigger all",
    "drop trigger audit_no_rewriting on audit",
    "drop table audit",
    "alter table audit rename to audit_of_old",
    "alter table audit drop column reason",
    "create rule quiet as on insert to audit do instead nothing",
    "create trigger mine before insert on audit for each row execute function refuse_rewriting()",
    "create or replace function refuse_rewriting() returns trigger language plpgsql as 'begin return new; end'",
    "set session_replication_role = replica",
    "lock table audit in access exclusive mode",
    "select body from audit where seq = 0 for update",
    "copy audit to program 'true'",
    "delete from users where id = 2",
    "update installation set environment = 'prod'",
];

on_both! {
    fn no_way_around_leads_to_another_log(world) {
        let mut list = attempts(world.engine);
        match world.engine {
            Engine::Sqlite => {
                list.extend(sqlite_attempts());
                // A client that is not the console, with and without what the console sets on its connections.
                let manners = ["", "pragma recursive_triggers = on;", "pragma recursive_triggers = off; pragma foreign_keys = off;"];
                assert_refused(world, &manners, &list);
            }
            Engine::Postgres => {
                list.extend(POSTGRES.map(str::to_owned));
                // The owner, the owner pretending to replicate, and the role that the console works as.
                assert_refused(world, &["", "set session_replication_role = replica;", "set role ingam_app;"], &list);
                let list = AS_THE_CONSOLE.map(str::to_owned);
                assert_refused(world, &["set role ingam_app;"], &list);
            }
        }
    }
}
