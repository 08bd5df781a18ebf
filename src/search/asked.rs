//! What was typed, and everything that it may mean.

use super::find::May;
use crate::{
    id::{IncidentId, RunId},
    orders,
    text::{self, name::form},
    users::term::{Term, TermError},
};

/// Each meaning in its normal form.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub typed: String,
    pub customer: Result<Term, TermError>,
    pub order: Option<orders::term::Term>,
    pub run: Option<Run>,
    pub incident: Option<IncidentId>,
    /// The name of a job or a member of staff, or words of the title of an incident.
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub id: RunId,
    /// Whether it can mean nothing else: `run 1842`, and not `1842`.
    pub is_plain: bool,
}

/// The fewest letters that a job or a person is looked for by.
const SHORTEST_NAME: usize = 2;

impl Asked {
    pub(super) fn read(typed: &str) -> Self {
        let customer = Term::parse(typed);
        let is_text = !matches!(customer, Err(TermError::TooLong | TermError::Unprintable));
        let name = Some(form(typed)).filter(|form| is_text && form.chars().count() >= SHORTEST_NAME);
        Self {
            order: orders::term::Term::named(typed).filter(|_| is_text),
            run: run(typed).filter(|_| is_text),
            incident: incident(typed).filter(|_| is_text),
            name: name.map(|_| typed.to_owned()),
            typed: typed.to_owned(),
            customer,
        }
    }

    /// Whether there is nothing that this person could be shown by it.
    pub(super) fn is_nothing(&self, may: May) -> bool {
        let customer = may.customers && self.customer.is_ok();
        let order = may.orders && self.order.is_some();
        !customer && !order && self.run.is_none() && self.incident.is_none() && self.name.is_none()
    }
}

/// `1842`, `#1842`, `run 1842`, `run/1842`, `실행 1842`.
fn run(typed: &str) -> Option<Run> {
    let text = text::typed(typed).to_ascii_lowercase();
    let rest = ["run", "실행"].iter().find_map(|word| text.strip_prefix(word));
    Some(Run { id: number(rest.unwrap_or(&text))?, is_plain: rest.is_some() })
}

/// `INC-12`, `incident 12`, `장애 12`; a number alone is none.
fn incident(typed: &str) -> Option<IncidentId> {
    let text = text::typed(typed).to_ascii_lowercase();
    ["incident", "inc", "장애"].iter().find_map(|word| text.strip_prefix(word)).and_then(number)
}

/// The number that follows a word. No console has a billion of anything that is looked for by it.
fn number<I: std::str::FromStr>(rest: &str) -> Option<I> {
    let digits = rest.trim_start_matches([' ', '/', '#', '_', '-', ':']);
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_or_an_incident_is_told_by_its_word_and_a_run_by_any_number() {
        for typed in ["run 1842", "Run #1842", "run/1842", "실행 1842", "RUN-1842"] {
            assert_eq!(run(typed), Some(Run { id: RunId::new(1842), is_plain: true }), "{typed}");
        }
        for typed in ["1842", "#1842", "１８４２"] {
            assert_eq!(run(typed), Some(Run { id: RunId::new(1842), is_plain: false }), "{typed}");
        }
        for typed in ["INC-12", "inc 12", "Incident #12", "incident/12", "장애 12", "장애12"] {
            assert_eq!(incident(typed), Some(IncidentId::new(12)), "{typed}");
        }
        for typed in ["12", "inc", "incentive 12", "INC-1a"] {
            assert_eq!(incident(typed), None, "{typed}");
        }
        for typed in ["", "run", "running", "18a", "1234567890"] {
            assert_eq!(run(typed), None, "{typed}");
        }
    }

    #[test]
    fn one_text_may_mean_several_things_and_too_long_a_one_nothing() {
        let asked = Asked::read("1912345678");
        assert!(asked.customer.is_ok() && asked.order.is_some() && asked.name.is_some() && asked.run.is_none());
        let may = May { customers: true, orders: true, staff: true };
        assert!(!asked.is_nothing(may));
        for typed in ["", "%", "---", "a\0b", &"7".repeat(201)] {
            assert!(Asked::read(typed).is_nothing(may), "{typed:?}");
        }
        // An e-mail is nothing that a run or a job could be found by, but for its letters.
        assert!(Asked::read("김").is_nothing(May { customers: false, ..may }));
    }
}
