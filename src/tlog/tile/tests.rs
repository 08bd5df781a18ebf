use super::*;
use proptest::prelude::*;

fn paths(size: u64) -> Vec<String> {
    tiles(size).map(|tile| tile.to_string()).collect()
}

#[test]
fn a_number_is_written_in_groups_of_three_digits() {
    for (number, text) in [
        (0, "000"),
        (67, "067"),
        (999, "999"),
        (1000, "x001/000"),
        (123_067, "x123/067"),
        (1_234_067, "x001/x234/067"),
        (u64::MAX, "x018/x446/x744/x073/x709/x551/615"),
    ] {
        assert_eq!(grouped(number), text);
    }
    let tile = Tile { content: Content::Hashes { level: 0 }, index: 1_234_067, width: 8 };
    assert_eq!(tile.to_string(), "tile/0/x001/x234/067.p/8");
    assert_eq!(Tile::read("tile/0/x001/x234/067.p/8"), Ok(tile));
    let full = Tile { content: Content::Entries, width: 256, ..tile };
    assert_eq!(full.to_string(), "tile/entries/x001/x234/067");
    assert_eq!(Tile::read("tile/entries/x001/x234/067"), Ok(full));
}

#[test]
fn a_log_has_these_tiles() {
    assert_eq!(paths(0), [""; 0]);
    assert_eq!(paths(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
    assert_eq!(paths(84), ["tile/entries/000.p/84", "tile/0/000.p/84"]);
    assert_eq!(paths(255), ["tile/entries/000.p/255", "tile/0/000.p/255"]);
    assert_eq!(paths(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(
        paths(257),
        ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]
    );
    let many = paths(70_000);
    assert_eq!(many.len(), 551);
    let partial: Vec<&str> = many.iter().map(String::as_str).filter(|path| path.contains(".p/")).collect();
    assert_eq!(partial, ["tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    let last = tiles_between(MAX_SIZE - 1, MAX_SIZE).map(|tile| tile.to_string());
    let expected = ["tile/entries/x036/x028/x797/x018/x963/967.p/255", "tile/0/x036/x028/x797/x018/x963/967.p/255"];
    assert_eq!(last.collect::<Vec<_>>(), expected);
}

#[test]
fn what_grows_is_published_again_and_what_is_full_is_not() {
    let between = |old, new| tiles_between(old, new).map(|tile| tile.to_string()).collect::<Vec<_>>();
    assert_eq!(between(256, 256), [""; 0]);
    assert_eq!(between(257, 256), [""; 0]);
    assert_eq!(between(255, 256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(between(256, 257), ["tile/entries/001.p/1", "tile/0/001.p/1"]);
    assert_eq!(between(256, 300), ["tile/entries/001.p/44", "tile/0/001.p/44"]);
}

#[test]
fn a_path_that_is_not_canonical_is_refused() {
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile//000",
        "tile/00/000",
        "tile/+0/000",
        "tile/-1/000",
        "tile/8/000",
        "tile/64/000",
        "tile/4294967296/000",
        "tile/data/000",
        "tile/Entries/000",
        "tile/8/0/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/+00",
        "tile/0/x00/000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/xx001/000",
        "tile/0/x001/x000",
        "tile/0/x1000/000",
        "tile/0/1000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/+1",
        "tile/0/000.p/256",
        "tile/0/000.p/257",
        "tile/0/000.p/18446744073709551616",
        "tile/0/000.p/1/000",
        "tile/0/000.p/1.p/1",
        "tile/0/x000.p/1",
        "tile/0/000.p/1\n",
        "tile/0/000 ",
        "tile/0/../000",
        "tile/0/x001%2F000",
        "tile/0/０００",
        // Beyond 2^63 - 1 entries.
        "tile/0/x036/x028/x797/x018/x963/967",
        "tile/0/x036/x028/x797/x018/x963/968.p/1",
        "tile/7/000.p/128",
        "tile/7/000",
        "tile/7/001.p/1",
        "tile/entries/x018/x446/x744/x073/x709/x551/615",
        "tile/entries/x018/x446/x744/x073/x709/x551/616",
    ] {
        assert_eq!(Tile::read(path), Err(Fault::TilePath(path.to_owned())), "{path:?}");
    }
    for path in ["tile/7/000.p/127", "tile/0/x036/x028/x797/x018/x963/967.p/255", "tile/entries/x001/000.p/255"] {
        assert_eq!(Tile::read(path).unwrap().to_string(), path);
    }
    let long = "tile/0/".to_owned() + &"x001/".repeat(10_000);
    assert!(Tile::read(&long).unwrap_err().to_string().len() < 200);
}

#[test]
fn a_tile_is_within_a_log_that_has_all_of_it() {
    for (path, size) in [
        ("tile/0/000.p/84", 84),
        ("tile/entries/000.p/84", 84),
        ("tile/entries/000", 256),
        ("tile/1/000.p/1", 256),
        ("tile/1/000.p/2", 512),
        ("tile/2/000.p/1", 65_536),
        ("tile/0/001.p/1", 257),
    ] {
        let tile = Tile::read(path).unwrap();
        assert!(tile.is_within(size) && tile.is_within(size + 1) && !tile.is_within(size - 1), "{path}");
    }
    assert_eq!(Tile::read("tile/1/001.p/17").unwrap().range(), 256..273);
    assert_eq!(Tile::read("tile/1/001.p/17").unwrap().content(), Content::Hashes { level: 1 });
}

#[test]
fn a_bundle_is_each_entry_after_its_length() {
    let three = Tile::read("tile/entries/000.p/3").unwrap();
    let long = vec![7; MAX_ENTRY];
    let entries: [&[u8]; 3] = [b"ab", b"", &long];
    let bundle = write_bundle(entries).unwrap();
    assert_eq!(bundle[..8], [0, 2, b'a', b'b', 0, 0, 0xff, 0xff]);
    assert_eq!(three.read_bundle(&bundle).unwrap(), entries);
    assert_eq!(write_bundle([vec![7; MAX_ENTRY + 1]]), Err(Fault::EntryLength));
    assert_eq!(write_bundle([[0; 0]; 0]), Ok(Vec::new()));
    // Too few, too many.
    assert_eq!(three.read_bundle(&bundle[..6]), Err(Fault::Bundle));
    assert_eq!(three.read_bundle(&[&bundle[..], &[0, 0]].concat()), Err(Fault::Bundle));
    let short = write_bundle([&b"ab"[..], b"c", b"def"]).unwrap();
    for end in 0..short.len() {
        assert_eq!(three.read_bundle(&short[..end]), Err(Fault::Bundle), "cut after {end}");
    }
}

#[test]
fn a_tile_of_hashes_has_exactly_their_length() {
    let tile = Tile::read("tile/0/000.p/2").unwrap();
    let bytes = [[1; 32], [2; 32]].concat();
    assert_eq!(tile.read_hashes(&bytes), Ok(vec![[1; 32], [2; 32]]));
    for length in [0, 32, 63] {
        assert_eq!(tile.read_hashes(&bytes[..length]), Err(Fault::TileLength));
    }
    assert_eq!(tile.read_hashes(&[&bytes[..], &[0; 32]].concat()), Err(Fault::TileLength));
}

proptest! {
    #[test]
    fn every_tile_of_a_log_is_read_from_its_path(size in 0..=MAX_SIZE, back in 0..1000_u64) {
        for tile in tiles_between(size.saturating_sub(back), size) {
            prop_assert_eq!(Tile::read(&tile.to_string()), Ok(tile));
            prop_assert!(tile.is_within(size));
        }
    }

    /// The rows have no gap, hold what they should, and only their last tile is partial.
    #[test]
    fn the_tiles_of_a_log_hold_all_of_it_once(size in 0..70_000_u64) {
        let tiles: Vec<Tile> = tiles(size).collect();
        for content in [Content::Entries, Content::Hashes { level: 0 }, Content::Hashes { level: 1 }, Content::Hashes { level: 2 }] {
            let row: Vec<_> = tiles.iter().filter(|tile| tile.content() == content).map(|tile| tile.range()).collect();
            let held: Vec<u64> = row.iter().cloned().flatten().collect();
            prop_assert_eq!(held, (0..size >> content.shift()).collect::<Vec<_>>());
            prop_assert!(row.iter().rev().skip(1).all(|range| range.end - range.start == WIDTH));
        }
    }

    #[test]
    fn any_path_and_bundle_are_read_without_a_panic(path in "tile/([0-9]{1,2}|entries)(/x?[0-9]{1,4}){1,8}(\\.p/[0-9]{1,4})?", bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        if let Ok(tile) = Tile::read(&path) {
            prop_assert_eq!(tile.to_string(), path);
            let _ = tile.read_bundle(&bytes);
            let _ = tile.read_hashes(&bytes);
        }
    }
}
