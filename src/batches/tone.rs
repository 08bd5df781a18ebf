//! Which lines of a log report an error or a warning, of programs in any language: levels of loggers, words of
//! English and Korean, exceptions of Java and Python with their traces. A line that counts none (`0 errors`, `오류 없음`) reports
//! none.

use crate::web::shell::Tone;
use aho_corasick::{AhoCorasick, Match};
use std::sync::LazyLock;

/// The words, in lower case, and whether each is an error rather than a warning.
const WORDS: &[(&str, bool)] = &[
    ("error", true),
    ("errors", true),
    ("err", true),
    ("fatal", true),
    ("severe", true),
    ("critical", true),
    ("crit", true),
    ("emerg", true),
    ("panic", true),
    ("panicked", true),
    ("exception", true),
    ("exceptions", true),
    ("throwable", true),
    ("traceback", true),
    ("failed", true),
    ("failure", true),
    ("failures", true),
    ("warn", false),
    ("warning", false),
    ("warnings", false),
    ("오류", true),
    ("에러", true),
    ("실패", true),
    ("예외", true),
    ("치명", true),
    ("심각", true),
    ("비정상 종료", true),
    ("경고", false),
];

/// All of them are looked for at once; the lines of most logs hold none.
static FOUND: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = WORDS.iter().map(|(word, _)| word);
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(aho_corasick::MatchKind::LeftmostLongest)
        .build(words)
        .ok()
});

/// More of a line than this is not looked at.
const MOST: usize = 2000;

pub(super) fn of(line: &str) -> Option<Tone> {
    let line = line.get(..line.floor_char_boundary(MOST)).unwrap_or(line);
    if is_trace(line) {
        return Some(Tone::Bad);
    }
    let found = FOUND.as_ref()?.find_iter(line).filter_map(|found| reports(line, found));
    // Nothing is worse than an error.
    found.max().map(|is_error| if is_error { Tone::Bad } else { Tone::Warn })
}

/// A line of the trace of an exception. What is around it need not hold any of the words.
fn is_trace(line: &str) -> bool {
    let text = line.trim();
    let is_indented = line.starts_with([' ', '\t']);
    // `at com.example.Settle.run(Settle.java:10)`, `at main (/app/settle.js:1:2)`
    let frame = text.strip_prefix("at ").and_then(|frame| frame.split_once('('));
    let is_frame = frame.is_some_and(|(place, rest)| {
        // Without its indentation only a method counts: `at com.example.Settle.run(`
        let is_place = is_indented && !place.trim_end().contains(' ') || place.contains('.') && !place.contains(' ');
        is_place && place.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '<') && rest.ends_with(')')
    });
    is_frame
        || text.starts_with("Caused by:")
        || is_indented && text.starts_with("Suppressed:")
        || text.starts_with("Traceback (most recent call last)")
        || is_indented && text.starts_with("... ") && (text.ends_with(" more") || text.ends_with(" omitted"))
        || is_indented && text.starts_with("File \"") && text.contains("\", line ")
}

/// Whether a word that was found reports an error or, where it is `false`, a warning; nothing where it reports neither.
fn reports(line: &str, found: Match) -> Option<bool> {
    let (word, is_error) = WORDS.get(found.pattern().as_usize())?;
    let (before, after) = (line.get(..found.start())?, line.get(found.end()..)?);
    let reports = if word.is_ascii() {
        is_meant(word, before, line.get(found.range())?, after)
    } else {
        is_meant_in_korean(word, before, after)
    };
    reports.then_some(*is_error)
}

