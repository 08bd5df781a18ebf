//! Verifying a bundle without the console: every row against the tree of its checkpoint, in memory for one tile of each level.

use super::{
    CHECKPOINT, FORMAT, FileHash, Files, Kind, LINES, LOG, MANIFEST, Manifest, Rows, STAMP, STAMPED, Tree, receipt,
};
use crate::{
    clock::Instant,
    evidence::{
        keys::Keys,
        timestamp::token::{Roots, stamped_at},
    },
    id::Seq,
    merkle::{Frontier, Hash, leaf},
    tlog::{
        Fault,
        checkpoint::Checkpoint,
        note::{MAX_BYTES, Note},
        receipt::Receipt,
        tile::{Content, MAX_ENTRY, Tile, WIDTH, tiles},
        write_hash,
    },
};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::io::{self, BufRead, BufReader, Read as _};

/// The longest manifest, in bytes.
const MAX_MANIFEST: u64 = 1 << 20;
/// The longest tile of entries, in bytes.
const MAX_TILE: u64 = WIDTH * (MAX_ENTRY as u64 + 2);
/// How much is hashed at a time, in bytes.
const BUFFER: usize = 64 * 1024;

/// What a bundle proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub kind: Kind,
    pub first: Seq,
    pub last: Seq,
    pub count: i64,
    pub filter: Option<String>,
    /// The number of rows of the log.
    pub size: u64,
    /// How many earlier checkpoints its log continues.
    pub earlier: usize,
    pub stamp: Option<StampHeld>,
}

/// What the time stamp in a bundle proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StampHeld {
    /// The number of rows of the log that is stamped.
    pub size: u64,
    /// When it was there; unknown where no certificates of the authority were given.
    pub time: Option<Instant>,
}

/// Why a bundle proves nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("{name} cannot be read: {why}")]
    Unreadable { name: String, why: io::Error },
    #[error("manifest.json is not one of a bundle: {0}")]
    Manifest(String),
    #[error("{name}: {why}")]
    Fault { name: String, why: Fault },
    #[error("{0} is not the file that the manifest names: it has another length or hash")]
    File(String),
    #[error("the checkpoint is not the one that the manifest names")]
    Checkpoint,
    #[error("line {line} of audit.jsonl is not row {seq} of the log")]
    Line { line: u64, seq: u64 },
    #[error("line {0} of audit.jsonl is no row, or does not come after the one before")]
    Row(u64),
    #[error("audit.jsonl has {found} rows, and the manifest says {counted}")]
    Count { found: u64, counted: i64 },
    #[error("{0} does not hold the rows of the log")]
    Tile(String),
    #[error("the tiles do not lead to the root of the checkpoint")]
    Root,
    #[error("the time stamp: {0}")]
    Stamp(String),
    #[error("the log is not the one of the earlier checkpoint of {0} rows")]
    Earlier(u64),
    #[error("the earlier checkpoint has {earlier} rows, and the bundle's has {size}: this bundle is the older one")]
    Older { earlier: u64, size: u64 },
    #[error(
        "a selection has no tiles, so an earlier checkpoint cannot be held against it: use a bundle without a filter"
    )]
    NoTiles,
}

impl Unfit {
    /// Whether it could not be read, so that nothing is said about the log.
    pub(crate) fn is_unreadable(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Manifest(_) | Self::NoTiles => true,
            Self::Fault { why, .. } => why.is_malformed(),
            _ => false,
        }
    }
}

/// Verifies all that a bundle holds; and that its log continues each of the earlier checkpoints, which were kept elsewhere.
/// `roots` vouch for the authority of its time stamp.
pub(crate) fn verify(
    files: &Files,
    keys: Keys<'_>,
    earlier: &[Checkpoint],
    roots: Option<&Roots>,
) -> Result<Held, Unfit> {
    let manifest = manifest(files)?;
    for (name, hash) in &manifest.files {
        if hash_of(files, name).map_err(|why| unreadable(name, why))? != *hash {
            return Err(Unfit::File(name.clone()));
        }
    }
    let checkpoint = checkpoint(files, keys, CHECKPOINT)?;
    if manifest.checkpoint != (Tree { size: checkpoint.size(), root: write_hash(&checkpoint.root()) }) {
        return Err(Unfit::Checkpoint);
    }
    let lines = Lines::open(files)?;
    let stamped = stamped(files, &manifest, keys, roots)?;
    match manifest.kind {
        Kind::Selection if !earlier.is_empty() => return Err(Unfit::NoTiles),
        Kind::Selection => selection(files, keys, &manifest, lines)?,
        Kind::Whole | Kind::Range => {
            let known: Vec<_> = earlier.iter().chain(stamped.as_ref().map(|(checkpoint, _)| checkpoint)).collect();
            tree(files, &manifest, &checkpoint, known, lines)?;
        }
    }
    if manifest.kind != Kind::Selection && self::checkpoint(files, keys, &format!("{LOG}/{CHECKPOINT}"))? != checkpoint
    {
        return Err(Unfit::Checkpoint);
    }
    if manifest.kind == Kind::Whole {
        if manifest.rows.count.unsigned_abs() != checkpoint.size() {
            return Err(Unfit::Checkpoint);
        }
        entries(files, &checkpoint)?;
    }
    let Manifest { kind, rows, .. } = manifest;
    let (first, last, count, filter) = (rows.first, rows.last, rows.count, rows.filter);
    let stamp = stamped.map(|(checkpoint, time)| StampHeld { size: checkpoint.size(), time });
    Ok(Held { kind, first, last, count, filter, size: checkpoint.size(), earlier: earlier.len(), stamp })
}

