//! A bucket with Object Lock, as a server in this process plays it: one that keeps what it says, and some that do not. What a real one
//! does is in tests/peers/bucket.test.mjs.

use super::support::{Key, change, lay_open, rewrite, said, size, wait_for_signature, wait_while_shipping};
use crate::kit::{Engine, World, on_both, wait_until};
use ingam::evidence::ship::{Shipping, bucket::signature::Credentials, target::Target};
use std::fmt::Write as _;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Output,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

const SECRET: &str = "hunter2hunter2hunter2";

/// How a server treats what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Good,
    /// The lock that it keeps ends a year early.
    Shortens,
    /// It takes the headers and locks nothing.
    Unlocked,
    /// A lock that an administrator can lift.
    Governance,
    /// The bucket was made without Object Lock.
    NoLock,
    /// It keeps no versions.
    NoVersions,
    /// It does not look at If-None-Match, and lets only those put who may not look.
    Blind,
    /// Its listing is not for these credentials.
    Unlisted,
}

#[derive(Clone, Debug)]
struct Version {
    bytes: Vec<u8>,
    until: String,
    is_marker: bool,
}

#[derive(Debug)]
struct Store {
    mode: Mode,
    /// Of each key the versions, the oldest first.
    objects: BTreeMap<String, Vec<Version>>,
}

#[derive(Clone)]
struct Bucket {
    address: SocketAddr,
    store: Arc<Mutex<Store>>,
}

type Headers = BTreeMap<String, String>;

impl Bucket {
    fn start(mode: Mode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let bucket = Self { address, store: Arc::new(Mutex::new(Store { mode, objects: BTreeMap::new() })) };
        let serving = bucket.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        bucket
    }

    fn set(&self, mode: Mode) {
        self.store.lock().unwrap().mode = mode;
    }

    fn url(&self) -> String {
        format!("s3://evidence/ingam?region=kr-test-1&retain_days=1826&endpoint=http://{}", self.address)
    }

    fn target(&self) -> Target {
        Target::parse(&self.url(), Some(&Credentials::new("ingamkey", SECRET).unwrap())).unwrap()
    }

    /// A world whose checkpoints go to it.
    fn serve_world(&self, engine: Engine) -> (World, Key) {
        let key = Key::make();
        let world = World::start_with(engine, |config| {
            key.serve_for(config);
            config.shipping =
                Shipping { targets: vec![self.target()], look: Duration::from_millis(50), ..Shipping::default() };
        });
        (world, key)
    }

    fn key(size: i64) -> String {
        format!("/evidence/ingam/checkpoint-{size:020}")
    }

    fn versions(&self, key: &str) -> Vec<Version> {
        self.store.lock().unwrap().objects.get(key).cloned().unwrap_or_default()
    }

