//! A bundle as it is sent: the rows, then what proves them, file by file in a tar file. See [`crate::evidence::bundle`].

mod archive;
mod readme;
mod records;

use self::archive::Archive;
pub(super) use self::records::RecordBundle;
use super::{
    record::Export,
    selection::{Selection, Slice, beside_days},
};
use crate::{
    audit::filter::AuditQuery,
    evidence::{
        bundle::{
            CHECKPOINT, Exported, FORMAT, FileHash, Kind, LINES, LOG, MANIFEST, Manifest, Rows, STAMP, STAMPED, Tree,
            receipt,
        },
        keep::{self, Kept},
        nodes::{self, Source},
        prove::{self, Unproven},
        rows::{self, Unfit},
        timestamp::record::{Stamped, newest as newest_stamp},
    },
    id::Seq,
    store::Reader,
    tlog::{
        Fault,
        checkpoint::Checkpoint,
        tile::{Content, HEIGHT, Tile, tiles, write_bundle},
        write_hash,
    },
};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, io};

/// A program that verifies a bundle, for machines without this one.
const VERIFIER: (&str, &str) = ("verify.py", include_str!("verify.py"));

/// Why a bundle is not written to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unbundled {
    #[error("no checkpoint holds its rows")]
    Unsigned,
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error(transparent)]
    Row(#[from] Unfit),
    #[error(transparent)]
    Node(#[from] nodes::Missing),
    #[error(transparent)]
    Receipt(#[from] Unproven),
    #[error("a text of the file cannot be written: {0}")]
    Text(String),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// What is written next.
enum Step {
    Lines(Option<Seq>),
    Receipts(Option<Seq>),
    Tiles(Box<dyn Iterator<Item = Tile> + Send>),
    Manifest,
    Over,
}

/// A bundle on its way.
pub(super) struct Bundle {
    reader: Reader,
    selection: Selection,
    query: AuditQuery,
    kind: Kind,
    kept: Kept,
    checkpoint: Checkpoint,
    stamped: Option<Stamped>,
    archive: Archive,
    export: Export,
    /// The bytes of the file with the rows, and their hash.
    length: u64,
    lines: Sha256,
    files: BTreeMap<String, FileHash>,
    step: Step,
}

impl Bundle {
    /// Chooses the checkpoint, and measures the rows: a tar file has the length of each file before it.
    pub(super) async fn open(
        reader: &Reader,
        export: &Export,
        selection: &Selection,
        query: &AuditQuery,
    ) -> Result<Self, Unbundled> {
        let (kind, kept) = covering(reader, export).await?;
        let stamped = newest_stamp(&mut &*reader, &kept).await?;
        let kept = Kept { note: keep::cosigned(&mut &*reader, &kept).await?, ..kept };
        let (_, checkpoint) = kept.read()?;
        let time = u64::try_from(kept.signed_at.unix()).unwrap_or_default();
        let archive = Archive::new(export.file_name().trim_end_matches(".tar").to_owned(), time);
        let length = selection.length(reader, query).await?;
        Ok(Self {
            reader: reader.clone(),
            selection: selection.clone(),
            query: query.clone(),
            kind,
            kept,
            checkpoint,
            stamped,
            archive,
            export: export.clone(),
            length,
            lines: Sha256::new(),
            files: BTreeMap::new(),
            step: Step::Lines(Some(selection.first)),
        })
    }

    /// The files that come first, and the head of the one with the rows.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), Unbundled> {
        let readme = readme::text(&self.manifest(), &self.export, self.stamped.is_some())?;
        let note = self.kept.note.clone();
        let (python, program) = VERIFIER;
        let first = [("README.txt", readme.as_bytes()), (python, program.as_bytes()), (CHECKPOINT, note.as_bytes())];
        let stamp =
            self.stamped.iter().flat_map(|stamped| [(STAMPED, stamped.note.as_bytes()), (STAMP, &stamped.response)]);
        for (name, bytes) in first.into_iter().chain(stamp) {
            self.archive.file(out, name, bytes)?;
            self.files.insert(name.to_owned(), FileHash::of(bytes));
        }
        Ok(self.archive.begin(out, LINES, self.length)?)
    }

    /// Writes the next piece: how many more rows are written, and nothing where all is.
    pub(super) async fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<i64>, Unbundled> {
        match &mut self.step {
            Step::Lines(Some(from)) => {
                let from = *from;
                self.write_lines(from, out).await.map(Some)
            }
            Step::Lines(None) => self.end_lines(out).map(|()| Some(0)),
            Step::Receipts(Some(from)) => {
                let from = *from;
                self.write_receipts(from, out).await.map(|()| Some(0))
            }
            Step::Tiles(left) => {
                match left.next() {
                    Some(tile) => self.write_tile(tile, out).await?,
                    None => self.step = Step::Manifest,
                }
                Ok(Some(0))
            }
            Step::Receipts(None) => {
                self.step = Step::Manifest;
                Ok(Some(0))
            }
            Step::Manifest => {
                let manifest = serde_json::to_string_pretty(&self.manifest()).map_err(io::Error::other)?;
                self.archive.file(out, MANIFEST, format!("{manifest}\n").as_bytes())?;
                Archive::finish(out);
                self.step = Step::Over;
                Ok(Some(0))
            }
            Step::Over => Ok(None),
        }
    }

    async fn write_lines(&mut self, from: Seq, out: &mut Vec<u8>) -> Result<i64, Unbundled> {
        let begin = out.len();
        let (rows, next) = self.selection.write_bodies(&self.reader, &self.query, from, out).await?;
        self.lines.update(out.get(begin..).unwrap_or_default());
        self.step = Step::Lines(next);
        Ok(rows)
    }

    fn end_lines(&mut self, out: &mut Vec<u8>) -> Result<(), Unbundled> {
        Archive::end(out, self.length);
        let sha256 = hex::encode(std::mem::take(&mut self.lines).finalize());
        self.files.insert(LINES.to_owned(), FileHash { bytes: self.length, sha256 });
        if self.kind == Kind::Selection {
            self.step = Step::Receipts(Some(self.selection.first));
            return Ok(());
        }
        self.archive.file(out, &format!("{LOG}/{CHECKPOINT}"), self.kept.note.as_bytes())?;
        let all = tiles(self.checkpoint.size());
        // Entries before and after a range were not asked for.
        let has_entries = self.kind == Kind::Whole;
        self.step = Step::Tiles(Box::new(all.filter(move |tile| has_entries || tile.content() != Content::Entries)));
        Ok(())
    }

    async fn write_receipts(&mut self, from: Seq, out: &mut Vec<u8>) -> Result<(), Unbundled> {
        let Slice { rows, next } = self.selection.bodies(&self.reader, &self.query, from).await?;
        for (seq, body) in rows {
            let proven = prove::receipt_in(&self.reader, &self.kept, seq, body).await?;
            self.archive.file(out, &receipt(seq), proven.receipt.to_string().as_bytes())?;
        }
        self.step = Step::Receipts(next);
        Ok(())
    }

    async fn write_tile(&mut self, tile: Tile, out: &mut Vec<u8>) -> Result<(), Unbundled> {
        let bytes = match tile.content() {
            Content::Entries => write_bundle(rows::bodies(&self.reader, tile.range()).await?.iter())?,
            Content::Hashes { level } => {
                let range = tile.range();
                nodes::hashes(&self.reader, level * HEIGHT, range.start, range.end, Source::Kept).await?.concat()
            }
        };
        Ok(self.archive.file(out, &format!("{LOG}/{tile}"), &bytes)?)
    }

    fn manifest(&self) -> Manifest {
        let Export { filter, purpose, .. } = &self.export;
        Manifest {
            format: FORMAT.to_owned(),
            writer: format!("ingam {}", env!("CARGO_PKG_VERSION")),
            log: self.checkpoint.origin().to_owned(),
            kind: self.kind,
            rows: Rows {
                first: self.export.first_seq,
                last: self.export.last_seq(),
                count: self.export.row_count,
                filter: Some(beside_days(filter)).filter(|filter| !filter.is_empty()),
            },
            checkpoint: Tree { size: self.checkpoint.size(), root: write_hash(&self.checkpoint.root()) },
            export: Exported {
                number: self.export.id,
                row: self.export.seq,
                purpose: purpose.clone(),
                by: self.export.staff_name.clone(),
                at: self.export.at,
            },
            files: self.files.clone(),
        }
    }
}

/// What proves the rows of an export, and the checkpoint: for the whole log the one that it ends with.
async fn covering(reader: &Reader, export: &Export) -> Result<(Kind, Kept), Unbundled> {
    if export.is_filtered() {
        return Ok((Kind::Selection, newest(reader, export).await?));
    }
    let whole = match export.first_seq.get() {
        0 => keep::of_size(&mut &*reader, export.end_seq.get()).await?,
        _ => None,
    };
    match whole {
        Some(kept) => Ok((Kind::Whole, kept)),
        None => Ok((Kind::Range, newest(reader, export).await?)),
    }
}

async fn newest(reader: &Reader, export: &Export) -> Result<Kept, Unbundled> {
    keep::covering(&mut &*reader, export.end_seq.get()).await?.ok_or(Unbundled::Unsigned)
}
