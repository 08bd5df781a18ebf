//! What a file consists of, piece by piece, so that little of it is in memory.

use super::{
    Holds,
    bundle::{Bundle, RecordBundle, Unbundled},
    format::Format,
    record::Export,
    selection::{Selection, Slice, Wanted},
};
use crate::{evidence::keep, id::Seq, store::Reader};
use sha2::{Digest as _, Sha256};

/// The pieces of one file, in their order, and what they are together.
pub(super) struct Source {
    pieces: Pieces,
    hash: Sha256,
    bytes: i64,
    rows: i64,
    /// How many rows there are to be.
    counted: i64,
}

enum Pieces {
    Lines(Box<Lines>),
    Bundle(Box<Bundle>),
    Records(Box<RecordBundle>),
}

/// A whole file.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub rows: i64,
    pub bytes: i64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// A file without some of its rows.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{found} rows were found where {counted} were counted")]
pub(crate) struct Miscounted {
    found: i64,
    counted: i64,
}

/// A file with a line for each row.
struct Lines {
    reader: Reader,
    format: Format,
    selection: Selection,
    wanted: Wanted,
    /// The name of the log, where it is signed.
    log: Option<String>,
    /// Where the next rows begin; nothing after the last.
    from: Option<Seq>,
}

impl Source {
    /// What the file of an export begins with is written already.
    pub(super) async fn open(
        reader: &Reader,
        export: &Export,
        wanted: &Wanted,
        out: &mut Vec<u8>,
    ) -> Result<Self, Unbundled> {
        let pieces = Pieces::open(reader, export, wanted, out).await?;
        Ok(Self { pieces, hash: Sha256::new(), bytes: 0, rows: 0, counted: export.row_count })
    }

    /// Writes the next piece after what is not taken yet of the beginning: how many rows are in it, and nothing where all is written.
    /// Each piece is taken before the next one.
    pub(super) async fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<i64>, Unbundled> {
        let rows = match &mut self.pieces {
            Pieces::Lines(lines) => lines.next(out).await?,
            Pieces::Bundle(bundle) => bundle.next(out).await?,
            Pieces::Records(bundle) => bundle.next(out).await?,
        };
        if let Some(rows) = rows {
            self.hash.update(&*out);
            self.bytes = self.bytes.saturating_add(i64::try_from(out.len()).unwrap_or(i64::MAX));
            self.rows += rows;
        }
        Ok(rows)
    }

    /// What was written, where nothing is missing.
    pub(super) fn end(self) -> Result<Whole, Miscounted> {
        let Self { hash, bytes, rows, counted, .. } = self;
        if rows == counted {
            return Ok(Whole { rows, bytes, sha256: hex::encode(hash.finalize()) });
        }
        Err(Miscounted { found: rows, counted })
    }
}

impl Pieces {
    async fn open(reader: &Reader, export: &Export, wanted: &Wanted, out: &mut Vec<u8>) -> Result<Self, Unbundled> {
        let selection = export.selection();
        if let (Wanted::Log(query), Format::Bundle) = (wanted, export.format) {
            let mut bundle = Bundle::open(reader, export, &selection, query).await?;
            bundle.begin(out)?;
            return Ok(Self::Bundle(Box::new(bundle)));
        }
        if let (Wanted::Access(query), Format::Bundle) = (wanted, export.format) {
            let mut bundle = RecordBundle::open(reader, export, query).await?;
            bundle.begin(out)?;
            return Ok(Self::Records(Box::new(bundle)));
        }
        match export.holds {
            Holds::Log => export.format.begin(out),
            Holds::Access => export.format.begin_records(out),
        }
        let log = keep::last(&mut &*reader).await?.map(|kept| kept.origin);
        let (reader, format, from) = (reader.clone(), export.format, Some(selection.first));
        Ok(Self::Lines(Box::new(Lines { reader, format, selection, wanted: wanted.clone(), log, from })))
    }
}

impl Lines {
    async fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<i64>, Unbundled> {
        let Some(from) = self.from else { return Ok(None) };
        let count;
        match &self.wanted {
            Wanted::Log(query) if self.format == Format::Jsonl => {
                (count, self.from) = self.selection.write_bodies(&self.reader, query, from, out).await?;
            }
            Wanted::Log(query) => {
                let Slice { rows, next } = self.selection.lines(&self.reader, query, from).await?;
                for line in &rows {
                    self.format.write(out, &line.entry, &line.body, self.log.as_deref());
                }
                (count, self.from) = (number(&rows), next);
            }
            Wanted::Access(query) => {
                let Slice { rows, next } = self.selection.record_bodies(&self.reader, query, from).await?;
                for (_, body) in &rows {
                    self.format.write_record(out, body)?;
                }
                (count, self.from) = (number(&rows), next);
            }
        }
        Ok(Some(count))
    }
}

fn number<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).unwrap_or(i64::MAX)
}
