//! Deployments as they are stored.

use super::report::Report;
use crate::{
    clock::Instant,
    gate::Tx,
    id::DeploymentId,
    sql,
    store::{Queries, Reader},
};
use chrono::TimeDelta;

/// A report without a time that comes again within this is the same one: a pipeline that was not answered sends it again.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// How long before an alert a deployment may have to do with it.
pub(crate) const BEFORE: TimeDelta = TimeDelta::hours(24);
/// As many as are counted.
const COUNTED: i64 = 100;

/// Where a deployment was heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Token,
    Host,
}

impl Source {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Host => "host",
        }
    }
}

/// A deployment.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Deployment {
    pub id: DeploymentId,
    pub service: String,
    pub environment: String,
    pub version: String,
    pub at: Instant,
    pub by_name: String,
    pub source: String,
    pub url: Option<String>,
    pub notes: String,
}

macro_rules! deployment_columns {
    () => {
        "id, service, environment, version, at, by_name, source, url, notes"
    };
}

/// Records a deployment, and says whether it was not known.
pub(super) async fn keep(tx: &mut Tx<'_>, report: &Report, source: Source) -> sqlx::Result<bool> {
    let now = tx.now();
    let said = Instant::parse(&report.at).ok();
    if said.is_none() && is_repeated(tx, report, now).await? {
        return Ok(false);
    }
    let inserted = tx
        .query(sql!(
            "insert into deployments (service, environment, version, at, recorded_at, by_name, source, url, notes)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (service, environment, version, at) do nothing"
        ))
        .bind(report.service.as_str())
        .bind(report.environment.as_str())
        .bind(report.version.as_str())
        .bind(said.unwrap_or(now))
        .bind(now)
        .bind(report.by.as_str())
        .bind(source.as_str())
        .bind(Some(report.url.clone()).filter(|url| !url.is_empty()))
        .bind(report.notes.as_str())
        .run()
        .await?;
    Ok(inserted > 0)
}

/// Whether the newest deployment of the service there is of this version, and has just been recorded.
async fn is_repeated(tx: &mut Tx<'_>, report: &Report, now: Instant) -> sqlx::Result<bool> {
    let newest: Option<(String, Instant)> = tx
        .query(sql!(
            "select version, recorded_at from deployments where service = $1 and environment = $2
              order by at desc, id desc limit 1"
        ))
        .bind(report.service.as_str())
        .bind(report.environment.as_str())
        .optional()
        .await?;
    Ok(newest.is_some_and(|(version, at)| version == report.version && at <= now && now.since(at) < AGAIN))
}

/// Which deployments are wanted: of a service, and in a time.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub service: Option<String>,
    pub from: Instant,
    pub until: Instant,
}

/// The newest of them before a place.
pub(crate) async fn newest(
    reader: &Reader,
    span: &Span,
    before: Option<DeploymentId>,
    limit: i64,
) -> sqlx::Result<Vec<Deployment>> {
    macro_rules! deployments_where {
        ($condition:literal) => {
            sql!(
                "select ",
                deployment_columns!(),
                " from deployments where ",
                $condition,
                " at >= $1 and at <= $2 and (at, id) < ($3, $4) order by at desc, id desc limit $5"
            )
        };
    }
    let (at, id) = place(reader, before).await?;
    let statement =
        if span.service.is_some() { deployments_where!("service = $6 and") } else { deployments_where!("") };
    let query = reader.query(statement).bind(span.from).bind(span.until).bind(at).bind(id).bind(limit);
    span.service.iter().fold(query, |query, service| query.bind(service.clone())).all().await
}

/// Where a list goes on: the time of a deployment, and its number.
async fn place(reader: &Reader, before: Option<DeploymentId>) -> sqlx::Result<(Instant, DeploymentId)> {
    let first = (Instant::latest(), DeploymentId::MAX);
    let Some(id) = before else { return Ok(first) };
    let at: Option<(Instant,)> =
        reader.query(sql!("select at from deployments where id = $1")).bind(id).optional().await?;
    Ok(at.map_or(first, |(at,)| (at, id)))
}

/// How many there were in the day before a time, as far as they are counted.
pub(crate) async fn count_before(db: &mut impl Queries, until: Instant) -> sqlx::Result<i64> {
    let found: Vec<(DeploymentId,)> = db
        .query(sql!("select id from deployments where at >= $1 and at <= $2 order by at desc, id desc limit $3"))
        .bind(until.minus(BEFORE))
        .bind(until)
        .bind(COUNTED)
        .all()
        .await?;
    Ok(i64::try_from(found.len()).unwrap_or(COUNTED))
}
