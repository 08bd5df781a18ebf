//! Access records in a tree of their own, which the log knows of.

use crate::{
    evidence::support::{lay_open_tables, literal, tamper},
    kit::{Engine, World, assert_sound, at_once, on_both, wait_until, within},
};
use ingam::{
    access::seal::Sealing,
    clock::Instant,
    config::Config,
    gate::access::AccessRecord,
    id::{CustomerId, StaffId},
    merkle::{Frontier, leaf},
};
use std::{
    thread,
    time::{Duration, Instant as Moment},
};

pub(super) fn sealing(config: &mut Config) {
    config.sealing = Some(Sealing { look: Duration::from_millis(20), turns: 1, ..Sealing::default() });
}

fn waiting(world: &World) -> i64 {
    world.number("select sum(h.size - s.next) from access_sealed s join access_heads h on h.lane = s.lane")
}

/// Waits until all records are leaves.
pub(super) fn sealed(world: &World) {
    wait_until(|| waiting(world) == 0);
}

/// Waits until the log has the tree of all records.
pub(super) fn tied(world: &World) {
    world.clock.advance(Duration::from_mins(61));
    wait_until(|| waiting(world) == 0 && world.number("select size - tied from access_head") == 0);
}

pub(super) fn bodies(world: &World) -> Vec<String> {
    let text = match world.engine {
        Engine::Sqlite => "select cast(body as text) from access_leaves order by n",
        Engine::Postgres => "select convert_from(body, 'UTF8') from access_leaves order by n",
    };
    world.rows(text).into_iter().map(|row| row[0].clone().unwrap()).collect()
}

pub(super) fn tree(bodies: &[String]) -> Frontier {
    let mut frontier = Frontier::default();
    for body in bodies {
        frontier.push(leaf(body.as_bytes()));
    }
    frontier
}

fn hex_of(world: &World, column: &str, from: &str) -> String {
    let value = match world.engine {
        Engine::Sqlite => format!("lower(hex({column}))"),
        Engine::Postgres => format!("encode({column}, 'hex')"),
    };
    world.database().value(&format!("select {value} from {from}"))
}

