//! Bundles: verified without the console, and with any byte of theirs altered not.

use super::asking::ask;
use crate::{
    evidence::support::{Key, grow, said, signed, size, wait_for_signature, write},
    kit::{Browser, World, on_both, wait_until},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

/// The public key, the bundle and what else the command is given.
pub(super) fn verify(world: &World, key: &Key, path: &Path, more: &[&str]) -> Output {
    let arguments = ["audit", "verify", path.to_str().unwrap(), "--vkey", &key.vkey];
    world.command(&[&arguments, more].concat()).output().unwrap()
}

/// Asks for a bundle and takes it as soon as its rows are signed: its file.
pub(crate) fn take(world: &World, key: &Key, sora: &Browser, query: &str) -> PathBuf {
    let page = ask(world, sora, "bundle", query);
    wait_until(|| sora.get(&page).has("a[href$='/file']"));
    let file = sora.get(&format!("{page}/file"));
    assert_eq!((file.status, file.header("content-type")), (200, Some("application/x-tar")), "{file}");
    let name = file.header("content-disposition").unwrap().split('"').nth(1).unwrap().to_owned();
    write(key.directory.path(), &name, &file.body)
}

/// The directory that a tar file makes.
pub(crate) fn unpack(file: &Path) -> PathBuf {
    tar::Archive::new(fs::File::open(file).unwrap()).unpack(file.parent().unwrap()).unwrap();
    file.with_extension("")
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Each file but the manifest with one byte altered, and without its end: the bundle fits no more.
pub(super) fn every_byte_counts(world: &World, key: &Key, directory: &Path) {
    for file in files(directory) {
        let bytes = fs::read(&file).unwrap();
        if file.ends_with("manifest.json") {
            continue;
        }
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            fs::write(&file, &altered).unwrap();
            let refused = verify(world, key, directory, &[]);
            assert!(matches!(refused.status.code(), Some(1 | 2)), "{}: {}", file.display(), said(&refused));
        }
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert!(!verify(world, key, directory, &[]).status.success(), "{} is cut", file.display());
        fs::remove_file(&file).unwrap();
        assert_eq!(verify(world, key, directory, &[]).status.code(), Some(2), "{} is missing", file.display());
        fs::write(&file, &bytes).unwrap();
    }
    assert!(verify(world, key, directory, &[]).status.success());
}

on_both! {
    fn the_whole_log_is_verified_from_a_bundle_without_the_console(outer) {
        let (world, key) = signed(outer.engine);
        world.signed_in("mina");
        wait_for_signature(&world);
        let sora = world.signed_in("sora");
        let file = take(&world, &key, &sora, "");
        let newest = world.number("select row_count from exports");
        // It is what was signed when it was asked for, and no row more.
        let fits = verify(&world, &key, &file, &[]);
        assert!(fits.status.success(), "{}", said(&fits));
        assert_eq!(said(&fits), format!("These are all {newest} rows of the log that audit.ingam.test/log signed.\n"));
        assert_eq!(world.number(&format!("select count(*) from checkpoints where size = {newest}")), 1);
        // The log has the hash of the file.
        let hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(fs::read(&file).unwrap()));
        assert_eq!(world.last_audit().after["export_sha256"], hash);
        let directory = unpack(&file);
        let readme = fs::read_to_string(directory.join("README.txt")).unwrap();
        assert!(readme.contains("audit.ingam.test/log") && !readme.contains(&key.vkey), "{readme}");
        let lines = fs::read_to_string(directory.join("audit.jsonl")).unwrap();
        assert_eq!(i64::try_from(lines.lines().count()).unwrap(), newest);
        every_byte_counts(&world, &key, &directory);
        let stranger = Key::make();
        assert_eq!(verify(&world, &stranger, &file, &[]).status.code(), Some(1));
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn a_bundle_of_some_days_proves_that_no_row_between_them_is_missing(outer) {
        let (world, key) = signed(outer.engine);
        wait_for_signature(&world);
        let sora = world.signed_in("sora");
        // It waits until its newest rows are signed.
        let file = take(&world, &key, &sora, "&from=2026-03-02");
        let rows = world.number("select row_count from exports");
        assert_eq!(world.database().value("select filter from exports"), "from=2026-03-02");
        let fits = verify(&world, &key, &file, &[]);
        assert!(said(&fits).starts_with(&format!("These are all {rows} rows from 0 to {} of the log of ", rows - 1)), "{}", said(&fits));
        let directory = unpack(&file);
        // Entries that were not asked for are not in it.
        assert!(!directory.join("log/tile/entries").exists() && directory.join("log/tile/0").exists());
        every_byte_counts(&world, &key, &directory);
        // A row that is left out together with its line is missed.
        let lines = fs::read_to_string(directory.join("audit.jsonl")).unwrap();
        let manifest = fs::read_to_string(directory.join("manifest.json")).unwrap();
        fs::write(directory.join("manifest.json"), manifest.replace(&format!("\"count\": {rows}"), &format!("\"count\": {}", rows - 1))).unwrap();
        fs::write(directory.join("audit.jsonl"), lines.split_once('\n').unwrap().1).unwrap();
        assert!(!verify(&world, &key, &directory, &[]).status.success());
    }

    fn a_bundle_with_a_filter_proves_each_row_and_says_that_others_may_be_missing(outer) {
        let (world, key) = signed(outer.engine);
        let mina = world.signed_in("mina");
        for amount in ["10", "20"] {
            mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", amount).set("reason", "늦은 배송, 보상").set("code", &world.code("mina")).submit();
        }
        wait_for_signature(&world);
        let sora = world.signed_in("sora");
        let file = take(&world, &key, &sora, "&action=points.adjust");
        let fits = verify(&world, &key, &file, &[]);
        let said = said(&fits);
        assert!(fits.status.success() && said.starts_with("These 2 rows are in the log of "), "{said}");
        assert!(said.contains("That no other row fits the filter is not proven: action=points.adjust"), "{said}");
        let directory = unpack(&file);
        assert_eq!(fs::read_dir(directory.join("receipts")).unwrap().count(), 2);
        assert!(!directory.join("log").exists());
        every_byte_counts(&world, &key, &directory);
        // One of the two alone is another selection.
        let lines = fs::read_to_string(directory.join("audit.jsonl")).unwrap();
        fs::write(directory.join("audit.jsonl"), lines.split_inclusive('\n').next().unwrap()).unwrap();
        assert_eq!(verify(&world, &key, &directory, &[]).status.code(), Some(1));
        let refused = verify(&world, &key, &file, &["--earlier", directory.join("checkpoint").to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(2), "{}", crate::evidence::support::said(&refused));
    }

    fn the_log_of_a_bundle_continues_what_was_kept_earlier_or_is_refused(outer) {
        let key = Key::make();
        let twin = Key { directory: tempfile::TempDir::with_prefix("ingam-test-").unwrap(), vkey: key.vkey.clone() };
        for name in ["log.key", "log.key.state"] {
            fs::copy(key.directory.path().join(name), twin.directory.path().join(name)).unwrap();
        }
        let world = World::start_with(outer.engine, |config| key.serve_for(config));
        let other = World::start_with(outer.engine, |config| twin.serve_for(config));
        world.signed_in("mina");
        wait_for_signature(&world);
        let sora = world.signed_in("sora");
        let kept = write(key.directory.path(), "checkpoint-kept", &sora.get("/log/checkpoint").body);
        let older = take(&world, &key, &sora, "");
        world.signed_in("hana");
        wait_for_signature(&world);
        let sora = world.signed_in("sora");
        let later = write(key.directory.path(), "checkpoint-later", &sora.get("/log/checkpoint").body);
        let file = take(&world, &key, &sora, "");
        let fits = verify(&world, &key, &file, &["--earlier", kept.to_str().unwrap()]);
        assert!(fits.status.success() && said(&fits).contains("continues 1 earlier checkpoint"), "{}", said(&fits));
        let outdated = verify(&world, &key, &older, &["--earlier", later.to_str().unwrap()]);
        assert_eq!(outdated.status.code(), Some(1), "{}", said(&outdated));
        assert!(said(&outdated).contains("this bundle is the older one"), "{}", said(&outdated));
        // Another history under the same key.
        other.signed_in("jun");
        other.signed_in("hana");
        wait_for_signature(&other);
        let auditor = other.signed_in("sora");
        let second = take(&other, &twin, &auditor, "");
        assert!(verify(&other, &key, &second, &[]).status.success());
        let refused = verify(&other, &key, &second, &["--earlier", kept.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains("not the one of the earlier checkpoint"), "{}", said(&refused));
    }

    fn bundles_fit_around_the_ends_of_tiles(outer) {
        for rows in [255, 256, 257, 512, 513] {
            let (world, key) = signed(outer.engine);
            let sora = world.signed_in("sora");
            grow(&world, rows - world.audit_size());
            wait_until(|| size(&world) == rows);
            let file = take(&world, &key, &sora, "");
            let fits = verify(&world, &key, &file, &[]);
            assert_eq!(said(&fits), format!("These are all {rows} rows of the log that audit.ingam.test/log signed.\n"));
        }
    }

    fn a_log_that_is_not_signed_gives_no_bundle(world) {
        let sora = world.signed_in("sora");
        let form = sora.get("/audit/exports?panel=export").form_to("/audit/exports").set("purpose", "audit").set("reason", "For the inspection of November");
        let page = form.set("format", "bundle").set("code", &world.code("sora")).submit();
        assert_eq!(page.status, 422, "{page}");
        assert!(page.says("#format-error").contains("not signed"), "{page}");
        assert_eq!(page.form_to("/audit/exports").value("reason"), Some("For the inspection of November"));
        assert_eq!(world.number("select count(*) from exports"), 0);
    }

    fn a_bundle_is_offered_when_all_its_rows_are_signed(outer) {
        let key = Key::make();
        let world = World::start(outer.engine);
        assert!(key.sign(&world).status.success());
        let sora = world.signed_in("sora");
        let page = ask(&world, &sora, "bundle", "&action=session.start");
        let waits = sora.get(&page);
        assert!(waits.says("#file").contains("Waits for a signature") && !waits.has("a[href$='/file']"), "{waits}");
        assert_eq!(sora.get(&format!("{page}/file")).status, 303);
        assert!(key.sign(&world).status.success());
        assert!(sora.get(&page).has("a[href$='/file']"));
        assert_eq!(sora.get(&format!("{page}/file")).status, 200);
    }

    fn the_host_writes_the_same_files_and_the_log_says_so(outer) {
        let key = Key::make();
        let world = World::start(outer.engine);
        world.signed_in("mina");
        let out = key.directory.path().join("out");
        fs::create_dir(&out).unwrap();
        let export = |more: &[&str]| {
            let arguments = ["audit", "export", "--purpose", "authority", "--reason", "Letter 2026-118", "--out", out.to_str().unwrap()];
            key.command(&world, &[&arguments, more].concat())
        };
        let bundle = export(&[]);
        assert!(bundle.status.success(), "{}", said(&bundle));
        let rows = world.number("select row_count from exports");
        let file = out.join(format!("audit-0-{}-export-1.tar", rows - 1));
        let fits = verify(&world, &key, &file, &[]);
        assert_eq!(said(&fits), format!("These are all {rows} rows of the log that audit.ingam.test/log signed.\n"));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("exports.finish", "applied"));
        assert!(said(&bundle).contains(row.after["export_sha256"].as_str().unwrap()), "{}", said(&bundle));
        assert_eq!(world.rows("select state, staff_id from exports")[0], [Some("finished".to_owned()), None]);
        // Also the days of today, whose newest rows are signed first.
        let some = export(&["--from", "2026-03-02", "--to", "2026-03-02"]);
        assert!(some.status.success(), "{}", said(&some));
        assert_eq!(world.database().value("select filter from exports order by id desc limit 1"), "from=2026-03-02&to=2026-03-02");
        for (format, end) in [("jsonl", "jsonl"), ("csv", "csv"), ("ocsf", "ocsf.jsonl")] {
            let place = out.join(format!("audit.{end}"));
            let written = world.command(&["audit", "export", "--format", format, "--purpose", "audit", "--reason", "For November", "--out", place.to_str().unwrap()]).output().unwrap();
            assert!(written.status.success(), "{}", said(&written));
            let count = fs::read_to_string(&place).unwrap().lines().count();
            assert_eq!(i64::try_from(count).unwrap(), world.number("select row_count from exports order by id desc limit 1") + i64::from(format == "csv"));
        }
        // The page of an export of the host.
        let sora = world.signed_in("sora");
        let page = sora.get("/audit/exports/1");
        assert!(page.says("main").contains("Taken") && page.says(".sub").contains("console@"), "{page}");
        for (refused, why) in [
            (export(&["--from", "2026-03-02", "--to", "2026-03-01"]), "the last day is before"),
            (export(&["--from", "yesterday"]), "no day"),
            (export(&["--from", "2027-01-01"]), "no row of these days"),
        ] {
            assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
            assert!(said(&refused).contains(why), "{}", said(&refused));
        }
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }
}
