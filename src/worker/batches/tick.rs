//! Schedules that are due.

use super::Runner;
use crate::{
    batches::{
        claim::{Skips, Tick, TickJob},
        define,
        definition::{Definition, Overlap},
        lapse::COUNTED,
        record::{self, Job},
        schedule::{CatchUp, Schedule},
        watch::MissTicks,
    },
    clock::Instant,
    gate::Refusal,
};
use chrono::TimeDelta;

/// The number of schedules at once.
const AT_ONCE: i64 = 200;

/// Makes the runs of all schedules that are due.
pub(super) async fn tick(runner: &Runner) -> sqlx::Result<()> {
    let now = runner.clock.now();
    for job in define::due(&runner.reader, now, AT_ONCE).await? {
        let Some(due) = job.next_at else { continue };
        let definition = record::definition(&mut &runner.reader, &job.name, job.version).await?;
        let Some((definition, schedule)) = definition.and_then(|it| it.schedule.clone().map(|schedule| (it, schedule)))
        else {
            runner
                .gate
                .run_housekeeping(&TickJob { job: job.name.clone(), due, next: None, is_scheduled: false, run: None })
                .await?;
            continue;
        };
        let plan = if definition.kind().starts_here() {
            Some(planned(&schedule, due, now, grace(&definition), job.is_paused(now)))
        } else {
            expected(&schedule, due, now, grace(&definition), job.is_paused(now))
        };
        if let Some(plan) = plan {
            carry_out(runner, &job, &definition, &schedule, due, plan).await?;
        }
    }
    Ok(())
}

fn grace(definition: &Definition) -> TimeDelta {
    TimeDelta::seconds(i64::from(definition.start_grace_seconds))
}

/// What becomes of the ticks of a schedule that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    missed: usize,
    /// The last of those that are missed, where there are any.
    until: Instant,
    /// The tick that runs, and whether it is late.
    run: Option<(Instant, bool)>,
    /// What is due after all of them.
    next: Option<Instant>,
}

/// Of the ticks from `due` until `now` the last one runs where it is not older than `grace`, or where the schedule says that
/// one is to be caught up. The others are missed; while the job is paused, they are nothing.
fn planned(schedule: &Schedule, due: Instant, now: Instant, grace: TimeDelta, paused: bool) -> Plan {
    let ticks = ticks(schedule, due, now);
    let in_time = now.since(ticks.last) <= grace;
    let run = (in_time || schedule.catch_up == CatchUp::One).then_some((ticks.last, !in_time));
    let missed = if paused { 0 } else { ticks.count - usize::from(run.is_some()) };
    let until = if run.is_some() { ticks.last_but_one } else { ticks.last };
    Plan { missed, until, run, next: schedule.next(ticks.last) }
}

/// Of a job that runs elsewhere by itself: the ticks for which no report came in time.
fn expected(schedule: &Schedule, due: Instant, now: Instant, grace: TimeDelta, paused: bool) -> Option<Plan> {
    if now.since(due) <= grace {
        return None;
    }
    let ticks = ticks(schedule, due, now.minus(grace));
    let missed = if paused { 0 } else { ticks.count };
    Some(Plan { missed, until: ticks.last, run: None, next: schedule.next(ticks.last) })
}

/// Ticks one after another.
#[derive(Clone, Copy)]
struct Ticks {
    /// The number of them, as far as they are counted.
    count: usize,
    /// The last but one; of a single one, itself.
    last_but_one: Instant,
    last: Instant,
}

impl Ticks {
    fn then(self, at: Instant) -> Self {
        Self { count: self.count + 1, last_but_one: self.last, last: at }
    }
}

/// The ticks from `due` until `now`; where there are too many to count, the last of them are looked for from `now` back.
fn ticks(schedule: &Schedule, due: Instant, now: Instant) -> Ticks {
    let until_now = |from: Instant| schedule.times(from).take_while(|tick| *tick <= now);
    let first = Ticks { count: 1, last_but_one: due, last: due };
    let counted = until_now(due).take(COUNTED - 1).fold(first, Ticks::then);
    if counted.count < COUNTED {
        return counted;
    }
    let since = |days| {
        let mut found = until_now(due.max(now.minus(TimeDelta::days(days))));
        let first = found.next()?;
        let found = found.fold(Ticks { count: 1, last_but_one: first, last: first }, Ticks::then);
        (found.count > 1).then_some(found)
    };
    // A schedule of every minute is found in the first, one of leap days in the last.
    let found = [2, 40, 400, 9 * 366].into_iter().find_map(since).unwrap_or(counted);
    Ticks { count: COUNTED, ..found }
}

