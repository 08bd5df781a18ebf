//! Copies of checkpoints away from here: in a directory that the owner of the database does not have.

use super::support::{
    Key, change, lay_open, literal, recompute, rewrite, said, size, tamper, wait_for_signature, wait_while_shipping,
    write,
};
use crate::kit::{Engine, World, on_both, wait_until};
use ingam::evidence::ship::{Shipping, target::Target};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};
use tempfile::TempDir;

/// A world whose checkpoints go to a directory.
struct Shipped {
    world: World,
    key: Key,
    directory: TempDir,
}

impl Shipped {
    fn start(engine: Engine) -> Self {
        let (key, directory) = (Key::make(), TempDir::with_prefix("ingam-test-").unwrap());
        let world = World::start_with(engine, |config| {
            key.serve_for(config);
            config.shipping = shipping(directory.path());
        });
        Self { world, key, directory }
    }

    fn there(&self, size: i64) -> PathBuf {
        place(self.directory.path(), size)
    }

    /// Waits until the newest checkpoint is there, and says how many rows it has.
    fn wait(&self) -> i64 {
        wait_for_signature(&self.world);
        let size = size(&self.world);
        wait_until(|| self.there(size).exists());
        size
    }

    fn compare(&self) -> Output {
        let directory = self.directory.path().to_str().unwrap();
        self.world.command(&["audit", "compare", directory, "--vkey", &self.key.vkey]).output().unwrap()
    }
}

fn shipping(directory: &Path) -> Shipping {
    let target = Target::parse(directory.to_str().unwrap(), None).unwrap();
    Shipping { targets: vec![target], look: Duration::from_millis(50), ..Shipping::default() }
}

/// A world that knows of a directory and ships nothing by itself.
fn declared(engine: Engine) -> (World, TempDir) {
    let directory = TempDir::with_prefix("ingam-test-").unwrap();
    let world = World::start_with(engine, |config| {
        config.shipping = Shipping { look: Duration::from_hours(1), ..shipping(directory.path()) };
    });
    (world, directory)
}

fn place(directory: &Path, size: i64) -> PathBuf {
    directory.join(format!("checkpoint-{size:020}"))
}

fn ship(world: &World, directory: &Path, what: &str) -> Output {
    world.command(&["audit", "ship", what]).env("INGAM_AUDIT_SHIP", directory).output().unwrap()
}

fn open_alerts(world: &World) -> i64 {
    world.number("select count(*) from alerts where kind = 'audit.shipping-late' and resolved_at is null")
}

fn signed_by_hand(world: &World) -> (Key, i64, String) {
    let key = Key::make();
    assert!(key.sign(world).status.success());
    (key, size(world), world.database().value("select note from checkpoints order by size desc limit 1"))
}

