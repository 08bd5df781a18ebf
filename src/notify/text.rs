//! A message in words: one line that says all, and what is known of it, line by line.

use super::{Message, Severity, What};
use crate::{
    clock::Instant,
    profile::Profile,
    web::{
        format,
        words::{Lang, Words},
    },
    zone::Zone,
};

/// Where the console is, which every message says.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub profile: Profile,
    /// `https://admin.example.com`
    pub origin: String,
    pub zone: Zone,
}

impl Setting {
    /// `[PROD]`
    fn tag(&self) -> String {
        format!("[{}]", self.profile.as_str().to_uppercase())
    }

    pub(super) fn link(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// `11-28 04:12 KST`: with the zone, because readers are elsewhere.
    fn time(&self, at: Instant, now: Instant) -> String {
        format!("{} {}", format::minute(at, self.zone, now), format::zone_name(at, self.zone))
    }
}

/// A message in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// `[PROD] Run failed: Daily settlement`
    pub head: String,
    /// What it is called, and what it is.
    pub lines: Vec<(String, String)>,
    /// What is to be followed: the page of it first.
    pub links: Vec<(String, String)>,
}

impl Said {
    pub(super) fn of(message: &Message, setting: &Setting, lang: Lang) -> Self {
        let words = Words::of(lang);
        Self {
            head: one_line(&format!("{} {}", setting.tag(), sentence(message, words))),
            lines: lines(message, setting, words),
            links: links(message, setting, words),
        }
    }
}

fn sentence(message: &Message, words: Words) -> String {
    let kind = words.name("alert-kind", &message.kind);
    let by = message.facts.by.as_deref().unwrap_or_default();
    let code = message.facts.code.as_deref().unwrap_or_default();
    let args: [(&str, &dyn std::fmt::Display); 5] =
        [("kind", &kind), ("title", &message.title), ("n", &message.n), ("by", &by), ("code", &code)];
    let key = match (message.what, &message.facts.by) {
        (What::Test, _) if message.facts.code.is_some() => "message.proof".to_owned(),
        (What::Test, None) => "message.test-idle".to_owned(),
        (What::Opened | What::Again, _) if message.facts.is_unreached => "message.unreached".to_owned(),
        (What::Again, _) if message.facts.returned_by.is_some() => "message.returned".to_owned(),
        (What::Again, _) if message.facts.silenced_until.is_some() => "message.unsilenced".to_owned(),
        (what, _) => format!("message.{}", what.as_str()),
    };
    words.with(&key, &args)
}

/// Several messages in the words of one, because a person does not read that many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    /// `[PROD] 12 messages, among them: Run failed: Daily settlement`
    pub head: String,
    pub mark: &'static str,
    pub items: Vec<Item>,
    /// The page of all alerts, and what it is called.
    pub link: (String, String),
}

/// One of several messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub mark: &'static str,
    pub head: String,
    pub url: String,
}

impl Joined {
    pub(super) fn of<'m>(messages: impl Iterator<Item = &'m Message>, setting: &Setting, lang: Lang) -> Self {
        let words = Words::of(lang);
        let mut messages: Vec<&Message> = messages.collect();
        let item = |message: &&Message| Item {
            mark: mark(message),
            head: one_line(&sentence(message, words)),
            url: setting.link(&message.path),
        };
        let items: Vec<Item> = messages.iter().map(item).collect();
        // What a person has to look at is in the line that a phone shows.
        messages.sort_by_key(|message| (message.what != What::Opened, std::cmp::Reverse(message.severity)));
        let first = messages.first().map(|message| (mark(message), sentence(message, words))).unwrap_or_default();
        let head = words.with("message.joined", &[("n", &items.len()), ("first", &first.1)]);
        Self {
            head: one_line(&format!("{} {head}", setting.tag())),
            mark: first.0,
            items,
            link: (words.get("message.open-all").to_owned(), setting.link("/alerts")),
        }
    }
}

