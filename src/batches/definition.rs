//! What a job is: declared in the configuration file and reviewed as code. Operators run jobs and never edit them.

pub use super::kind::Kind;

use super::schedule::Schedule;
use crate::{
    gate::Role,
    text::{is_line, visible},
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One job, as the configuration file declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// `daily-settlement`
    pub name: String,
    pub title: String,
    /// Who answers for it.
    pub owner: String,
    /// What to read before rerunning it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Program and arguments, without a shell. An argument that is `{date}` and nothing else is the parameter of that name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// In place of a command: where a signed request starts it, for what runs elsewhere and reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// In place of both: it is started elsewhere, and the console only hears of it.
    #[serde(default)]
    pub external: bool,
    /// Raised to make the token for its reports worthless.
    #[serde(default = "first")]
    pub ping_revision: u32,
    /// Whether a report may be a GET. Link previews in messages would report too.
    #[serde(default)]
    pub ping_by_get: bool,
    /// Everything its environment holds, besides the parameters as `PARAM_…`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default)]
    pub overlap: Overlap,
    /// How long it may take: a command is ended then, and what runs elsewhere is given up for lost.
    #[serde(default = "an_hour")]
    pub timeout_seconds: u32,
    /// How much is kept of its log: a quarter from its beginning, the rest from its end.
    #[serde(default = "quarter_of_a_megabyte")]
    pub log_kilobytes: u32,
    /// Whether a second person has to agree before it is run by hand.
    #[serde(default)]
    pub approval: bool,
    /// How late it may start before that is told.
    #[serde(default = "five_minutes")]
    pub start_grace_seconds: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Who may run it by hand.
    #[serde(default = "on_call")]
    pub roles: Vec<Role>,
}

/// What happens when it is to start while it still runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Overlap {
    /// The new one is skipped, and that is recorded.
    #[default]
    Skip,
    /// The new one waits.
    Queue,
    /// Both run.
    Allow,
}

/// Something that differs from run to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// `date`
    pub name: String,
    pub title: String,
    #[serde(flatten)]
    pub kind: ParameterKind,
    /// What scheduled runs take, and what the form begins with. A date may be `today` or `yesterday`.
    #[serde(default)]
    pub default: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum ParameterKind {
    /// `2026-11-20`
    Date,
    Integer {
        #[serde(default = "least")]
        min: i64,
        #[serde(default = "most")]
        max: i64,
    },
    Choice {
        choices: Vec<String>,
    },
    /// Letters, digits and `-_.:/`, at most 200 of them.
    Text,
}

fn an_hour() -> u32 {
    3600
}

fn first() -> u32 {
    1
}

fn quarter_of_a_megabyte() -> u32 {
    256
}

fn five_minutes() -> u32 {
    300
}

fn on_call() -> Vec<Role> {
    vec![Role::Oncall]
}

fn least() -> i64 {
    i64::MIN
}

fn most() -> i64 {
    i64::MAX
}

/// Who a definition may name: the others decide and read, and do not operate.
const RUN: [Role; 3] = [Role::Oncall, Role::Operator, Role::Owner];

/// The values of a run's parameters, by name.
/// Whether a job can be called this: lower-case letters, digits, `-` and `_`, 64 at most.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

pub type Values = BTreeMap<String, String>;

