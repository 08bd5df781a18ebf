//! How long it takes until alerts of jobs are acknowledged and over: per job and month, from the alerts and their events.
//!
//! Mean time to acknowledge: from opening to the first acknowledgement, of those that were acknowledged. Mean time to recover: from
//! opening to the end, of those that are over. A month holds the alerts that were opened in it, in the zone of the reader.

use super::list::Incidents;
use crate::{
    clock::Instant,
    list_query, sql,
    store::Reader,
    web::{
        Desk, PageResult,
        list::{ListQuery as _, read},
        panel::Subject as _,
        shell::{Section, Shell, table::Choice},
    },
    zone::Zone,
};
use actix_web::web;
use askama::Template;
use chrono::{Datelike as _, Months, NaiveDate};
use std::collections::BTreeMap;

/// The number of months shown, this one included.
const MONTHS: u32 = 12;
/// The most alerts that are read, the newest first.
const MOST: i64 = 20_000;

list_query! {
    /// The filter of the page as it was chosen.
    typed Filter at "/incidents/times" from "place";
    /// What it means.
    meant Wanted;
    job: String = read::name;
}

/// `GET /incidents/times`
pub(crate) async fn show(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let wanted = filter.chosen(desk.zone())?;
    let months = months(desk.now(), desk.zone());
    let since = months.first().and_then(|month| desk.zone().start_of(month.first)).unwrap_or_else(|| desk.now());
    let alerts = alerts(desk.reader(), since).await?;
    let is_cut = i64::try_from(alerts.len()).is_ok_and(|n| n >= MOST);
    let titles: BTreeMap<String, String> =
        desk.reader().query(sql!("select name, title from batch_jobs")).all().await?.into_iter().collect();
    let shell = desk.shell(Some(Section::Incidents), None).await?;
    let jobs = by_job(&alerts, &titles);
    let months = by_month(&alerts, wanted.job.as_deref(), &months, desk.zone());
    desk.page(200, &TimesPage { shell, filter, jobs, months, is_cut })
}

/// An alert of a job, as far as its times go.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Timed {
    job: String,
    opened_at: Instant,
    resolved_at: Option<Instant>,
    acknowledged_at: Option<Instant>,
}

/// Alerts of jobs that were opened since, along the index of that time.
async fn alerts(reader: &Reader, since: Instant) -> sqlx::Result<Vec<Timed>> {
    reader
        .query(sql!(
            "select a.subject as job, a.opened_at, a.resolved_at,
                    (select min(e.at) from alert_events e where e.alert = a.id and e.what = 'acknowledged') as acknowledged_at
               from alerts a
              where a.opened_at >= $1 and (a.kind like 'runs.%' or a.kind like 'batches.%')
              order by a.opened_at desc limit $2"
        ))
        .bind(since)
        .bind(MOST)
        .all()
        .await
}

/// A month in the zone of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Month {
    first: NaiveDate,
}

/// The months shown, the oldest first.
fn months(now: Instant, zone: Zone) -> Vec<Month> {
    let today = now.utc().with_timezone(&zone).date_naive();
    let this = today.with_day(1).unwrap_or(today);
    (0..MONTHS)
        .rev()
        .filter_map(|back| this.checked_sub_months(Months::new(back)))
        .map(|first| Month { first })
        .collect()
}

/// Mean times of some alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Means {
    pub(crate) alerts: i64,
    pub(crate) acknowledged: i64,
    pub(crate) recovered: i64,
    /// Sums, in milliseconds.
    to_acknowledge: i64,
    to_recover: i64,
}

impl Means {
    fn add(&mut self, alert: &Timed) {
        self.alerts = self.alerts.saturating_add(1);
        let since = |at: Instant| at.since(alert.opened_at).num_milliseconds().max(0);
        if let Some(at) = alert.acknowledged_at {
            self.acknowledged = self.acknowledged.saturating_add(1);
            self.to_acknowledge = self.to_acknowledge.saturating_add(since(at));
        }
        if let Some(at) = alert.resolved_at {
            self.recovered = self.recovered.saturating_add(1);
            self.to_recover = self.to_recover.saturating_add(since(at));
        }
    }