/// What tells messages apart before they are read.
pub(super) fn mark(message: &Message) -> &'static str {
    match (message.what, message.severity) {
        (What::Resolved, _) => "✅",
        (What::Acknowledged, _) => "👀",
        (What::Test, _) => "🔔",
        (What::Notice | What::Point | What::Event, _) => "ℹ️",
        (What::Opened | What::Again, Severity::Critical) => "🔴",
        (What::Opened | What::Again, Severity::Warning) => "🟠",
    }
}

fn lines(message: &Message, setting: &Setting, words: Words) -> Vec<(String, String)> {
    let facts = &message.facts;
    let mut lines = Vec::new();
    let mut line = |key: &str, value: String| {
        if !value.is_empty() {
            lines.push((words.get(key).to_owned(), one_line(&value)));
        }
    };
    let took = |n: i64| format::took(n, words);
    let beside = |is: String, usual: Option<String>| match usual {
        Some(usual) => words.with("message.usually", &[("is", &is), ("usual", &usual)]),
        None => is,
    };
    if let Some(source) = &facts.source {
        line("message.source", source.clone());
    }
    if let Some(run) = facts.run {
        let attempt = facts.attempt.filter(|attempt| *attempt > 1);
        let run = format!("#{run}");
        line(
            "message.run",
            match attempt {
                Some(attempt) => words.with("message.attempt", &[("run", &run), ("n", &attempt)]),
                None => run,
            },
        );
    }
    if let Some(is) = facts.took {
        line("message.took", beside(took(is), facts.usual.map(took)));
    }
    if let Some(is) = facts.processed {
        line("message.processed", beside(is.to_string(), facts.usually_processed.map(|n| n.to_string())));
    }
    if let Some(code) = facts.exit_code {
        line("message.exit-code", code.to_string());
    }
    if let Some(failure) = &facts.failure {
        line("message.failure", words.name("run-failure", failure).to_owned());
    }
    if let Some(due) = facts.due {
        line("message.due", setting.time(due, message.at));
    }
    if let Some(escalation) = &facts.escalation {
        line("message.escalation", escalation.clone());
    }
    if let Some(change) = &facts.change {
        line("message.change", words.name("action", change).to_owned());
    }
    if let Some(detail) = &facts.detail {
        line("message.detail", detail.clone());
    }
    if message.n > 1 && message.what != What::Notice {
        line("message.count", message.n.to_string());
    }
    if let Some(until) = facts.silenced_until {
        line("message.silenced", setting.time(until, message.at));
    }
    match message.what {
        What::Notice | What::Test => line("message.at", setting.time(message.at, message.at)),
        What::Resolved => {
            line("message.since", setting.time(message.since, message.at));
            line("message.lasted", took(message.at.since(message.since).num_milliseconds()));
        }
        _ => line("message.since", setting.time(message.since, message.at)),
    }
    lines.extend(facts.labels.iter().map(|(name, value)| (one_line(name), one_line(value))));
    lines
}

fn links(message: &Message, setting: &Setting, words: Words) -> Vec<(String, String)> {
    let mut links = vec![(words.get("message.open").to_owned(), setting.link(&message.path))];
    if let Some(run) = message.facts.run {
        links.push((words.get("message.open-run").to_owned(), setting.link(&format!("/runs/{run}"))));
    }
    if let Some(seq) = message.facts.seq {
        links.push((words.get("message.open-row").to_owned(), setting.link(&format!("/audit/{seq}"))));
    }
    links.extend(message.facts.link.clone().map(|link| (words.get("message.open-source").to_owned(), link)));
    links.extend(message.facts.runbook.clone().map(|runbook| (words.get("message.runbook").to_owned(), runbook)));
    links
}

/// Text without controls and without runs of blanks, which mail programs drop between encoded words.
pub(crate) fn one_line(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text with at most this number of characters, with an ellipsis where more is left out.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
