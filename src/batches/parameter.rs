//! Something that differs from run to run, and which values it may have.

use crate::text::{is_line, typed, visible};
use chrono::{Days, NaiveDate};
use regex_lite::{Error, Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The values of a run's parameters, by name.
pub type Values = BTreeMap<String, String>;

/// Something that differs from run to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Declared")]
pub struct Parameter {
    /// `date`
    pub name: String,
    pub title: String,
    #[serde(flatten)]
    pub kind: ParameterKind,
    /// What a text has to match as a whole, in place of the usual rule: a regular expression as
    /// [regex-lite](https://docs.rs/regex-lite) has it. `[가-힣A-Za-z0-9, ]+`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What may be typed, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What scheduled runs take, and what the form begins with. A date may be `today` or `yesterday`.
    pub default: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ParameterKind {
    /// `2026-11-20`
    Date,
    Integer {
        min: i64,
        max: i64,
    },
    Choice {
        choices: Vec<String>,
    },
    /// Letters, digits and `-_.:/`, at most 200 of them, or what the pattern of the parameter says.
    Text,
}

/// The table of a parameter: serde refuses a misspelt key only where all keys are declared in one place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declared {
    name: String,
    title: String,
    r#type: Type,
    min: Option<i64>,
    max: Option<i64>,
    choices: Option<Vec<String>>,
    pattern: Option<String>,
    hint: Option<String>,
    #[serde(default)]
    default: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Date,
    Integer,
    Choice,
    Text,
}

impl TryFrom<Declared> for Parameter {
    type Error = String;

    fn try_from(declared: Declared) -> Result<Self, String> {
        let Declared { name, title, r#type, min, max, choices, pattern, hint, default } = declared;
        if r#type != Type::Integer && (min.is_some() || max.is_some()) {
            return Err(format!("{name} has min or max, which only a parameter of type integer can have"));
        }
        if r#type != Type::Choice && choices.is_some() {
            return Err(format!("{name} has choices, which only a parameter of type choice can have"));
        }
        let kind = match r#type {
            Type::Date => ParameterKind::Date,
            Type::Integer => ParameterKind::Integer { min: min.unwrap_or(i64::MIN), max: max.unwrap_or(i64::MAX) },
            Type::Choice => ParameterKind::Choice { choices: choices.ok_or(format!("{name} has no choices"))? },
            Type::Text => ParameterKind::Text,
        };
        Ok(Self { name, title, kind, pattern, hint, default })
    }
}

/// Characters of a text, of its pattern, and of a hint.
const LONGEST: usize = 200;
/// What a pattern may become when it is compiled, in bytes. Looking takes time in proportion to this and to the text.
const COMPILED: usize = 64 * 1024;

/// A pattern as it is used: on the whole of a text.
fn compiled(pattern: &str) -> Result<Regex, Error> {
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(COMPILED).nest_limit(20).build();
    // By itself first: a parenthesis without a partner would get out of the ones that are put around it.
    build(pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

impl Parameter {
    /// What is wrong with it.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(pattern) = &self.pattern {
            if self.kind != ParameterKind::Text {
                return Err(format!("{} has a pattern, which only a parameter of type text can have", self.name));
            }
            if pattern.chars().count() > LONGEST {
                return Err(format!("the pattern of {} is longer than {LONGEST} characters", self.name));
            }
            compiled(pattern).map_err(|error| {
                format!(
                    "the pattern of {} cannot be used: {error}; write one for regex-lite, with ranges such as [가-힣] in place of \
                     classes of Unicode",
                    self.name
                )
            })?;
        }
        let is_shown = |hint: &String| is_line(hint) && visible(hint) > 0 && hint.chars().count() <= LONGEST;
        if self.hint.as_ref().is_some_and(|hint| !is_shown(hint)) {
            return Err(format!("the hint of {} has to be one line of at most {LONGEST} characters", self.name));
        }
        // Checked on a day that exists in every zone.
        let resolved = self.resolved(NaiveDate::default());
        let is_value = |read: &String| self.kind != ParameterKind::Text || *read == resolved;
        if !self.default.is_empty() && !self.read(&resolved).as_ref().is_some_and(is_value) {
            return Err(format!("the default of {} is not one of its values", self.name));
        }
        Ok(())
    }

    /// The default on this day.
    pub(super) fn resolved(&self, today: NaiveDate) -> String {
        match (&self.kind, self.default.as_str()) {
            (ParameterKind::Date, "today") => today.to_string(),
            (ParameterKind::Date, "yesterday") => today.checked_sub_days(Days::new(1)).unwrap_or(today).to_string(),
            (_, text) => text.to_owned(),
        }
    }

    /// What was typed or pasted, in its normal form, where it is a value.
    pub fn read(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let plain = typed(text);
        match (&self.kind, &self.pattern) {
            (ParameterKind::Text, Some(pattern)) => {
                let fits = (1..=LONGEST).contains(&plain.chars().count()) && is_line(&plain) && !plain.starts_with('-');
                (fits && compiled(pattern).is_ok_and(|pattern| pattern.is_match(&plain))).then_some(plain)
            }
            // A choice may be written in full width, say.
            (kind, _) => kind.read(text).or_else(|| kind.read(&plain)),
        }
    }

    /// Whether its values may hold what a shell would take apart.
    pub(super) fn is_free(&self) -> bool {
        self.kind == ParameterKind::Text && self.pattern.is_some()
    }
}

