//! What a file consists of, piece by piece, so that little of it is in memory.

use super::{
    bundle::{Bundle, Unbundled},
    format::Format,
    record::Export,
    selection::{Selection, Slice},
};
use crate::{audit::filter::AuditQuery, evidence::keep, id::Seq, store::Reader};
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
    query: AuditQuery,
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
        query: &AuditQuery,
        out: &mut Vec<u8>,
    ) -> Result<Self, Unbundled> {
        let pieces = Pieces::open(reader, export, query, out).await?;
        Ok(Self { pieces, hash: Sha256::new(), bytes: 0, rows: 0, counted: export.row_count })
    }

    /// Writes the next piece after what is not taken yet of the beginning: how many rows are in it, and nothing where all is written.
    /// Each piece is taken before the next one.
    pub(super) async fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<i64>, Unbundled> {
        let rows = match &mut self.pieces {
            Pieces::Lines(lines) => lines.next(out).await?,
            Pieces::Bundle(bundle) => bundle.next(out).await?,
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
    async fn open(reader: &Reader, export: &Export, query: &AuditQuery, out: &mut Vec<u8>) -> Result<Self, Unbundled> {
        let selection = export.selection();
        if export.format == Format::Bundle {
            let mut bundle = Bundle::open(reader, export, &selection, query).await?;
            bundle.begin(out)?;
            return Ok(Self::Bundle(Box::new(bundle)));
        }
        export.format.begin(out);
        let log = keep::last(&mut &*reader).await?.map(|kept| kept.origin);
        let (reader, format, from) = (reader.clone(), export.format, Some(selection.first));
        Ok(Self::Lines(Box::new(Lines { reader, format, selection, query: query.clone(), log, from })))
    }
}

impl Lines {
    async fn next(&mut self, out: &mut Vec<u8>) -> sqlx::Result<Option<i64>> {
        let Some(from) = self.from else { return Ok(None) };
        if self.format == Format::Jsonl {
            let (rows, next) = self.selection.write_bodies(&self.reader, &self.query, from, out).await?;
            self.from = next;
            return Ok(Some(rows));
        }
        let Slice { rows, next } = self.selection.lines(&self.reader, &self.query, from).await?;
        for line in &rows {
            self.format.write(out, &line.entry, &line.body, self.log.as_deref());
        }
        self.from = next;
        Ok(Some(i64::try_from(rows.len()).unwrap_or(i64::MAX)))
    }
}