    fn add(&self, key: &str, bytes: &[u8], is_marker: bool) {
        let version = Version { bytes: bytes.to_vec(), until: String::new(), is_marker };
        self.store.lock().unwrap().objects.entry(key.to_owned()).or_default().push(version);
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let mut words = line.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else { return };
        let mut headers = Headers::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
                None => break,
            };
        }
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, more, body) = self.answer(&method, &target, &headers, body);
        let length = body.len();
        let _ = write!(stream, "HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n");
        if method != "HEAD" {
            let _ = stream.write_all(&body);
        }
    }

    fn answer(&self, method: &str, target: &str, headers: &Headers, body: Vec<u8>) -> (String, String, Vec<u8>) {
        let answer = |status: &str, more: String, body: &str| (status.to_owned(), more, body.as_bytes().to_vec());
        let signed = headers.get("authorization").unwrap();
        assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=ingamkey/") && !signed.contains(SECRET), "{signed}");
        for name in headers.keys().filter(|name| name.starts_with("x-amz-") || *name == "if-none-match") {
            assert!(signed.contains(name.as_str()), "{name} is not signed");
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut store = self.store.lock().unwrap();
        let mode = store.mode;
        let asked = query.strip_prefix("versionId=v").and_then(|n| n.parse::<usize>().ok());
        let found = store.objects.get(path).and_then(|versions| {
            let n = asked.unwrap_or(versions.len() - 1);
            Some((n, versions.get(n)?.clone()))
        });
        match (method, found) {
            ("GET", _) if query.contains("versions") && mode == Mode::Unlisted => {
                answer("403 Forbidden", String::new(), "<Error><Code>AccessDenied</Code></Error>")
            }
            ("GET", _) if query.contains("versions") => answer("200 OK", String::new(), &list(&store, query)),
            ("HEAD", _) if mode == Mode::Blind && asked.is_none() => answer("403 Forbidden", String::new(), ""),
            ("PUT", Some(_)) if mode != Mode::Blind && headers.get("if-none-match").is_some_and(|it| it == "*") => {
                answer("412 Precondition Failed", String::new(), "<Error><Code>PreconditionFailed</Code></Error>")
            }
            ("PUT", _) if mode == Mode::NoLock => {
                answer("400 Bad Request", String::new(), "<Error><Code>InvalidRequest</Code></Error>")
            }
            ("PUT", _) => {
                assert_eq!(headers["x-amz-object-lock-mode"], "COMPLIANCE");
                let until = headers["x-amz-object-lock-retain-until-date"].clone();
                let versions = store.objects.entry(path.to_owned()).or_default();
                versions.push(Version { bytes: body, until, is_marker: false });
                let id = format!("x-amz-version-id: v{}\r\n", versions.len() - 1);
                answer("200 OK", if mode == Mode::NoVersions { String::new() } else { id }, "")
            }
            ("DELETE", Some(_)) => answer("403 Forbidden", String::new(), "<Error><Code>AccessDenied</Code></Error>"),
            (_, Some((_, version))) if version.is_marker => {
                answer("404 Not Found", "x-amz-delete-marker: true\r\n".to_owned(), "")
            }
            (_, Some((n, version))) => {
                let year: i32 = version.until.get(..4).map_or(0, |year| year.parse().unwrap());
                let until = match mode {
                    Mode::Shortens => format!("{}{}", year - 1, &version.until[4..]),
                    // As Ceph writes it.
                    _ => version.until.replace('Z', ".000000000Z"),
                };
                let lock = match mode {
                    // Put there without one.
                    _ if version.until.is_empty() => String::new(),
                    Mode::Unlocked => String::new(),
                    Mode::Governance => {
                        format!(
                            "X-Amz-Object-Lock-Mode: GOVERNANCE\r\nx-amz-object-lock-retain-until-date: {until}\r\n"
                        )
                    }
                    _ => format!(
                        "X-Amz-Object-Lock-Mode: COMPLIANCE\r\nx-amz-object-lock-retain-until-date: {until}\r\n"
                    ),
                };
                let id = if mode == Mode::NoVersions { String::new() } else { format!("x-amz-version-id: v{n}\r\n") };
                ("200 OK".to_owned(), id + &lock, version.bytes)
            }
            (_, None) => answer("404 Not Found", String::new(), "<Error><Code>NoSuchKey</Code></Error>"),
        }
    }
}

/// The newest version of each key first, of those that begin as was asked.
fn list(store: &Store, query: &str) -> String {
    let asked: BTreeMap<String, String> = serde_urlencoded::from_str(query).unwrap();
    let mut text = "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>".to_owned();
    for (path, versions) in &store.objects {
        let key = path.trim_start_matches("/evidence/");
        if !key.starts_with(&asked["prefix"]) {
            continue;
        }
        let key = key.replace('/', "%2F");
        for (n, version) in versions.iter().enumerate().rev() {
            let name = if version.is_marker { "DeleteMarker" } else { "Version" };
            write!(
                text,
                "<{name}><Key>{key}</Key><VersionId>v{n}</VersionId><LastModified>2026-03-02T0{n}:00:00.000Z</LastModified></{name}>"
            )
            .unwrap();
        }
    }
    text + "</ListVersionsResult>"
}

fn open_alerts(world: &World) -> i64 {
    world.number("select count(*) from alerts where kind = 'audit.shipping-late' and resolved_at is null")
}