fn verify(world: &World) -> (bool, String) {
    let verified = world.command(&["audit", "verify"]).output().unwrap();
    let said = [verified.stdout, verified.stderr].concat();
    (verified.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn is_found(world: &World, words: &str) {
    let (fits, said) = verify(world);
    assert!(!fits && said.contains(words), "{words}: {said}");
}

/// Takes away what keeps the records from being rewritten, as the owner of a database can.
fn lay_open(world: &World) {
    let tables = ["access_records", "access_subjects", "access_heads", "access_leaves", "access_head", "access_sealed"];
    lay_open_tables(world, &tables);
}

/// Puts the tree of these leaves where the console's was.
fn put(world: &World, bodies: &[String]) {
    let frontier = tree(bodies);
    let (edge, root) = (literal(world.engine, &frontier.bytes()), literal(world.engine, &frontier.root()));
    tamper(
        world,
        &format!("update access_head set size = {}, frontier = {edge}, root = {root}, tied = 0", bodies.len()),
    );
}

/// A look that is the last record of its chain, and the newest leaf: its id, chain and place.
fn newest(world: &World) -> (i64, i64, i64) {
    let mina = world.signed_in("mina");
    mina.get("/users");
    sealed(world);
    assert_eq!(mina.get("/users/2").status, 200);
    sealed(world);
    let row = &world.rows("select id, lane, place from access_records where task = 'view'")[0];
    let [id, lane, place] = [0, 1, 2].map(|at| row[at].as_deref().unwrap().parse().unwrap());
    (id, lane, place)
}

on_both! {
    fn records_become_leaves_and_the_log_has_their_tree(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let mina = world.signed_in("mina");
        // What is sealed together is in the order of the chains.
        sealed(world);
        let list = mina.get("/users");
        assert_eq!(list.status, 200);
        sealed(world);
        let bodies = bodies(world);
        assert_eq!(i64::try_from(bodies.len()).unwrap(), world.number("select count(*) from access_records"));
        let body: serde_json::Value = serde_json::from_str(bodies.last().unwrap()).unwrap();
        let named: Vec<_> = body["customers"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        let known = world.rows("select customer from access_subjects where record_id = (select max(id) from access_records) order by customer");
        assert_eq!(named, known.into_iter().map(|row| row[0].clone().unwrap()).collect::<Vec<_>>());
        assert!(named.len() > 1 && body["task"] == "search" && body["staff_name"] == "Mina Kang" && body["n"].as_str() == Some((bodies.len() - 1).to_string().as_str()), "{body}");
        assert_eq!(hex_of(world, "root", "access_head"), hex::encode(tree(&bodies).root()));

        // The first time at once, then after an hour in which there were new ones, and not otherwise.
        let rows = || world.number("select count(*) from audit where action = 'access.seal' and outcome = 'applied'");
        wait_until(|| rows() == 1);
        assert_eq!(world.number("select count(*) from audit where action = 'access.seal' and actor <> 'system'"), 0);
        mina.get("/users/2");
        tied(world);
        wait_until(|| rows() == 2);
        world.clock.advance(Duration::from_hours(3));
        thread::sleep(Duration::from_millis(300));
        assert_eq!(rows(), 2, "nothing new is not told");
        let row = world.audit().into_iter().rfind(|row| row.action == "access.seal").unwrap();
        assert_eq!(row.after["access_root"].as_str().unwrap(), hex_of(world, "root", "access_head"));
        assert_eq!(row.after["access_size"], (bodies.len() + 1).to_string());
        assert_sound(world);
        assert!(verify(world).1.contains("The tree of the access records fits"));
        let sora = world.signed_in("sora");
        sora.get("/access-records");
        sealed(world);
        let page = sora.get("/access-records");
        assert!(page.says("#sealed").contains("records are sealed in a tree"), "{page}");
    }

    fn many_looks_at_once_are_sealed_once_each_by_two_processes(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let another = world.another(sealing).unwrap();
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let looks: Vec<_> = (0..15).flat_map(|_| [(&mina, "/users"), (&mina, "/users/1"), (&hana, "/orders"), (&hana, "/users/2")]).collect();
        let pages = at_once(&looks, |(browser, path)| browser.get(path));
        assert!(pages.iter().all(|page| page.status == 200));
        sealed(world);
        let records = world.number("select count(*) from access_records");
        assert!(records >= 60, "{records}");
        assert_eq!(world.number("select count(*) from access_leaves"), records);
        assert_eq!(world.number("select max(n) + 1 from access_leaves"), records);
        assert_eq!(world.number("select size from access_head"), records);
        drop(another);
        assert_sound(world);
    }

    fn records_that_are_not_sealed_are_in_chains_alone_and_the_page_says_so(world) {
        let sora = world.signed_in("sora");
        sora.get("/audit");
        let page = sora.get("/access-records");
        assert!(page.says("#sealed").contains("The newest 2 records are not in the sealed tree yet"), "{page}");
        assert_eq!(world.number("select count(*) from access_leaves"), 0, "a page makes no leaf");
        assert!(verify(world).1.contains("No access record is in a tree yet"));
    }

    fn a_record_that_is_rewritten_with_its_chain_and_its_tree_is_found(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let (id, lane, place) = newest(world);
        tied(world);
        lay_open(world);
        let old = "select staff_id, staff_name, ip, ip_key, request_id from access_records where task = 'view'";
        let row = world.rows(old).remove(0).into_iter().map(Option::unwrap).collect::<Vec<_>>();
        let at = match world.engine {
            Engine::Sqlite => "select cast(strftime('%s', at) as integer) from access_records where task = 'view'",
            Engine::Postgres => "select cast(extract(epoch from at) as bigint) from access_records where task = 'view'",
        };
        let record = AccessRecord {
            lane,
            place,
            at: Instant::from_unix(world.number(at)).unwrap(),
            staff_id: StaffId::new(row[0].parse().unwrap()),
            staff_name: row[1].clone(),
            ip: row[2].clone(),
            ip_key: row[3].clone(),
            task: "view".to_owned(),
            subject: Some("user/2".to_owned()),
            detail: None,
            reason: None,
            request_id: row[4].clone(),
            shown: Some(1),
        };
        let customers = [CustomerId::new(2)];
        let n = world.number(&format!("select n from access_leaves where record_id = {id}"));
        let before = if place == 0 { String::new() } else { hex_of(world, "hash", &format!("access_records where lane = {lane} and place = {}", place - 1)) };
        let before = hex::decode(before).unwrap();
        let mut bodies = bodies(world);
        assert_eq!(bodies[usize::try_from(n).unwrap()].as_bytes(), record.body(n, id, &customers), "the test knows the bytes");
        let forged = AccessRecord { staff_name: "Another".to_owned(), ..record };
        let hash = literal(world.engine, &forged.hash(&before, &customers));
        tamper(world, &format!("update access_records set staff_name = 'Another' where id = {id}"));
        is_found(world, "of chain");
        tamper(world, &format!("update access_records set hash = {hash} where id = {id}; update access_heads set hash = {hash} where lane = {lane}"));
        is_found(world, &format!("record {id} is not what was sealed as leaf {n}"));
        let body = String::from_utf8(forged.body(n, id, &customers)).unwrap();
        let (bytes, hash) = (literal(world.engine, body.as_bytes()), literal(world.engine, &leaf(body.as_bytes())));
        tamper(world, &format!("update access_leaves set body = {bytes} where n = {n}"));
        is_found(world, "do not give its hash");
        tamper(world, &format!("update access_leaves set leaf = {hash} where n = {n}"));
        bodies[usize::try_from(n).unwrap()] = body;
        put(world, &bodies);
        is_found(world, "records were rewritten with their tree");
    }

    fn a_record_that_is_taken_out_of_its_chain_and_its_tree_is_missed(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let (id, lane, place) = newest(world);
        tied(world);
        lay_open(world);
        let before = if place == 0 { String::new() } else { hex_of(world, "hash", &format!("access_records where lane = {lane} and place = {}", place - 1)) };
        let hash = literal(world.engine, &hex::decode(before).unwrap());
        let mut bodies = bodies(world);
        assert!(bodies.pop().unwrap().contains("\"task\":\"view\""), "it is the newest leaf");
        tamper(world, &format!("delete from access_leaves where record_id = {id}"));
        is_found(world, "or its record, is missing");
        put(world, &bodies);
        is_found(world, "count as sealed and are not in their tree");
        tamper(world, &format!(
            "delete from access_records where id = {id}; delete from access_subjects where record_id = {id};
             update access_heads set size = {place}, hash = {hash} where lane = {lane};
             update access_sealed set next = {place} where lane = {lane}; update access_head set tied = 0;
             delete from looks where kind = 'opened'"
        ));
        is_found(world, "there were more than now");
    }

    fn a_leaf_that_was_put_beside_the_tree_is_found(outer) {
        let world = &World::start_with(outer.engine, sealing);
        newest(world);
        tied(world);
        lay_open(world);
        let bytes = literal(world.engine, b"{}");
        let hash = literal(world.engine, &leaf(b"{}"));
        tamper(world, &format!("insert into access_leaves (n, record_id, body, leaf) values (1000, 99999, {bytes}, {hash})"));
        is_found(world, "leaf 1000 is not in their tree");
    }
}

#[test]
fn a_look_waits_neither_for_the_tree_nor_for_the_log() {
    within(Engine::Postgres, |outer| {
        let world = &World::start_with(outer.engine, sealing);
        let mina = world.signed_in("mina");
        sealed(world);
        thread::scope(|scope| {
            // Until it is cancelled; a look that waits is given up before.
            let locks =
                "select 1 from access_head where id = 1 for update; select 1 from audit_head where id = 1 for update;
                         select 1 from access_sealed for update; select pg_sleep(60)";
            let held = scope.spawn(|| world.database().tamper(locks));
            let holding = "from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()";
            wait_until(|| held.is_finished() || world.number(&format!("select count(*) {holding}")) == 1);
            let began = Moment::now();
            for path in ["/users", "/users/1", "/orders", "/users?status=suspended"] {
                assert_eq!(mina.get(path).status, 200, "{path}");
            }
            assert!(!held.is_finished(), "it took {:?}", began.elapsed());
            assert!(waiting(world) >= 4, "what was seen meanwhile is recorded, and sealed afterwards");
            assert_eq!(world.rows(&format!("select pg_cancel_backend(pid) {holding}")).len(), 1);
            assert!(held.join().unwrap().unwrap_err().contains("canceling statement"));
        });
        sealed(world);
        assert_sound(world);
    });
}
