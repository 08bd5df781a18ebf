//! A world whose log is signed, and what an owner of the database can do to it.

use crate::kit::{Engine, World, addition, wait_for, wait_until};
use chrono::TimeDelta;
use ingam::{
    config::Config,
    evidence::signing::Signing,
    merkle::{Frontier, Hash, leaf},
};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};
use tempfile::TempDir;

pub(crate) const NAME: &str = "audit.ingam.test/log";

/// After this number of rows the log is signed at once.
const ROWS: i64 = 3;

/// The key of a log on a disk apart from the database.
pub(crate) struct Key {
    pub directory: TempDir,
    /// The public key.
    pub vkey: String,
}

impl Key {
    /// Makes one with the command that operators use.
    pub(crate) fn make() -> Self {
        let directory = TempDir::with_prefix("ingam-test-").unwrap();
        let path = directory.path().join("log.key");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ingam"));
        let made = command.args(["audit", "keygen", "--name", NAME, "--key", path.to_str().unwrap()]).output().unwrap();
        let said = said(&made);
        assert!(made.status.success(), "{said}");
        let vkey = said.lines().find(|line| line.starts_with(NAME)).unwrap().to_owned();
        Self { directory, vkey }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("log.key")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.directory.path().join("log.key.state")
    }

    /// Signs the log of a console with it, without waiting for long.
    pub(crate) fn serve_for(&self, config: &mut Config) {
        let signing = Signing::read(&self.path(), None).unwrap();
        config.signing = Some(signing.with_turns(ROWS, Duration::from_millis(50)));
    }

    /// A command that signs or verifies with it.
    pub(crate) fn command(&self, world: &World, arguments: &[&str]) -> Output {
        world.command(arguments).env("INGAM_AUDIT_KEY_FILE", self.path()).output().unwrap()
    }

    /// Signs by hand. Where the console signs just then, that is said, and it is tried again.
    pub(crate) fn sign(&self, world: &World) -> Output {
        wait_for(|| {
            let signed = self.command(world, &["audit", "sign"]);
            (!said(&signed).contains("another process signs just now")).then_some(signed)
        })
    }
}

/// Everything that a command wrote.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A world whose log is signed by its own console.
pub(crate) fn signed(engine: Engine) -> (World, Key) {
    let key = Key::make();
    let world = World::start_with(engine, |config| key.serve_for(config));
    (world, key)
}

/// The number of rows of the newest checkpoint.
pub(crate) fn size(world: &World) -> i64 {
    world.number("select coalesce(max(size), -1) from checkpoints")
}

/// Waits until all that is in the log now is signed. Hours pass only where the signer waits for them, and so never while it signs: the
/// newest checkpoint is not an hour old because of this, and rows that come afterwards wait.
pub(crate) fn wait_for_signature(world: &World) {
    wait_until(|| {
        let unsigned = world.audit_size() - size(world);
        let ago = world.clock.now().minus(TimeDelta::hours(1));
        let recent = format!("select count(*) from checkpoints where signed_at > '{ago}'");
        if (1..ROWS).contains(&unsigned) && world.number(&recent) > 0 {
            world.clock.advance(Duration::from_hours(2));
        }
        unsigned == 0
    });
}

/// Waits until `is_so`. Time passes only where everything that waits to be shipped is to be tried later: where the clock is moved before
/// an attempt has ended, the next one is later still.
pub(crate) fn wait_while_shipping(world: &World, is_so: impl Fn() -> bool) {
    wait_until(|| {
        if is_so() {
            return true;
        }
        let due = format!("select count(*) from shipments where next_at <= '{}'", world.clock.now());
        let waiting = "select count(*) from shipments where next_at is not null";
        if world.number(&due) == 0 && world.number(waiting) > 0 {
            world.clock.advance(Duration::from_mins(31));
        }
        false
    });
}

/// A sealed change of which the reason is known.
pub(crate) fn change(world: &World, reason: &str) -> usize {
    let mina = world.signed_in("mina");
    let form = addition(&mina, 1, "5").set("reason", reason).set("code", &world.code("mina"));
    assert_eq!(form.submit().status, 303);
    usize::try_from(world.last_audit().seq).unwrap()
}

/// Takes away what keeps the log from being rewritten, as the owner of a database can.
pub(crate) fn lay_open(world: &World) {
    lay_open_tables(world, &["audit", "audit_head", "checkpoints"]);
}

/// The same for these tables.
pub(crate) fn lay_open_tables(world: &World, tables: &[&str]) {
    for table in tables {
        match world.engine {
            Engine::Sqlite => {
                let list = format!("select name from sqlite_master where type = 'trigger' and tbl_name = '{table}'");
                for row in world.rows(&list) {
                    tamper(world, &format!("drop trigger {}", row[0].as_deref().unwrap()));
                }
            }
            Engine::Postgres => tamper(world, &format!("alter table {table} disable trigger all")),
        }
    }
}

