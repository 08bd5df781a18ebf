//! Exports as they are stored.

use super::{
    Holds,
    format::Format,
    records,
    selection::{Selection, beside_days},
};
use crate::{
    audit::filter::Filter,
    clock::Instant,
    id::{ExportId, Seq, StaffId},
    sql,
    store::Queries,
    web::shell::Tone,
};

/// A file that was asked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Export {
    pub id: ExportId,
    /// The person who asked and who takes the file; nothing where it was written on the host.
    pub staff_id: Option<StaffId>,
    pub staff_name: String,
    pub at: Instant,
    pub expires_at: Instant,
    #[sqlx(try_from = "String")]
    pub format: Format,
    #[sqlx(try_from = "String")]
    pub holds: Holds,
    pub purpose: String,
    /// The filters of the list, as in its address, with the days of the log; empty for every row between the two.
    pub filter: String,
    pub first_seq: Seq,
    pub end_seq: Seq,
    pub row_count: i64,
    /// The customers that the rows are about.
    pub person_count: i64,
    /// `ready`, `sending` or `finished`.
    pub state: String,
    /// How often the sending began.
    pub attempts: i64,
    /// The rows that were sent.
    pub sent: i64,
    pub lease_until: Option<Instant>,
    pub finished_at: Option<Instant>,
    pub bytes: Option<i64>,
    pub sha256: Option<String>,
    /// Whether a checkpoint holds its rows, where it needs one.
    pub is_covered: bool,
    /// The row of the log that it was made with, and its reason.
    pub seq: Seq,
    pub reason: String,
}

macro_rules! export_columns {
    () => {
        "e.id, e.staff_id, a.staff_name, e.at, e.expires_at, e.format, e.holds, e.purpose, e.filter, e.first_seq, e.end_seq, \
         e.row_count, e.person_count, e.state, e.attempts, e.sent, e.lease_until, e.finished_at, e.bytes, e.sha256, a.seq, a.reason, \
         (e.format <> 'bundle' or e.holds <> 'log' or exists (select 1 from checkpoints c where c.size >= e.end_seq)) as is_covered \
         from exports e join audit a on a.change_id = e.change_id"
    };
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Its file can be taken.
    Ready,
    /// Its rows are not all signed yet.
    Unsigned,
    Sending,
    /// The sending ended before the last row; the file can be taken again.
    BrokenOff,
    Finished,
    /// Its file was not taken in time.
    Expired,
}

impl Stage {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Unsigned => "unsigned",
            Self::Sending => "sending",
            Self::BrokenOff => "broken-off",
            Self::Finished => "finished",
            Self::Expired => "expired",
        }
    }

    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Ready | Self::Unsigned | Self::Sending => Tone::Info,
            Self::BrokenOff => Tone::Warn,
            Self::Finished => Tone::Ok,
            Self::Expired => Tone::Mute,
        }
    }

    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Ready | Self::Unsigned | Self::Expired => "wait",
            Self::Sending => "running",
            Self::BrokenOff => "alert",
            Self::Finished => "check",
        }
    }
}

impl Export {
    pub(crate) fn stage(&self, now: Instant) -> Stage {
        let is_sent = self.lease_until.is_some_and(|until| until >= now);
        match self.state.as_str() {
            "finished" => Stage::Finished,
            "sending" if is_sent => Stage::Sending,
            _ if self.expires_at <= now => Stage::Expired,
            _ if !self.is_covered => Stage::Unsigned,
            "sending" => Stage::BrokenOff,
            _ if self.attempts > 0 => Stage::BrokenOff,
            _ => Stage::Ready,
        }
    }

    /// Whether the file can be taken now.
    pub(crate) fn can_be_taken(&self, now: Instant) -> bool {
        matches!(self.stage(now), Stage::Ready | Stage::BrokenOff)
    }

    /// Whether rows between the first and the last may be missing, because they do not fit a filter.
    pub(crate) fn is_filtered(&self) -> bool {
        self.selection().is_filtered()
    }

    /// The filters that were asked for, each with the word that the list has for it; days among them.
    pub(crate) fn filters(&self) -> Vec<(&'static str, String)> {
        match self.holds {
            Holds::Log => {
                serde_urlencoded::from_str(&self.filter).map(|filter: Filter| filter.shown()).unwrap_or_default()
            }
            Holds::Access => records::shown(&self.filter),
        }
    }

    pub(crate) fn href(&self) -> String {
        format!("/audit/exports/{}", self.id)
    }

    pub(super) fn selection(&self) -> Selection {
        Selection { holds: self.holds, first: self.first_seq, end: self.end_seq, filter: self.filter.clone() }
    }

    /// The rows of the file as the list shows them. Days of the log are in the numbers of the rows, which are the same in the zone of
    /// each reader; of access records it is the list of all days.
    pub(crate) fn rows_href(&self) -> String {
        if !self.holds.is_log() {
            return records::list_href(&self.filter);
        }
        let filter = beside_days(&self.filter);
        let and = if filter.is_empty() { "" } else { "&" };
        format!("/audit?{filter}{and}rows={}-{}", self.first_seq, self.last_seq())
    }

    /// The word for what it is in the format.
    pub(crate) fn word(&self) -> &'static str {
        self.holds.word(self.format)
    }

    /// The last row that it can hold.
    pub(crate) fn last_seq(&self) -> Seq {
        Seq::new(self.end_seq.get() - 1)
    }

    /// The name of its file: `audit-0-12345-export-7.jsonl`, or `access-…` of access records.
    pub(crate) fn file_name(&self) -> String {
        let holds = if self.holds.is_log() { "audit" } else { "access" };
        format!("{holds}-{}-{}-export-{}.{}", self.first_seq, self.last_seq(), self.id, self.format.ending())
    }
}

pub(crate) async fn find(db: &mut impl Queries, id: ExportId) -> sqlx::Result<Option<Export>> {
    db.query(sql!("select ", export_columns!(), " where e.id = $1")).bind(id).optional().await
}

/// Those that were made before the one with this id, the newest first.
pub(crate) async fn newest(db: &mut impl Queries, before: ExportId, limit: usize) -> sqlx::Result<Vec<Export>> {
    db.query(sql!("select ", export_columns!(), " where e.id < $1 order by e.id desc limit $2"))
        .bind(before)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all()
        .await
}
