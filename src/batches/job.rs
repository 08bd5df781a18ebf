//! One job: what it is, when it runs, how its runs went, and running or pausing it by hand.

use super::{
    decide::PauseJob,
    definition::{Definition, Kind, Values},
    job_pages::JobPage,
    panels::{Done, Panel, PausePanel, StartPanel},
    params,
    record::{self, Job, Run, run_columns},
    schedule::Schedule,
    show_pages::Event,
    start::RunJob,
    target,
};
use crate::{
    approvals::queue,
    gate::{Change, Given},
    sql,
    web::{
        Answer, Desk, Stop,
        desk::{fresh_key, seal_of},
        form::Form,
        problem_page::Problem,
        refused::{self, Refused},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;
use chrono::TimeDelta;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    panel: String,
    sealed: Option<i64>,
}

/// `GET /batches/{job}`
pub async fn show(desk: Desk, path: web::Path<String>, asked: web::Query<Asked>) -> Answer {
    let (job, definition) = load(&desk, &path).await?;
    let done = match asked.sealed {
        Some(seq) => Done::read(&desk, &target(&job.name), seq).await?.map(Panel::Done),
        None => None,
    };
    let panel = match done {
        None if may_act(&desk, &definition) => offered(&desk, &job, &definition, &asked.panel).await?,
        done => done,
    };
    page(&desk, job, definition, panel, 200).await
}

async fn load(desk: &Desk, name: &str) -> Result<(Job, Definition), Stop> {
    let job = record::job(&mut desk.reader(), name).await?.ok_or(Problem::NotFound)?;
    let definition = record::definition(&mut desk.reader(), name, job.version).await?.ok_or(Problem::NotFound)?;
    Ok((job, definition))
}

fn may_act(desk: &Desk, definition: &Definition) -> bool {
    desk.may("POST", "/batches/{job}/runs") && desk.person().roles.any_of(&definition.roles)
}

async fn offered(desk: &Desk, job: &Job, definition: &Definition, panel: &str) -> Result<Option<Panel>, Stop> {
    let words = desk.words();
    let closed = |name, key: &str| Ok(Some(Panel::Closed { name, why: words.get(key).to_owned() }));
    match panel {
        "run" | "pause" if job.is_retired => {
            closed(if panel == "run" { "run" } else { "pause" }, "refused-state.job-retired")
        }
        "run" if definition.kind() == Kind::External => closed("run", "refused-state.job-elsewhere"),
        "run" => {
            let open = record::open_run(&mut desk.reader(), &job.name).await?;
            if let (Some(n), super::definition::Overlap::Skip) = (open, definition.overlap) {
                let why = words.with("refused-state.job-busy", &[("n", &n)]);
                return Ok(Some(Panel::Closed { name: "run", why }));
            }
            let values = definition.defaults(today(desk, definition));
            Ok(Some(Panel::Start(StartPanel {
                seal: Shape::fresh(RunJob::KIND, fresh_key(), job.changed).marked(definition.approval),
                version: job.version,
                fields: params::fields(definition, &values, None, None),
                reason: String::new(),
            })))
        }
        "pause" if definition.schedule.is_none() => closed("pause", "pause.no-schedule"),
        "pause" => Ok(Some(Panel::Pause(PausePanel {
            seal: Shape::fresh(PauseJob::KIND, fresh_key(), job.changed),
            is_paused: job.is_paused(desk.now()),
            hours: "12".to_owned(),
            reason: String::new(),
        }))),
        _ => Ok(None),
    }
}

/// The day it is where the job runs by its schedule, or where the reader is.
pub(super) fn today(desk: &Desk, definition: &Definition) -> chrono::NaiveDate {
    let zone = definition.schedule.as_ref().and_then(Schedule::zone).unwrap_or_else(|| desk.zone());
    desk.now().utc().with_timezone(&zone).date_naive()
}

/// `POST /batches/{job}/runs`
pub async fn run(desk: Desk, path: web::Path<String>, body: web::Bytes) -> Answer {
    let (job, definition) = load(&desk, &path).await?;
    let mut names = params::field_names(&definition);
    names.extend(["reason", "code", "key", "seen", "version"].map(str::to_owned));
    let form = desk.form(&body, &names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let (values, wrong) = params::read(&definition, &form, &definition.defaults(today(&desk, &definition)));
    let reason = match refused::read_reason_beside(&form, params::errors(wrong.as_deref())) {
        Ok(reason) => reason,
        Err(errors) => {
            return run_again(&desk, job, definition, &form, &values, wrong.as_deref(), errors.into()).await;
        }
    };
    let change = RunJob { job: job.name.clone(), version: job.version, params: values.clone() };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(match sealed.output {
            Given::Made(run) => desk.see_other(&format!("/runs/{run}")),
            Given::Waits(request) => desk.see_request(request, sealed.seq),
        }),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            let (job, definition) = load(&desk, &change.job).await?;
            run_again(&desk, job, definition, &form, &values, None, refused).await
        }
    }
}

