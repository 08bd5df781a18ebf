//! The page of the rules: the thresholds in force, and how often each rule found something and was wrong.

use super::{
    Thresholds,
    look::{date_of, deciding},
    record::{Counted, counted},
    rule::Rule,
    rules::approvers,
};
use crate::{
    audit::list::record_look,
    web::{
        Desk, PageResult,
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;
use chrono::TimeDelta;

/// The days that are counted, the shorter ones first.
pub(crate) const DAYS: [i64; 2] = [30, 90];

/// A rule as the page shows it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) rule: &'static str,
    pub(crate) is_enabled: bool,
    /// The numbers in force by name; the names are under `suspicion-number.`
    pub(crate) numbers: Vec<(&'static str, i64)>,
    /// Of the last days, as in [`DAYS`].
    pub(crate) counted: [Counted; 2],
}

/// `GET /audit/suspicions/rules`
pub(crate) async fn show(desk: Desk, thresholds: web::Data<Thresholds>) -> PageResult {
    record_look(&desk, "view-log", None, Some("audit/suspicions/rules".to_owned())).await?;
    let today = date_of(desk.now(), desk.console().zone);
    let mut counts = Vec::with_capacity(DAYS.len());
    for days in DAYS {
        counts.push(counted(desk.reader(), today.ends.minus(TimeDelta::days(days))).await?);
    }
    let of = |rule: &str, at: usize| counts.get(at).and_then(|counted| counted.get(rule)).copied().unwrap_or_default();
    let shown = |rule: Rule| Shown {
        rule: rule.as_str(),
        is_enabled: thresholds.is_enabled(rule),
        numbers: thresholds.numbers(rule),
        counted: [of(rule.as_str(), 0), of(rule.as_str(), 1)],
    };
    let approvers = approvers(desk.reader(), &deciding(desk.policies())).await?;
    let page = RulesPage {
        shell: desk.shell(Some(Section::Audit), None).await?,
        rules: Rule::ALL.into_iter().map(shown).collect(),
        hours: (thresholds.off_hours.from.to_string(), thresholds.off_hours.to.to_string()),
        too_few: (approvers < thresholds.each_other.approvers).then_some(approvers),
    };
    desk.page(200, &page)
}

#[derive(Debug, Template)]
#[template(path = "detection/rules.html")]
pub(crate) struct RulesPage {
    pub(crate) shell: Shell,
    pub(crate) rules: Vec<Shown>,
    /// From when to when it is night.
    pub(crate) hours: (String, String),
    /// How many people approve, where they are too few for a rule about two of them.
    pub(crate) too_few: Option<i64>,
}

impl RulesPage {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn days(at: &usize) -> &'static i64 {
        DAYS.get(*at).unwrap_or(&0)
    }
}

impl Shown {
    fn is(&self, rule: &str) -> bool {
        self.rule == rule
    }
}
