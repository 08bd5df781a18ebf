//! A world in which everything has been done once, so that every table has a row that a change made.

use crate::{
    alerts::support::alert,
    approvals::support::{approval, ask, points_rule, rejection, rules},
    batches::support::{becomes, declare, id_of as run_of, rerun_form, run, script},
    evidence::support::{Key, literal, said},
    exports::asking as exports,
    kit::{Browser, Engine, Form, Mode, Provider, Sink, World, addition, reached_at, wait_until},
    orders::support::{PATIENCE, cancellation, refund, settled, shipping},
    people::support::{id_of, invitation, panel, roles_form},
    reviews::support as reviews,
    sign_in::{
        lost_phone::replace,
        recovery::{recover, renew},
    },
};
use ingam::{
    access::seal::Sealing,
    batches::ping,
    config::{Config, ReceiverConfig, receivers},
    notify::Channels,
    secret::{Purpose, SecretKey},
};
use std::time::Duration;

/// What another system shows that posts alerts.
const RECEIVE: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";

/// The part of a configuration file that says who posts.
#[derive(serde::Deserialize)]
struct Receive {
    receive: Vec<ReceiverConfig>,
}

/// Everything that people and the system do, done here. The provider must live as long as the world.
pub(crate) fn populated(engine: Engine) -> (World, Provider) {
    let (provider, sink) = (Provider::start(), Sink::start());
    let signer = Key::make();
    let configure = |config: &mut Config| {
        provider.serve_for(config, PATIENCE);
        config.policies = rules(vec![points_rule(10_000, Some(200_000), 1)]);
        let parameters = "schedule = { cron = \"0 4 * * *\" }\nparameters = [{ name = \"day\", title = \"Day\", type = \"text\", default = \"monday\" }]";
        declare(config, &[script("good", "echo hello", parameters), script("bad", "exit 3", "")].concat());
        let text = format!(
            "[[receive]]\nname = \"am\"\nkind = \"alertmanager\"\ntoken = \"{RECEIVE}\"\nurl = \"http://127.0.0.1:9\""
        );
        let declared: Receive = toml::from_str(&text).unwrap();
        config.receivers = receivers(&declared.receive, &Channels::default(), config.profile).unwrap();
        // It runs until the test ends, and takes what the console tells it.
        let own = "[\"runs.*\", \"batches.*\", \"approvals.*\", \"audit.*\", \"queue.*\", \"oncall.*\"]";
        sink.serve_for(config, &format!("{}[[route]]\nkinds = {own}\nto = [\"hook\"]", sink.people()));
    };
    let world = World::start_with(engine, configure);
    review(&world);
    let mina = world.signed_in("mina");
    customers(&world, &mina);
    orders(&world, &mina, &provider);
    requests(&world, &mina);
    export(&world);
    suspicion(&world);
    batches(&world);
    reached_at(&world, &sink, &world.signed_in("jun"), "jun", "jun");
    people(&world);
    networks(&world);
    escalation(&world);
    queues(&world);
    deployments(&world);
    levers(&world);
    draft(&world);
    evidence(&world, &signer);
    seal_access(&world, configure);
    former_key(&world);
    // By the clock of the machine, which is ahead of the world's: from then on the log's time is held.
    let done = world.command(&["job", "daily-settlement", "--date", "2026-02-28"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    (world, provider)
}

/// A report about March, which is over from then on.
fn review(world: &World) {
    reviews::end_march(world);
    reviews::sign(world, &world.signed_in("sora"), "2026-03");
}

/// A file of the log that was taken.
fn export(world: &World) {
    let sora = world.signed_in("sora");
    let path = exports::ask(world, &sora, "jsonl", "&outcome=applied");
    assert_eq!(sora.get(&format!("{path}/file")).status, 200);
}

/// Something that a rule found and a person closed.
fn suspicion(world: &World) {
    let found = "insert into suspicions (rule, key, staff_id, other_id, customer, began_at, first_seq, last_seq, n, evidence, found_at) values
        ('same-customer', '1/1/2026-03-02', 1, 2, 1, '2026-03-01T15:00:00.000000Z', 0, 1, 3, '{\"n\":3}', '2026-03-02T00:00:00.000000Z')";
    world.database().tamper(found).unwrap();
    let sora = world.signed_in("sora");
    let form = sora.get("/audit/suspicions/1?panel=close").form_to("/end").set("outcome", "explained");
    let closed = form.set("reason", "A long complaint, ticket 20931").set("code", &world.code("sora")).submit();
    assert_eq!(closed.status, 303, "{closed}");
}

fn customers(world: &World, mina: &Browser) {
    assert_eq!(addition(mina, 1, "5").set("code", &world.code("mina")).submit().status, 303);
    let suspended = mina.get("/users/3?panel=status").form_to("/status").set("reason", "Asked for it herself");
    assert_eq!(suspended.set("code", &world.code("mina")).submit().status, 303);
    let note = mina.get("/users/1?panel=note").form_to("/notes").set("text", "Call after 6 pm");
    assert_eq!(note.set("reason", "She asked for it").set("code", &world.code("mina")).submit().status, 303);
    let contact = mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called, ticket 5");
    contact.submit();
    mina.get("/users").form_to("/users/searches").set("q", "kim").submit();
}

fn orders(world: &World, mina: &Browser, provider: &Provider) {
    assert_eq!(refund(mina, 1, &[(3, "1")]).set("code", &world.code("mina")).submit().status, 303);
    settled(world);
    provider.set(Mode::Decline);
    assert_eq!(refund(mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
    settled(world);
    let dismissal = mina.get("/orders/4").attributes("a[href*='panel=dismiss']", "href").remove(0);
    let dismissal = mina.get(&dismissal).form_to("/dismissal").set("reason", "Paid from the till");
    assert_eq!(dismissal.set("code", &world.code("mina")).submit().status, 303);
    assert_eq!(cancellation(mina, 3).set("code", &world.code("mina")).submit().status, 303);
    let parcel = |state: &str| shipping(mina, 6, state).set("carrier", "cj").set("tracking_number", "601234564471");
    assert_eq!(parcel("shipped").set("code", &world.code("mina")).submit().status, 303);
    assert_eq!(shipping(mina, 6, "delivered").set("code", &world.code("mina")).submit().status, 303);
    assert_eq!(shipping(mina, 1, "preparing").set("code", &world.code("mina")).submit().status, 303);
    let note = mina.get("/orders/1").form_to("/notes").set("reason", "She will call again");
    assert_eq!(note.set("code", &world.code("mina")).submit().status, 303);
}

/// One request that was approved, one that was rejected, and one that waits.
fn requests(world: &World, mina: &Browser) {
    let hana = world.signed_in("hana");
    let approved = ask(world, mina, 1, "50,000");
    assert_eq!(approval(&hana, approved).set("code", &world.code("hana")).submit().status, 303);
    let rejected = ask(world, mina, 1, "60,000");
    assert_eq!(rejection(&hana, rejected).set("code", &world.code("hana")).submit().status, 303);
    ask(world, mina, 1, "70,000");
}

fn batches(world: &World) {
    let jun = world.signed_in("jun");
    let good = run(world, &jun, "jun", "good");
    becomes(world, good, "succeeded");
    let bad = run(world, &jun, "jun", "bad");
    becomes(world, bad, "failed");
    let alert = alert(world, "runs.failed");
    assert_eq!(jun.get(&format!("/alerts/{alert}")).form_to("/acknowledgement").submit().status, 303);
    let rerun = rerun_form(&jun, bad).set("code", &world.code("jun")).submit();
    becomes(world, run_of(rerun.location().unwrap()), "failed");
    incident(world, &jun, alert);
    let pause = jun.get("/batches/good?panel=pause").form_to("/pause").set("reason", "The bank is closed");
    let pause = pause.set("incident", "INC-1");
    assert_eq!(pause.set("code", &world.code("jun")).submit().status, 303);
    let silence = |what: &str| {
        let form = jun.get("/silences?panel=begin").form_to("/silences").set("what", what);
        form.set("reason", "The bank is closed").set("code", &world.code("jun")).submit().status
    };
    assert_eq!((silence("kind:runs.slow"), silence("job:good")), (303, 303));
    let end = jun.get("/silences?panel=end-1").form_to("/end").set("reason", "The bank is open again");
    assert_eq!(end.set("code", &world.code("jun")).submit().status, 303);
    received(world);
    rota(world, &jun);
    // A report of a job that runs here, which is refused and noted.
    let token = ping::token(&world.config().secret_key, "good", 1);
    assert_eq!(world.browser().request("POST", &format!("/ping/{token}/good")).without("origin").send().status, 409);
    let lapse = jun.get("/batches/good?panel=resolve").form_to("/lapses").set("reason", "It was tried out by hand");
    assert_eq!(lapse.set("code", &world.code("jun")).submit().status, 303);
}

/// A rota with an exception, and the calendar of one of its people.
fn rota(world: &World, jun: &Browser) {
    let seal = |form: Form| form.set("reason", "Agreed in the team").set("code", &world.code("jun")).submit();
    let create = jun.get("/oncall?panel=create").form_to("/oncall");
    let create =
        create.set("title", "First line").set("name", "first").set("member-1", &id_of(world, "jun").to_string());
    assert_eq!(seal(create.set("starts_on", "2026-04-02")).status, 303);
    let instead = jun.get("/oncall/first?panel=override").form_to("/overrides");
    assert_eq!(
        seal(instead.set("staff", &id_of(world, "mina").to_string()).set("until", "2026-04-20T09:00")).status,
        303
    );
    assert_eq!(seal(jun.get("/oncall?panel=calendar").form_to("/calendars")).status, 200);
}

/// An incident of the alert, with an action and a sealed postmortem, which a sealed change names.
fn incident(world: &World, jun: &Browser, alert: i64) {
    let open = jun.get(&format!("/incidents?panel=open&alert={alert}")).form_to("/incidents").set("severity", "sev2");
    assert_eq!(open.submit().status, 303);
    assert_eq!(jun.get("/incidents/1?panel=lead").form_to("/lead").submit().status, 303);
    let sealed = |panel: &str, action: &str, fields: &[(&str, &str)]| {
        let form = jun.get(&format!("/incidents/1?panel={panel}")).form_to(action).set("reason", "As all of us agreed");
        let form = fields.iter().fold(form, |form, (name, value)| form.set(name, value));
        let done = form.set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
    };
    sealed("advance", "/step", &[("cause", "The bank sent no file")]);
    sealed("advance", "/step", &[("remedy", "It was sent again")]);
    sealed("action", "/actions", &[("text", "Ask for the file a day earlier")]);
    sealed("postmortem", "/postmortem", &[]);
}

/// An alert of another system, which is asked in vain whether it is still open, and says then that it is over.
fn received(world: &World) {
    for status in ["firing", "resolved"] {
        let alert = serde_json::json!({ "status": status, "fingerprint": "a1", "startsAt": "2026-02-28T23:00:00Z", "labels": {} });
        let request = world.browser().request("POST", "/receive/am").without("origin");
        let request = request.header("authorization", &format!("Bearer {RECEIVE}"));
        let body = serde_json::json!({ "alerts": [alert] }).to_string();
        assert_eq!(request.body("application/json", body).send().status, 200);
        wait_until(|| world.number("select count(*) from received_polls") == 1);
    }
    wait_until(|| {
        world.number("select count(*) from alerts where kind = 'received.firing' and resolved_at is null") == 0
    });
}

fn people(world: &World) {
    let owner = world.signed_in("owner");
    let code = || world.code("owner");
    assert_eq!(invitation(&owner, "nari@ingam.test", &["operator"]).set("code", &code()).submit().status, 200);
    let jun = id_of(world, "jun");
    assert_eq!(roles_form(&owner, jun, &["oncall", "auditor"]).set("code", &code()).submit().status, 303);
    let networks = panel(&owner, jun, "networks").set("networks", "127.0.0.0/8");
    assert_eq!(networks.set("code", &code()).submit().status, 303);
    let sora = world.signed_in("sora");
    let preferences = sora.get("/account").form("#preferences form");
    let preferences = preferences.set("lang", "en").set("time_zone", "Europe/Berlin").set("theme", "dark");
    assert_eq!(preferences.submit().status, 303);
    world.browser().give_password("mina");
    let codes = renew(world, &sora, "sora");
    // One who has replaced the lost authenticator, and then is about to do so again.
    let lost = world.browser();
    assert_eq!(recover(&lost, "sora", &codes[0]), 303);
    replace(world, &lost);
    assert_eq!(recover(&world.browser(), "sora", &codes[1]), 303);
    let hana = panel(&owner, id_of(world, "hana"), "status");
    assert_eq!(hana.set("code", &code()).submit().status, 303);
}

fn networks(world: &World) {
    let owner = world.signed_in("owner");
    let added = owner.get("/networks?panel=add").form_to("/networks");
    let added = added.set("net", "198.51.100.7").set("note", "The printer").set("expires_at", "2026-04-09T09:00");
    let added = added.set("reason", "The new office").set("code", &world.code("owner")).submit();
    assert_eq!(added.status, 303, "{added}");
}

/// The key in use took the place of another one.
fn former_key(world: &World) {
    let former = SecretKey::new([7; 32].map(|byte: u8| byte ^ 0x5a));
    let stored = hex::encode(former.mac(Purpose::Check, b"installation"));
    world.database().tamper(&format!("update installation set key_check = '{stored}'")).unwrap();
    let rotated = world.command(&["rotate-key"]).env("INGAM_SECRET_KEY_OLD", &former.spellings()[0]).output().unwrap();
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
}

/// A form that was sent after its session had ended.
fn draft(world: &World) {
    let mina = world.signed_in("mina");
    let form = addition(&mina, 2, "5");
    assert_eq!(mina.get("/").form_to("/logout").submit().status, 303);
    assert_eq!(form.submit().status, 303);
    assert_eq!(world.number("select count(*) from drafts"), 1);
}

/// An escalation that has called a person.
fn escalation(world: &World) {
    let (now, no) = (world.clock.now(), if world.engine == Engine::Postgres { "false" } else { "0" });
    let alert = world.number("select min(id) from alerts");
    let event = format!("({alert}, '{now}', 'called', 'batches', 0, 0, 'rota:first', 2, 'Jun Park', 'x')");
    let events = "alert, at, what, policy, round, step, target, staff, staff_name, detail";
    world.database().tamper(&format!("insert into escalation_events ({events}) values {event}")).unwrap();
    let row = format!("({alert}, 'batches', 0, 1, '{now}', 'rota:second', 1, {no}, '{now}')");
    let rows = "alert, policy, round, next_step, next_at, next_target, newest_call, is_reached, unreached_at";
    world.database().tamper(&format!("insert into escalations ({rows}) values {row}")).unwrap();
}

/// A topic that was read, and a record that was set aside.
fn queues(world: &World) {
    let now = world.clock.now();
    let place = format!("('dev-reports', 0, 3, 4, 'a', '{now}', '{now}', '{now}', '{now}', 'no answer', false)");
    let offsets = "topic, partition, next_offset, end_offset, owner, lease_until, moved_at, waits_since, failing_since, error, is_declared";
    world.database().tamper(&format!("insert into queue_offsets ({offsets}) values {place}")).unwrap();
    let reject = format!("('dev-reports', 0, 2, '{now}', 'not-json', 'good', 'x')");
    let rejects = "topic, partition, record_offset, at, why, job, body";
    world.database().tamper(&format!("insert into queue_rejects ({rejects}) values {reject}")).unwrap();
}

/// A kind of change that was closed and opened again.
/// The log is signed from another process, which needs nothing of the console. No log here has the 256 rows of a subtree.
fn evidence(world: &World, key: &Key) {
    let signed = key.sign(world);
    assert!(signed.status.success(), "{}", said(&signed));
    let mut ship = world.command(&["audit", "ship", "--now"]);
    let shipped = ship.env("INGAM_AUDIT_SHIP", key.directory.path()).output().unwrap();
    assert!(shipped.status.success(), "{}", said(&shipped));
    for sql in [
        "insert into cosignatures (checkpoint_id, witness, line, at) select id, 'w1', 'a line', signed_at from checkpoints",
        "insert into witnesses (name, attempts, error, next_at) select 'w2', 1, 'timed out', signed_at from checkpoints limit 1",
    ] {
        world.database().tamper(sql).unwrap();
    }
    let (response, now) = (literal(world.engine, &[7; 32]), world.clock.now());
    for sql in [
        format!(
            "insert into timestamps (checkpoint_id, authority, response, stamped_at, at) select id, 'a1', {response}, signed_at, signed_at from checkpoints"
        ),
        format!(
            "insert into timestamp_troubles (authority, attempts, error, next_at, since) values ('a2', 1, 'timed out', '{now}', '{now}')"
        ),
    ] {
        world.database().tamper(&sql).unwrap();
    }
    world
        .database()
        .tamper(&format!("insert into audit_nodes (level, n, hash) values (8, 0, {})", literal(world.engine, &[7; 32])))
        .unwrap();
}

/// The access records so far in their tree, and the log told of it.
fn seal_access(world: &World, configure: impl Fn(&mut Config)) {
    let sealing = Sealing { look: Duration::from_millis(50), turns: 1, ..Sealing::default() };
    // Apart, so that it seals no more when this is over.
    let console = world.another(|config| {
        configure(config);
        config.sealing = Some(sealing);
    });
    let console = console.unwrap();
    let waiting = "select sum(h.size - s.next) from access_sealed s join access_heads h on h.lane = s.lane";
    wait_until(|| world.number(waiting) == 0 && world.number("select tied from access_head") > 0);
    drop(console);
}

fn levers(world: &World) {
    let jun = world.signed_in("jun");
    let form = jun.get("/levers?panel=close&kind=orders.ship").form_to("/levers").set("reason", "Parcels go astray");
    assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
    let form = jun.get("/levers?panel=open-1").form_to("/opening").set("reason", "They have been found");
    assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
}

/// A deployment that was reported, and a configuration that a console began with.
fn deployments(world: &World) {
    let now = world.clock.now();
    let columns = "service, environment, version, at, recorded_at, by_name, source, url, notes";
    let row =
        format!("('shop', 'prod', '1.4.2', '{now}', '{now}', 'Mina Kang', 'token', 'https://ci.example.com/7', 'x')");
    world.database().tamper(&format!("insert into deployments ({columns}) values {row}")).unwrap();
    let seen = format!("(0, '00ff', '{now}', '0.1.0')");
    world
        .database()
        .tamper(&format!("insert into configurations (previous, hash, seen_at, program) values {seen}"))
        .unwrap();
}
