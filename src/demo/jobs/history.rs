//! What a job of the demo did in the days before now: the same for everybody, but for how large the shop is.

use crate::{
    batches::{
        baseline::{Baseline, SAMPLE},
        definition::{Definition, Kind, Values},
        schedule::{CatchUp, Schedule},
        state::State,
    },
    clock::Instant,
    demo::{
        chance::Chance,
        shop::{coupons, zone},
    },
};
use chrono::TimeDelta;

/// How large the shop is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shop {
    pub(super) customers: i64,
    pub(super) orders_a_day: i64,
}

/// A run that is over.
#[derive(Clone, Debug)]
pub(super) struct Past {
    /// `None` where the console did not schedule it.
    pub(super) scheduled_for: Option<Instant>,
    pub(super) started: Instant,
    pub(super) ended: Instant,
    pub(super) duration_ms: i64,
    pub(super) state: State,
    pub(super) exit_code: i64,
    pub(super) processed: Option<i64>,
    pub(super) params: Values,
    /// The baseline when it started.
    pub(super) normal: Baseline,
    pub(super) is_slow: bool,
    pub(super) is_low: bool,
    /// When a person acknowledged it.
    pub(super) resolved_at: Option<Instant>,
    /// Its lines, where there is something to read in them.
    pub(super) log: Vec<(Instant, String)>,
}

/// What a job usually does.
#[derive(Clone, Copy)]
struct Habit {
    /// How far back its history goes.
    days: i64,
    ms: i64,
    processed: i64,
    /// Whether it processes the same number every time.
    is_steady: bool,
    /// Which of fourteen runs fails, counted back from the newest: one of its own for each, so that they fail apart.
    fails: usize,
}

/// What becomes of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Usual,
    Slow,
    /// It does a third of the usual, and is not yet acknowledged.
    Low,
    Fails,
    /// It fails, and is not yet acknowledged.
    Waits,
}

/// The runs of a job until now, the oldest first. Empty for a job that is not one of the demo's.
pub(super) fn history(definition: &Definition, shop: Shop, now: Instant) -> Vec<Past> {
    let Some(habit) = habit(&definition.name, shop) else { return Vec::new() };
    // What runs elsewhere has its own clock, which is not known here; it is about four.
    let schedule = definition.schedule.clone().unwrap_or_else(|| Schedule {
        cron: "0 4 * * *".to_owned(),
        zone: "Asia/Seoul".to_owned(),
        catch_up: CatchUp::None,
    });
    let first = now.minus(TimeDelta::days(habit.days));
    let ticks = std::iter::successors(schedule.next(first), |tick| schedule.next(*tick));
    // Early enough for the longest run to have ended by now.
    let latest = now.minus(TimeDelta::milliseconds(habit.ms * 4) + TimeDelta::minutes(5));
    let ticks: Vec<Instant> = ticks.take_while(|tick| *tick < latest).collect();
    let mut job = Job { definition, habit, now, chance: Chance::of(&definition.name) };
    let (mut past, mut good) = (Vec::new(), Vec::new());
    for (n, tick) in ticks.iter().enumerate() {
        let usual: &[(i64, Option<i64>)] = &good;
        let newest = usual.len().saturating_sub(usize::try_from(SAMPLE).unwrap_or_default());
        let normal = Baseline::of(usual.get(newest..).unwrap_or_default());
        let run = job.run(*tick, fate(&definition.name, habit, ticks.len() - n - 1), normal);
        if run.state == State::Succeeded {
            good.push((run.duration_ms, run.processed));
        }
        past.push(run);
    }
    past
}

fn habit(job: &str, shop: Shop) -> Option<Habit> {
    let usual = Habit { days: 30, ms: 0, processed: 0, is_steady: false, fails: 0 };
    let habit = match job {
        "daily-settlement" => Habit { ms: 3_200, processed: shop.orders_a_day, fails: 6, ..usual },
        "point-expiry" => Habit { ms: 11_000, processed: 340.min(shop.customers), fails: 9, ..usual },
        // Every hour of three days is as many runs as anybody wants to see.
        "search-reindex" => Habit { days: 3, ms: 2_400, processed: shop.customers, is_steady: true, fails: 11 },
        "coupon-issue" => Habit { ms: 6_300, processed: 300.min(shop.customers), is_steady: true, fails: 4, ..usual },
        "warehouse-sync" => Habit { ms: 95_000, processed: 1_840, fails: 12, ..usual },
        _ => return None,
    };
    Some(Habit { processed: habit.processed.max(10), ..habit })
}

