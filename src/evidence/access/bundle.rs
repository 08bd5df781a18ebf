//! Bundles of access records: records with the hashes of all leaves of their tree, and the row of the log that has its root with the
//! receipt of that row.

use super::{Unfit as Unsealed, record::sealed_tree};
use crate::{
    evidence::{
        bundle::{Exported, FileHash, Files, Kind, MANIFEST, Rows, Tree, hash_of},
        keys::Keys,
    },
    id::Seq,
    merkle::{Frontier, Hash, leaf},
    tlog::{
        Fault,
        note::MAX_BYTES,
        receipt::Receipt,
        tile::{Content, MAX_ENTRY, Tile, WIDTH, tiles},
        write_hash,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, BufRead as _, BufReader, Read as _},
};

/// The layout, with its version.
pub(crate) const FORMAT: &str = "ingam-access-bundle/1";
/// The bytes of each record as they are hashed, and LF.
pub(crate) const RECORDS: &str = "access/access.jsonl";
/// The bytes of the row of the log, and its receipt.
pub(crate) const SEAL_ROW: &str = "access/seal.json";
pub(crate) const SEAL_RECEIPT: &str = "access/seal.tlog-proof";

/// The longest manifest, in bytes.
const MAX_MANIFEST: u64 = 1 << 20;

/// The hashes of the leaves of a tree, as files of 256.
pub(crate) fn leaf_tiles(leaves: u64) -> impl Iterator<Item = Tile> {
    tiles(leaves).filter(|tile| tile.content() == Content::Hashes { level: 0 })
}

/// The name of one of these files.
pub(crate) fn tile_name(tile: Tile) -> String {
    format!("access/{tile}")
}

/// What such a bundle says of itself. The tiles are not among its files: the row of the log proves them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The program that wrote it, and its version.
    pub writer: String,
    /// The name of the log.
    pub log: String,
    /// All records between two leaves, or those that fit a filter.
    pub kind: Kind,
    /// The numbers of leaves.
    pub records: Rows,
    /// The tree of the access records.
    pub tree: Tree,
    /// The row of the log that has its root.
    pub seal: Seq,
    pub export: Exported,
    pub files: BTreeMap<String, FileHash>,
}

/// What a bundle proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bundled {
    pub kind: Kind,
    pub records: i64,
    pub filter: Option<String>,
    /// The number of leaves of the tree.
    pub leaves: u64,
    /// The row of the log that has its root.
    pub row: u64,
    /// The number of rows of the log that was signed.
    pub size: u64,
}

/// Why a bundle proves nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("{name} cannot be read: {why}")]
    Unreadable { name: String, why: io::Error },
    #[error("manifest.json is not one of a bundle: {0}")]
    Manifest(String),
    #[error("{0} is not the file that the manifest names: it has another length or hash")]
    File(String),
    #[error("{name}: {why}")]
    Fault { name: String, why: Fault },
    #[error("{SEAL_ROW}: {0}")]
    Seal(#[from] Unsealed),
    #[error("the tree is not the one that the manifest names")]
    Tree,
    #[error("the tiles do not lead to the root that the log has")]
    Root,
    #[error("line {0} of access.jsonl is no record, or not the one of its leaf, or does not come after the one before")]
    Line(u64),
    #[error("access.jsonl has {found} records, and the manifest says {counted}")]
    Count { found: u64, counted: i64 },
}

impl Unfit {
    /// Whether it could not be read, so that nothing is said about the records.
    pub(crate) fn is_unreadable(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Manifest(_) => true,
            Self::Fault { why, .. } => why.is_malformed(),
            Self::Seal(why) => why.is_malformed(),
            _ => false,
        }
    }
}

/// The layout of the bundle that these are the files of.
#[derive(Deserialize)]
struct Layout {
    format: String,
}

/// Whether the bundle is one of access records.
pub(crate) fn is_of_access(files: &Files) -> bool {
    let manifest = files.bytes(MANIFEST, MAX_MANIFEST).ok();
    let layout = manifest.and_then(|bytes| serde_json::from_slice::<Layout>(&bytes).ok());
    layout.is_some_and(|layout| layout.format == FORMAT)
}