fn unreadable(name: &str, why: io::Error) -> Unfit {
    Unfit::Unreadable { name: name.to_owned(), why }
}

fn fault(name: &str) -> impl Fn(Fault) -> Unfit {
    move |why| Unfit::Fault { name: name.to_owned(), why }
}

fn manifest(files: &Files) -> Result<Manifest, Unfit> {
    let bytes = files.bytes(MANIFEST, MAX_MANIFEST).map_err(|why| unreadable(MANIFEST, why))?;
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|why| Unfit::Manifest(why.to_string()))?;
    if manifest.format != FORMAT {
        return Err(Unfit::Manifest(format!("its format is {:?}, and this program knows {FORMAT}", manifest.format)));
    }
    Ok(manifest)
}

/// The length and the hash of a file.
pub(crate) fn hash_of(files: &Files, name: &str) -> io::Result<FileHash> {
    let (mut file, mut hash, mut bytes) = (files.read(name)?, Sha256::new(), 0);
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(some) = buffer.get(..read).filter(|some| !some.is_empty()) else { break };
        hash.update(some);
        bytes += read as u64;
    }
    Ok(FileHash { bytes, sha256: hex::encode(hash.finalize()) })
}

fn checkpoint(files: &Files, keys: Keys<'_>, name: &str) -> Result<Checkpoint, Unfit> {
    let bytes = files.bytes(name, MAX_BYTES as u64).map_err(|why| unreadable(name, why))?;
    Note::read(&bytes).and_then(|note| keys.verify(&note)).map_err(fault(name))
}

/// The checkpoint that has a time stamp, and when it was there; nothing where the bundle has none.
fn stamped(
    files: &Files,
    manifest: &Manifest,
    keys: Keys<'_>,
    roots: Option<&Roots>,
) -> Result<Option<(Checkpoint, Option<Instant>)>, Unfit> {
    if !manifest.files.contains_key(STAMP) {
        return match roots {
            Some(_) => Err(Unfit::Stamp("the bundle has none".to_owned())),
            None => Ok(None),
        };
    }
    let bytes = |name| files.bytes(name, MAX_BYTES as u64).map_err(|why| unreadable(name, why));
    let (note, response) = (bytes(STAMPED)?, bytes(STAMP)?);
    // Its witnesses came later.
    let keys = Keys { witnesses: &[], ..keys };
    let checkpoint = Note::read(&note).and_then(|note| keys.verify(&note)).map_err(fault(STAMPED))?;
    let time = roots.map(|roots| stamped_at(&response, &note, roots).map_err(Unfit::Stamp)).transpose()?;
    Ok(Some((checkpoint, time)))
}

/// The rows of `audit.jsonl`.
struct Lines {
    file: BufReader<Box<dyn io::Read>>,
    /// The number of the last one that was read; the first is 1.
    line: u64,
}

impl Lines {
    fn open(files: &Files) -> Result<Self, Unfit> {
        let file = files.read(LINES).map_err(|why| unreadable(LINES, why))?;
        Ok(Self { file: BufReader::with_capacity(BUFFER, file), line: 0 })
    }

    /// The next row without its newline; nothing after the last.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Unfit> {
        let mut row = Vec::new();
        let mut longest = (&mut self.file).take(MAX_ENTRY as u64 + 1);
        let read = longest.read_until(b'\n', &mut row).map_err(|why| unreadable(LINES, why))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if row.pop() == Some(b'\n') { Ok(Some(row)) } else { Err(Unfit::Row(self.line)) }
    }

    /// Verifies that there is no further row, and that there were as many as the manifest says.
    fn end(mut self, counted: i64) -> Result<(), Unfit> {
        let is_over = self.next()?.is_none();
        if is_over && u64::try_from(counted) == Ok(self.line) {
            return Ok(());
        }
        Err(Unfit::Count { found: self.line, counted })
    }
}

/// The number of a row, as its bytes say it.
#[derive(Deserialize)]
struct Numbered {
    seq: String,
}

