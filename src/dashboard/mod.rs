//! The first page: what waits for a person, and what happened lately.

pub(crate) mod begin;
pub(crate) mod pages;

use crate::{
    alerts::{self, kind::AlertKind, list::Shown},
    approvals::{news, queue},
    audit,
    batches::{eligible::jobs, record::needs_attention, rerun_all::RerunAllPanel},
    detection, entry_columns,
    gate::audit::Entry,
    host::{list::HostChanges, unseen},
    incidents,
    orders::{
        filter::{DAYS, Needs},
        waits,
    },
    reviews, sql,
    web::{
        Desk, PageError, PageResult, format,
        panel::{Panel as _, Subject as _},
        shell::Section,
    },
};
use chrono::TimeDelta;
use pages::{Attention, FromHost, HomePage, WaitingJob, WaitingRun};

const RECENT: i64 = 10;
const MINE: i64 = 5;
const RUNS: usize = 5;
/// How many sorts of runs an alert may be about: as usual, slow, low, both.
const SORTS: i64 = 4;
const FROM_HOST: i64 = 3;

/// `GET /`
pub(crate) async fn home(desk: Desk) -> PageResult {
    let recent = if desk.may("GET", Section::Audit.href()) {
        let statement = sql!("select ", entry_columns!(), " from audit order by seq desc limit $1");
        let rows: Vec<Entry> = desk.reader().query(statement).bind(RECENT).all().await?;
        Some(audit::rows(&desk, &rows).await?)
    } else {
        None
    };
    let mine: Vec<Entry> = desk
        .reader()
        .query(sql!("select ", entry_columns!(), " from audit where staff_id = $1 order by seq desc limit $2"))
        .bind(desk.person().id)
        .bind(MINE)
        .all()
        .await?;
    let attention = if desk.may("GET", Section::Orders.href()) { attention(&desk).await? } else { Vec::new() };
    let alerts = alerts::list::open(desk.reader(), desk.now()).await?;
    let (runs, lapses) =
        if desk.may("GET", Section::Batches.href()) { batches(&desk, &alerts).await? } else { Default::default() };
    let from_host = if desk.may("GET", HostChanges::PAGE) { Some(from_host(&desk).await?) } else { None };
    let suspicions = if desk.may("GET", detection::list::PATH) {
        Some(detection::record::open(desk.reader(), MOST + 1).await?)
    } else {
        None
    };
    let overdue = if desk.may("GET", reviews::list::ADDRESS) { reviews::list::overdue(&desk).await? } else { 0 };
    let begin = if desk.may("GET", Section::Staff.href()) { begin::tasks(&desk).await? } else { Vec::new() };
    let shell = desk.shell(Some(Section::Home), None).await?;
    let page = HomePage {
        lead: desk.console().lead().await?,
        alerts,
        actions: incidents::record::actions_of(desk.reader(), desk.person().id).await?,
        today: format::day(desk.now(), desk.zone()),
        owed: queue::owed(desk.reader()).await?,
        requests: shell.waiting(Section::Approvals),
        decided: news::read(desk.reader(), desk.person(), desk.decisions_seen()).await?,
        shell,
        begin,
        runs,
        lapses,
        suspicions: suspicions.filter(|n| *n > 0),
        overdue_reviews: overdue,
        from_host: from_host.filter(|from_host| from_host.n > 0),
        attention,
        recent,
        mine: audit::rows(&desk, &mine).await?,
    };
    desk.page(200, &page)
}

/// More than this is only called more: a count that walks an index has an end.
const MOST: i64 = 99;

/// The newest changes from the host that no owner has confirmed.
async fn from_host(desk: &Desk) -> Result<FromHost, PageError> {
    let n = unseen::count(desk.reader(), MOST + 1).await?;
    let rows = if n > 0 { unseen::newest(desk.reader(), FROM_HOST).await? } else { Vec::new() };
    Ok(FromHost { n: n.min(MOST), is_more: n > MOST, rows })
}

