//! The periods, the newest first: which reports were signed, and which are due.

use super::{
    period::Period,
    record::{self, Review},
    show::beginning,
};
use crate::{
    audit::list::record_look,
    clock::Instant,
    web::{
        Desk, PageError, PageResult,
        link::link,
        problem_page::Problem,
        shell::{Section, Shell, Tone, table::Pager},
    },
};
use actix_web::web;
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

const PAGE: usize = 24;
pub(crate) const ADDRESS: &str = "/audit/reviews";

/// What may be in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Place {
    /// The period from which the page goes back.
    from: String,
}

/// How far the review of a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The period goes on.
    Open,
    /// It has ended, and its report is to be signed.
    Due,
    /// It should have been signed by now.
    Overdue,
    Signed,
}

impl Stage {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Due => "due",
            Self::Overdue => "overdue",
            Self::Signed => "signed",
        }
    }

    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Open => Tone::Mute,
            Self::Due => Tone::Warn,
            Self::Overdue => Tone::Bad,
            Self::Signed => Tone::Ok,
        }
    }

    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Open => "wait",
            Self::Due => "clock",
            Self::Overdue => "timer",
            Self::Signed => "check",
        }
    }
}

/// A period, and what is signed of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) period: Period,
    pub(crate) stage: Stage,
    /// Until when it is to be signed.
    pub(crate) due: Instant,
    pub(crate) newest: Option<Review>,
}

impl Row {
    pub(crate) fn href(&self) -> String {
        format!("{ADDRESS}/{}", self.period)
    }
}

/// `GET /audit/reviews`
pub(crate) async fn list(desk: Desk, place: web::Query<Place>) -> PageResult {
    let plan = &desk.console().review_plan;
    let from = match place.from.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Problem::BadRequest)?),
    };
    record_look(&desk, "view-log", None, Some("audit/reviews".to_owned())).await?;
    let (rows, next) = rows(&desk, from).await?;
    let pager = Pager {
        first: from.map(|_| ADDRESS.to_owned()),
        previous: None,
        next: next.map(|period| link(ADDRESS, &[("from", &period.to_string())])),
    };
    let shell = desk.shell(Some(Section::Audit), None).await?;
    desk.page(200, &ListPage { shell, rows, pager, within_days: plan.within_days, every: plan.every.as_str() })
}

/// How many of the newest reports are overdue: of as many as the list has on a page.
pub(crate) async fn overdue(desk: &Desk) -> Result<i64, PageError> {
    Ok(count_overdue(&rows(desk, None).await?.0))
}

fn count_overdue(rows: &[Row]) -> i64 {
    let overdue = rows.iter().filter(|row| row.stage == Stage::Overdue).count();
    i64::try_from(overdue).unwrap_or(i64::MAX)
}

/// A page of periods, from this one or the present one back to the first one of the log; and the period after them, if there is one.
async fn rows(desk: &Desk, from: Option<Period>) -> Result<(Vec<Row>, Option<Period>), PageError> {
    let (console, now) = (desk.console(), desk.now());
    let (zone, plan) = (console.zone, &console.review_plan);
    let mut next = match from {
        Some(from) => Some(from),
        None => Some(Period::of(now, zone, plan.every).ok_or(Problem::Internal)?),
    };
    let beginning = beginning(&mut desk.reader()).await?;
    let mut periods = Vec::new();
    while let Some(period) = next {
        let Some((from, to)) = period.bounds(zone) else { break };
        if beginning.is_none_or(|beginning| to <= beginning) {
            next = None;
            break;
        }
        if periods.len() == PAGE {
            break;
        }
        if from <= now {
            periods.push((period, to));
        }
        next = period.previous();
    }
    let mut signed = record::newest_of(&mut desk.reader(), periods.iter().map(|(period, _)| *period)).await?;
    let rows = periods.into_iter().map(|(period, to)| {
        let newest = signed.remove(&period);
        let due = to.plus(TimeDelta::days(plan.within_days));
        let stage = match newest {
            Some(_) => Stage::Signed,
            None if now < to => Stage::Open,
            None if now < due => Stage::Due,
            None => Stage::Overdue,
        };
        Row { period, stage, due, newest }
    });
    Ok((rows.collect(), next))
}

#[derive(Debug, Template)]
#[template(path = "reviews/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) rows: Vec<Row>,
    pub(crate) pager: Pager,
    pub(crate) within_days: i64,
    pub(crate) every: &'static str,
}

impl ListPage {
    /// How many on this page are overdue.
    fn overdue(&self) -> i64 {
        count_overdue(&self.rows)
    }
}