/// Whether a Latin word means what it says, and neither in the name of something else nor in a count of none.
fn is_meant(word: &str, before: &str, written: &str, after: &str) -> bool {
    let (mut ahead, mut behind) = (before.chars().rev(), after.chars());
    let (is_joined_before, is_joined_after) = (joins(ahead.next(), ahead.next()), joins(behind.next(), behind.next()));
    if is_joined_before || is_joined_after {
        return is_class(before, written, after) && !is_joined_after || is_count(before, after);
    }
    // Short ones are words only as levels.
    if matches!(word, "err" | "crit" | "emerg") && written != word.to_ascii_uppercase() {
        return false;
    }
    is_level(before, written, after) || !is_counted_none(before, after) && !is_ruled_out(before)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Whether a character and the next one away from the word make the word a part of something else.
fn joins(c: Option<char>, next: Option<char>) -> bool {
    match c {
        // `error.log`, `/error/`, `non-error`, but not the end of a sentence.
        Some('-' | '.' | '/' | '\\' | '@') => next.is_some_and(is_part),
        c => c.is_some_and(is_part),
    }
}

/// `java.sql.SQLException: …`, `KeyError: 0`
fn is_class(before: &str, written: &str, after: &str) -> bool {
    let name = before.rsplit(|c: char| !is_part(c)).next().unwrap_or_default();
    matches!(written, "Error" | "Exception" | "Throwable")
        && name.starts_with(|c: char| c.is_uppercase())
        && (after.starts_with(':') || !is_counted_none(before, after))
}

/// `error_count=3`, `errorCount: 3`, `num_errors=3`; not `error_handler=on`, and not `error_count=0`.
fn is_count(before: &str, after: &str) -> bool {
    let value = after.trim_start_matches(is_part).trim_start_matches(['"', '\'', ' ']);
    (after.starts_with('_') || after.starts_with("Count") || before.ends_with('_'))
        && value.strip_prefix(['=', ':']).is_some_and(|value| counted(value) == Some(true))
}

/// A level is in brackets, or in capitals before what went wrong: `[ERROR] 0 rows`, `ERROR: 0 rows affected`.
fn is_level(before: &str, written: &str, after: &str) -> bool {
    let is_capital = written.bytes().all(|byte| byte.is_ascii_uppercase());
    let tells = after.strip_prefix(": 0 ").is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
    before.ends_with(['[', '<', '|']) && after.starts_with([']', '>', '|']) || is_capital && tells
}

/// `no fatal errors`, `without errors`, `if errors`, `ignoring errors`.
fn is_ruled_out(before: &str) -> bool {
    const NONE: [&str; 3] = ["no", "without", "zero"];
    const RIGHT_BEFORE: [&str; 9] = ["not", "non", "never", "none", "ignore", "ignoring", "ignored", "if", "on"];
    let clause = before.rsplit([',', ';', ':', '.', '!', '?', '(', '[', '"', '=']).next().unwrap_or_default();
    let mut words = clause.split_whitespace().rev();
    let is_in = |word: Option<&str>, list: &[&str]| {
        word.is_some_and(|word| list.iter().any(|none| word.eq_ignore_ascii_case(none)))
    };
    let (last, former) = (words.next(), words.next());
    is_in(last, &NONE) || is_in(last, &RIGHT_BEFORE) || is_in(former, &NONE)
}

/// What may be between a word and its count.
const FILLERS: &[&str] = &[
    "s", "count", "counts", "number", "total", "found", "rate", "row", "rows", "records", "items", "jobs", "tests",
    "tasks", "orders", "files", "messages", "requests", "checks", "lines", "users", "of",
];

fn is_filler(word: &str) -> bool {
    FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler))
}

/// `0 errors`, `0 of 10 failed`, `errors: 0`, `error count = 0`, `errors=none`.
fn is_counted_none(before: &str, after: &str) -> bool {
    if counted_before(before) == Some(false) {
        return true;
    }
    let mut rest = after;
    for _ in 0..3 {
        if let Some(is_some) = counted(rest) {
            return !is_some;
        }
        let value = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let word = value.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if !is_filler(word) {
            return false;
        }
        rest = value.get(word.len()..).unwrap_or_default();
    }
    false
}

/// What is counted before a word: `0 errors`, `0 rows failed`, `0/10 failed`.
fn counted_before(before: &str) -> Option<bool> {
    if before.trim_end().ends_with([',', ';', '.', ':', '|', '/']) {
        return None;
    }
    let mut words = before.split(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '=' | '"')).rev();
    let mut words = words.by_ref().filter(|word| !word.is_empty());
    let (last, former, first) = (words.next()?, words.next(), words.next());
    if former == Some("of") {
        return number(first?);
    }
    number(last).or_else(|| number(former.filter(|_| is_filler(last))?))
}

