//! Runs that fail.
use crate::program::Database;

impl Database {
    /// Gives each of the jobs from `job-{first}` on a run that has failed now, all at once.
    pub(crate) fn fail(&mut self, first: usize, number: usize) {
        let after = first + number;
        self.execute(&format!(
            "with recursive n (i) as (select {first} union all select i + 1 from n where i + 1 < {after})
             insert into batch_runs (job, version, state, cause, is_single, params, queued_at, started_at, ended_at, duration_ms, exit_code)
             select 'job-' || i, 1, 'failed', 'report', {{yes}}, '{{}}', {{now}}, {{now}}, {{now}}, 60000, 1 from n"
        ));
    }
}