fn command(world: &World, bucket: &Bucket, arguments: &[&str]) -> Output {
    let mut command = world.command(arguments);
    command.env("INGAM_AUDIT_SHIP", bucket.url());
    command.env("INGAM_AUDIT_SHIP_ACCESS_KEY", "ingamkey").env("INGAM_AUDIT_SHIP_SECRET_KEY", SECRET);
    command.output().unwrap()
}

/// Waits until the newest checkpoint was tried and not counted, and says why.
fn not_counted(world: &World) -> String {
    wait_for_signature(world);
    wait_until(|| world.number("select count(*) from shipments where state = 'waiting' and error is not null") > 0);
    assert_eq!(world.number("select count(*) from shipments where state = 'locked' or retain_until is not null"), 0);
    world.database().value("select error from shipments where error is not null order by id desc limit 1")
}

/// Whether every checkpoint is there and locked.
fn all_locked(world: &World) -> bool {
    let missing = "select count(*) from checkpoints c
                    where not exists (select 1 from shipments s where s.checkpoint_id = c.id and s.state = 'locked')";
    world.number(missing) == 0
}

on_both! {
    fn a_lock_that_is_shorter_than_asked_is_not_counted_as_locked(outer) {
        let bucket = Bucket::start(Mode::Shortens);
        let (world, _key) = bucket.serve_world(outer.engine);
        let why = not_counted(&world);
        assert!(why.contains("locked until 2030-") && why.contains("only, not until 2031-"), "{why}");
        world.clock.advance(Duration::from_hours(4));
        wait_until(|| open_alerts(&world) == 1);
        let key = Bucket::key(size(&world));
        wait_until(|| world.number("select max(attempts) from shipments") > 1);
        assert_eq!(bucket.versions(&key).len(), 1, "nothing is put on top of it");
        bucket.set(Mode::Good);
        wait_while_shipping(&world, || all_locked(&world));
        wait_until(|| open_alerts(&world) == 0);
        assert_eq!(world.number("select count(*) from shipments where version_id = 'v0' and retain_until is not null"), world.number("select count(*) from checkpoints"));
        assert_eq!(bucket.versions(&key).len(), 1);
        let page = world.signed_in("sora").get("/audit/checkpoints");
        // A newer one may have been signed when she signed in.
        let said = page.says("tbody");
        assert!(said.contains("Locked") && said.contains("s3://evidence/ingam") && said.contains("locked until 2031-"), "{page}");
        assert!(!page.text().contains(SECRET) && !page.text().contains("ingamkey"));
    }

    fn what_does_not_lock_is_said_to_be_so_and_counts_for_nothing(outer) {
        for (mode, words) in [
            (Mode::Unlocked, "and not locked"),
            (Mode::Governance, "not of the mode COMPLIANCE"),
            (Mode::NoLock, "has to be made with Object Lock"),
            (Mode::NoVersions, "keeps no versions"),
        ] {
            let bucket = Bucket::start(mode);
            let (world, _key) = bucket.serve_world(outer.engine);
            let why = not_counted(&world);
            assert!(why.contains(words), "{mode:?}: {why}");
            let checked = command(&world, &bucket, &["audit", "ship", "--check"]);
            assert!(!checked.status.success() && said(&checked).contains(words), "{mode:?}: {}", said(&checked));
            assert!(!said(&checked).contains(SECRET));
        }
        let good = Bucket::start(Mode::Good);
        let (world, _key) = good.serve_world(outer.engine);
        let checked = command(&world, &good, &["audit", "ship", "--check"]);
        assert!(checked.status.success() && said(&checked).contains("cannot be deleted before"), "{}", said(&checked));
        let listed = world.command(&["check"]).env("INGAM_AUDIT_SHIP", good.url()).output().unwrap();
        assert!(said(&listed).contains("INGAM_AUDIT_SHIP_ACCESS_KEY and INGAM_AUDIT_SHIP_SECRET_KEY are not set"), "{}", said(&listed));
    }

    fn a_check_names_what_others_put_there_without_a_lock(outer) {
        let bucket = Bucket::start(Mode::Good);
        let (world, _key) = bucket.serve_world(outer.engine);
        wait_for_signature(&world);
        wait_until(|| all_locked(&world));
        let check = || command(&world, &bucket, &["audit", "ship", "--check"]);
        // Beside the prefix is not its matter, and what was removed is no object.
        bucket.add("/evidence/elsewhere/notes.txt", b"unlocked", false);
        bucket.add("/evidence/ingam/gone.txt", b"", true);
        let good = check();
        assert!(good.status.success() && said(&good).contains("looked at all "), "{}", said(&good));
        bucket.add("/evidence/ingam/exports/audit-0-84.tar", b"unlocked", false);
        let one = check();
        assert_eq!(one.status.code(), Some(1), "{}", said(&one));
        assert!(said(&one).contains("cannot be deleted before"), "{}", said(&one));
        assert!(said(&one).contains("1 object is there without a lock") && said(&one).contains("\"ingam/exports/audit-0-84.tar\""), "{}", said(&one));
        assert!(!said(&one).contains("elsewhere") && !said(&one).contains("gone.txt") && !said(&one).contains(SECRET), "{}", said(&one));
        for n in 10..34 {
            bucket.add(&format!("/evidence/ingam/note-{n}"), b"unlocked", false);
        }
        let many = check();
        assert!(said(&many).contains("25 objects are there without a lock") && said(&many).contains("and 5 more"), "{}", said(&many));
        assert_eq!(said(&many).matches("\"ingam/").count(), 20, "{}", said(&many));
        // What was put on top of a checkpoint too.
        let at = size(&world);
        bucket.add(&Bucket::key(at), b"another history", false);
        assert!(said(&check()).contains("26 objects are there without a lock"), "{}", said(&check()));
        // Credentials that may not list say nothing of it, and that is said.
        bucket.set(Mode::Unlisted);
        let unlisted = check();
        assert!(unlisted.status.success() && said(&unlisted).contains("may not list versions (403)"), "{}", said(&unlisted));
    }

    fn something_else_in_a_bucket_is_refused_and_nothing_is_put_over_it(outer) {
        let bucket = Bucket::start(Mode::Good);
        let (world, _key) = bucket.serve_world(outer.engine);
        wait_for_signature(&world);
        wait_until(|| all_locked(&world));
        let at = size(&world);
        // The console has nothing to do until then; something is there at each size that may come next.
        for next in at + 1..at + 30 {
            bucket.add(&Bucket::key(next), b"another history", false);
        }
        change(&world, "Late delivery, ticket 5");
        wait_for_signature(&world);
        wait_until(|| world.number("select count(*) from shipments where state = 'refused'") > 0);
        let why = world.database().value("select error from shipments where state = 'refused' limit 1");
        assert!(why.contains("holds something else"), "{why}");
        wait_until(|| open_alerts(&world) == 1);
        for next in at + 1..at + 30 {
            assert_eq!(bucket.versions(&Bucket::key(next)).len(), 1);
        }
    }

    fn compare_reads_the_oldest_version_and_tells_of_others(outer) {
        // As servers are that do not look at If-None-Match.
        let bucket = Bucket::start(Mode::Blind);
        let (world, key) = bucket.serve_world(outer.engine);
        let seq = change(&world, "Late delivery, ticket 5");
        wait_for_signature(&world);
        wait_until(|| all_locked(&world));
        let url = bucket.url();
        let compare = || command(&world, &bucket, &["audit", "compare", &url, "--vkey", &key.vkey]);
        let fits = compare();
        assert!(fits.status.success(), "{}", said(&fits));
        let at = Bucket::key(size(&world));
        bucket.add(&at, b"another history", false);
        let found = compare();
        assert!(!found.status.success(), "{}", said(&found));
        assert!(said(&found).contains("was put there again, with a later version"), "{}", said(&found));
        assert!(said(&found).contains("fits the oldest versions"), "{}", said(&found));
        bucket.add(&at, b"", true);
        assert!(said(&compare()).contains("is 2 findings"), "{}", said(&compare()));
        lay_open(&world);
        rewrite(&world, seq, "Late delivery, ticket 5", "As agreed with the CEO");
        assert!(said(&compare()).contains("are not those that were signed"), "{}", said(&compare()));
    }
}