async fn carry_out(
    runner: &Runner,
    job: &Job,
    definition: &Definition,
    schedule: &Schedule,
    due: Instant,
    plan: Plan,
) -> sqlx::Result<()> {
    let mut due = due;
    if plan.missed > 0 {
        let next = plan.run.map(|(at, _)| at).or(plan.next);
        let change = MissTicks::new(&job.name, due, plan.until, plan.missed, next);
        match runner.gate.submit_unattended(&Runner::actor(), &change).await {
            Ok(_) => {}
            Err(Refusal::Unrecorded(error)) => {
                tracing::error!(
                    job = job.name,
                    error = format!("{error:#}"),
                    "missed ticks could not be recorded; trying again"
                );
                return Ok(());
            }
            // Another process has seen to it.
            Err(_) => return Ok(()),
        }
        match plan.run {
            Some((at, _)) => due = at,
            None => return Ok(()),
        }
    }
    let run = plan.run.map(|(at, is_late)| {
        let today = schedule.day_of(at).unwrap_or_else(|| at.utc().date_naive());
        Tick {
            at,
            version: job.version,
            params: serde_json::to_string(&definition.defaults(today)).unwrap_or_else(|_| "{}".to_owned()),
            is_single: definition.overlap != Overlap::Allow,
            skips: match definition.overlap {
                _ if job.is_paused(runner.clock.now()) => Skips::Paused,
                Overlap::Skip => Skips::WhileOpen,
                Overlap::Queue | Overlap::Allow => Skips::Never,
            },
            is_late,
        }
    });
    runner
        .gate
        .run_housekeeping(&TickJob { job: job.name.clone(), due, next: plan.next, is_scheduled: true, run })
        .await
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("2026-03-02T{text}:00.000000Z")).unwrap()
    }

    fn every_ten_minutes(catch_up: CatchUp) -> Schedule {
        Schedule { cron: "*/10 * * * *".to_owned(), zone: "UTC".to_owned(), catch_up }
    }

    const GRACE: TimeDelta = TimeDelta::minutes(5);

    #[test]
    fn a_tick_in_time_runs() {
        let plan = planned(&every_ten_minutes(CatchUp::None), at("02:10"), at("02:15"), GRACE, false);
        assert_eq!(
            plan,
            Plan { missed: 0, until: at("02:10"), run: Some((at("02:10"), false)), next: Some(at("02:20")) }
        );
    }

    #[test]
    fn after_an_absence_the_last_tick_runs_in_time_or_where_it_is_to_be_caught_up() {
        let plan = |now, catch_up| planned(&every_ten_minutes(catch_up), at("02:10"), at(now), GRACE, false);
        let next = Some(at("02:50"));
        assert_eq!(
            plan("02:43", CatchUp::None),
            Plan { missed: 3, until: at("02:30"), run: Some((at("02:40"), false)), next }
        );
        assert_eq!(plan("02:48", CatchUp::None), Plan { missed: 4, until: at("02:40"), run: None, next });
        assert_eq!(
            plan("02:48", CatchUp::One),
            Plan { missed: 3, until: at("02:30"), run: Some((at("02:40"), true)), next }
        );
    }

    #[test]
    fn of_a_long_absence_the_last_tick_runs_however_many_are_counted() {
        let every_minute = |catch_up| Schedule { cron: "* * * * *".to_owned(), ..every_ten_minutes(catch_up) };
        let now = at("02:10").plus(TimeDelta::days(80)).plus(TimeDelta::seconds(30));
        let last = now.minus(TimeDelta::seconds(30));
        let next = Some(last.plus(TimeDelta::minutes(1)));
        let plan = planned(&every_minute(CatchUp::None), at("02:10"), now, GRACE, false);
        assert_eq!(
            plan,
            Plan { missed: COUNTED - 1, until: last.minus(TimeDelta::minutes(1)), run: Some((last, false)), next }
        );
        let plan = expected(&every_minute(CatchUp::None), at("02:10"), now, GRACE, false).unwrap();
        assert_eq!((plan.missed, plan.next), (COUNTED, Some(last.minus(GRACE).plus(TimeDelta::minutes(1)))));
        // Every two minutes, a minute too late: the one that is caught up is the last one, with its own day.
        let late = |catch_up| Schedule { cron: "*/2 * * * *".to_owned(), ..every_ten_minutes(catch_up) };
        let now = at("02:11").plus(TimeDelta::days(80));
        let plan = planned(&late(CatchUp::One), at("02:10"), now, TimeDelta::zero(), false);
        assert_eq!(plan.run, Some((now.minus(TimeDelta::minutes(1)), true)));
        // A schedule of leap days.
        let leap = Schedule { cron: "0 0 29 2 *".to_owned(), ..every_ten_minutes(CatchUp::One) };
        let plan = planned(&leap, at("02:10"), at("02:10").plus(TimeDelta::days(8 * 366)), GRACE, false);
        assert_eq!(
            (plan.missed, plan.run.map(|(at, _)| at.to_string())),
            (2, Some("2032-02-29T00:00:00.000000Z".to_owned()))
        );
    }

    #[test]
    fn nothing_is_missed_while_a_job_is_paused() {
        let plan = planned(&every_ten_minutes(CatchUp::None), at("02:10"), at("02:48"), GRACE, true);
        assert_eq!((plan.missed, plan.run), (0, None));
    }

    #[test]
    fn what_runs_elsewhere_is_missed_only_when_it_can_no_longer_come_in_time() {
        let schedule = every_ten_minutes(CatchUp::None);
        assert_eq!(expected(&schedule, at("02:10"), at("02:15"), GRACE, false), None);
        let plan = expected(&schedule, at("02:10"), at("02:26"), GRACE, false).unwrap();
        assert_eq!(plan, Plan { missed: 2, until: at("02:20"), run: None, next: Some(at("02:30")) });
    }
}
