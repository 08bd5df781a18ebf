//! One run: how far it is, what it wrote, what was unusual, and the panel to act on it.

use super::{
    decide::{AcceptNormal, CancelRun, Resolution, ResolveRun, process},
    definition::Kind,
    log,
    panels::{Done, Panel, PlainPanel, ResolvePanel, offered},
    record::{self, Job, Run, run_columns},
    rerun, run_target,
    show_pages::{Event, LivePage, ShowPage},
};
use crate::{
    approvals::queue,
    gate::Change,
    sql,
    supervise::Alive,
    web::{
        Answer, Desk, Stop,
        desk::fresh_key,
        problem_page::Problem,
        shell::{Section, seal::Seal as Shape},
    },
};
use actix_web::{HttpResponse, web};
use serde::Deserialize;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    panel: String,
    /// The audit row of a change just made.
    sealed: Option<i64>,
    /// Lines from this one on are wanted.
    after: Option<i64>,
}

/// A run with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) job: Job,
    pub(super) run: Run,
    pub(super) definition: super::definition::Definition,
    /// The run that it was run again as.
    pub(super) rerun: Option<i64>,
}

impl Found {
    pub(super) async fn load(desk: &Desk, id: i64) -> Result<Self, Stop> {
        let mut reader = desk.reader();
        let run = record::run(&mut reader, id).await?.ok_or(Problem::NotFound)?;
        let job = record::job(&mut reader, &run.job).await?.ok_or(Problem::NotFound)?;
        // Who may act on it is what the newest definition says.
        let definition = record::definition(&mut reader, &run.job, job.version).await?.ok_or(Problem::NotFound)?;
        let rerun: Option<(i64,)> =
            desk.reader().query(sql!("select id from batch_runs where rerun_of = $1")).bind(id).optional().await?;
        Ok(Self { job, run, definition, rerun: rerun.map(|(id,)| id) })
    }

    pub(super) fn may_act(&self, desk: &Desk) -> bool {
        desk.may("POST", "/runs/{id}/rerun") && desk.person().roles.any_of(&self.definition.roles)
    }

    pub(super) fn seal(&self, kind: &'static str) -> Shape {
        Shape::fresh(kind, fresh_key(), self.run.changed)
    }
}

/// `GET /runs/{id}`
pub async fn show(desk: Desk, path: web::Path<i64>, asked: web::Query<Asked>) -> Answer {
    let found = Found::load(&desk, path.into_inner()).await?;
    let done = match asked.sealed {
        Some(seq) => Done::read(&desk, &run_target(found.run.id), seq).await?.map(Panel::Done),
        None => None,
    };
    let panel = match done {
        None if found.may_act(&desk) => asked_for(&desk, &found, &asked.panel).await?,
        done => done,
    };
    page(&desk, found, panel, 200).await
}

/// The panel that was asked for. Unasked, a run that failed offers to be run again: that is what one comes for.
async fn asked_for(desk: &Desk, found: &Found, panel: &str) -> Result<Option<Panel>, Stop> {
    let run = &found.run;
    let can = offered(run, found.definition.kind() == Kind::External, found.rerun);
    let name = match panel {
        "" if run.needs_a_look() && can.contains(&"rerun") => "rerun",
        name => name,
    };
    if !can.contains(&name) {
        return Ok(closed(desk, found, name));
    }
    Ok(Some(match name {
        "rerun" => Panel::Rerun(rerun::panel(desk, found).await?),
        "resolve" => Panel::Resolve(ResolvePanel {
            seal: found.seal(ResolveRun::KIND),
            choices: Resolution::of(run),
            resolution: Resolution::of(run).first().map_or("", |first| first.as_str()).to_owned(),
            reason: String::new(),
        }),
        "normal" => Panel::Normal(PlainPanel { seal: found.seal(AcceptNormal::KIND), reason: String::new() }),
        _ => Panel::Cancel(PlainPanel { seal: found.seal(CancelRun::KIND), reason: String::new() }),
    }))
}

