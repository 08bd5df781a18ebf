//! A bundle of access records as it is sent: the records, the row of the log with the root of their tree, and the hashes of its leaves.

use super::{Archive, Unbundled};
use crate::{
    access::list::AccessQuery,
    evidence::{
        access::{
            Tied,
            bundle::{FORMAT, Manifest, RECORDS, SEAL_RECEIPT, SEAL_ROW, leaf_tiles, tile_name},
            provable, sealed_tree,
        },
        bundle::{Exported, FileHash, Kind, MANIFEST, Rows, Tree},
        keep,
        nodes::{self, Source},
        prove,
    },
    exports::{
        format::write_body,
        record::Export,
        selection::{Selection, Slice},
    },
    id::Seq,
    store::Reader,
    tlog::{tile::Tile, write_hash},
};
use askama::Template;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, io};

/// What is written next.
enum Step {
    Records(Option<Seq>),
    Tiles(Box<dyn Iterator<Item = Tile> + Send>),
    Over,
}

/// A bundle on its way.
pub(in crate::exports) struct RecordBundle {
    reader: Reader,
    selection: Selection,
    query: AccessQuery,
    archive: Archive,
    manifest: Manifest,
    /// The row of the log, and its receipt.
    seal: (Vec<u8>, String),
    file: String,
    /// The bytes of the file with the records, and their hash.
    length: u64,
    lines: Sha256,
    step: Step,
}

#[derive(Template)]
#[template(path = "exports/readme-access.txt")]
struct Readme<'m> {
    manifest: &'m Manifest,
    /// The name of the tar file.
    file: &'m str,
}

impl RecordBundle {
    pub(in crate::exports) async fn open(
        reader: &Reader,
        export: &Export,
        query: &AccessQuery,
    ) -> Result<Self, Unbundled> {
        let selection = export.selection();
        let kept = keep::last(&mut &*reader).await?.ok_or(Unbundled::Unsigned)?;
        let Tied { size, row } = provable(&mut &*reader).await?.ok_or(Unbundled::Unsigned)?;
        if size < export.end_seq.get() {
            return Err(Unbundled::Unsigned);
        }
        let proven = prove::receipt(reader, row).await?;
        let (leaves, root) =
            sealed_tree(&proven.body, row.get().unsigned_abs()).map_err(|unfit| Unbundled::Text(unfit.to_string()))?;
        let time = u64::try_from(kept.signed_at.unix()).unwrap_or_default();
        let file = export.file_name();
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            writer: format!("ingam {}", env!("CARGO_PKG_VERSION")),
            log: kept.origin,
            kind: if export.is_filtered() { Kind::Selection } else { Kind::Range },
            records: Rows {
                first: export.first_seq,
                last: export.last_seq(),
                count: export.row_count,
                filter: Some(export.filter.clone()).filter(|filter| !filter.is_empty()),
            },
            tree: Tree { size: leaves, root: write_hash(&root) },
            seal: row,
            export: Exported {
                number: export.id,
                row: export.seq,
                purpose: export.purpose.clone(),
                by: export.staff_name.clone(),
                at: export.at,
            },
            files: BTreeMap::new(),
        };
        Ok(Self {
            reader: reader.clone(),
            length: selection.record_length(reader, query).await?,
            step: Step::Records(Some(selection.first)),
            selection,
            query: query.clone(),
            archive: Archive::new(file.trim_end_matches(".tar").to_owned(), time),
            manifest,
            seal: (proven.body, proven.receipt.to_string()),
            file,
            lines: Sha256::new(),
        })
    }

    /// The files that come first, and the head of the one with the records.
    pub(in crate::exports) fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Unbundled> {
        let readme = Readme { manifest: &self.manifest, file: &self.file };
        let readme = readme.render().map_err(|error| Unbundled::Text(error.to_string()))?;
        let (row, receipt) = self.seal.clone();
        for (name, bytes) in
            [("README.txt", readme.as_bytes()), (SEAL_ROW, row.as_slice()), (SEAL_RECEIPT, receipt.as_bytes())]
        {
            self.archive.file(out, name, bytes)?;
            self.manifest.files.insert(name.to_owned(), FileHash::of(bytes));
        }
        Ok(self.archive.begin(out, RECORDS, self.length)?)
    }

    /// Writes the next piece: how many more records are written, and nothing where all is.
    pub(in crate::exports) async fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<i64>, Unbundled> {
        match &mut self.step {
            Step::Records(Some(from)) => {
                let from = *from;
                let begin = out.len();
                let Slice { rows, next } = self.selection.record_bodies(&self.reader, &self.query, from).await?;
                for (_, body) in &rows {
                    write_body(out, body);
                }
                self.lines.update(out.get(begin..).unwrap_or_default());
                self.step = Step::Records(next);
                Ok(Some(i64::try_from(rows.len()).unwrap_or(i64::MAX)))
            }
            Step::Records(None) => {
                Archive::end(out, self.length);
                let sha256 = hex::encode(std::mem::take(&mut self.lines).finalize());
                self.manifest.files.insert(RECORDS.to_owned(), FileHash { bytes: self.length, sha256 });
                self.step = Step::Tiles(Box::new(leaf_tiles(self.manifest.tree.size)));
                Ok(Some(0))
            }
            Step::Tiles(left) => {
                if let Some(tile) = left.next() {
                    let range = tile.range();
                    let hashes = nodes::hashes(&self.reader, 0, range.start, range.end, Source::Access).await?;
                    self.archive.file(out, &tile_name(tile), &hashes.concat())?;
                    return Ok(Some(0));
                }
                let manifest = serde_json::to_string_pretty(&self.manifest).map_err(io::Error::other)?;
                self.archive.file(out, MANIFEST, format!("{manifest}\n").as_bytes())?;
                Archive::finish(out);
                self.step = Step::Over;
                Ok(Some(0))
            }
            Step::Over => Ok(None),
        }
    }
}
