//! Which runs a person may run again, for lists that offer it.

use super::{definition::Definition, record::Run, rerun::rerunnable, start::has_room};
use crate::{
    gate::Roles,
    id::RunId,
    sql,
    web::{Desk, PageError},
};

macro_rules! is_under_way {
    () => {
        "state in ('queued', 'starting', 'running', 'cancelling', 'lost')"
    };
}
pub(crate) use is_under_way;

/// What decides whether runs of a job can be run again, and which people can do it.
#[derive(Clone, Debug)]
pub(crate) struct JobFacts {
    pub(crate) name: String,
    pub(crate) title: String,
    is_retired: bool,
    definition: Option<Definition>,
    /// Its oldest run that has not ended.
    open: Option<RunId>,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    title: String,
    is_retired: bool,
    definition: Option<String>,
    open_run: Option<RunId>,
}

/// Every job, with what its newest definition says.
pub(crate) async fn jobs(desk: &Desk) -> Result<Vec<JobFacts>, PageError> {
    let rows: Vec<Row> = desk
        .reader()
        .query(sql!(
            "select j.name, j.title, j.is_retired, v.definition, o.id as open_run
               from batch_jobs j left join batch_versions v on v.job = j.name and v.n = j.version
               left join (select job, min(id) as id from batch_runs where ",
            is_under_way!(),
            " group by job) o on o.job = j.name order by j.title, j.name"
        ))
        .all()
        .await?;
    let facts = |row: Row| {
        let definition = row.definition.and_then(|text| serde_json::from_str(&text).ok());
        JobFacts { name: row.name, title: row.title, is_retired: row.is_retired, definition, open: row.open_run }
    };
    Ok(rows.into_iter().map(facts).collect())
}

impl JobFacts {
    /// Whether people with these roles may act on its runs.
    pub(crate) fn lets(&self, roles: &Roles) -> bool {
        self.definition.as_ref().is_some_and(|definition| roles.any_of(&definition.roles))
    }

    /// Whether a person with these roles may run this run again: by the rules by which the gate decides it.
    pub(super) fn lets_rerun(&self, roles: &Roles, run: &Run) -> bool {
        let Some(definition) = &self.definition else { return false };
        // One that was run again is resolved by that.
        self.lets(roles)
            && run.resolution.is_none()
            && rerunnable(run.state, None).is_ok()
            && has_room(self.is_retired, definition, self.open).is_ok()
    }
}
