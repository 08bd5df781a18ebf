//! The crates `signed_note` and `tlog_tiles`, which share no code with this one, read what is written here, and the other
//! way round.

use super::log::{Log, ORIGIN, signer};
use crate::tlog::{
    checkpoint::Checkpoint,
    note::Note,
    proof::{verify_consistency, verify_inclusion},
    signer::Signer,
    tile::{self, Content, Tile},
    verifier::Verifier,
};
use signed_note::{Signer as _, StandardSigner, StandardVerifier, Verifier as _, VerifierList};
use std::{
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};
use tlog_tiles::{HashReader, TileHashReader, TileReader};

const SIZES: [u64; 15] = [0, 1, 2, 3, 5, 8, 13, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537];

static LOG: LazyLock<Log> = LazyLock::new(|| Log::new(65_537));

/// The tiles of hashes of a log, by the paths under which they are published.
struct Published(HashMap<String, Vec<u8>>);

impl Published {
    fn new(size: u64) -> Self {
        let hashes = tile::tiles(size).filter_map(|tile| {
            let Content::Hashes { level } = tile.content() else { return None };
            let hash = |index| LOG.hash(crate::tlog::proof::Node { level: 8 * level, index }).unwrap();
            Some((tile.to_string(), tile.range().flat_map(hash).collect()))
        });
        Self(hashes.collect())
    }
}

impl TileReader for Published {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.0[&published_path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[tlog_tiles::Tile], _: &[Vec<u8>]) {}
}

/// Their path without the height, which C2SP fixes at 8, and with the name of C2SP for bundles.
fn published_path(tile: &tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1).replacen("/data/", "/entries/", 1)
}

fn theirs(hash: crate::merkle::Hash) -> tlog_tiles::Hash {
    tlog_tiles::Hash(hash)
}

fn ours(hashes: &[tlog_tiles::Hash]) -> Vec<crate::merkle::Hash> {
    hashes.iter().map(|hash| hash.0).collect()
}

#[test]
fn a_peer_reads_our_keys_and_writes_them_alike() {
    let ours = signer();
    let public = StandardVerifier::new(&ours.verifier().to_string()).unwrap();
    let private = StandardSigner::new(&ours.private_text()).unwrap();
    assert_eq!(public.name(), ORIGIN);
    assert_eq!(public.key_id().to_be_bytes(), ours.verifier().id());
    assert_eq!(private.key_id().to_be_bytes(), ours.verifier().id());
    let signature = private.sign(b"text\n").unwrap();
    assert!(ours.sign("text\n").unwrap().to_string().contains(&{
        let bytes = [ours.verifier().id().as_slice(), &signature].concat();
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)
    }));
}

#[test]
fn a_peer_verifies_our_checkpoints_and_we_verify_those_it_signs() {
    let signer = signer();
    let verifier = StandardVerifier::new(&signer.verifier().to_string()).unwrap();
    let known = VerifierList::new(vec![Box::new(verifier)]);
    let standard = StandardSigner::new(&signer.private_text()).unwrap();
    let other = Signer::new("other.example.com", [1; 32]).unwrap();
    let other = StandardSigner::new(&other.private_text()).unwrap();
    for size in SIZES {
        let note = LOG.checkpoint(size);
        let read = signed_note::Note::from_bytes(note.to_string().as_bytes()).unwrap();
        let (of_known, of_others) = read.verify(&known).unwrap();
        assert_eq!((of_known.len(), of_others.len()), (1, 0));
        let checkpoint = tlog_tiles::Checkpoint::from_bytes(read.text()).unwrap();
        assert_eq!((checkpoint.origin(), checkpoint.size(), checkpoint.extension()), (ORIGIN, size, ""));
        assert_eq!(*checkpoint.hash(), theirs(LOG.root(size)));

        let mut by_two = signed_note::Note::new(note.text().as_bytes(), &[]).unwrap();
        by_two.add_sigs(&[&other, &standard]).unwrap();
        let read = Note::read(&by_two.to_bytes()).unwrap();
        assert_eq!(read.to_string().as_bytes(), by_two.to_bytes());
        let checkpoint = Checkpoint::verify(&read, signer.verifier()).unwrap();
        assert_eq!((checkpoint.size(), checkpoint.root()), (size, LOG.root(size)));
    }
}

