//! How access records are reviewed.

use crate::{
    plan::{Every, ReviewPlan},
    text,
};
use serde::Deserialize;

/// `[review]` of the configuration file. What it does not name is as usual.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewConfig {
    /// `month` or `quarter`
    every: Option<Every>,
    /// 1 or 2
    access_years: Option<i64>,
    within_days: Option<i64>,
    system: Option<String>,
    processor: Option<String>,
    method: Option<String>,
    /// `09:00-18:00`
    working_hours: Option<String>,
}

/// The longest name and the longest sentence, in characters.
const NAME: usize = 120;
const SENTENCE: usize = 500;

impl ReviewConfig {
    /// The plan, or what is wrong with it.
    pub fn plan(&self) -> Result<ReviewPlan, String> {
        let usual = ReviewPlan::default();
        let (work_from, work_until) = match &self.working_hours {
            Some(text) => hours(text).ok_or_else(|| {
                format!("review: working_hours is {text:?}, and must be from one time of the day to a later one, such as \"09:00-18:00\"")
            })?,
            None => (usual.work_from, usual.work_until),
        };
        Ok(ReviewPlan {
            access_years: within("access_years", self.access_years, usual.access_years, 1, 2)?,
            every: self.every.unwrap_or(usual.every),
            method: said("method", self.method.as_ref(), usual.method, SENTENCE)?,
            processor: said("processor", self.processor.as_ref(), usual.processor, NAME)?,
            system: said("system", self.system.as_ref(), usual.system, NAME)?,
            within_days: within("within_days", self.within_days, usual.within_days, 1, 90)?,
            work_from,
            work_until,
        })
    }
}

fn within(name: &str, number: Option<i64>, usual: i64, least: i64, most: i64) -> Result<i64, String> {
    match number {
        None => Ok(usual),
        Some(number) if (least..=most).contains(&number) => Ok(number),
        Some(number) => Err(format!("review: {name} is {number}, and must be between {least} and {most}")),
    }
}

fn said(name: &str, text: Option<&String>, usual: String, longest: usize) -> Result<String, String> {
    let Some(text) = text.map(|text| text::composed(text.trim())) else { return Ok(usual) };
    match text.chars().count() {
        0 => Err(format!("review: {name} is empty")),
        count if count > longest => Err(format!("review: {name} is longer than {longest} characters")),
        _ if !text::is_line(&text) => Err(format!("review: {name} has characters that a page cannot show")),
        _ => Ok(text),
    }
}

/// `09:00-18:00` in minutes after midnight.
fn hours(text: &str) -> Option<(i64, i64)> {
    let (from, until) = text.split_once('-')?;
    let (from, until) = (minutes(from.trim())?, minutes(until.trim())?);
    (from < until).then_some((from, until))
}

fn minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':') {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let minutes = (minutes < 60).then_some(hours * 60 + minutes)?;
    (minutes <= 24 * 60).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Result<ReviewPlan, String> {
        toml::from_str::<ReviewConfig>(text).map_err(|error| error.to_string()).and_then(|config| config.plan())
    }

    #[test]
    fn what_is_said_is_taken_and_the_rest_is_as_usual() {
        assert_eq!(plan(""), Ok(ReviewPlan::default()));
        let said = "every = \"quarter\"\naccess_years = 1\nworking_hours = \"08:30-24:00\"\nprocessor = \"㈜가나상사\"";
        let found = plan(said).unwrap();
        assert_eq!(
            (found.every, found.access_years, found.work_from, found.work_until),
            (Every::Quarter, 1, 510, 1440)
        );
        assert_eq!((found.processor.as_str(), found.system.as_str()), ("㈜가나상사", "Ingam"));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, what) in [
            ("every = \"week\"", "week"),
            ("access_years = 3", "access_years"),
            ("within_days = 0", "within_days"),
            ("system = \" \"", "system"),
            ("method = \"a\\u202eb\"", "method"),
            ("working_hours = \"18:00-09:00\"", "working_hours"),
            ("working_hours = \"9-18\"", "working_hours"),
            ("working_hours = \"09:00-24:01\"", "working_hours"),
            ("years = 1", "years"),
        ] {
            let wrong = plan(text).unwrap_err();
            assert!(wrong.contains(what), "{text}: {wrong}");
        }
    }
}