/// Each row with its receipt, in the order of the log.
fn selection(files: &Files, keys: Keys<'_>, manifest: &Manifest, mut lines: Lines) -> Result<(), Unfit> {
    let Rows { first, last, .. } = manifest.rows;
    let mut before = None;
    while let Some(row) = lines.next()? {
        let said = serde_json::from_slice::<Numbered>(&row).ok().and_then(|row| row.seq.parse::<Seq>().ok());
        let is_next = |seq: &Seq| (first..=last).contains(seq) && before.is_none_or(|before| before < *seq);
        let seq = said.filter(is_next).ok_or(Unfit::Row(lines.line))?;
        before = Some(seq);
        let name = receipt(seq);
        let bytes = files.bytes(&name, MAX_BYTES as u64).map_err(|why| unreadable(&name, why))?;
        let receipt = Receipt::read(&bytes).map_err(fault(&name))?;
        keys.verify(receipt.checkpoint()).map_err(fault(&name))?;
        receipt.verify(&row, keys.log).map_err(fault(&name))?;
        if i64::try_from(receipt.index()) != Ok(seq.get()) {
            return Err(Unfit::Row(lines.line));
        }
    }
    lines.end(manifest.rows.count)
}

/// The tree of the tiles up to the root of the checkpoint, and each row of the range against its leaf.
fn tree(
    files: &Files,
    manifest: &Manifest,
    checkpoint: &Checkpoint,
    mut earlier: Vec<&Checkpoint>,
    mut lines: Lines,
) -> Result<(), Unfit> {
    let rows = manifest.rows.first.get()..=manifest.rows.last.get();
    earlier.sort_by_key(|checkpoint| checkpoint.size());
    let mut earlier = earlier.into_iter().peekable();
    let mut log = Frontier::default();
    // The roots of the full tiles of the level below.
    let mut above = Vec::new();
    let mut continues = |log: &Frontier| {
        while let Some(known) = earlier.next_if(|known| known.size() == log.size()) {
            if known.root() != log.root() {
                return Err(Unfit::Earlier(known.size()));
            }
        }
        Ok(())
    };
    continues(&log)?;
    for tile in level(checkpoint.size(), 0) {
        let hashes = hashes(files, tile)?;
        for (n, hash) in tile.range().zip(&hashes) {
            if i64::try_from(n).is_ok_and(|n| rows.contains(&n)) {
                let row = lines.next()?.ok_or(Unfit::Count { found: lines.line, counted: manifest.rows.count })?;
                if leaf(&row) != *hash {
                    return Err(Unfit::Line { line: lines.line, seq: n });
                }
            }
            log.push(*hash);
            continues(&log)?;
        }
        above.extend(root_of(&hashes));
    }
    if rows.end() - rows.start() != manifest.rows.count - 1 {
        return Err(Unfit::Count { found: lines.line, counted: manifest.rows.count });
    }
    lines.end(manifest.rows.count)?;
    if log.root() != checkpoint.root() {
        return Err(Unfit::Root);
    }
    if let Some(later) = earlier.next() {
        return Err(Unfit::Older { earlier: later.size(), size: checkpoint.size() });
    }
    higher(files, checkpoint.size(), above)
}

/// The tiles of one level.
fn level(size: u64, level: u32) -> impl Iterator<Item = Tile> {
    tiles(size).filter(move |tile| tile.content() == Content::Hashes { level })
}

fn hashes(files: &Files, tile: Tile) -> Result<Vec<Hash>, Unfit> {
    let name = format!("{LOG}/{tile}");
    let bytes = files.bytes(&name, MAX_TILE).map_err(|why| unreadable(&name, why))?;
    tile.read_hashes(&bytes).map_err(fault(&name))
}

/// The root of a full tile.
fn root_of(hashes: &[Hash]) -> Option<Hash> {
    let mut tree = Frontier::default();
    for hash in hashes {
        tree.push(*hash);
    }
    (tree.size() == WIDTH).then(|| tree.root())
}

/// The tiles above the leaves hold the roots of those below.
fn higher(files: &Files, size: u64, mut roots: Vec<Hash>) -> Result<(), Unfit> {
    for height in 1.. {
        let mut above = Vec::new();
        let mut rest = roots.as_slice();
        for tile in level(size, height) {
            let found = hashes(files, tile)?;
            rest = rest.strip_prefix(found.as_slice()).ok_or_else(|| Unfit::Tile(format!("{LOG}/{tile}")))?;
            above.extend(root_of(&found));
        }
        if above.is_empty() {
            break;
        }
        roots = above;
    }
    Ok(())
}

/// The entries of the log against its leaves.
fn entries(files: &Files, checkpoint: &Checkpoint) -> Result<(), Unfit> {
    let bundles = tiles(checkpoint.size()).filter(|tile| tile.content() == Content::Entries);
    for (tile, leaves) in bundles.zip(level(checkpoint.size(), 0)) {
        let name = format!("{LOG}/{tile}");
        let bytes = files.bytes(&name, MAX_TILE).map_err(|why| unreadable(&name, why))?;
        let found = tile.read_bundle(&bytes).map_err(fault(&name))?;
        if !found.into_iter().map(leaf).eq(hashes(files, leaves)?) {
            return Err(Unfit::Tile(name));
        }
    }
    Ok(())
}