/// Why a panel cannot be had.
pub(super) fn closed(desk: &Desk, found: &Found, name: &str) -> Option<Panel> {
    use super::state::State;
    let words = desk.words();
    let name = ["rerun", "resolve", "normal", "cancel"].into_iter().find(|known| *known == name)?;
    let why = match (name, found.run.state) {
        ("rerun", _) if found.rerun.is_some() => {
            words.with("refused-state.run-rerun", &[("n", &found.rerun.unwrap_or_default())])
        }
        ("rerun", State::Succeeded) => words.get("refused-state.run-succeeded").to_owned(),
        ("rerun" | "cancel", State::Lost) => words.get("refused-state.run-lost").to_owned(),
        ("rerun", state) if state.is_open() => words.get("refused-state.run-open").to_owned(),
        ("rerun", _) => words.get("refused-state.job-elsewhere").to_owned(),
        ("cancel", state) if state.is_open() => words.get("refused-state.run-elsewhere").to_owned(),
        ("cancel", _) => words.get("refused-state.run-ended").to_owned(),
        _ => words.get("refused-state.run-settled").to_owned(),
    };
    Some(Panel::Closed { name, why })
}

/// The page of a run.
pub(super) async fn page(desk: &Desk, found: Found, panel: Option<Panel>, status: u16) -> Answer {
    let events: Vec<Event> = desk
        .reader()
        .query(sql!(
            "select e.id, e.at, e.kind, e.detail, e.staff_name, a.seq, a.reason from batch_events e
               left join audit a on a.change_id = e.change_id where e.run_id = $1 order by e.id desc limit 100"
        ))
        .bind(found.run.id)
        .all()
        .await?;
    let recent: Vec<Run> = desk
        .reader()
        .query(sql!("select ", run_columns!(), " from batch_runs where job = $1 order by id desc limit 30"))
        .bind(found.run.job.as_str())
        .all()
        .await?;
    let lineage = lineage(desk, &found.run).await?;
    let may_act = found.may_act(desk);
    let offered =
        if may_act { offered(&found.run, found.definition.kind() == Kind::External, found.rerun) } else { Vec::new() };
    let page = ShowPage {
        live: live(desk, &found).await?,
        log: log::read(desk.reader(), &found.run, None).await?,
        offered,
        may_act,
        panel,
        events,
        recent,
        lineage,
        rerun: found.rerun,
        waiting: queue::about(desk.reader(), "run", &found.run.id.to_string()).await?,
        runbook: found.definition.runbook.clone(),
        titles: found.definition.parameters.iter().map(|it| (it.name.clone(), it.title.clone())).collect(),
        job: found.job,
    };
    desk.page(status, &page)
}

/// The other runs of its line of reruns: id and state, the first one first.
async fn lineage(desk: &Desk, run: &Run) -> Result<Vec<Run>, Stop> {
    let root = run.root_id.unwrap_or(run.id);
    Ok(desk
        .reader()
        .query(sql!("select ", run_columns!(), " from batch_runs where id = $1 or root_id = $1 order by id limit 50"))
        .bind(root)
        .all()
        .await?)
}

async fn live(desk: &Desk, found: &Found) -> Result<LivePage, Stop> {
    Ok(LivePage {
        shell: desk.shell(Some(Section::Batches), None).await?,
        run: found.run.clone(),
        process: process(&found.run).map(|alive| alive == Alive::Yes),
    })
}

/// `GET /runs/{id}/live`: how far it is, asked for by the page of a run that goes on. When it has ended, the whole page comes
/// anew.
pub async fn live_alone(desk: Desk, path: web::Path<i64>) -> Answer {
    let found = Found::load(&desk, path.into_inner()).await?;
    if !found.run.state.goes_on() {
        return Ok(HttpResponse::Ok().insert_header(("HX-Redirect", format!("/runs/{}", found.run.id))).finish());
    }
    let page = live(&desk, &found).await?;
    desk.page(200, &page)
}

/// `GET /runs/{id}/log`: the whole log as text, or from a line on as a piece of the page.
pub async fn log(desk: Desk, path: web::Path<i64>, asked: web::Query<Asked>) -> Answer {
    let run = record::run(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    let read = log::read(desk.reader(), &run, asked.after).await?;
    if asked.after.is_some() {
        let page = log::LinesPage { shell: desk.shell(Some(Section::Batches), None).await?, log: read, run };
        return desk.page(200, &page);
    }
    let name = format!("attachment; filename=\"{}-{}.log\"", run.job, run.id);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header(("content-disposition", name))
        .body(read.text()))
}
