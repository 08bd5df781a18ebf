//! Where the arguments of a command name parameters: `--date={date}`. The program gets each argument as one, with any value in it:
//! no shell takes it apart.
//!
//! Braces around anything but a name are text, as in `{"a": 1}`, `{}` and `a{2}`. Braces around a name that are meant as text are
//! doubled, as in format strings: `{{date}}` is `{date}`, and `{{{date}}}` is the value in braces. A name in braces that is no
//! parameter is refused rather than handed on, unless it is written as shells and other programs write theirs: `${HOME}`,
//! `%{http_code}`.

use std::fmt::Write as _;

/// A part of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// The value of this parameter.
    Value(&'a str),
    /// A name in single braces that is none of them.
    Unknown(&'a str),
    /// A parameter behind this character, with which it is a variable elsewhere.
    Variable(char, &'a str),
}

/// What comes before the braces of a variable of a shell or of another program.
const SIGILS: [char; 3] = ['$', '%', '\\'];

/// Braces, and what may be a name in them.
struct Braced<'a> {
    /// The text before them.
    before: &'a str,
    opening: usize,
    name: &'a str,
    closing: usize,
    /// All of it without the text before.
    whole: &'a str,
}

/// The first braces, and what comes after them.
fn braced(text: &str) -> Option<(Braced<'_>, &str)> {
    let (before, rest) = text.split_at(text.find('{')?);
    let inner = rest.trim_start_matches('{');
    let (name, after) = inner.split_at(inner.find(|c| !is_of_name(c)).unwrap_or(inner.len()));
    let more = after.trim_start_matches('}');
    let (whole, more) = rest.split_at(rest.len() - more.len());
    let braced = Braced { before, opening: rest.len() - inner.len(), name, closing: after.len() - more.len(), whole };
    Some((braced, more))
}

impl Braced<'_> {
    /// How many braces there are on both sides.
    fn pairs(&self) -> usize {
        if self.name.is_empty() { 0 } else { self.opening.min(self.closing) }
    }
}

/// Takes an argument apart. Where `strict` is not set, only names of parameters count.
fn parts<'a>(argument: &'a str, is_known: &dyn Fn(&str) -> bool, strict: bool) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = argument;
    let mut last = None;
    while let Some((found, more)) = braced(rest) {
        rest = more;
        let Braced { before, opening, name, closing, whole } = found;
        parts.push(Part::Text(before));
        last = before.chars().next_back().or(last);
        let pairs = found.pairs();
        let is_alone = opening == 1 && whole.len() == argument.len() && closing == 1;
        if pairs == 0 || !(is_known(name) || strict && (is_alone || begins_a_name(name))) {
            parts.push(Part::Text(whole));
            last = whole.chars().next_back();
            continue;
        }
        let sigil = last.filter(|c| pairs == opening && SIGILS.contains(c));
        // Of each two braces one is text; what has no partner is text as well.
        let kept = pairs / 2;
        parts.push(Part::Text(whole.get(..opening - pairs + kept).unwrap_or_default()));
        parts.push(match sigil {
            _ if pairs % 2 == 0 => Part::Text(name),
            Some(sigil) if is_known(name) => Part::Variable(sigil, name),
            Some(_) => Part::Text(whole.get(opening - 1..=opening + name.len()).unwrap_or_default()),
            None if is_known(name) => Part::Value(name),
            None => Part::Unknown(name),
        });
        parts.push(Part::Text(whole.get(whole.len() - (closing - pairs + kept)..).unwrap_or_default()));
        last = whole.chars().next_back();
    }
    parts.push(Part::Text(rest));
    parts
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn begins_a_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The argument with the values in their places. What [`check`] refuses is text here: an older version of a job may have it.
pub(super) fn filled<'v>(argument: &str, strict: bool, value: impl Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::with_capacity(argument.len());
    for part in parts(argument, &|name| value(name).is_some(), strict) {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Value(name) => filled.push_str(value(name).unwrap_or_default()),
            // Writing to a string cannot fail.
            Part::Unknown(name) | Part::Variable(_, name) => drop(write!(filled, "{{{name}}}")),
        }
    }
    filled
}

/// The parameters whose values are in this argument.
pub(super) fn named<'a>(argument: &'a str, is_known: &dyn Fn(&str) -> bool) -> Vec<&'a str> {
    let named = |part| if let Part::Value(name) = part { Some(name) } else { None };
    parts(argument, is_known, true).into_iter().filter_map(named).collect()
}

/// What is wrong with an argument, and what to write instead.
pub(super) fn check(argument: &str, is_known: &dyn Fn(&str) -> bool, strict: bool) -> Result<(), String> {
    for part in parts(argument, is_known, strict) {
        match part {
            Part::Text(_) | Part::Value(_) => {}
            Part::Unknown(name) => {
                return Err(format!(
                    "{argument:?}: {{{name}}} is not one of its parameters; declare it, or write {{{{{name}}}}} for the braces themselves"
                ));
            }
            Part::Variable(sigil, name) => {
                return Err(format!(
                    "{argument:?}: {sigil}{{{name}}} could be the parameter or a variable; write {{{name}}} for the parameter, which a \
                     script also finds in $PARAM_{}, or {sigil}{{{{{name}}}}} for the braces themselves",
                    variable(name)
                ));
            }
        }
    }
    Ok(())
}

