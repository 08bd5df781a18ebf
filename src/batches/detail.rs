//! A job and a run, each with what is read with it: what their pages are about.

use super::{
    definition::{Definition, Values},
    lapse::{self, Lapse},
    params,
    record::{self, Job, Run},
};
use crate::{
    id::RunId,
    sql,
    web::{Desk, panel::Button},
};

/// A job with its newest definition.
#[derive(Clone, Debug)]
pub(crate) struct JobDetail {
    pub(crate) job: Job,
    pub(crate) definition: Definition,
    /// What did not happen to it, and no person has resolved.
    pub(crate) lapses: Vec<Lapse>,
}

/// A run with its job.
#[derive(Clone, Debug)]
pub(crate) struct RunDetail {
    pub(crate) job: Job,
    pub(crate) run: Run,
    /// The job's newest definition. It says who may act on the run.
    pub(crate) definition: Definition,
    /// The definition that the run used.
    pub(crate) used: Definition,
    /// The run that it was run again as.
    pub(crate) rerun: Option<RunId>,
}

impl JobDetail {
    pub(super) async fn find(desk: &Desk, name: &str) -> sqlx::Result<Option<Self>> {
        let mut reader = desk.reader();
        let Some(job) = record::job(&mut reader, name).await? else { return Ok(None) };
        let definition = record::definition(&mut reader, name, job.version).await?;
        let Some(definition) = definition else { return Ok(None) };
        let lapses = lapse::open_of(&mut reader, name).await?;
        Ok(Some(Self { job, definition, lapses }))
    }

    /// Whether this person may act on it by this route: the job names who may.
    pub(super) fn may(&self, desk: &Desk, route: &str) -> bool {
        may(desk, route, &self.definition)
    }
}

impl RunDetail {
    pub(super) async fn find(desk: &Desk, id: RunId) -> sqlx::Result<Option<Self>> {
        let mut reader = desk.reader();
        let Some(run) = record::run(&mut reader, id).await? else { return Ok(None) };
        let Some(job) = record::job(&mut reader, &run.job).await? else { return Ok(None) };
        let definition = record::definition(&mut reader, &run.job, job.version).await?;
        let used = match &definition {
            Some(newest) if run.version == job.version => Some(newest.clone()),
            _ => record::definition(&mut reader, &run.job, run.version).await?,
        };
        let rerun: Option<(RunId,)> =
            reader.query(sql!("select id from batch_runs where rerun_of = $1")).bind(id).optional().await?;
        let rerun = rerun.map(|(id,)| id);
        Ok(definition.zip(used).map(|(definition, used)| Self { job, run, definition, used, rerun }))
    }

    /// Whether this person may act on it by this route: its job names who may.
    pub(super) fn may(&self, desk: &Desk, route: &str) -> bool {
        may(desk, route, &self.definition)
    }

    /// The button of one of its panels.
    pub(super) fn button(desk: &Desk, name: &'static str, icon: &'static str) -> Button {
        Button { name, icon, label: desk.words().name("run-panel", name).to_owned() }
    }

    /// The definition of this version: the newest one, or else the one that the run used.
    pub(super) fn definition_of(&self, version: i64) -> &Definition {
        if version == self.job.version { &self.definition } else { &self.used }
    }

    /// What its parameters are where nothing else is said: as it had them, and today's defaults for those it did not have.
    pub(super) fn values_for(&self, desk: &Desk, definition: &Definition) -> Values {
        let mut values = params::defaults(desk, definition);
        values.extend(self.run.values());
        values
    }
}

fn may(desk: &Desk, route: &str, definition: &Definition) -> bool {
    desk.may("POST", route) && desk.person().roles.any_of(&definition.roles)
}
