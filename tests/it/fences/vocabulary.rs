//! The words of the log are declared once, each with a sentence: kinds of change, reasons of refusals, topics of events. No
//! literal goes past a declaration, in Rust or in SQL.

use super::lint::files_under;
use ingam::{
    changes::KINDS,
    gate::{Declared, REFUSAL_WORDS, TOPICS},
    store::STATEMENTS,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The keys of a section of a catalogue.
fn section(catalogue: &str, name: &str) -> BTreeSet<String> {
    let table: toml::Table = read(catalogue).parse().unwrap();
    table[name].as_table().unwrap().keys().cloned().collect()
}

/// The code of a file without comments and unit tests, with single spaces.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// The text between each pair of `quote`, with what is before it.
fn quoted(text: &str, quote: char) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(quote).map(|at| from + at) {
        let Some(end) = text[start + 1..].find(quote).map(|at| start + 1 + at) else { break };
        found.push((&text[..start], &text[start + 1..end]));
        from = end + 1;
    }
    found
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '.')
}

#[test]
fn every_word_is_declared_once_and_says_what_it_means() {
    for (list, names) in [(&REFUSAL_WORDS, "refusal"), (&TOPICS, "topic")] {
        let mut seen = BTreeSet::new();
        for Declared { word, sentence } in *list {
            assert!(seen.insert(*word), "the {names} {word} is declared twice");
            let sentence = sentence.trim();
            assert!(sentence.ends_with('.') && sentence.len() > 10, "the {names} {word} says {sentence:?}");
        }
        assert!(seen.len() > 25, "only {} were found", seen.len());
    }
    for catalogue in ["src/web/words/en.toml", "src/web/words/ko.toml"] {
        let names = section(catalogue, "refusal");
        let nameless: Vec<_> = REFUSAL_WORDS.iter().filter(|declared| !names.contains(declared.word)).collect();
        assert!(nameless.is_empty(), "{catalogue} names no {nameless:?}");
    }
}

/// A form says at the field what the gate refused, under `field-error.<word>`.
#[test]
fn every_refusal_at_a_field_has_its_sentence() {
    let words: BTreeMap<String, &str> =
        REFUSAL_WORDS.iter().map(|declared| (declared.word.to_uppercase().replace('-', "_"), declared.word)).collect();
    let mut at_fields = BTreeSet::new();
    for (_, text) in files_under("src") {
        let code = code(&text);
        for call in code.split("Fault::invalid(").skip(1) {
            let name: String = call
                .split(',')
                .nth(1)
                .unwrap()
                .trim()
                .chars()
                .take_while(|c| *c == '_' || c.is_ascii_uppercase())
                .collect();
            // Where it is chosen before the call, the three words of a network that is not confirmed.
            at_fields.extend(words.get(&name).copied());
        }
    }
    assert!(at_fields.len() > 20, "only {at_fields:?} were found");
    at_fields.extend(["network-wide", "network-overlaps", "network-wide-overlaps"]);
    for catalogue in ["src/web/words/en.toml", "src/web/words/ko.toml"] {
        let sentences = section(catalogue, "field-error");
        // The page for signing in has a sentence of its own for both.
        let silent: Vec<_> = at_fields
            .iter()
            .filter(|word| !sentences.contains(**word) && !matches!(**word, "sign-in-wrong" | "recovery-code-wrong"))
            .collect();
        assert!(silent.is_empty(), "{catalogue} has no field-error for {silent:?}");
    }
}

#[test]
fn no_literal_in_rust_goes_past_a_declaration() {
    let declared: BTreeSet<&str> = REFUSAL_WORDS
        .iter()
        .chain(TOPICS.iter())
        .map(|declared| declared.word)
        // A word without a hyphen or a dot is also the name of a field, a table or a target.
        .filter(|word| word.contains(['-', '.']))
        .collect();
    let kinds: BTreeSet<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let catalogue: toml::Table = read("src/web/words/en.toml").parse().unwrap();
    let is_key = |word: &str| {
        let (section, key) = word.split_once('.').unwrap_or((word, ""));
        catalogue.get(section).is_some_and(|section| key.is_empty() || section.get(key).is_some())
    };
    // Only the two macros make a word; samples show pages without the slices' own words.
    for (path, text) in files_under("src") {
        let may = path == "src/gate/word.rs" || path.starts_with("src/page_samples/");
        assert!(
            may || !["RefusalWord::declared(", "Topic::declared("].iter().any(|way| text.contains(way)),
            "{path} makes a word without declaring it"
        );
    }
    let mut past = Vec::new();
    for (path, text) in
        files_under("src").into_iter().filter(|(path, _)| !path.contains("page_samples") && !path.ends_with("tests.rs"))
    {
        let code = code(&text);
        for (before, word) in quoted(&code, '"').into_iter().filter(|(_, word)| is_word(word)) {
            // A declaration: `NAME = "word";` within one of the two macros, or the value of a constant.
            let is_named = before.trim_end().ends_with('=')
                && before.trim_end_matches([' ', '=']).ends_with(|c: char| c.is_ascii_uppercase() || c == '_');
            let item = before.rfind("const ").map(|at| before[at..].replace("[&str; ", "["));
            let is_constant = item.is_some_and(|item| !item.contains(';'));
            let is_past = if declared.contains(word) { !is_named } else { kinds.contains(word) && !is_constant };
            if is_past && !is_key(word) {
                past.push(format!("{path}: {word}"));
            }
        }
    }
    assert!(past.is_empty(), "{past:#?}");
}

#[test]
fn sql_names_only_kinds_of_change_and_refusals_that_there_are() {
    let known: BTreeSet<&str> = KINDS
        .iter()
        .map(|kind| kind.name)
        .chain(TOPICS.iter().map(|topic| topic.word))
        .chain(["request.refused"])
        .collect();
    let refusals: BTreeSet<&str> = REFUSAL_WORDS.iter().map(|declared| declared.word).collect();
    let (mut unknown, mut checked) = (Vec::new(), 0);
    for statement in STATEMENTS {
        for (before, word) in quoted(statement.sqlite, '\'') {
            let is_refusal = before.trim_end().ends_with("refusal =") || before.trim_end().ends_with("refusal like");
            let is_unknown = if is_refusal {
                !refusals.contains(word.trim_end_matches('%').trim())
            } else {
                is_word(word) && word.contains('.') && word.len() > 2 && !known.contains(word)
            };
            checked += i32::from(is_refusal || known.contains(word));
            if is_unknown {
                unknown.push(format!("{}: {word}", statement.at));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(checked > 15, "only {checked} words were found");
}

#[test]
fn the_manual_lists_every_topic_with_its_sentence() {
    let manual = read("docs/events.md");
    let listed: Vec<&str> = manual.lines().filter(|line| line.starts_with("| `")).collect();
    let topics: BTreeMap<&str, &str> = TOPICS.iter().map(|topic| (topic.word, topic.sentence.trim())).collect();
    let expected: Vec<String> = topics.iter().map(|(word, sentence)| format!("| `{word}` | {sentence} |")).collect();
    assert_eq!(listed, expected, "docs/events.md is not what the code declares:\n{}", expected.join("\n"));
}