/// What a person should look at and no alert above shows: of each job the newest run of each sort, and what did not happen, the longest
/// first.
async fn batches(desk: &Desk, alerts: &[Shown]) -> Result<(Vec<WaitingRun>, Vec<WaitingJob>), PageError> {
    let is_shown = |kind: Option<AlertKind>, job: &str| {
        kind.is_some_and(|kind| alerts.iter().any(|alert| alert.kind == kind && alert.subject == job))
    };
    let mut runs: Vec<WaitingRun> = desk
        .reader()
        .query(sql!(
            "select r.id, r.job, j.title, r.state, r.is_slow, r.is_low, coalesce(r.ended_at, r.started_at, r.queued_at) as at
               from (select max(id) as id from (select id, job, state, is_slow, is_low from batch_runs where ",
            needs_attention!(),
            " order by id desc limit 2000) newest group by job, state, is_slow, is_low) sort
               join batch_runs r on r.id = sort.id join batch_jobs j on j.name = r.job
              order by r.id desc limit $1"
        ))
        .bind(room(alerts).saturating_mul(SORTS))
        .all()
        .await?;
    runs.retain(|run| !is_shown(AlertKind::of_run(run.state, run.is_slow, run.is_low), &run.job));
    runs.truncate(RUNS);
    let mut lapses: Vec<WaitingJob> = desk
        .reader()
        .query(sql!(
            "select l.job, l.kind, l.since, l.newest_at, l.n, l.detail, j.title, j.kind as job_kind
               from batch_lapses l join batch_jobs j on j.name = l.job
              where l.resolved_at is null and not j.is_retired order by l.since, l.job, l.kind limit $1"
        ))
        .bind(room(alerts))
        .all()
        .await?;
    lapses.retain(|job| !is_shown(Some(AlertKind::of_lapse(job.lapse.kind)), &job.lapse.job));
    lapses.truncate(RUNS);
    let jobs = if runs.is_empty() && lapses.is_empty() { Vec::new() } else { jobs(desk).await? };
    let may = desk.may("POST", RerunAllPanel::ROUTE);
    let is_yours = |name: &str| may && jobs.iter().any(|job| job.name == name && job.lets(&desk.person().roles));
    for run in &mut runs {
        run.is_yours = is_yours(&run.job);
    }
    for job in &mut lapses {
        job.is_yours = is_yours(&job.lapse.job);
    }
    Ok((runs, lapses))
}

/// How many are read, so that enough are left where each alert shows one of them.
fn room(alerts: &[Shown]) -> i64 {
    i64::try_from(RUNS.saturating_add(alerts.len())).unwrap_or(i64::MAX)
}

/// The orders that wait for a person.
async fn attention(desk: &Desk) -> Result<Vec<Attention>, PageError> {
    let (shipping, settling, retrying, can_retry): (i64, i64, i64, bool) = desk
        .reader()
        .query(sql!(
            "select (select count(*) from (select 1 as one from orders
                      where paid_at is not null and shipped_at is null and cancelled_at is null
                        and placed_at < $1 and paid_at < $1 order by placed_at, id limit $2) late),
                    (select count(*) from (select 1 as one from orders where open_refunds > 0 limit $2) open),
                    (select count(*) from (select 1 as one from orders where failed_refunds > 0 limit $2) failed),
                    exists (select 1 from (select id from orders where failed_refunds > 0 limit $2) o join refunds r on r.order_id = o.id
                      where r.change_id is not null and ",
            waits!(),
            ")"
        ))
        .bind(desk.now().minus(TimeDelta::days(DAYS)))
        .bind(MOST + 1)
        .one()
        .await?;
    let counts = [(Needs::Retrying, retrying), (Needs::Settling, settling), (Needs::Shipping, shipping)];
    Ok(counts.map(|(needs, n)| Attention { needs, n: n.min(MOST), is_more: n > MOST, can_retry }).into())
}
