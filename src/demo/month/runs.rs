//! Runs that failed or were unusual, and what the person on call did about them.

use super::{Month, words};
use crate::{
    batches::{
        claim::{ClaimRun, Normal, StartRun},
        definition::Values,
        finish::{self, End, FinishRun},
        rerun::RerunRun,
        resolve::{Resolution, ResolveRun},
    },
    clock::Instant,
    gate::{Actor, Outcome},
    id::RunId,
    sql,
};
use chrono::TimeDelta;

#[derive(sqlx::FromRow)]
struct Bad {
    id: RunId,
    job: String,
    version: i64,
    params: String,
    state: String,
    ended_at: Instant,
}

impl Month<'_> {
    /// What went wrong in the night is acknowledged in the morning. The newest run of each job is left to the person who tries
    /// the demo. Of the settlements that failed in the last week the last one is run again at the end.
    pub(super) async fn look_into_runs(&mut self, now: Instant, is_last: bool) -> anyhow::Result<()> {
        let bad: Vec<Bad> = self
            .reader
            .query(sql!(
                "select id, job, version, params, state, ended_at from batch_runs r
                  where resolution is null and (state = 'failed' or is_slow or is_low) and ended_at < $1
                    and exists (select 1 from batch_runs later where later.job = r.job and later.id > r.id)
                  order by id"
            ))
            .bind(self.time.now())
            .all()
            .await?;
        let waits = |run: &&Bad| run.job == "daily-settlement" && now.since(run.ended_at) < TimeDelta::days(7);
        let (again, settled): (Vec<&Bad>, Vec<&Bad>) = bad.iter().partition(waits);
        let again: Vec<&Bad> = again.into_iter().filter(|_| is_last).collect();
        if again.is_empty() && settled.is_empty() {
            return Ok(());
        }
        self.staff.oncall.sign_in().await?;
        for run in settled {
            self.time.pass(self.chance.within(60, 400));
            let reason = *self.chance.of_these(words::RUNS).unwrap_or(&"확인함");
            let resolution = if run.state == "failed" { Resolution::Accepted } else { Resolution::FalseAlarm };
            self.staff.oncall.seal(&ResolveRun { run: run.id, resolution }, reason).await?;
        }
        for run in again {
            self.time.pass(self.chance.within(60, 400));
            self.rerun(run).await?;
        }
        Ok(self.staff.oncall.sign_out().await?)
    }

    async fn rerun(&mut self, run: &Bad) -> anyhow::Result<()> {
        let params: Values = serde_json::from_str(&run.params)?;
        let change = RerunRun { run: run.id, version: run.version, params };
        let reason = "정산팀 요청: 그날 정산을 다시 계산합니다";
        let Some(Outcome::Applied(rerun)) = self.staff.oncall.seal(&change, reason).await? else { return Ok(()) };
        self.time.pass(1);
        let claim = ClaimRun { runner: "demo".to_owned(), lease_seconds: 60 };
        let Some(claimed) = self.gate.run_housekeeping(&claim).await? else { return Ok(()) };
        let normal = Normal { duration: Some(3_200), processed: None, runs: 14 };
        let start = StartRun { id: rerun, fence: claimed.fence, pid: None, pid_started: None, elsewhere: None, normal };
        self.gate.run_housekeeping(&start).await?;
        self.time.pass(4);
        let end = End {
            outcome: finish::Outcome::Succeeded,
            exit_code: Some(0),
            duration_ms: Some(3_400),
            processed: Some(self.chance.within(90, 140)),
            ..End::default()
        };
        let finish = FinishRun { run: rerun, fence: Some(claimed.fence), end };
        self.gate.submit_unattended(&Actor::system(format!("run_{rerun}")), &finish).await?;
        Ok(())
    }
}