/// `back` is how many runs came after it.
fn fate(job: &str, habit: Habit, back: usize) -> Fate {
    match (job, back) {
        ("coupon-issue", 0) => Fate::Waits,
        ("point-expiry", 0) => Fate::Low,
        ("search-reindex", 30) => Fate::Slow,
        _ if back % 14 == habit.fails => Fate::Fails,
        _ => Fate::Usual,
    }
}

/// A job whose history is being made up.
struct Job<'d> {
    definition: &'d Definition,
    habit: Habit,
    now: Instant,
    chance: Chance,
}

impl Job<'_> {
    fn run(&mut self, tick: Instant, fate: Fate, normal: Baseline) -> Past {
        let is_external = self.definition.kind() == Kind::External;
        let waited = if is_external { self.chance.within(0, 180_000) } else { self.chance.within(150, 900) };
        let ms = self.chance.about(self.habit.ms);
        let usual = self.habit.processed;
        let processed = if self.habit.is_steady { usual } else { self.chance.about(usual) };
        let (duration_ms, processed, state) = match fate {
            Fate::Usual => (ms, Some(processed), State::Succeeded),
            Fate::Slow => (ms * 3, Some(processed), State::Succeeded),
            Fate::Low => (ms / 2, Some(processed / 3), State::Succeeded),
            Fate::Fails | Fate::Waits => (ms / 3, None, State::Failed),
        };
        let started = tick.plus(TimeDelta::milliseconds(waited));
        let ended = started.plus(TimeDelta::milliseconds(duration_ms));
        let params = self.definition.defaults(tick.utc().with_timezone(&zone()).date_naive());
        let is_good = state == State::Succeeded;
        // A person looked at it in the morning, or a moment ago.
        let looked = ended.plus(TimeDelta::milliseconds(self.chance.within(1_200_000, 18_000_000)));
        let written = lines(&self.definition.name, fate, &params, processed.unwrap_or_default());
        Past {
            scheduled_for: (!is_external).then_some(tick),
            started,
            ended,
            duration_ms,
            state,
            exit_code: i64::from(!is_good),
            processed,
            normal,
            is_slow: is_good && normal.is_slow(duration_ms),
            is_low: is_good && processed.is_some_and(|processed| normal.is_low(processed)),
            resolved_at: matches!(fate, Fate::Slow | Fate::Fails).then(|| looked.min(self.now)),
            log: timed(written, started, duration_ms),
            params,
        }
    }
}

/// What it wrote, where something is to be read in it.
fn lines(job: &str, fate: Fate, params: &Values, processed: i64) -> Vec<String> {
    let value = |name: &str| params.get(name).map_or("", String::as_str);
    let busy = "error: the database did not answer within 5 seconds. Nothing was changed.".to_owned();
    match (fate, job) {
        (Fate::Usual | Fate::Slow, _) => Vec::new(),
        (Fate::Low, _) => vec![
            "Points that were earned a year ago expire, unless they have been used.".to_owned(),
            format!("{processed} customers have such points."),
            format!("The points of {processed} customers have expired."),
        ],
        (Fate::Waits, _) => {
            let campaign = value("campaign");
            let [why, remedy] = coupons::refusal(campaign).unwrap_or_default();
            vec![
                format!("Issuing the coupons of campaign {campaign}."),
                format!("error: {why}"),
                format!("what to do: {remedy}"),
            ]
        }
        (Fate::Fails, "daily-settlement") => {
            let day = value("date");
            vec![
                format!("Settling {day}: all payments that were captured on that day in Seoul."),
                busy,
                format!("what to do: rerun this for {day}; a day can be settled any number of times."),
            ]
        }
        (Fate::Fails, "coupon-issue") => vec![
            format!("Issuing the coupons of campaign {}.", value("campaign")),
            busy,
            "what to do: rerun this. No coupon was issued.".to_owned(),
        ],
        (Fate::Fails, "warehouse-sync") => vec![
            "error: the warehouse closed the connection after 412 of its items; none of them was imported.".to_owned(),
            "what to do: nothing, if the warehouse is being updated. The next night imports everything.".to_owned(),
        ],
        (Fate::Fails, _) => vec![busy, "what to do: rerun this; it continues with the remaining work.".to_owned()],
    }
}

/// Spread over the time that it took.
fn timed(lines: Vec<String>, started: Instant, ms: i64) -> Vec<(Instant, String)> {
    let last = i64::try_from(lines.len()).unwrap_or_default().max(1);
    (1..).zip(lines).map(|(n, line)| (started.plus(TimeDelta::milliseconds(ms * n / (last + 1))), line)).collect()
}

#[cfg(test)]
#[path = "history/tests.rs"]
mod tests;