on_both! {
    fn a_rewritten_log_is_refused_by_what_was_shipped(outer) {
        let shipped = Shipped::start(outer.engine);
        let world = &shipped.world;
        let seq = change(world, "Late delivery, ticket 5");
        let size = shipped.wait();
        let note = fs::read_to_string(shipped.there(size)).unwrap();
        assert_eq!(note, world.database().value("select note from checkpoints order by size desc limit 1"));
        assert_eq!(fs::metadata(shipped.there(size)).unwrap().permissions().mode() & 0o777, 0o444);
        let fits = shipped.compare();
        assert!(fits.status.success(), "{}", said(&fits));
        lay_open(world);
        rewrite(world, seq, "Late delivery, ticket 5", "As agreed with the CEO");
        tamper(world, "delete from shipments; delete from checkpoints");
        let verified = world.command(&["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "the database alone knows of nothing: {}", said(&verified));
        let differs = shipped.compare();
        assert!(!differs.status.success() && said(&differs).contains("are not those that were signed"), "{}", said(&differs));
        rewrite(world, seq, "As agreed with the CEO", "Late delivery, ticket 5");
        // The signer, which found the rewritten row, is content again: it writes no row while others are taken away.
        wait_until(|| super::support::size(world) >= 0 && world.number("select count(*) from signing where fault is not null") == 0);
        assert!(shipped.compare().status.success());
        tamper(world, &format!("delete from audit where seq >= {seq}"));
        recompute(world);
        // What the console has written meanwhile may have taken their place.
        let cut = shipped.compare();
        let words = ["rows were cut off", "are not those that were signed"];
        assert!(!cut.status.success() && words.iter().any(|words| said(&cut).contains(words)), "{}", said(&cut));
    }

    fn every_checkpoint_is_shipped_once_and_the_page_says_where_it_is(outer) {
        let shipped = Shipped::start(outer.engine);
        let world = &shipped.world;
        for n in 0..3 {
            change(world, &format!("Late delivery, ticket {n}0"));
            shipped.wait();
        }
        wait_until(|| world.number("select count(*) from shipments where state <> 'shipped'") == 0);
        let signed = world.number("select count(*) from checkpoints");
        assert_eq!(world.number("select count(*) from shipments where attempts = 1 and error is null and tried_at is not null"), signed);
        let names = fs::read_dir(shipped.directory.path()).unwrap().count();
        assert_eq!(i64::try_from(names).unwrap(), signed, "nothing else is left there");
        let bytes = fs::read(shipped.there(size(world))).unwrap();
        let hash = literal(world.engine, &ingam::secret::sha256(&bytes));
        assert_eq!(world.number(&format!("select bytes from shipments where sha256 = {hash}")), i64::try_from(bytes.len()).unwrap());
        let sora = world.signed_in("sora");
        wait_until(|| {
            let said_of = sora.get("/audit/checkpoints").says("tbody tr:first-child td:last-child");
            said_of.contains("Shipped") && said_of.contains(shipped.directory.path().to_str().unwrap())
        });
        // Signing in may have had the log signed again.
        let newest = shipped.wait();
        wait_until(|| world.number("select count(*) from shipments where state <> 'shipped'") == 0);
        fs::remove_file(shipped.there(newest)).unwrap();
        let gone = shipped.compare();
        assert!(!gone.status.success() && said(&gone).contains("is not there any more"), "{}", said(&gone));
    }

    fn a_target_that_is_gone_is_tried_again_and_is_an_alert_until_it_is_back(outer) {
        let shipped = Shipped::start(outer.engine);
        let world = &shipped.world;
        shipped.wait();
        let (here, away) = (shipped.directory.path(), shipped.key.directory.path().join("away"));
        fs::rename(here, &away).unwrap();
        change(world, "Late delivery, ticket 5");
        wait_for_signature(world);
        wait_until(|| world.number("select count(*) from shipments where state = 'waiting' and attempts > 0 and error is not null") > 0);
        assert!(!here.exists(), "a directory on another machine is not made here");
        assert_eq!(open_alerts(world), 0, "not late yet");
        assert!(!world.browser().get("/readyz").text().contains("not shipped"));
        world.clock.advance(Duration::from_hours(4));
        wait_until(|| open_alerts(world) == 1);
        assert!(world.browser().get("/readyz").text().contains("checkpoints of the audit log are not shipped in time"));
        wait_until(|| world.number("select max(attempts) from shipments") > 1);
        let sora = world.signed_in("sora");
        assert!(sora.get("/").text().contains("Checkpoints are not shipped"));
        let page = sora.get("/audit/checkpoints").text();
        assert!(page.contains("Waits") && page.contains("cannot be written"), "{page}");
        fs::rename(&away, here).unwrap();
        wait_while_shipping(world, || world.number("select count(*) from shipments where next_at is not null") == 0);
        wait_until(|| open_alerts(world) == 0);
        assert!(shipped.compare().status.success());
    }

    fn a_directory_that_holds_something_else_of_this_size_is_refused_at_once(outer) {
        let (world, directory) = declared(outer.engine);
        let world = &world;
        let (_key, size, note) = signed_by_hand(world);
        let name = place(directory.path(), size);
        fs::write(&name, "another history").unwrap();
        let refused = ship(world, directory.path(), "--now");
        assert!(!refused.status.success() && said(&refused).contains("holds something else"), "{}", said(&refused));
        assert_eq!(fs::read_to_string(&name).unwrap(), "another history", "what is there is not replaced");
        assert_eq!(world.number("select count(*) from shipments where state = 'refused' and object is null"), 1);
        // At once, not only when it is late.
        wait_until(|| open_alerts(world) == 1);
        fs::remove_file(&name).unwrap();
        let shipped = ship(world, directory.path(), "--now");
        assert!(shipped.status.success() && said(&shipped).contains("1 shipped, 0 waiting"), "{}", said(&shipped));
        assert_eq!(fs::read_to_string(&name).unwrap(), note);
        wait_until(|| open_alerts(world) == 0);
    }

    fn shipping_goes_on_after_a_process_ended_between_writing_and_noting_it(outer) {
        let (world, directory) = declared(outer.engine);
        let world = &world;
        let (key, size, note) = signed_by_hand(world);
        // As that process left it: the file is there, and one that it had begun; the attempt is counted, and its end is not known.
        let name = write(directory.path(), place(directory.path(), size).file_name().unwrap().to_str().unwrap(), note.as_bytes());
        write(directory.path(), &format!("checkpoint-{size:020}.part"), &note.as_bytes()[..20]);
        let target = directory.path().display();
        tamper(world, &format!(
            "insert into shipments (checkpoint_id, target, state, created_at, late_at, next_at, claimed_until, attempts, tried_at)
             select id, '{target}', 'waiting', signed_at, signed_at, signed_at, signed_at, 1, signed_at from checkpoints"
        ));
        let inode = fs::metadata(&name).unwrap();
        let shipped = ship(world, directory.path(), "--now");
        assert!(shipped.status.success() && said(&shipped).contains("1 shipped"), "{}", said(&shipped));
        assert_eq!(world.number("select count(*) from shipments where state = 'shipped' and attempts = 2"), 1);
        assert_eq!(fs::metadata(&name).unwrap().modified().unwrap(), inode.modified().unwrap(), "it was not written again");
        let directory_name = directory.path().to_str().unwrap();
        let compared = world.command(&["audit", "compare", directory_name, "--vkey", &key.vkey]).output().unwrap();
        assert!(compared.status.success(), "what is half written is none: {}", said(&compared));
        let again = ship(world, directory.path(), "--now");
        assert!(again.status.success() && said(&again).contains("0 shipped, 0 waiting"), "{}", said(&again));
    }

    fn a_target_says_before_whether_it_can_be_written(world) {
        let directory = TempDir::with_prefix("ingam-test-").unwrap();
        let fine = ship(world, directory.path(), "--check");
        assert!(fine.status.success() && said(&fine).contains("can be written"), "{}", said(&fine));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        let gone = ship(world, &directory.path().join("gone"), "--check");
        assert!(!gone.status.success() && said(&gone).contains("REFUSED"), "{}", said(&gone));
        for (named, why) in [("evidence", "must be a directory, from / on"), ("/a /b /a/", "is named twice")] {
            let refused = ship(world, Path::new(named), "--check");
            assert_eq!(refused.status.code(), Some(78), "{}", said(&refused));
            assert!(said(&refused).contains(why), "{}", said(&refused));
        }
        let neither = world.command(&["audit", "ship", "--now"]).output().unwrap();
        assert!(said(&neither).contains("names no target"), "{}", said(&neither));
    }
}