impl ParameterKind {
    /// The value in its normal form, where it is one.
    pub fn read(&self, text: &str) -> Option<String> {
        match self {
            Self::Date => {
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.to_string();
                (day == text).then_some(day)
            }
            Self::Integer { min, max } => {
                let number: i64 = text.parse().ok()?;
                (*min..=*max).contains(&number).then(|| number.to_string())
            }
            Self::Choice { choices } => choices.iter().find(|choice| *choice == text).cloned(),
            Self::Text => {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
                let fits = (1..=LONGEST).contains(&text.len()) && text.chars().all(is_plain) && !text.starts_with('-');
                fits.then(|| text.to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(pattern: &str) -> Parameter {
        let (name, title) = ("merchants".to_owned(), "Merchants".to_owned());
        let (kind, pattern) = (ParameterKind::Text, Some(pattern.to_owned()));
        Parameter { name, title, kind, pattern, hint: None, default: String::new() }
    }

    #[test]
    fn a_text_matches_its_pattern_as_a_whole_in_its_normal_form() {
        let merchants = text("(merchants|가맹점) [0-9]+(,[0-9]+)*");
        merchants.check().unwrap();
        for (typed, value) in [
            ("merchants 1,2,3", Some("merchants 1,2,3")),
            (" merchants\u{a0}１，２，３ ", Some("merchants 1,2,3")),
            ("\u{1100}\u{1161}\u{1106}\u{1162}\u{11bc}\u{110c}\u{1165}\u{11b7} 7", Some("가맹점 7")),
            ("merchants 1,2,3; rm", None),
            ("x merchants 1", None),
            ("merchants 1\nmerchants 2", None),
            ("merchants", None),
            ("", None),
        ] {
            assert_eq!(merchants.read(typed).as_deref(), value, "{typed:?}");
        }
        assert_eq!(text("a|ab").read("ab").as_deref(), Some("ab"));
        assert_eq!(text("[a-z-]+").read("-rf"), None, "never an option");
        assert_eq!(text("[가-힣 ]+").read(&"가".repeat(200)).map(|it| it.chars().count()), Some(200));
        assert_eq!(text("[가-힣 ]+").read(&"가".repeat(201)), None);
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_said() {
        for pattern in ["(", "a)|(b", "[z-a]", r"\p{Hangul}+", "((a{1000}){1000})", "*", "(?x)a #"] {
            let said = text(pattern).check().unwrap_err();
            assert!(said.contains("the pattern of merchants cannot be used"), "{said}");
        }
        assert!(text(&"a".repeat(201)).check().unwrap_err().contains("longer than"));
        let number = Parameter { kind: ParameterKind::Integer { min: 1, max: 2 }, ..text("1") };
        assert!(number.check().unwrap_err().contains("type text"));
        let hinted = Parameter { hint: Some("a\u{202e}b".to_owned()), ..text("1") };
        assert!(hinted.check().unwrap_err().contains("the hint of merchants"));
        let odd = Parameter { default: "２".to_owned(), ..text("[0-9]") };
        assert!(odd.check().unwrap_err().contains("the default of merchants"));
    }

    #[test]
    fn what_was_pasted_is_read_in_every_kind() {
        let date = Parameter { kind: ParameterKind::Date, pattern: None, ..text("") };
        assert_eq!(date.read(" ２０２６–11–20\u{200b}").as_deref(), Some("2026-11-20"));
        let number = Parameter { kind: ParameterKind::Integer { min: 1, max: 99 }, pattern: None, ..text("") };
        assert_eq!(number.read("１２").as_deref(), Some("12"));
        let wide = ParameterKind::Choice { choices: vec!["Ａ".to_owned(), "b".to_owned()] };
        let choice = Parameter { kind: wide, pattern: None, ..text("") };
        assert_eq!((choice.read("Ａ").as_deref(), choice.read("ｂ").as_deref()), (Some("Ａ"), Some("b")));
    }

    proptest! {
        #[test]
        fn no_value_is_an_option_or_more_than_a_line(typed in "\\PC{0,40}|.{0,40}", pattern in prop_oneof!["\\PC{0,20}", Just(".*".to_owned()), Just("(?s).+".to_owned())]) {
            let parameter = text(&pattern);
            if parameter.check().is_ok() && let Some(value) = parameter.read(&typed) {
                prop_assert!(is_line(&value) && !value.starts_with('-') && !value.is_empty());
                prop_assert_eq!(parameter.read(&value), Some(value));
            }
        }
    }
}
