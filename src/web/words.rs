//! Every word on a page, once per language.
//!
//! `words/en.toml` and `words/ko.toml` hold the same keys. A template or a handler asks for a key and gets the sentence;
//! sentences are written nowhere else, so nothing can be left untranslated by accident (the tests below see to it).

use crate::digits::group;
use std::{borrow::Cow, collections::HashMap, fmt::Display, str::FromStr, sync::LazyLock};

/// The languages the console speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    En,
    #[default]
    Ko,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    /// As in `lang=` and in the stored preference.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The name of the language in that language.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ko => "한국어",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::Ko,
            Self::Ko => Self::En,
        }
    }

    /// What a browser asks for, for a person who has not chosen: the supported language it weighs highest, the first
    /// named where two weigh the same, and Korean where it names neither.
    pub fn from_accept_language(header: &str) -> Self {
        let mut best: Option<(Self, f32)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let tag = pieces.next().unwrap_or_default().trim();
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q="))
                .map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
            let Ok(lang) = tag.split('-').next().unwrap_or_default().parse::<Self>() else { continue };
            if weight > best.map_or(0.0, |(_, weight)| weight) {
                best = Some((lang, weight));
            }
        }
        best.map_or_else(Self::default, |(lang, _)| lang)
    }
}

/// Not a language the console speaks.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a language of the console; it speaks en and ko")]
pub struct UnknownLang;

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(code: &str) -> Result<Self, UnknownLang> {
        Self::ALL.into_iter().find(|lang| lang.code().eq_ignore_ascii_case(code)).ok_or(UnknownLang)
    }
}

type Catalogue = HashMap<String, String>;

static EN: LazyLock<Catalogue> = LazyLock::new(|| catalogue(include_str!("words/en.toml")));
static KO: LazyLock<Catalogue> = LazyLock::new(|| catalogue(include_str!("words/ko.toml")));

/// The catalogue of one language. Two machine words; copy it freely.
#[derive(Clone, Copy)]
pub struct Words {
    lang: Lang,
    entries: &'static Catalogue,
}

impl Words {
    pub fn of(lang: Lang) -> Self {
        let entries = match lang {
            Lang::En => &*EN,
            Lang::Ko => &*KO,
        };
        Self { lang, entries }
    }

    pub fn lang(self) -> Lang {
        self.lang
    }

    /// The sentence under `key`; the key itself where there is none, so that a gap shows instead of failing a page.
    pub fn get(self, key: &str) -> &str {
        self.entries.get(key).map_or(key, String::as_str)
    }

    /// The sentence under `key` with each `{name}` replaced by its argument.
    pub fn with(self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        fill(self.get(key), args)
    }

    /// The sentence under `key.one` or `key.other`, with `{n}` replaced by the grouped number.
    pub fn count(self, key: &str, n: i64) -> String {
        let form = if n == 1 { "one" } else { "other" };
        self.with(&format!("{key}.{form}"), &[("n", &group(n))])
    }

    /// What `name`, a word of the program, is called here: `words.name("role", "oncall")`. A name the catalogue does
    /// not know (an audit row written by a newer release, say) is shown as it is.
    pub fn name<'n>(self, family: &str, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        self.entries.get(format!("{family}.{name}").as_str()).map_or(name, String::as_str)
    }

    /// The sentence under a key that was put together, which no test can find in the source: nothing where there is none.
    pub fn known(self, key: &str) -> &'static str {
        self.entries.get(key).map_or("", String::as_str)
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Words").field(&self.lang).finish()
    }
}

/// A sentence still without a language: a key and what fills it. What a check says when it does not know who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    key: Cow<'static, str>,
    args: Vec<(&'static str, String)>,
}

impl Message {
    pub fn new(key: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), args: Vec::new() }
    }

    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn say(&self, words: Words) -> String {
        let args: Vec<(&str, &dyn Display)> =
            self.args.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        words.with(&self.key, &args)
    }
}

fn fill(sentence: &str, args: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::with_capacity(sentence.len() + 16);
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = args.iter().find(|(arg, _)| *arg == name) {
            // What an argument says is never looked through for placeholders again: it may come from anybody.
            filled.push_str(&value.to_string());
        } else {
            filled.push('{');
            filled.push_str(name);
            filled.push('}');
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

fn catalogue(text: &str) -> Catalogue {
    let mut entries = Catalogue::new();
    // An unreadable catalogue leaves every key standing for itself; the tests below refuse such a build.
    if let Ok(table) = text.parse::<toml::Table>() {
        flatten("", &table, &mut entries);
    }
    entries
}

fn flatten(prefix: &str, table: &toml::Table, entries: &mut Catalogue) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::String(sentence) => {
                entries.insert(key, sentence.clone());
            }
            toml::Value::Table(inner) => flatten(&key, inner, entries),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "words/tests.rs"]
mod tests;
