//! What a file consists of, piece by piece, so that little of it is in memory.

use super::{
    bundle::{Bundle, Unbundled},
    format::{Format, write_body},
    record::Export,
    selection::{Selection, Slice},
};
use crate::{audit::filter::AuditQuery, evidence::keep, id::Seq, store::Reader};

/// The pieces of one file, in their order.
pub(super) enum Source {
    Lines(Box<Lines>),
    Bundle(Box<Bundle>),
}

/// A file with a line for each row.
pub(super) struct Lines {
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

    /// Writes the next piece: how many rows are in it, and nothing where all is written.
    pub(super) async fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<i64>, Unbundled> {
        match self {
            Self::Lines(lines) => Ok(lines.next(out).await?),
            Self::Bundle(bundle) => bundle.next(out).await,
        }
    }
}

impl Lines {
    async fn next(&mut self, out: &mut Vec<u8>) -> sqlx::Result<Option<i64>> {
        let Some(from) = self.from else { return Ok(None) };
        let count;
        if self.format == Format::Jsonl {
            let Slice { rows, next } = self.selection.bodies(&self.reader, &self.query, from).await?;
            for (_, body) in &rows {
                write_body(out, body);
            }
            (self.from, count) = (next, rows.len());
        } else {
            let Slice { rows, next } = self.selection.lines(&self.reader, &self.query, from).await?;
            for line in &rows {
                self.format.write(out, &line.entry, &line.body, self.log.as_deref());
            }
            (self.from, count) = (next, rows.len());
        }
        Ok(Some(i64::try_from(count).unwrap_or(i64::MAX)))
    }
}