/// Verifies all that a bundle holds.
pub(crate) fn verify(files: &Files, keys: Keys<'_>) -> Result<Bundled, Unfit> {
    let bytes = |name: &str, limit| files.bytes(name, limit).map_err(|why| unreadable(name, why));
    let manifest: Manifest =
        serde_json::from_slice(&bytes(MANIFEST, MAX_MANIFEST)?).map_err(|why| Unfit::Manifest(why.to_string()))?;
    for (name, hash) in &manifest.files {
        if hash_of(files, name).map_err(|why| unreadable(name, why))? != *hash {
            return Err(Unfit::File(name.clone()));
        }
    }
    let fault = |why| Unfit::Fault { name: SEAL_RECEIPT.to_owned(), why };
    let row = bytes(SEAL_ROW, MAX_ENTRY as u64)?;
    let receipt = Receipt::read(&bytes(SEAL_RECEIPT, MAX_BYTES as u64)?).map_err(fault)?;
    keys.verify(receipt.checkpoint()).map_err(fault)?;
    let size = receipt.verify(&row, keys.log).map_err(fault)?.size();
    let (leaves, root) = sealed_tree(&row, receipt.index())?;
    let names_tree = manifest.tree == (Tree { size: leaves, root: write_hash(&root) });
    if !names_tree || u64::try_from(manifest.seal.get()) != Ok(receipt.index()) {
        return Err(Unfit::Tree);
    }
    let records = Lines::open(files, &manifest)?;
    if hold(files, leaves, records)? != root {
        return Err(Unfit::Root);
    }
    let Manifest { kind, records: Rows { first, last, count, filter }, .. } = manifest;
    if kind != Kind::Selection && last.get() - first.get() != count - 1 {
        return Err(Unfit::Count { found: count.unsigned_abs(), counted: count });
    }
    Ok(Bundled { kind, records: count, filter, leaves, row: receipt.index(), size })
}

fn unreadable(name: &str, why: io::Error) -> Unfit {
    Unfit::Unreadable { name: name.to_owned(), why }
}

/// The root of the leaves, each record against its own.
fn hold(files: &Files, leaves: u64, mut records: Lines) -> Result<Hash, Unfit> {
    let mut tree = Frontier::default();
    let mut next = records.next()?;
    for tile in leaf_tiles(leaves) {
        let name = tile_name(tile);
        let bytes = files.bytes(&name, WIDTH * 32).map_err(|why| unreadable(&name, why))?;
        let hashes = tile.read_hashes(&bytes).map_err(|why| Unfit::Fault { name, why })?;
        for (n, hash) in tile.range().zip(hashes) {
            if let Some((_, record)) = next.take_if(|(of, _)| *of == n) {
                if leaf(&record) != hash {
                    return Err(Unfit::Line(records.line));
                }
                next = records.next()?;
            }
            tree.push(hash);
        }
    }
    match next {
        Some(_) => Err(Unfit::Line(records.line)),
        None if u64::try_from(records.counted) == Ok(records.line) => Ok(tree.root()),
        None => Err(Unfit::Count { found: records.line, counted: records.counted }),
    }
}

/// The records of the file with the numbers of their leaves.
struct Lines {
    file: BufReader<Box<dyn io::Read>>,
    /// The number of the last one that was read; the first is 1.
    line: u64,
    counted: i64,
    /// The leaf that comes next at the earliest, and the last one that may come.
    from: u64,
    last: u64,
}

#[derive(Deserialize)]
struct Numbered {
    n: String,
}

impl Lines {
    fn open(files: &Files, manifest: &Manifest) -> Result<Self, Unfit> {
        let file = files.read(RECORDS).map_err(|why| unreadable(RECORDS, why))?;
        let Rows { first, last, count, .. } = manifest.records;
        let place = |seq: Seq| u64::try_from(seq.get()).map_err(|_| Unfit::Tree);
        Ok(Self { file: BufReader::new(file), line: 0, counted: count, from: place(first)?, last: place(last)? })
    }

    /// Nothing after the last.
    fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, Unfit> {
        let mut record = Vec::new();
        let mut longest = (&mut self.file).take(MAX_ENTRY as u64 + 1);
        if longest.read_until(b'\n', &mut record).map_err(|why| unreadable(RECORDS, why))? == 0 {
            return Ok(None);
        }
        self.line += 1;
        let is_whole = record.pop() == Some(b'\n');
        let said = serde_json::from_slice::<Numbered>(&record).ok().and_then(|record| record.n.parse::<u64>().ok());
        match said {
            Some(n) if is_whole && (self.from..=self.last).contains(&n) => {
                self.from = n + 1;
                Ok(Some((n, record)))
            }
            _ => Err(Unfit::Line(self.line)),
        }
    }
}
