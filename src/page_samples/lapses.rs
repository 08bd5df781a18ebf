//! Jobs and runs that a person should look at.

use super::maker::{Maker, before, html};
use crate::{
    batches::{
        detail::JobDetail,
        kind::Kind,
        lapse::{Lapse, LapseKind},
        list_pages::{JobRow, ListPage, Show},
        resolve_lapses::LapsesPanel,
        state::State,
    },
    dashboard::pages::{WaitingJob, WaitingRun},
    id::RunId,
    web::{
        panel::{Opened, Side},
        shell::Section,
    },
};
use chrono::TimeDelta;

impl Maker {
    fn lapses() -> Vec<Lapse> {
        let lapse = |kind, n, detail: Option<&str>| Lapse {
            job: "daily-settlement".into(),
            kind,
            since: before(TimeDelta::hours(7)),
            newest_at: before(TimeDelta::hours(1)),
            n,
            detail: detail.map(str::to_owned),
        };
        vec![
            lapse(LapseKind::Missed, 20_000, None),
            lapse(LapseKind::Skipped, 3, None),
            lapse(LapseKind::Refused, 12, Some("token")),
            lapse(LapseKind::Paused, 1, None),
            lapse(LapseKind::Never, 1, None),
        ]
    }

    pub(super) fn waiting_jobs(self) -> Vec<WaitingJob> {
        // Of what has an alert, the alerts above tell.
        let told = [LapseKind::Missed, LapseKind::Skipped];
        let untold = Self::lapses().into_iter().filter(|lapse| !told.contains(&lapse.kind));
        let job = |(lapse, kind)| WaitingJob { lapse, title: self.job("daily-settlement").title, kind, is_yours: true };
        untold.zip([Kind::External, Kind::Command]).map(job).collect()
    }

    pub(super) fn waiting_runs(self) -> Vec<WaitingRun> {
        let run = |id, state| WaitingRun {
            id,
            job: "daily-settlement".into(),
            title: self.text("일일 정산 집계", "Daily settlement"),
            state,
            is_slow: true,
            is_low: false,
            at: before(TimeDelta::minutes(24)),
            is_yours: true,
        };
        vec![run(RunId::new(48_201), State::Lost), run(RunId::new(48_198), State::Succeeded)]
    }

    pub(super) fn lapse_pages(self, add: &mut impl FnMut(&'static str, String)) {
        let mut rows = self.job_rows();
        for (row, lapse) in rows.iter_mut().zip(Self::lapses()) {
            let kind = if row.job.name == "stock-sync" { Kind::External } else { row.job.kind };
            *row = JobRow {
                lapses: vec![lapse],
                job: crate::batches::record::Job { kind, ..row.job.clone() },
                ..row.clone()
            };
        }
        add("batches-lapses", html(&ListPage::new(self.shell(Section::Batches), rows, Show::Attention)));
        let job = || self.job("daily-settlement");
        add("job-lapses", self.job_page_with(job(), Self::lapses(), Side::default()));
        let on = JobDetail { job: job(), definition: self.definition(), lapses: Self::lapses() };
        let side = self.batch_side(&on, Opened::Form(LapsesPanel), self.batch_seal());
        add("job-resolve", self.job_page_with(job(), Self::lapses(), side));
    }
}
