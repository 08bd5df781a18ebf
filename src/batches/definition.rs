//! What a job is: declared in the configuration file and reviewed as code. Operators run jobs and never edit them.

pub use super::{
    arguments::literal,
    kind::Kind,
    parameter::{Parameter, ParameterKind, Values},
};

use super::{arguments, schedule::Schedule};
use crate::{
    gate::Role,
    supervise::Charset,
    text::{is_line, visible},
};
use chrono::NaiveDate;
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
    /// Program and arguments, without a shell. `{date}` in an argument is the value of the parameter of that name,
    /// and `{{date}}` the braces themselves.
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
    /// How it writes what it writes, and its reports where they do not say: a label of the Encoding standard, such as `euc-kr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
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

/// Who a definition may name: the others decide and read, and do not operate.
const RUN: [Role; 3] = [Role::Oncall, Role::Operator, Role::Owner];

/// Whether a job can be called this: lower-case letters, digits, `-` and `_`, 64 at most.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'))
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
}

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
        if let Some(label) = self.encoding.as_ref().filter(|label| Charset::of(label).is_none()) {
            return wrong(&format!(
                "its encoding {label:?} is not known; write a label of the Encoding standard: utf-8, euc-kr (for cp949 and \
                 ms949 too), shift_jis, gb18030, big5, windows-1252, utf-16le"
            ));
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
            parameter.check().or_else(|why| wrong(&why))?;
        }
        self.check_arguments().or_else(|why| wrong(&why))?;
        if let Some(schedule) = &self.schedule {
            schedule.check().map_err(|why| format!("job {:?}: {why}", self.name))?;
            if let Some(open) = self.parameters.iter().find(|parameter| parameter.default.is_empty()) {
                return wrong(&format!("it is scheduled, so {} needs a default", open.name));
            }
        }
        Ok(())
    }

    /// What is wrong with how its command, its environment and its address name parameters.
    fn check_arguments(&self) -> Result<(), String> {
        let parameter = |name: &str| self.parameters.iter().find(|parameter| parameter.name == name);
        let is_known = |name: &str| parameter(name).is_some();
        for (n, argument) in self.command.iter().enumerate() {
            arguments::check(argument, &is_known, true).map_err(|why| format!("argument {why}"))?;
            let named = arguments::named(argument, &is_known);
            if n == 0 && !named.is_empty() {
                return Err(format!("{argument:?}: which program runs cannot depend on a parameter"));
            }
            let free = named.into_iter().filter_map(parameter).find(|parameter| parameter.is_free());
            if let Some(Parameter { name, .. }) = free.filter(|_| arguments::is_script(&self.command, n)) {
                return Err(format!(
                    "argument {argument:?}: a shell or interpreter would take the value of {{{name}}} apart; let the script take it \
                     from $PARAM_{}, or hand it on as an argument of its own",
                    arguments::variable(name)
                ));
            }
        }
        for (name, value) in &self.env {
            arguments::check(value, &is_known, false).map_err(|why| format!("environment {name} = {why}"))?;
        }
        match &self.url {
            Some(url) if !arguments::named(url, &is_known).is_empty() => {
                Err(format!("{url:?}: no parameter is put into an address; the request has them in its body"))
            }
            _ => Ok(()),
        }
    }

    /// How its output is to be read.
    pub fn charset(&self) -> Charset {
        self.encoding.as_deref().and_then(Charset::of).unwrap_or_default()
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
            let text = typed.get(&parameter.name).map_or("", String::as_str);
            parameter.read(text).map(|value| (parameter.name.clone(), value)).ok_or_else(|| parameter.name.clone())
        };
        self.parameters.iter().map(read).collect()
    }

    /// The program of its command.
    pub fn program(&self) -> Option<String> {
        self.command.first().map(|program| arguments::filled(program, true, |_| None))
    }

    /// Program and arguments of a run with these values.
    pub fn argv(&self, values: &Values) -> Vec<String> {
        let arguments = self.command.iter().skip(1);
        self.program().into_iter().chain(arguments.map(|argument| self.filled(argument, true, values))).collect()
    }

    /// The whole environment of a run with these values.
    pub fn environment(&self, values: &Values) -> Vec<(String, String)> {
        let named = |(name, value): (&String, &String)| (format!("PARAM_{}", arguments::variable(name)), value.clone());
        let own = self.env.iter().map(|(name, value)| (name.clone(), self.filled(value, false, values)));
        own.chain(values.iter().map(named)).collect()
    }

    fn filled(&self, text: &str, strict: bool, values: &Values) -> String {
        let is_known = |name: &str| self.parameters.iter().any(|parameter| parameter.name == name);
        let value = |name: &str| is_known(name).then(|| values.get(name).map_or("", String::as_str));
        arguments::filled(text, strict, value)
    }
}

/// Only this machine is reached without TLS.
fn is_url(text: &str) -> bool {
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_local = |prefix: &&str| text.strip_prefix(*prefix).is_some_and(|rest| rest.starts_with([':', '/']));
    (text.starts_with("https://") || local.iter().any(is_local)) && text.parse::<ureq::http::Uri>().is_ok()
}

#[cfg(test)]
#[path = "definition/tests.rs"]
mod tests;
