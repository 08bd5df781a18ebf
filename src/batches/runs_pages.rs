//! The list of runs.

use super::{record::Run, runs::Filter, runs::box_name, state::State};
use crate::web::shell::{Shell, seal::Seal, table::Pager};
use askama::Template;

/// `GET /runs`
#[derive(Debug, Template)]
#[template(path = "batches/runs.html")]
pub struct RunsPage {
    pub shell: Shell,
    pub filter: Filter,
    pub rows: Vec<RunRow>,
    pub pager: Pager,
    /// Name and title of every job.
    pub jobs: Vec<(String, String)>,
    pub may_act: bool,
    pub panel: Option<BulkPanel>,
}

#[derive(Clone, Debug)]
pub struct RunRow {
    /// The title of its job.
    pub title: String,
    pub run: Run,
}

/// Running several again: `POST /runs/reruns`.
#[derive(Clone, Debug, Default)]
pub struct BulkPanel {
    pub seal: Seal,
    pub chosen: Vec<RunRow>,
    pub reason: String,
}

impl RunRow {
    pub fn box_name(&self) -> String {
        box_name(self.run.id)
    }

    /// Whether it can be chosen to be run again.
    pub fn may_rerun(&self) -> bool {
        self.run.state.may_rerun() && self.run.resolution.is_none() && self.run.cause != "report"
    }
}

impl BulkPanel {
    pub fn count(&self) -> i64 {
        i64::try_from(self.chosen.len()).unwrap_or_default()
    }
}

impl RunsPage {
    pub fn tabs(&self) -> Vec<(&'static str, String)> {
        let tab = |show: &'static str| (show, Filter { show: show.to_owned(), ..self.filter.clone() }.href(""));
        ["", "attention", "running"].into_iter().map(tab).collect()
    }

    pub fn states(&self) -> Vec<&'static str> {
        State::ALL.iter().map(|state| state.as_str()).collect()
    }

    /// Whether any row can be chosen.
    pub fn may_choose(&self) -> bool {
        self.may_act && self.panel.is_none() && self.rows.iter().any(RunRow::may_rerun)
    }

    pub fn took(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }

    /// The filters complain about nothing: what is not known is a bad request.
    pub fn no_error(&self) -> Option<String> {
        None
    }

    pub fn is_filtered(&self) -> bool {
        self.filter != Filter::default()
    }
}
