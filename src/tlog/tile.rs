//! Tiles (<https://c2sp.org/tlog-tiles>): the hashes and entries of a log as files of 256, of which all but the last of
//! each row never change.

use super::{Fault, MAX_SIZE};
use crate::merkle::Hash;
use std::{fmt, ops::Range};

/// How many hashes or entries a full tile holds.
pub(crate) const WIDTH: u64 = 256;
/// The longest entry in bytes: its length is written in two.
pub(crate) const MAX_ENTRY: usize = 65_535;

/// How many levels of the tree one level of tiles spans: 2^8 is [`WIDTH`].
pub(crate) const HEIGHT: u32 = 8;
/// How many levels of tiles a tree of [`MAX_SIZE`] entries has.
const LEVELS: u32 = 8;

/// What is in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Content {
    /// Hashes of this level of tiles, 0 to 7. A hash of level L is the root of 256^L entries, at level 8 L of the tree.
    Hashes { level: u32 },
    /// The entries themselves: a bundle.
    Entries,
}

/// The place of a tile in a log. It is full with 256 hashes or entries, and partial with fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Tile {
    content: Content,
    index: u64,
    width: u64,
}

/// All tiles of a log of `size` entries: its bundles, then its hashes from the lowest level up. There is no empty one.
pub(crate) fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    tiles_between(0, size)
}

/// The tiles that a log has to add when it grows from `old` to `size` entries. The partial ones of `old` are not among them.
pub(crate) fn tiles_between(old: u64, size: u64) -> impl Iterator<Item = Tile> {
    let levels = (0..LEVELS).map(|level| Content::Hashes { level });
    std::iter::once(Content::Entries)
        .chain(levels)
        .flat_map(move |content| row(content, content.count(old), content.count(size)))
}

/// The tiles of one row that hold something from position `old` up to `count`.
fn row(content: Content, old: u64, count: u64) -> impl Iterator<Item = Tile> {
    let begin = if old < count { old / WIDTH } else { count.div_ceil(WIDTH) };
    (begin..count.div_ceil(WIDTH)).map(move |index| Tile { content, index, width: WIDTH.min(count - index * WIDTH) })
}

impl Content {
    /// How many entries there are for each hash or entry of the row, as a power of two.
    const fn shift(self) -> u32 {
        match self {
            Self::Hashes { level } => HEIGHT * level,
            Self::Entries => 0,
        }
    }

    /// How many hashes or entries the row has in a log of `size` entries. Only full subtrees have a hash.
    const fn count(self, size: u64) -> u64 {
        size >> self.shift()
    }
}

impl Tile {
    /// Reads a path such as `tile/1/x001/x234/067.p/8`. Each tile has only one.
    pub(crate) fn read(path: &str) -> Result<Self, Fault> {
        let tile = parse(path).filter(|tile| tile.exists() && tile.to_string() == path);
        tile.ok_or_else(|| Fault::TilePath(path.chars().take(100).collect()))
    }

    /// Whether there can be such a tile: between 1 and 256 wide, in a log of at most [`MAX_SIZE`] entries.
    fn exists(self) -> bool {
        let end = u128::from(self.index) * u128::from(WIDTH) + u128::from(self.width);
        let is_in_level = !matches!(self.content, Content::Hashes { level } if level >= LEVELS);
        (1..=WIDTH).contains(&self.width) && is_in_level && end <= u128::from(self.content.count(MAX_SIZE))
    }

    pub(crate) fn content(self) -> Content {
        self.content
    }

    /// What the tile holds, as positions in its row: of entries, or of nodes at level 8 L of the tree.
    pub(crate) fn range(self) -> Range<u64> {
        let begin = self.index * WIDTH;
        begin..begin + self.width
    }

    /// Whether a log of `size` entries has all that the tile holds.
    pub(crate) fn is_within(self, size: u64) -> bool {
        self.range().end <= self.content.count(size)
    }

    /// Reads a tile of hashes, 32 bytes each, without a gap.
    pub(crate) fn read_hashes(self, bytes: &[u8]) -> Result<Vec<Hash>, Fault> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && u64::try_from(hashes.len()) == Ok(self.width);
        if fits { Ok(hashes.to_vec()) } else { Err(Fault::TileLength) }
    }

    /// Reads a bundle of entries as [`write_bundle`] writes it.
    pub(crate) fn read_bundle(self, bytes: &[u8]) -> Result<Vec<&[u8]>, Fault> {
        let mut entries = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (length, after) = rest.split_first_chunk().ok_or(Fault::Bundle)?;
            let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(Fault::Bundle)?;
            entries.push(entry);
            rest = after;
        }
        if u64::try_from(entries.len()) == Ok(self.width) { Ok(entries) } else { Err(Fault::Bundle) }
    }
}

/// The bytes of a bundle: each entry after its length in bytes, which is two bytes, the higher first.
pub(crate) fn write_bundle<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Vec<u8>, Fault> {
    let mut bundle = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| Fault::EntryLength)?;
        bundle.extend(length.to_be_bytes());
        bundle.extend(entry);
    }
    Ok(bundle)
}

/// The path of the tile, relative to where the log is published.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = grouped(self.index);
        match self.content {
            Content::Hashes { level } => write!(f, "tile/{level}/{index}")?,
            Content::Entries => write!(f, "tile/entries/{index}")?,
        }
        if self.width == WIDTH { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// A number in groups of three digits, all but the last after an `x`: 1234067 is `x001/x234/067`.
fn grouped(number: u64) -> String {
    let mut text = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    text
}

/// The tile that a path could mean. Paths that are not canonical pass.
fn parse(path: &str) -> Option<Tile> {
    let (row, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let content = match row {
        "entries" => Content::Entries,
        level => Content::Hashes { level: level.parse().ok()? },
    };
    let (groups, width) = match rest.split_once(".p/") {
        Some((groups, width)) => (groups, width.parse().ok()?),
        None => (rest, WIDTH),
    };
    let index = groups.split('/').try_fold(0_u64, |number, group| {
        let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        number.checked_mul(1000)?.checked_add(digits)
    })?;
    Some(Tile { content, index, width })
}

#[cfg(test)]
mod tests;