#[test]
fn a_peer_finds_every_proof_in_our_tiles_and_it_is_ours() {
    for size in SIZES.into_iter().filter(|size| *size > 0) {
        let (published, root) = (Published::new(size), theirs(LOG.root(size)));
        let reader = TileHashReader::new(size, root, &published);
        let places = [0, 1, 2, 12, 254, 255, 256, 257, 65_534, 65_535, 65_536, size / 2, size - 1];
        for index in places.into_iter().filter(|index| *index < size) {
            let (proof, leaf) = (LOG.inclusion(index, size), LOG.leaf(index));
            let found = tlog_tiles::prove_record(size, index, &reader).unwrap();
            assert_eq!(ours(&found), proof, "entry {index} of {size}");
            tlog_tiles::check_record(&found, size, root, index, theirs(leaf)).unwrap();
            verify_inclusion(leaf, index, size, &proof, LOG.root(size)).unwrap();
        }
        for old in SIZES.into_iter().chain([size / 2, size - 1]).filter(|old| (1..=size).contains(old)) {
            let (proof, old_root) = (LOG.consistency(old, size), LOG.root(old));
            let found = tlog_tiles::prove_tree(size, old, &reader).unwrap();
            assert_eq!(ours(&found), proof, "from {old} to {size}");
            tlog_tiles::check_tree(&found, size, root, old, theirs(old_root)).unwrap();
            verify_consistency(old, old_root, size, LOG.root(size), &proof).unwrap();
        }
    }
}

#[test]
fn a_peer_refuses_our_tiles_once_a_bit_is_changed() {
    let size = 65_537;
    for path in ["tile/0/000", "tile/0/256.p/1", "tile/1/000", "tile/2/000.p/1"] {
        let mut published = Published::new(size);
        published.0.get_mut(path).unwrap()[0] ^= 1;
        let reader = TileHashReader::new(size, theirs(LOG.root(size)), &published);
        let leaves = [0, 65_536].map(|index| tlog_tiles::stored_hash_index(0, index));
        assert!(reader.read_hashes(&leaves).is_err(), "{path}");
    }
}

#[test]
fn a_peer_asks_for_the_same_new_tiles() {
    for old in SIZES {
        for new in SIZES.into_iter().chain([70_000, 1_000_000]).filter(|new| old <= *new) {
            let mut expected = BTreeSet::new();
            for mut tile in tlog_tiles::Tile::new_tiles(8, old, new) {
                expected.insert(published_path(&tile));
                if tile.level() == 0 {
                    tile.set_is_data();
                    expected.insert(published_path(&tile));
                }
            }
            let found: Vec<Tile> = tile::tiles_between(old, new).collect();
            let paths: BTreeSet<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!((paths.len(), &paths), (found.len(), &expected), "from {old} to {new}");
        }
    }
}

/// The key and the note of the documentation of Go's `golang.org/x/mod/sumdb/note`.
#[test]
fn the_example_of_go_is_read_and_written() {
    let private = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let public = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    let line = "\u{2014} PeterNeumann \
        x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
    let note = format!("{text}\n{line}\n");
    let signer = Signer::read(private).unwrap();
    assert_eq!((signer.private_text(), signer.verifier().to_string()), (private.to_owned(), public.to_owned()));
    assert_eq!(signer.sign(text).unwrap().to_string(), note);
    let read = Note::read(note.as_bytes()).unwrap();
    read.verify(&Verifier::read(public).unwrap()).unwrap();
}
