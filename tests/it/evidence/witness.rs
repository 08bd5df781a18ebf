//! A witness, played in this process after the specification of C2SP, with primitives that the console does not use: proofs are verified
//! by `tlog_tiles`, notes by `signed_note`.

use super::support::{Key, change, posted, said, size, wait_for_signature, write};
use crate::kit::{Engine, TestClock, World, on_both, serve_each, wait_for, wait_until};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ingam::evidence::witness::{Witness, Witnesses};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest as _, Sha256};
use signed_note::{Note, StandardVerifier, VerifierList};
use std::{
    collections::BTreeMap,
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

const NAME: &str = "witness.ingam.test/w1";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Good,
    Away,
    /// Its clock is an hour ahead.
    Fast,
    /// It signs with another key than the one that it publishes.
    Forged,
    /// It answers a conflict without saying with what.
    Mute,
}

struct State {
    mode: Mode,
    /// Of each log what was signed last.
    signed: BTreeMap<String, (u64, tlog_tiles::Hash)>,
    /// The sizes that were named as the old ones, and the statuses of the answers.
    asked: Vec<(u64, u16)>,
    /// What the clock says, in seconds since 1970.
    now: Box<dyn Fn() -> u64 + Send>,
    log: String,
}

#[derive(Clone)]
struct Played {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// The type of a witness's key, and the key.
fn public() -> Vec<u8> {
    [&[4], pair(9).public_key().as_ref()].concat()
}

fn key_id() -> [u8; 4] {
    let hash = Sha256::digest([NAME.as_bytes(), b"\n", &public()].concat());
    hash[..4].try_into().unwrap()
}

fn vkey() -> String {
    format!("{NAME}+{}+{}", hex::encode(key_id()), STANDARD.encode(public()))
}

impl Played {
    fn start(log: &str, now: impl Fn() -> u64 + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (signed, asked) = (BTreeMap::new(), Vec::new());
        let state = State { mode: Mode::Good, signed, asked, now: Box::new(now), log: log.to_owned() };
        let played = Self { address, state: Arc::new(Mutex::new(state)) };
        let serving = played.clone();
        serve_each(listener, move |stream| serving.serve(stream));
        played
    }

    fn set(&self, mode: Mode) {
        self.state.lock().unwrap().mode = mode;
    }

    /// The number of rows that it has signed last.
    fn size(&self) -> u64 {
        self.state.lock().unwrap().signed.values().map(|(size, _)| *size).max().unwrap_or_default()
    }

    fn asked(&self) -> Vec<(u64, u16)> {
        self.state.lock().unwrap().asked.clone()
    }

    /// What it has signed is lost, or that of another.
    fn forget(&self, signed: Option<(u64, [u8; 32])>) {
        let mut state = self.state.lock().unwrap();
        state.signed.clear();
        if let Some((size, root)) = signed {
            state.signed.insert(super::support::NAME.to_owned(), (size, tlog_tiles::Hash(root)));
        }
    }

    fn witnesses(&self) -> Witnesses {
        let witness = Witness::parse(&format!("http://{}/w1/", self.address), &vkey()).unwrap();
        Witnesses { all: vec![witness], look: Duration::from_millis(50) }
    }

