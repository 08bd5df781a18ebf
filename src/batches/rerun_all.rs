//! Running several runs again at once, chosen in the list of runs.

use super::{
    eligible::jobs,
    record,
    rerun::RerunRun,
    runs::{RunList, RunRow, box_name, chosen},
};
use crate::{
    id::RunId,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Made, Many, Opened, Opening, Panel, Query, Unread, View},
        problem_page::Problem,
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;

/// The form: each of the chosen runs once more as it was, under one code.
pub(crate) struct RerunAllPanel {
    pub(crate) chosen: Vec<RunRow>,
    /// Runs that were chosen and whose jobs are for people of other roles.
    pub(crate) left_out: Vec<RunRow>,
}

impl Panel for RerunAllPanel {
    type On = RunList;
    type Part = ();
    type Asks = Many<RerunRun>;
    const NAME: &'static str = "rerun";
    const ROUTE: &'static str = "/runs/reruns";

    fn chosen_fields(body: &[u8]) -> Vec<String> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
        chosen(pairs.iter().map(|(name, _)| name.as_str())).into_iter().map(box_name).collect()
    }

    async fn open(desk: &Desk, _: &RunList, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let ids = match opening.form() {
            Some(form) => chosen(form.names()),
            None => chosen(Query::of(desk).names()),
        };
        let jobs = jobs(desk).await?;
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            rows.extend(record::run(&mut desk.reader(), id).await?.map(|run| RunRow::of(desk, run, &jobs)));
        }
        // A form that comes back says itself why it was refused. What cannot be run now keeps back the others, and is marked.
        let is_fresh = opening.form().is_none();
        let (chosen, left_out): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| !is_fresh || row.is_yours);
        if chosen.is_empty() && !left_out.is_empty() {
            return Ok(Opened::Closed(desk.words().get("rerun-all.impossible").to_owned()));
        }
        Ok(Opened::Form(Self { chosen, left_out }))
    }

    async fn read(desk: &Desk, _: &RunList, (): &(), form: &Form) -> Result<Many<RerunRun>, Unread> {
        let ids = chosen(form.names());
        if ids.is_empty() {
            return Err(FieldErrors::one("runs", wrong::required()).into());
        }
        Ok(Many(as_they_were(desk, &ids).await?))
    }

    fn seal(&self, _: &RunList, seal: SealForm) -> SealForm {
        SealForm { close: "/runs?show=attention".to_owned(), ..seal }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RerunAllForm { shell, chosen: &self.chosen, left_out: &self.left_out, seal }.render()
    }

    async fn answer(desk: &Desk, _: &RunList, _: Made<Many<RerunRun>>) -> PageResult {
        Ok(desk.see_other("/runs?show=running"))
    }
}

/// The changes that run these again with the definition and the values they had.
async fn as_they_were(desk: &Desk, chosen: &[RunId]) -> Result<Vec<RerunRun>, PageError> {
    let mut changes = Vec::with_capacity(chosen.len());
    for id in chosen {
        let run = record::run(&mut desk.reader(), *id).await?.ok_or(Problem::NotFound)?;
        changes.push((run.job.clone(), RerunRun { run: run.id, version: run.version, params: run.values() }));
    }
    // Jobs are locked in this order, so that two people who choose the same runs do not wait for each other.
    changes.sort_by(|(job, change), (other, than)| (job, change.run).cmp(&(other, than.run)));
    Ok(changes.into_iter().map(|(_, change)| change).collect())
}

#[derive(Template)]
#[template(path = "batches/rerun_all.html")]
struct RerunAllForm<'a> {
    shell: &'a Shell,
    chosen: &'a [RunRow],
    left_out: &'a [RunRow],
    seal: &'a SealForm,
}

impl RerunAllForm<'_> {
    fn count(&self) -> i64 {
        i64::try_from(self.chosen.len()).unwrap_or_default()
    }
}