impl Definition {
    /// What is wrong with it, in one line that names the job.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("job {:?}: {what}", self.name));
        if !is_name(&self.name) {
            return wrong("its name must be lower-case letters, digits, - and _");
        }
        if self.title.is_empty() || self.owner.is_empty() {
            return wrong("it needs a title and an owner");
        }
        if ![&self.title, &self.owner].into_iter().all(|text| is_line(text) && visible(text) > 0) {
            return wrong("its title and its owner must have characters that can be seen, and none that cannot");
        }
        match (self.command.first(), &self.url, self.external) {
            (Some(program), None, false) if program.starts_with('/') => {}
            (Some(_), None, false) => return wrong("its command must begin with the absolute path of a program"),
            (None, Some(url), false) if is_url(url) => {}
            (None, Some(_), false) => return wrong("its url must be an https:// address, or one of this machine"),
            (None, None, true) => {}
            _ => return wrong("it must have one of command, url, and external = true"),
        }
        if !(4..=16_384).contains(&self.log_kilobytes) {
            return wrong("log_kilobytes must be between 4 and 16384");
        }
        if let Some(role) = self.roles.iter().find(|role| !RUN.contains(role)) {
            return wrong(&format!("{role} cannot run jobs; the roles are oncall, operator, owner"));
        }
        if self.timeout_seconds == 0 {
            return wrong("timeout_seconds must be at least 1");
        }
        if self.runbook.as_ref().is_some_and(|link| !link.starts_with("https://")) {
            return wrong("its runbook must be an https:// address");
        }
        for (n, parameter) in self.parameters.iter().enumerate() {
            if !is_name(&parameter.name) || self.parameters.iter().take(n).any(|earlier| earlier.name == parameter.name)
            {
                return wrong("its parameters need distinct names in lower case");
            }
            // Checked on a day that exists in every zone.
            let resolved = parameter.resolved(NaiveDate::default());
            if !parameter.default.is_empty() && parameter.kind.read(&resolved).is_none() {
                return wrong(&format!("the default of {} is not one of its values", parameter.name));
            }
        }
        for argument in &self.command {
            if let Some(name) = placeholder(argument)
                && !self.parameters.iter().any(|parameter| parameter.name == name)
            {
                return wrong(&format!("{argument} is not one of its parameters"));
            }
        }
        if let Some(schedule) = &self.schedule {
            schedule.check().map_err(|why| format!("job {:?}: {why}", self.name))?;
            if let Some(open) = self.parameters.iter().find(|parameter| parameter.default.is_empty()) {
                return wrong(&format!("it is scheduled, so {} needs a default", open.name));
            }
        }
        Ok(())
    }

    pub fn kind(&self) -> Kind {
        match (&self.url, self.external) {
            (_, true) => Kind::External,
            (Some(_), false) => Kind::Http,
            (None, false) => Kind::Command,
        }
    }

    /// Tells two definitions apart.
    pub fn digest(&self) -> [u8; 32] {
        crate::secret::sha256(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// The default values of its parameters on this day.
    pub fn defaults(&self, today: NaiveDate) -> Values {
        self.parameters.iter().map(|parameter| (parameter.name.clone(), parameter.resolved(today))).collect()
    }

    /// The values in their normal form, or which parameter is wrong.
    pub fn read(&self, typed: &Values) -> Result<Values, String> {
        let read = |parameter: &Parameter| {
            let text = typed.get(&parameter.name).map_or("", |text| text.trim());
            parameter.kind.read(text).map(|value| (parameter.name.clone(), value)).ok_or_else(|| parameter.name.clone())
        };
        self.parameters.iter().map(read).collect()
    }

    /// Program and arguments of a run with these values.
    pub fn argv(&self, values: &Values) -> Vec<String> {
        let fill = |argument: &String| match placeholder(argument) {
            Some(name) => values.get(name).cloned().unwrap_or_default(),
            None => argument.clone(),
        };
        self.command.iter().map(fill).collect()
    }

    /// The whole environment of a run with these values.
    pub fn environment(&self, values: &Values) -> Vec<(String, String)> {
        let named = |(name, value): (&String, &String)| {
            (format!("PARAM_{}", name.to_ascii_uppercase().replace('-', "_")), value.clone())
        };
        let own = self.env.iter().map(|(name, value)| (name.clone(), value.clone()));
        own.chain(values.iter().map(named)).collect()
    }
}

/// Only this machine is reached without TLS.
fn is_url(text: &str) -> bool {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_local = |prefix: &&str| text.strip_prefix(*prefix).is_some_and(|rest| rest.starts_with([':', '/']));
    (text.starts_with("https://") || local.iter().any(is_local)) && text.parse::<ureq::http::Uri>().is_ok()
}

/// The parameter that an argument refers to.
fn placeholder(argument: &str) -> Option<&str> {
    argument.strip_prefix('{')?.strip_suffix('}')
}

impl Parameter {
    fn resolved(&self, today: NaiveDate) -> String {
        match (&self.kind, self.default.as_str()) {
            (ParameterKind::Date, "today") => today.to_string(),
            (ParameterKind::Date, "yesterday") => today.checked_sub_days(Days::new(1)).unwrap_or(today).to_string(),
            (_, text) => text.to_owned(),
        }
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
                let fits = (1..=200).contains(&text.len()) && text.chars().all(is_plain) && !text.starts_with('-');
                fits.then(|| text.to_owned())
            }
        }
    }
}

#[cfg(test)]
#[path = "definition/tests.rs"]
mod tests;