/// `DATE`, as in `PARAM_DATE`.
pub(super) fn variable(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

/// How this text is written in an argument.
pub fn literal(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((found, more)) = braced(rest) {
        rest = more;
        written.push_str(found.before);
        let doubled = if begins_a_name(found.name) { found.pairs() } else { 0 };
        written.push_str(&"{".repeat(doubled));
        written.push_str(found.whole);
        written.push_str(&"}".repeat(doubled));
    }
    written + rest
}

/// Programs that take a script in an argument, and how the option before it ends.
const READERS: &[(&[&str], &[&str])] = &[
    (&["sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "busybox"], &["c"]),
    (&["python", "python3", "perl", "ruby", "node", "php"], &["c", "e", "E", "r", "-eval"]),
    (&["psql", "mysql", "mariadb"], &["c", "e", "-command", "-execute"]),
];

/// Whether the argument at this place is a script, whose reader would take a value in it apart.
pub(super) fn is_script(command: &[String], at: usize) -> bool {
    let Some(option) = at.checked_sub(1).and_then(|before| command.get(before)).and_then(|it| it.strip_prefix('-'))
    else {
        return false;
    };
    // Behind `env`, `nice` and the like too.
    let mut programs = command.iter().take(at).map(|it| it.rsplit('/').next().unwrap_or_default());
    programs.any(|program| {
        READERS.iter().any(|(names, ends)| {
            names.contains(&program)
                && ends.iter().any(|end| {
                    if end.starts_with('-') {
                        option == *end
                    } else {
                        !option.starts_with('-') && option.ends_with(end)
                    }
                })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(name: &str) -> Option<&'static str> {
        match name {
            "date" => Some("2026-11-19"),
            "merchants" => Some("1, {date}; $(rm) '\"가"),
            "2" => Some("two"),
            _ => None,
        }
    }

    fn is_known(name: &str) -> bool {
        value(name).is_some()
    }

    #[test]
    fn a_parameter_is_filled_in_where_an_argument_names_it() {
        for (argument, expected) in [
            ("{date}", "2026-11-19"),
            ("--date={date}", "--date=2026-11-19"),
            ("{date}..{date}", "2026-11-19..2026-11-19"),
            ("s3://in/{date}/a.csv", "s3://in/2026-11-19/a.csv"),
            ("tank@{date}", "tank@2026-11-19"),
            ("합계{date}", "합계2026-11-19"),
            (r#"{"day":{"is":"{date}"}}"#, r#"{"day":{"is":"2026-11-19"}}"#),
            (r#"{"n":{date}}"#, r#"{"n":2026-11-19}"#),
            ("--ids={merchants}", "--ids=1, {date}; $(rm) '\"가"),
            ("a{2}", "atwo"),
            // Braces themselves.
            ("{{date}}", "{date}"),
            ("--x={{date}}/{date}", "--x={date}/2026-11-19"),
            ("{{{date}}}", "{2026-11-19}"),
            ("{{{{date}}}}", "{{date}}"),
            ("{{print}}", "{print}"),
            ("${{date}}", "${date}"),
        ] {
            assert_eq!(check(argument, &is_known, true), Ok(()), "{argument}");
            assert_eq!(filled(argument, true, value), expected, "{argument}");
        }
    }

    #[test]
    fn other_braces_are_text() {
        for text in [
            "{literal",
            "}{",
            "{}",
            "{ }",
            "{a b}",
            "{a,b}",
            "{1..3}",
            r#"{"a": 1}"#,
            r#"{"a":{"b":{}}}"#,
            "a{3}",
            "{{.Name}}",
            "{{ name }}",
            "%{http_code}",
            "${HOME}",
            "${PARAM_DATE:-x}",
            "\\{x}",
            "{x:>3}",
            "for f in ${files}; do { echo; }; done",
            "{",
            "}}",
            "{{{",
            "",
        ] {
            assert_eq!(check(text, &is_known, true), Ok(()), "{text}");
            assert_eq!(filled(text, true, value), text);
        }
    }

    #[test]
    fn what_would_be_handed_on_with_its_braces_is_refused_with_what_to_write() {
        for argument in ["{day}", "--date={day}", "--date={Date}", "{date}{day}", "awk {print}", "{3}", "{{{day}}}"] {
            let said = check(argument, &is_known, true).unwrap_err();
            assert!(said.contains("is not one of its parameters") && said.contains("{{"), "{said}");
        }
        let said = check("--date=${date}", &is_known, true).unwrap_err();
        assert!(said.contains("$PARAM_DATE") && said.contains("${{date}}"), "{said}");
    }

    #[test]
    fn where_names_are_not_expected_only_parameters_count() {
        assert_eq!(filled("{level} {date} {{date}} {{level}}", false, value), "{level} 2026-11-19 {date} {{level}}");
        assert_eq!(check("{level}", &is_known, false), Ok(()));
    }

    #[test]
    fn scripts_of_shells_are_known() {
        let at = |command: &[&str], at| is_script(&command.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), at);
        for command in [
            &["/bin/sh", "-c", "x"][..],
            &["/bin/bash", "-euo", "pipefail", "-c", "x"],
            &["/bin/bash", "-lc", "x"],
            &["/usr/bin/env", "bash", "-c", "x"],
            &["/usr/bin/python3", "-c", "x"],
            &["/usr/bin/psql", "-c", "x"],
            &["/usr/bin/psql", "--command", "x"],
        ] {
            assert!(at(command, command.len() - 1), "{command:?}");
        }
        assert!(!at(&["/bin/sh", "-c", "x", "y"], 3) && !at(&["/bin/tar", "-c", "x"], 2) && !at(&["/bin/sh", "x"], 1));
    }

    proptest! {
        #[test]
        fn text_that_is_written_as_such_stays_as_it_is(text in "([{}]{0,3}[a-z$%2 ]{0,3}){0,6}|\\PC{0,30}") {
            prop_assume!(!text.starts_with('{') || !text.ends_with('}'));
            let written = literal(&text);
            prop_assert_eq!(check(&written, &|_| false, true), Ok(()), "{}", written);
            prop_assert_eq!(filled(&written, true, |_| None), text, "{}", written);
        }
    }
}