    /// In milliseconds; nothing where no alert was acknowledged.
    pub(crate) fn acknowledge(&self) -> Option<i64> {
        self.to_acknowledge.checked_div(self.acknowledged)
    }

    /// The same of those that are over.
    pub(crate) fn recover(&self) -> Option<i64> {
        self.to_recover.checked_div(self.recovered)
    }
}

/// A job with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobTimes {
    pub(crate) job: String,
    pub(crate) title: String,
    pub(crate) means: Means,
}

/// The jobs that had alerts, the one with the most first.
fn by_job(alerts: &[Timed], titles: &BTreeMap<String, String>) -> Vec<JobTimes> {
    let mut jobs: BTreeMap<&str, Means> = BTreeMap::new();
    for alert in alerts {
        jobs.entry(&alert.job).or_default().add(alert);
    }
    let times = |(job, means): (&str, Means)| JobTimes {
        job: job.to_owned(),
        title: titles.get(job).cloned().unwrap_or_else(|| job.to_owned()),
        means,
    };
    let mut jobs: Vec<JobTimes> = jobs.into_iter().map(times).collect();
    jobs.sort_by_key(|job| std::cmp::Reverse(job.means.alerts));
    jobs
}

/// A month with its times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MonthTimes {
    /// `2026-11`
    pub(crate) name: String,
    pub(crate) means: Means,
}

fn by_month(alerts: &[Timed], job: Option<&str>, months: &[Month], zone: Zone) -> Vec<MonthTimes> {
    let mut times: Vec<(Month, Means)> = months.iter().map(|month| (*month, Means::default())).collect();
    for alert in alerts.iter().filter(|alert| job.is_none_or(|job| job == alert.job)) {
        let day = alert.opened_at.utc().with_timezone(&zone).date_naive();
        let month = times.iter_mut().rev().find(|(month, _)| month.first <= day);
        if let Some((_, means)) = month {
            means.add(alert);
        }
    }
    let named = |(month, means): (Month, Means)| MonthTimes { name: month.first.format("%Y-%m").to_string(), means };
    times.into_iter().map(named).collect()
}

/// A bar of the chart, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) height: i64,
}

/// The baseline of the bars, how high they are, and the room of each month.
const BASE: i64 = 74;
const HIGHEST: i64 = 64;
const LEAST: i64 = 2;
const ROOM: i64 = 50;

/// Bars as high as the mean times are long.
fn bars(months: &[MonthTimes], mean: fn(&Means) -> Option<i64>) -> Vec<Bar> {
    let longest = months.iter().filter_map(|month| mean(&month.means)).max().unwrap_or_default().max(1);
    let bar = |(at, month): (usize, &MonthTimes)| {
        let took = mean(&month.means)?;
        let height = (took.saturating_mul(HIGHEST) / longest).clamp(LEAST, HIGHEST);
        let x = i64::try_from(at).unwrap_or_default() * ROOM;
        Some(Bar { x: x + 8, y: BASE - height, height })
    };
    months.iter().enumerate().filter_map(bar).collect()
}

#[derive(Debug, Template)]
#[template(path = "incidents/times.html")]
pub(crate) struct TimesPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) jobs: Vec<JobTimes>,
    pub(crate) months: Vec<MonthTimes>,
    /// Whether there were more alerts than are read.
    pub(crate) is_cut: bool,
}

impl TimesPage {
    fn back() -> &'static str {
        Incidents::PAGE
    }

    fn choices(&self) -> Vec<Choice> {
        self.jobs.iter().map(|job| Choice::new(job.job.clone(), job.title.clone())).collect()
    }

    /// What the times are of: the job that was chosen, or all.
    fn of(&self) -> &str {
        let chosen = self.jobs.iter().find(|job| job.job == self.filter.job);
        match chosen {
            Some(job) => &job.title,
            None if self.filter.job.is_empty() => self.shell.t("times.all-jobs"),
            None => &self.filter.job,
        }
    }

    fn acknowledged(&self) -> Vec<Bar> {
        bars(&self.months, Means::acknowledge)
    }

    fn recovered(&self) -> Vec<Bar> {
        bars(&self.months, Means::recover)
    }

    /// The month below its bars: `11`, and the year with the first of it.
    fn labels(&self) -> Vec<(i64, String)> {
        let label = |(at, month): (usize, &MonthTimes)| {
            let middle = i64::try_from(at).unwrap_or_default() * ROOM + ROOM / 2;
            let is_named = at == 0 || month.name.ends_with("-01");
            let name = if is_named { month.name.clone() } else { month.name.chars().skip(5).collect() };
            (middle, name)
        };
        self.months.iter().enumerate().map(label).collect()
    }

    /// The longest of them, which says how high a bar can be.
    fn longest(&self, mean: fn(&Means) -> Option<i64>) -> String {
        let longest = self.months.iter().filter_map(|month| mean(&month.means)).max();
        longest.map(|took| self.shell.took(&took)).unwrap_or_default()
    }
}