    fn serve(&self, mut stream: TcpStream) {
        let body = posted(&stream, "/w1/add-checkpoint");
        let mut state = self.state.lock().unwrap();
        if state.mode == Mode::Away {
            return;
        }
        let (old, status, kind, text) = answer(&mut state, &String::from_utf8(body).unwrap());
        state.asked.push((old, status));
        let _ = write!(
            stream,
            "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
    }
}

fn answer(state: &mut State, body: &str) -> (u64, u16, &'static str, String) {
    let (head, note) = body.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
    let proof: Vec<_> = lines.map(|line| tlog_tiles::Hash::parse_hash(line).unwrap()).collect();
    let verifiers = VerifierList::new(vec![Box::new(StandardVerifier::new(&state.log).unwrap())]);
    Note::from_bytes(note.as_bytes()).unwrap().verify(&verifiers).unwrap();
    let text = format!("{}\n", note.split_once("\n\n").unwrap().0);
    let mut words = text.lines();
    let (origin, size) = (words.next().unwrap().to_owned(), words.next().unwrap().parse::<u64>().unwrap());
    let root = tlog_tiles::Hash::parse_hash(words.next().unwrap()).unwrap();
    let known = state.signed.get(&origin).copied();
    let last = known.map_or(0, |(size, _)| size);
    if old > size {
        return (old, 400, "text/plain", String::new());
    }
    if state.mode == Mode::Mute && old != last {
        return (old, 409, "text/plain", String::new());
    }
    if old != last {
        return (old, 409, "text/x.tlog.size", format!("{last}\n"));
    }
    let fits = match known {
        _ if old == 0 => proof.is_empty(),
        Some((_, before)) if old == size => proof.is_empty() && before == root,
        Some((_, before)) => tlog_tiles::check_tree(&proof, size, root, old, before).is_ok(),
        None => false,
    };
    if !fits {
        return (old, 422, "text/plain", String::new());
    }
    state.signed.insert(origin, (size, root));
    let time = (state.now)() + if state.mode == Mode::Fast { 3_600 } else { 0 };
    let signed = pair(if state.mode == Mode::Forged { 8 } else { 9 })
        .sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes());
    let bytes = [key_id().as_slice(), &time.to_be_bytes(), signed.as_ref()].concat();
    // One of a key that is not asked comes with it.
    let other = [[1, 2, 3, 4].as_slice(), &time.to_be_bytes(), &[7; 64]].concat();
    let line = |name: &str, bytes: &[u8]| format!("\u{2014} {name} {}\n", STANDARD.encode(bytes));
    (old, 200, "text/plain", line("witness.ingam.test/other", &other) + &line(NAME, &bytes))
}

/// A world whose log is signed, and its witness, who goes by the same clock.
fn witnessed(engine: Engine) -> (World, Key, Played) {
    let key = Key::make();
    let clock = Arc::new(Mutex::new(None::<TestClock>));
    let told = Arc::clone(&clock);
    let now = move || told.lock().unwrap().as_ref().map_or(0, |clock| clock.now().unix().unsigned_abs());
    let played = Played::start(&key.vkey, now);
    let world = World::start_with(engine, |config| {
        key.serve_for(config);
        config.witnesses = played.witnesses();
    });
    *clock.lock().unwrap() = Some(world.clock.clone());
    (world, key, played)
}

fn cosigned(world: &World) -> i64 {
    world.number("select coalesce(max(c.size), 0) from cosignatures s join checkpoints c on c.id = s.checkpoint_id")
}

fn wait_for_witness(world: &World) {
    wait_for_signature(world);
    wait_while_asking(world, || cosigned(world) == size(world));
}

/// Waits until `is_so`. Time passes only where the witness is to be asked later: it may have been asked before its clock was set, or its
/// answer may have come after the clock was moved.
fn wait_while_asking(world: &World, is_so: impl Fn() -> bool) {
    wait_until(|| {
        if is_so() {
            return true;
        }
        let later = format!("select count(*) from witnesses where next_at > '{}'", world.clock.now());
        if world.number(&later) > 0 {
            world.clock.advance(Duration::from_mins(31));
        }
        false
    });
}

/// What is wrong with the witness, as far as it refuses nothing.
fn trouble(world: &World) -> String {
    let rows = world.rows("select error from witnesses where error is not null and refusal is null");
    rows.into_iter().flatten().flatten().collect()
}

fn open_alerts(world: &World) -> i64 {
    world.number("select count(*) from alerts where kind = 'audit.witness-refuses' and resolved_at is null")
}

on_both! {
    fn a_witness_signs_each_checkpoint_and_receipts_have_its_signature(outer) {
        let (world, key, played) = witnessed(outer.engine);
        wait_for_witness(&world);
        let seq = change(&world, "Late delivery, ticket 5");
        wait_for_witness(&world);
        assert_eq!(i64::try_from(played.size()).unwrap(), size(&world));
        assert!(played.asked().iter().any(|(old, status)| *old > 0 && *status == 200), "grown by a proof: {:?}", played.asked());
        let sora = world.signed_in("sora");
        wait_until(|| sora.get("/audit/checkpoints").says("tbody tr:first-child").contains(NAME));
        let directory = key.directory.path();
        // Signing in may have had the log signed again, and each checkpoint is signed by the witness a moment later.
        let signed_by_both = |path: &str| wait_for(|| {
            let text = sora.get(path).text();
            (text.lines().filter(|line| line.starts_with('\u{2014}')).count() == 2).then_some(text)
        });
        let file = write(directory, "checkpoint.txt", signed_by_both("/log/checkpoint").as_bytes());
        let receipt = write(directory, "row.tlog-proof", signed_by_both(&format!("/audit/{seq}/receipt")).as_bytes());
        write(directory, "row.json", sora.get(&format!("/audit/{seq}/entry")).text().as_bytes());
        for path in [&file, &receipt] {
            let verify = |witness: &str| {
                let path = path.to_str().unwrap();
                world.command(&["audit", "verify", path, "--vkey", &key.vkey, "--witness", witness]).output().unwrap()
            };
            let verified = verify(&vkey());
            assert!(verified.status.success(), "{}", said(&verified));
            let other = STANDARD.encode([&[4], pair(8).public_key().as_ref()].concat());
            assert!(!verify(&format!("{NAME}+00000000+{other}")).status.success());
        }
        wait_until(|| world.number("select count(*) from witnesses") == 0);
    }

    fn a_witness_that_knows_another_size_is_asked_once_more_with_a_proof_from_there(outer) {
        let (world, _key, played) = witnessed(outer.engine);
        wait_for_witness(&world);
        // It has lost what it signed.
        played.forget(None);
        let before = played.asked().len();
        change(&world, "Late delivery, ticket 5");
        wait_for_witness(&world);
        let asked = played.asked().split_off(before);
        let statuses: Vec<u16> = asked.iter().map(|(_, status)| *status).collect();
        assert!(statuses.starts_with(&[409, 200]) && asked[1].0 == 0, "{asked:?}");
        assert_eq!(open_alerts(&world), 0, "that is no refusal");
    }

    fn a_witness_that_refuses_the_history_is_loud_until_it_signs(outer) {
        let (world, _key, played) = witnessed(outer.engine);
        wait_for_witness(&world);
        let before = size(&world);
        let right: Vec<u8> = hex::decode(match world.engine {
            Engine::Sqlite => world.database().value("select lower(hex(root)) from checkpoints order by size desc limit 1"),
            Engine::Postgres => world.database().value("select encode(root, 'hex') from checkpoints order by size desc limit 1"),
        }).unwrap();
        // As if it had signed another history of the same log.
        played.forget(Some((before.unsigned_abs(), [3; 32])));
        change(&world, "Late delivery, ticket 5");
        wait_for_signature(&world);
        wait_until(|| open_alerts(&world) == 1);
        assert_eq!(played.asked().last().map(|(_, status)| *status), Some(422));
        let sora = world.signed_in("sora");
        for path in ["/audit", "/audit/checkpoints"] {
            let page = sora.get(path);
            let alert = page.says("[role=alert]");
            assert!(alert.contains("A witness refuses the history of this log") && alert.contains(NAME), "{path}: {page}");
        }
        assert!(sora.get("/").text().contains("A witness refuses the audit log"));
        let ready = || world.browser().get("/readyz").text();
        assert!(ready().starts_with("ok\n") && ready().contains("a witness refuses the history of the audit log"), "{}", ready());
        // One that has seen more rows than there are says that rows were cut off.
        played.forget(Some((before.unsigned_abs() + 10_000, [3; 32])));
        world.clock.advance(Duration::from_mins(61));
        wait_until(|| world.number("select count(*) from witnesses where refusal like '%rows were cut off%'") == 1);
        played.forget(Some((before.unsigned_abs(), right.try_into().unwrap())));
        world.clock.advance(Duration::from_mins(61));
        wait_until(|| cosigned(&world) > before);
        wait_until(|| open_alerts(&world) == 0);
        assert_eq!(ready(), "ok\n");
    }

    fn a_conflict_without_a_size_is_a_refusal_too(outer) {
        let (world, _key, played) = witnessed(outer.engine);
        wait_for_witness(&world);
        played.forget(None);
        played.set(Mode::Mute);
        change(&world, "Late delivery, ticket 5");
        wait_for_signature(&world);
        wait_until(|| world.number("select count(*) from witnesses where refusal like '%(409)%'") == 1);
        wait_until(|| open_alerts(&world) == 1);
    }

    fn a_witness_that_is_away_or_signs_wrongly_is_asked_again_later(outer) {
        let (world, _key, played) = witnessed(outer.engine);
        wait_for_witness(&world);
        let before = cosigned(&world);
        for (mode, words) in [
            (Mode::Away, "connection failed|readable HTTP answer"),
            (Mode::Fast, "its clock is 3600 seconds from ours"),
            (Mode::Forged, "does not fit"),
        ] {
            played.set(mode);
            change(&world, &format!("Late delivery, {mode:?}"));
            wait_for_signature(&world);
            wait_while_asking(&world, || words.split('|').any(|words| trouble(&world).contains(words)));
            assert_eq!((cosigned(&world), open_alerts(&world)), (before, 0), "{mode:?}");
        }
        // After a day that is an alert of its own.
        let away = || world.number("select count(*) from alerts where kind = 'audit.witness-away' and resolved_at is null");
        assert_eq!(away(), 0);
        world.clock.advance(Duration::from_hours(24));
        wait_until(|| away() == 1);
        assert!(world.signed_in("sora").get("/audit/checkpoints").text().contains("A witness does not sign"));
        played.set(Mode::Good);
        wait_while_asking(&world, || cosigned(&world) == size(&world));
        wait_until(|| away() == 0);
    }

    fn settings_of_witnesses_are_refused_with_what_is_wrong(world) {
        let key = Key::make();
        let good = vkey();
        for (text, why) in [
            ("https://witness.example.com".to_owned(), "comes its public key"),
            (format!("http://witness.example.com {good}"), "must begin with https://"),
            ("https://witness.example.com nonsense".to_owned(), "is no public key"),
            (format!("https://witness.example.com {}", key.vkey), "is that of a log"),
            (format!("https://a.example.com {good} https://b.example.com {good}"), "is named twice"),
        ] {
            let checked = world.command(&["check"]).env("INGAM_AUDIT_WITNESSES", &text).output().unwrap();
            assert!(!checked.status.success() && said(&checked).contains(why), "{text}: {}", said(&checked));
        }
        let checked = world.command(&["check"]).env("INGAM_AUDIT_WITNESSES", format!("https://witness.example.com {good}")).output().unwrap();
        assert!(said(&checked).lines().any(|line| line.contains("witnesses of the log") && line.contains(NAME)), "{}", said(&checked));
    }
}