/// What is counted behind a word: none, or some. Nothing where it is no count.
fn counted(after: &str) -> Option<bool> {
    let plain = after.trim_start_matches(['"', '\'', ' ', '\t']);
    let given = plain.strip_prefix(['=', ':']).unwrap_or(plain).trim_start();
    // An empty value.
    if given.len() < plain.len() && ["\"\"", "''", "[]", "{}"].iter().any(|none| given.starts_with(none)) {
        return Some(false);
    }
    let value = after.trim_start_matches([' ', '\t', '=', ':', '(', ')', '"', '\'', '-', '>', '→', '|']);
    let word = value.split(|c: char| !is_part(c)).next().unwrap_or_default();
    let rest = value.get(word.len()..).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "null" | "none" | "nil" | "false" => Some(false),
        // `error: no space left on device` says what went wrong.
        "no" if !rest.trim_start().starts_with(|c: char| c.is_alphabetic()) => Some(false),
        _ => number(value.split(|c: char| c.is_whitespace() || matches!(c, ')' | '"' | ';' | '|')).next()?),
    }
}

/// Whether a word is a number of more than none, alone or with what is counted; nothing where it is no number. `0/10` is none.
fn number(word: &str) -> Option<bool> {
    let end = word.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(word.len());
    let (digits, unit) = word.split_at(end);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit());
    // `0,Warnings:0`
    let is_over = digits.ends_with([',', '.']);
    let units = ["건", "개", "회", "명", "행", "%", "/", "|", "]"];
    let is_unit = unit.is_empty() || is_over || units.iter().any(|known| unit.starts_with(known));
    (is_number && is_unit).then(|| digits.bytes().any(|byte| matches!(byte, b'1'..=b'9')))
}

/// What comes behind a word that is about how errors are dealt with: 실패 시, 실패하면; 오류 처리기, 오류 로그.
const ABOUT: &[&str] = &[
    "시 ",
    " 시 ",
    "시,",
    " 시,",
    "하면",
    " 하면",
    "할 경우",
    " 발생 시",
    " 발생시",
    "가 발생하면",
    "이 발생하면",
    "처리기",
    " 처리기",
    " 로그",
    "로그 ",
    " 코드 정의",
    " 검사",
    " 점검",
    " 여부",
    " 허용",
    " 무시",
    "를 무시",
];
/// The same of 예외, which also is an exception to a rule: 예외 처리, 예외적으로.
const EXCEPTION: &[&str] = &["적", "처리", " 처리", " 대상", " 목록", " 규칙", " 조건", "로 "];

/// Whether a Korean word reports something: its endings and what comes after them may say that there is none, or that it is about
/// how errors are dealt with.
fn is_meant_in_korean(word: &str, before: &str, after: &str) -> bool {
    // 무오류; 0건의 오류, 0건 실패
    let last = before.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
    let last = last.strip_suffix([',', ';', '.', ':', '/', '|']).map_or(last, |_| "");
    if before.ends_with('무') || number(last).is_some_and(|is_some| !is_some) || is_ruled_out(before) {
        return false;
    }
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| after.starts_with(beginning));
    if begins(ABOUT) || word == "예외" && begins(EXCEPTION) {
        return false;
    }
    // 치명적 오류, 심각: …; 심각도 is a scale.
    if matches!(word, "심각" | "치명") {
        return begins(&["적", ":", "]", " :", "한 "]);
    }
    // 오류 없음, 오류가 없습니다, 실패 건수: 0건, 실패한 주문 0건, 오류가 발생하지 않았습니다
    let clause = after.split([',', ';', '.', '/', '|', '—']).next().unwrap_or_default();
    let mut words = clause.split(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '(' | ')' | '[' | ']'));
    let mut is_denied = false;
    for part in words.by_ref().filter(|part| !part.is_empty()).take(4) {
        if let Some(is_some) = number(part) {
            return is_some;
        }
        if part.starts_with("없") || part.contains("아니") || part.contains("아님") {
            return false;
        }
        is_denied |= part.ends_with("발생하지") || part.ends_with("나지") || part == "하지" || part == "되지";
        if is_denied && part.starts_with('않') {
            return false;
        }
    }
    // 실패하지 않음
    !(after.starts_with("하지 않") || after.starts_with("되지 않"))
}

#[cfg(test)]
#[path = "tone/tests.rs"]
mod tests;
