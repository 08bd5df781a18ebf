//! What did not happen to a job, so that no run shows it: a row for each kind, which the next success removes and a person
//! resolves.

use super::kind::Kind;
use crate::{
    clock::Instant,
    gate::Tx,
    sql,
    store::{Queries, Reader},
    web::shell::{Shell, Tone},
};
use chrono::TimeDelta;

/// More missed ticks than these are not counted, so that other jobs wait no longer for it: two weeks of a job of every minute.
pub(crate) const COUNTED: usize = 20_000;

/// How long a job may be paused before a person is reminded of it.
pub(crate) const LONG_PAUSE: TimeDelta = TimeDelta::days(1);

/// What did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LapseKind {
    /// Ticks of its schedule for which nothing was started, or no report came.
    Missed,
    /// Ticks that were left out because another run was open.
    Skipped,
    /// Reports that were not taken, though they came with its token.
    Refused,
    /// It has been paused for longer than [`LONG_PAUSE`].
    Paused,
    /// Its schedule names no time to come.
    Never,
}

impl LapseKind {
    pub(crate) const ALL: [Self; 5] = [Self::Missed, Self::Skipped, Self::Refused, Self::Paused, Self::Never];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
            Self::Paused => "paused",
            Self::Never => "never",
        }
    }

    /// The field under which the log has the number of them.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Skipped => "skipped_runs",
            Self::Refused => "refused_reports",
            Self::Paused => "long_pause",
            Self::Never => "no_next_time",
        }
    }

    pub(crate) const fn icon(self) -> &'static str {
        match self {
            Self::Paused => "minus",
            Self::Refused => "ban",
            Self::Missed | Self::Skipped | Self::Never => "alert",
        }
    }

    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Missed | Self::Never => Tone::Bad,
            Self::Skipped | Self::Refused | Self::Paused => Tone::Warn,
        }
    }
}

impl TryFrom<String> for LapseKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        kind.ok_or_else(|| format!("{text:?} is no kind of lapse"))
    }
}

/// What did not happen to a job, and no person has resolved.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Lapse {
    pub(crate) job: String,
    #[sqlx(try_from = "String")]
    pub(crate) kind: LapseKind,
    /// The first time and the last one.
    pub(crate) since: Instant,
    pub(crate) newest_at: Instant,
    pub(crate) n: i64,
    /// The key under `report-refused.`, of refused reports.
    pub(crate) detail: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
impl Lapse {
    /// A few words, for a list: `Missed 7`.
    pub(crate) fn short(&self, shell: &Shell, kind: &Kind) -> String {
        shell.with(&format!("lapse-short.{}", self.name(kind)), &[("n", &self.count(shell))])
    }

    /// A sentence, with times.
    pub(crate) fn what(&self, shell: &Shell, kind: &Kind) -> String {
        let why = self.detail.as_deref().map(|detail| shell.name("report-refused", detail)).unwrap_or_default();
        let (since, newest) = (shell.minute(&self.since).shown, shell.minute(&self.newest_at).shown);
        shell.with(
            &format!("lapse.{}", self.name(kind)),
            &[("n", &self.count(shell)), ("since", &since), ("newest", &newest), ("why", &why)],
        )
    }

    /// What a person can do about it.
    pub(crate) fn advice<'w>(&self, shell: &'w Shell, kind: &Kind) -> &'w str {
        shell.name("lapse-advice", self.name(kind))
    }

    /// The key of its words: what runs elsewhere by itself is silent, and what is started here was missed.
    fn name(&self, kind: &Kind) -> &'static str {
        match self.kind {
            LapseKind::Missed if !kind.starts_here() => "silent",
            kind => kind.as_str(),
        }
    }

    fn count(&self, shell: &Shell) -> String {
        let more = if usize::try_from(self.n).is_ok_and(|n| n >= COUNTED) { "+" } else { "" };
        format!("{}{more}", shell.group(&self.n))
    }
}

macro_rules! open_lapses {
    ($($condition:literal)?) => {
        concat!(
            "select job, kind, since, newest_at, n, detail from batch_lapses where resolved_at is null ",
            $($condition,)?
            " order by job, since, kind"
        )
    };
}

/// Of all jobs.
pub(super) async fn open(reader: &Reader) -> sqlx::Result<Vec<Lapse>> {
    reader.query(sql!(open_lapses!())).all().await
}

/// Of one job.
pub(super) async fn open_of(db: &mut impl Queries, job: &str) -> sqlx::Result<Vec<Lapse>> {
    db.query(sql!(open_lapses!("and job = $1"))).bind(job.to_owned()).all().await
}

/// What did not happen, for [`note`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted<'d> {
    pub kind: LapseKind,
    pub since: Instant,
    pub newest_at: Instant,
    pub n: i64,
    pub detail: Option<&'d str>,
}

impl Noted<'_> {
    /// One that happened at this time.
    pub(super) fn once(kind: LapseKind, at: Instant) -> Self {
        Self { kind, since: at, newest_at: at, n: 1, detail: None }
    }
}

/// Adds to what did not happen. After it was resolved, it begins again.
pub(super) async fn note(tx: &mut Tx<'_>, job: &str, lapse: Noted<'_>) -> sqlx::Result<()> {
    tx.query(sql!(
        "insert into batch_lapses (job, kind, since, newest_at, n, detail) values ($1, $2, $3, $4, $5, $6)
         on conflict (job, kind) do update set
           since = case when batch_lapses.resolved_at is null then batch_lapses.since else excluded.since end,
           n = case when batch_lapses.resolved_at is null then batch_lapses.n else 0 end + excluded.n,
           newest_at = excluded.newest_at, detail = excluded.detail, resolved_at = null, resolved_by = null"
    ))
    .bind(job)
    .bind(lapse.kind.as_str())
    .bind(lapse.since)
    .bind(lapse.newest_at)
    .bind(lapse.n)
    .bind(lapse.detail)
    .run()
    .await
    .map(drop)
}

/// Removes what a success has made good: it runs again, is reported again, and waits for no other run.
pub(super) async fn make_good(tx: &mut Tx<'_>, job: &str) -> sqlx::Result<()> {
    tx.query(sql!("delete from batch_lapses where job = $1 and kind in ('missed', 'skipped', 'refused')"))
        .bind(job)
        .run()
        .await
        .map(drop)
}

/// Removes what is so no longer.
pub(super) async fn end(tx: &mut Tx<'_>, job: &str, kind: LapseKind) -> sqlx::Result<()> {
    tx.query(sql!("delete from batch_lapses where job = $1 and kind = $2"))
        .bind(job)
        .bind(kind.as_str())
        .run()
        .await
        .map(drop)
}

/// Removes everything of a job that nothing is expected of any more.
pub(super) async fn forget(tx: &mut Tx<'_>, job: &str) -> sqlx::Result<()> {
    tx.query(sql!("delete from batch_lapses where job = $1")).bind(job).run().await.map(drop)
}

/// Notes that the schedule of a job names no time to come.
pub(super) async fn note_never(tx: &mut Tx<'_>, job: &str) -> sqlx::Result<()> {
    note(tx, job, Noted::once(LapseKind::Never, tx.now())).await
}
