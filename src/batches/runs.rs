//! The list of runs: filtered, and several failed ones run again at once.

use super::{
    record::{self, Run, run_columns},
    runs_pages::{BulkPanel, RunRow, RunsPage},
    start::{ACTS, RerunRun},
    state::State,
};
use crate::{
    gate::Change,
    sql,
    store::Reader,
    web::{
        Answer, Desk, Stop,
        desk::fresh_key,
        link::link,
        problem_page::Problem,
        shell::{Section, seal::Seal as Shape, table::Pager},
    },
};
use std::collections::HashMap;

const PAGE: i64 = 50;
/// So many runs under one code.
const MOST_AT_ONCE: usize = 50;

/// More than this is only called many.
const MOST_WAITING: i64 = 99;

/// How many runs a person should look at.
pub async fn waiting(reader: &Reader) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!(
            "select count(*) from (select 1 as one from batch_runs where resolution is null
                and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) limit $1) waiting"
        ))
        .bind(MOST_WAITING)
        .one()
        .await?;
    Ok(n)
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub job: String,
    /// `attention`, `running`, or a state.
    pub show: String,
}

impl Filter {
    pub fn href(&self, before: &str) -> String {
        link("/runs", &[("job", &self.job), ("show", &self.show), ("before", before)])
    }
}

/// The form that runs several again.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    pub seal: Shape,
    pub chosen: Vec<i64>,
    pub reason: String,
}

/// The name of the box that chooses a run.
pub fn box_name(id: i64) -> String {
    format!("run-{id}")
}

/// The runs whose boxes are ticked in a form or an address.
pub(super) fn chosen_in(text: &[u8]) -> Vec<i64> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(text).unwrap_or_default();
    let mut chosen: Vec<i64> =
        pairs.iter().filter_map(|(name, _)| name.strip_prefix("run-")?.parse().ok()).take(MOST_AT_ONCE).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

/// `GET /runs`
pub async fn list(desk: Desk, request: actix_web::HttpRequest) -> Answer {
    let query = request.query_string();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| Problem::BadRequest)?;
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let before = match get("before") {
        "" => i64::MAX,
        text => text.parse().map_err(|_| Problem::BadRequest)?,
    };
    let filter = Filter { job: get("job").to_owned(), show: get("show").to_owned() };
    let chosen = chosen_in(query.as_bytes());
    let bulk = (get("panel") == "rerun" && may_act(&desk)).then(|| Bulk {
        seal: Shape::fresh(RerunRun::KIND, fresh_key(), 0),
        chosen,
        reason: String::new(),
    });
    page(&desk, filter, before, bulk, 200).await
}

fn may_act(desk: &Desk) -> bool {
    desk.person().roles.any_of(ACTS)
}

/// The list of what needs somebody, with a form that came back.
pub(super) async fn page_with(desk: &Desk, bulk: Bulk, status: u16) -> Answer {
    let filter = Filter { show: "attention".to_owned(), ..Filter::default() };
    page(desk, filter, i64::MAX, Some(bulk), status).await
}

async fn page(desk: &Desk, filter: Filter, before: i64, bulk: Option<Bulk>, status: u16) -> Answer {
    let mut runs = find(desk, &filter, before).await?;
    let is_more = i64::try_from(runs.len()).unwrap_or_default() > PAGE;
    runs.truncate(usize::try_from(PAGE).unwrap_or(50));
    let titles: Vec<(String, String)> =
        desk.reader().query(sql!("select name, title from batch_jobs order by title, name")).all().await?;
    let by_name: HashMap<&str, &str> = titles.iter().map(|(name, title)| (name.as_str(), title.as_str())).collect();
    let title = |run: &Run| by_name.get(run.job.as_str()).map_or_else(|| run.job.clone(), |title| (*title).to_owned());
    let panel = match bulk {
        Some(bulk) => {
            let mut chosen = Vec::new();
            for id in &bulk.chosen {
                let run = record::run(&mut desk.reader(), *id).await?;
                chosen.extend(run.map(|run| RunRow { title: title(&run), run }));
            }
            Some(BulkPanel { seal: bulk.seal, chosen, reason: bulk.reason })
        }
        None => None,
    };
    let next = runs.last().filter(|_| is_more).map(|last| filter.href(&last.id.to_string()));
    let page = RunsPage {
        shell: desk.shell(Some(Section::Batches), None).await?,
        may_act: may_act(desk),
        rows: runs.into_iter().map(|run| RunRow { title: title(&run), run }).collect(),
        pager: Pager { first: (before != i64::MAX).then(|| filter.href("")), previous: None, next },
        jobs: titles,
        filter,
        panel,
    };
    desk.page(status, &page)
}

/// The newest runs that fit; each filter goes along an index of its own.
async fn find(desk: &Desk, filter: &Filter, before: i64) -> Result<Vec<Run>, Stop> {
    let job = Some(filter.job.as_str()).filter(|job| !job.is_empty());
    let reader = desk.reader();
    let query = match (filter.show.as_str(), job) {
        ("", None) => {
            reader.query(sql!("select ", run_columns!(), " from batch_runs where id < $1 order by id desc limit $2"))
        }
        ("", Some(_)) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1 and job = $3 order by id desc limit $2"
        )),
        ("attention", None) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1 and resolution is null
              and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) order by id desc limit $2"
        )),
        // The few that wait or are open are looked through for the job, and not all that the job ever ran.
        ("attention", Some(_)) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1 and resolution is null
              and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) and coalesce(job, '') = $3
              order by id desc limit $2"
        )),
        ("running", None) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1
              and state in ('queued', 'starting', 'running', 'cancelling', 'lost') order by id desc limit $2"
        )),
        ("running", Some(_)) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1
              and state in ('queued', 'starting', 'running', 'cancelling', 'lost') and coalesce(job, '') = $3
              order by id desc limit $2"
        )),
        (state, _) => {
            let state = State::parse(state).ok_or(Problem::BadRequest)?.as_str();
            let query = match job {
                None => reader.query(sql!(
                    "select ",
                    run_columns!(),
                    " from batch_runs where id < $1 and state = $3 order by id desc limit $2"
                )),
                Some(_) => reader.query(sql!(
                    "select ",
                    run_columns!(),
                    " from batch_runs where id < $1 and state = $3 and job = $4 order by id desc limit $2"
                )),
            };
            let query = query.bind(before).bind(PAGE + 1).bind(state);
            return Ok(match job {
                Some(job) => query.bind(job).all().await?,
                None => query.all().await?,
            });
        }
    };
    let query = query.bind(before).bind(PAGE + 1);
    Ok(match job {
        Some(job) => query.bind(job).all().await?,
        None => query.all().await?,
    })
}