/// Times of a year for a page that is a sample.
#[cfg(test)]
pub(crate) fn sample(title: &str, now: Instant) -> (Vec<JobTimes>, Vec<MonthTimes>) {
    let zone = Zone::seoul();
    let months = months(now, zone);
    let timed = |at: i64| Timed {
        job: "daily-settlement".to_owned(),
        opened_at: now.minus(chrono::TimeDelta::days(at * 23)),
        resolved_at: (at % 4 > 0)
            .then(|| now.minus(chrono::TimeDelta::days(at * 23)).plus(chrono::TimeDelta::minutes(20 + at * 7))),
        acknowledged_at: (at % 3 > 0)
            .then(|| now.minus(chrono::TimeDelta::days(at * 23)).plus(chrono::TimeDelta::minutes(1 + at))),
    };
    let alerts: Vec<Timed> = if title.is_empty() { Vec::new() } else { (0..14).map(timed).collect() };
    let titles = BTreeMap::from([("daily-settlement".to_owned(), title.to_owned())]);
    (by_job(&alerts, &titles), by_month(&alerts, None, &months, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn timed(job: &str, opened: &str, acknowledged: i64, resolved: Option<i64>) -> Timed {
        let opened_at = at(opened);
        let after = |minutes: i64| opened_at.plus(chrono::TimeDelta::minutes(minutes));
        Timed {
            job: job.to_owned(),
            opened_at,
            resolved_at: resolved.map(after),
            acknowledged_at: (acknowledged > 0).then(|| after(acknowledged)),
        }
    }

    #[test]
    fn means_are_of_those_that_were_acknowledged_and_of_those_that_are_over() {
        let alerts = [
            timed("a", "2026-03-02T03:00:00.000000Z", 2, Some(10)),
            timed("a", "2026-03-03T03:00:00.000000Z", 4, None),
            timed("a", "2026-03-04T03:00:00.000000Z", 0, Some(30)),
            timed("b", "2026-02-04T03:00:00.000000Z", 0, None),
        ];
        let months = months(at("2026-03-05T00:00:00.000000Z"), Zone::UTC);
        assert_eq!((months.len(), months[0].first.to_string().as_str()), (12, "2025-04-01"));
        let all = by_month(&alerts, None, &months, Zone::UTC);
        let march = &all.last().unwrap().means;
        assert_eq!((march.alerts, march.acknowledge(), march.recover()), (3, Some(180_000), Some(1_200_000)));
        let february = &all[10];
        assert_eq!((february.name.as_str(), february.means.alerts), ("2026-02", 1));
        assert_eq!((february.means.acknowledge(), february.means.recover()), (None, None));
        assert_eq!(by_month(&alerts, Some("a"), &months, Zone::UTC)[10].means.alerts, 0);
        let jobs = by_job(&alerts, &BTreeMap::new());
        assert_eq!(
            jobs.iter().map(|job| (job.job.as_str(), job.means.alerts)).collect::<Vec<_>>(),
            [("a", 3), ("b", 1)]
        );
    }

    #[test]
    fn a_month_is_that_of_the_zone_of_the_reader() {
        let alerts = [timed("a", "2026-02-28T16:00:00.000000Z", 1, None)];
        let months = months(at("2026-03-05T00:00:00.000000Z"), Zone::seoul());
        assert_eq!(by_month(&alerts, None, &months, Zone::seoul()).last().unwrap().means.alerts, 1);
    }
}