pub(crate) fn tamper(world: &World, sql: &str) {
    world.database().tamper(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Bytes as the engine writes them.
pub(crate) fn literal(engine: Engine, bytes: &[u8]) -> String {
    match engine {
        Engine::Sqlite => format!("x'{}'", hex::encode(bytes)),
        Engine::Postgres => format!("'\\x{}'::bytea", hex::encode(bytes)),
    }
}

/// Puts `count` rows into the log whose bytes are numbers: for a tree of some height. Nothing else reads them.
pub(crate) fn grow(world: &World, count: i64) {
    grow_by(world, count, |seq| (1, format!("{{\"n\":{seq}}}")));
}

/// Puts `count` rows into the log, each about the customer and with the bytes that are given for its number.
pub(crate) fn grow_by(world: &World, count: i64, row: impl Fn(i64) -> (i64, String)) {
    lay_open(world);
    let first = world.audit_size();
    let values: Vec<String> = (first..first + count)
        .map(|seq| {
            let (customer, body) = row(seq);
            let (bytes, hash) = (literal(world.engine, body.as_bytes()), literal(world.engine, &leaf(body.as_bytes())));
            format!(
                "({seq}, '2026-03-02T00:00:00.000000Z', 'grown{seq}', 'system', '', '', '', 'bench', 'user', '{customer}', 'null', 'null', '', '', '', '', '', '', '', 'applied', '', '', {bytes}, {hash})"
            )
        })
        .collect();
    for rows in values.chunks(200) {
        tamper(
            world,
            &format!(
                "insert into audit (seq, at, change_id, actor, staff_name, staff_email, roles, action, target_kind, target_id, before, after, reason, ip, ip_key, peer, \
             user_agent, session, request_id, outcome, refusal, flags, body, leaf) values {}",
                rows.join(",")
            ),
        );
    }
    recompute(world);
}

/// The bytes of all rows.
pub(crate) fn bodies(world: &World) -> Vec<Vec<u8>> {
    let text = match world.engine {
        Engine::Sqlite => "select hex(body) from audit order by seq",
        Engine::Postgres => "select encode(body, 'hex') from audit order by seq",
    };
    world.rows(text).iter().map(|row| hex::decode(row[0].as_deref().unwrap()).unwrap()).collect()
}

/// Computes the tree again over the rows as they are, and puts its edge and root where the console's were. Once more where the console has
/// written a row meanwhile.
pub(crate) fn recompute(world: &World) {
    wait_until(|| {
        let leaves: Vec<Hash> = bodies(world).iter().map(|body| leaf(body)).collect();
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.push(*leaf);
        }
        let (edge, root) = (literal(world.engine, &frontier.bytes()), literal(world.engine, &frontier.root()));
        tamper(world, &format!("update audit_head set size = {}, frontier = {edge}, root = {root}", leaves.len()));
        usize::try_from(world.number("select count(*) from audit")).unwrap() == leaves.len()
    });
}

/// Gives the reason of a row other words everywhere: in its column, its bytes, its leaf, and the tree.
pub(crate) fn rewrite(world: &World, seq: usize, from: &str, to: &str) {
    let body = String::from_utf8(bodies(world)[seq].clone()).unwrap();
    assert!(body.contains(from), "{body}");
    let body = body.replace(from, to);
    let (bytes, hash) = (literal(world.engine, body.as_bytes()), literal(world.engine, &leaf(body.as_bytes())));
    tamper(
        world,
        &format!(
            "update audit set reason = replace(reason, '{from}', '{to}'), body = {bytes}, leaf = {hash} where seq = {seq}"
        ),
    );
    recompute(world);
}

/// A file of the key's directory with these bytes.
pub(crate) fn write(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What an implementation that is not ours says of a receipt.
pub(crate) fn is_valid_by_another(receipt: &[u8], index: u64, entry: &[u8], tree: &Frontier) {
    let text = str::from_utf8(receipt).unwrap();
    let (head, checkpoint) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
    assert_eq!(lines.next(), Some(format!("index {index}").as_str()));
    let proof: Vec<tlog_tiles::Hash> = lines.map(|line| tlog_tiles::Hash::parse_hash(line).unwrap()).collect();
    let size: u64 = checkpoint.lines().nth(1).unwrap().parse().unwrap();
    assert_eq!(size, tree.size());
    tlog_tiles::check_record(&proof, size, tlog_tiles::Hash(tree.root()), index, tlog_tiles::Hash(leaf(entry)))
        .unwrap();
}

/// The body of a request to the server of a test.
pub(crate) fn posted(stream: &TcpStream, path: &str) -> Vec<u8> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with(&format!("POST {path} HTTP/1.1")), "{line}");
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap();
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body
}