async fn run_again(
    desk: &Desk,
    job: Job,
    definition: Definition,
    form: &Form,
    values: &Values,
    wrong: Option<&str>,
    refused: Refused,
) -> Answer {
    let (status, seal) = Shape::again(RunJob::KIND, form, job.changed, refused);
    let panel = StartPanel {
        seal: seal.marked(definition.approval),
        version: job.version,
        fields: params::fields(&definition, values, None, wrong),
        reason: form.get("reason").to_owned(),
    };
    page(desk, job, definition, Some(Panel::Start(panel)), status).await
}

/// `POST /batches/{job}/pause`: for so many hours, or none to go on at once.
pub async fn pause(desk: Desk, path: web::Path<String>, body: web::Bytes) -> Answer {
    let (job, definition) = load(&desk, &path).await?;
    let form = desk.form(&body, &["reason", "code", "key", "seen", "hours"]).await?;
    let hours = form.trimmed("hours").parse::<i64>().ok().filter(|hours| (0..=24 * 90).contains(hours));
    let errors = match hours {
        Some(_) => FieldErrors::new(),
        None => FieldErrors::one("hours", wrong::not_a_choice()),
    };
    let (reason, hours) = match (refused::read_reason_beside(&form, errors), hours) {
        (Ok(reason), Some(hours)) => (reason, hours),
        (reason, _) => {
            let errors = reason.err().unwrap_or_default();
            return pause_again(&desk, job, definition, &form, errors.into()).await;
        }
    };
    let until = (hours > 0).then(|| desk.now().plus(TimeDelta::hours(hours)).to_string());
    let change = PauseJob { job: job.name.clone(), until };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/batches/{}", change.job))),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            let (job, definition) = load(&desk, &change.job).await?;
            pause_again(&desk, job, definition, &form, refused).await
        }
    }
}

async fn pause_again(desk: &Desk, job: Job, definition: Definition, form: &Form, refused: Refused) -> Answer {
    let (status, seal) = Shape::again(PauseJob::KIND, form, job.changed, refused);
    let panel = PausePanel {
        seal,
        is_paused: job.is_paused(desk.now()),
        hours: form.get("hours").to_owned(),
        reason: form.get("reason").to_owned(),
    };
    page(desk, job, definition, Some(Panel::Pause(panel)), status).await
}

async fn page(desk: &Desk, job: Job, definition: Definition, panel: Option<Panel>, status: u16) -> Answer {
    let recent: Vec<Run> = desk
        .reader()
        .query(sql!("select ", run_columns!(), " from batch_runs where job = $1 order by id desc limit 30"))
        .bind(job.name.as_str())
        .all()
        .await?;
    let events: Vec<Event> = desk
        .reader()
        .query(sql!(
            "select e.id, e.at, e.kind, e.detail, e.staff_name, a.seq, a.reason from batch_events e
               left join audit a on a.change_id = e.change_id
              where e.job = $1 and e.run_id is null order by e.id desc limit 20"
        ))
        .bind(job.name.as_str())
        .all()
        .await?;
    let now = desk.now();
    let page = JobPage {
        shell: desk.shell(Some(Section::Batches), None).await?,
        normal: record::normal(&mut desk.reader(), &job.name, now).await?,
        next: definition.schedule.as_ref().map(|it| it.following(now, 5)).unwrap_or_default(),
        may_act: may_act(desk, &definition),
        waiting: queue::about(desk.reader(), "batch", &job.name).await?,
        job,
        definition,
        recent,
        events,
        panel,
    };
    desk.page(status, &page)
}
