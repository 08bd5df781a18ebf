//! Bundles of access records: verified without the console, and with any byte of theirs altered not.

use super::{
    asking::{ask_for, form},
    bundles::{every_byte_counts, unpack, verify},
    records::sealing,
};
use crate::{
    evidence::support::{Key, said, wait_for_signature, write},
    kit::{Browser, World, on_both, wait_until},
};
use std::{path::PathBuf, time::Duration};

/// Asks for a bundle and takes it: its file.
fn take(world: &World, key: &Key, sora: &Browser, query: &str) -> PathBuf {
    let page = ask_for(world, form(sora, &format!("&holds=access{query}")).set("format", "bundle"));
    let file = sora.get(&format!("{page}/file"));
    assert_eq!((file.status, file.header("content-type")), (200, Some("application/x-tar")), "{file}");
    let name = file.header("content-disposition").unwrap().split('"').nth(1).unwrap().to_owned();
    write(key.directory.path(), &name, &file.body)
}

on_both! {
    fn access_records_are_verified_from_a_bundle_without_the_console(outer) {
        let key = Key::make();
        let world = &World::start_with(outer.engine, |config| {
            key.serve_for(config);
            sealing(config);
        });
        let mina = world.signed_in("mina");
        for n in 0..260 {
            assert_eq!(mina.get(if n == 7 { "/users/2" } else { "/users/1" }).status, 200);
        }
        world.clock.advance(Duration::from_mins(61));
        wait_until(|| world.number("select tied from access_head") >= 260);
        wait_for_signature(world);
        let sora = world.signed_in("sora");
        let file = take(world, &key, &sora, "");
        let tied = world.number("select end_seq from exports");
        let fits = verify(world, &key, &file, &[]);
        assert!(fits.status.success(), "{}", said(&fits));
        assert!(said(&fits).starts_with(&format!("These are all {tied} access records between the first and the last, in the tree of {tied} ")), "{}", said(&fits));
        let directory = unpack(&file);
        let lines = std::fs::read_to_string(directory.join("access/access.jsonl")).unwrap();
        assert_eq!(i64::try_from(lines.lines().count()).unwrap(), tied);
        assert!(directory.join("access/tile/0/000").is_file() && directory.join("access/seal.tlog-proof").is_file());
        every_byte_counts(world, &key, &directory);
        let one = take(world, &key, &sora, "&subject=2");
        let fits = verify(world, &key, &one, &[]);
        assert!(fits.status.success() && said(&fits).contains("That no other record fits the filter is not proven: subject=2"), "{}", said(&fits));
        let stranger = Key::make();
        assert_eq!(verify(world, &stranger, &one, &[]).status.code(), Some(1));
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn a_log_that_is_not_signed_gives_no_bundle_of_access_records(outer) {
        let world = &World::start_with(outer.engine, sealing);
        let mina = world.signed_in("mina");
        mina.get("/users/2");
        wait_until(|| world.number("select tied from access_head") > 0);
        let sora = world.signed_in("sora");
        let refused = form(&sora, "&holds=access").set("format", "bundle").set("code", &world.code("sora")).submit();
        assert!(refused.status == 422 && refused.has("#format-error"), "{refused}");
        assert_eq!(world.number("select count(*) from exports"), 0);
    }
}
