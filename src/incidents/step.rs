//! The steps of an incident, which go forward only, and what each needs to pass: a pure function of what is known.

use super::{
    INCIDENT_ACTIONS, INCIDENT_POSTMORTEM, INCIDENT_RECOVERED_EARLY, INCIDENT_RECOVERED_LATE, INCIDENT_STEP, text,
};
use crate::{clock::Instant, gate::Fault, web::shell::Tone};
use serde::{Deserialize, Serialize};

/// How far an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// It was noticed.
    Detected,
    /// A person leads.
    Responding,
    /// The cause is known.
    Identified,
    /// It is right again.
    Recovered,
    /// The postmortem is sealed, and what is left to be done has an owner.
    Closed,
}

impl Step {
    pub(crate) const ALL: [Self; 5] =
        [Self::Detected, Self::Responding, Self::Identified, Self::Recovered, Self::Closed];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Detected => "detected",
            Self::Responding => "responding",
            Self::Identified => "identified",
            Self::Recovered => "recovered",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// The step after it.
    pub(crate) const fn next(self) -> Option<Self> {
        match self {
            Self::Detected => Some(Self::Responding),
            Self::Responding => Some(Self::Identified),
            Self::Identified => Some(Self::Recovered),
            Self::Recovered => Some(Self::Closed),
            Self::Closed => None,
        }
    }

    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Detected => Tone::Bad,
            Self::Responding | Self::Identified => Tone::Warn,
            Self::Recovered => Tone::Info,
            Self::Closed => Tone::Ok,
        }
    }

    pub(crate) const fn icon(self) -> &'static str {
        match self {
            Self::Detected => "alert",
            Self::Responding | Self::Identified => "eye",
            Self::Recovered | Self::Closed => "check",
        }
    }
}

impl TryFrom<String> for Step {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no step of an incident"))
    }
}

/// What makes an incident pass to its next step. That a person leads is a change of its own ([`LeadIncident`](super::lead::LeadIncident)).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Passing {
    /// The cause is known.
    Identified { cause: String },
    /// It is right again since then, in UTC, because of this.
    Recovered { remedy: String, recovered_at: String },
    /// Nothing is left to do here: why no action is, where none is.
    Closed { no_actions: Option<String> },
}

/// What passing depends on beside the incident's step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub step: Step,
    pub opened_at: Instant,
    pub now: Instant,
    pub has_postmortem: bool,
    pub has_actions: bool,
}

/// What is written down of a step that is passed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub cause: Option<String>,
    pub remedy: Option<String>,
    pub recovered_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub no_actions: Option<String>,
}

impl Passing {
    pub(crate) const fn to(&self) -> Step {
        match self {
            Self::Identified { .. } => Step::Identified,
            Self::Recovered { .. } => Step::Recovered,
            Self::Closed { .. } => Step::Closed,
        }
    }

    /// What is to be written down, or why the step is not passed.
    pub(crate) fn pass(&self, known: &Known) -> Result<Passed, Fault> {
        if known.step.next() != Some(self.to()) {
            return Err(Fault::conflict(INCIDENT_STEP));
        }
        Ok(match self {
            Self::Identified { cause } => Passed { cause: Some(text::long("cause", cause)?), ..Passed::default() },
            Self::Recovered { remedy, recovered_at } => Passed {
                remedy: Some(text::long("remedy", remedy)?),
                recovered_at: Some(recovery(recovered_at, known)?),
                ..Passed::default()
            },
            Self::Closed { no_actions } => {
                if !known.has_postmortem {
                    return Err(Fault::conflict(INCIDENT_POSTMORTEM));
                }
                let why = no_actions.as_deref().map(str::trim).filter(|why| !why.is_empty());
                let no_actions = match why {
                    Some(why) => Some(text::short("no_actions", why)?),
                    None if known.has_actions => None,
                    None => return Err(Fault::invalid("no_actions", INCIDENT_ACTIONS)),
                };
                Passed { closed_at: Some(known.now), no_actions, ..Passed::default() }
            }
        })
    }
}

/// Since when it is right again: neither before it was opened nor ahead. A field of a browser knows minutes only, so the minute in which
/// it was opened is the time at which it was.
fn recovery(text: &str, known: &Known) -> Result<Instant, Fault> {
    let at = Instant::parse(text).map_err(|_| Fault::invalid("recovered_at", INCIDENT_RECOVERED_LATE))?;
    let is_same_minute = at.unix().div_euclid(60) == known.opened_at.unix().div_euclid(60);
    match at {
        at if at > known.now => Err(Fault::invalid("recovered_at", INCIDENT_RECOVERED_LATE)),
        at if is_same_minute => Ok(at.max(known.opened_at)),
        at if at < known.opened_at => Err(Fault::invalid("recovered_at", INCIDENT_RECOVERED_EARLY)),
        at => Ok(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: u32) -> Instant {
        Instant::parse(&format!("2026-03-02T03:{minute:02}:30.000000Z")).unwrap()
    }

    fn known(step: Step) -> Known {
        Known { step, opened_at: at(10), now: at(50), has_postmortem: true, has_actions: true }
    }

    fn word(passed: Result<Passed, Fault>) -> String {
        match passed {
            Ok(_) => "passed".to_owned(),
            Err(Fault::Rejected(why)) => why.word.to_string(),
            Err(Fault::Store(error)) => error.to_string(),
        }
    }

    fn passing(step: Step) -> Option<Passing> {
        Some(match step {
            Step::Detected | Step::Responding => return None,
            Step::Identified => Passing::Identified { cause: "the disk was full".to_owned() },
            Step::Recovered => {
                Passing::Recovered { remedy: "old files deleted".to_owned(), recovered_at: at(40).to_string() }
            }
            Step::Closed => Passing::Closed { no_actions: None },
        })
    }

    #[test]
    fn steps_go_forward_one_at_a_time() {
        for from in Step::ALL {
            for to in Step::ALL {
                let Some(passing) = passing(to) else { continue };
                let expected = if from.next() == Some(to) { "passed" } else { "incident-step" };
                assert_eq!(word(passing.pass(&known(from))), expected, "{from:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_recovery_is_neither_before_the_opening_nor_ahead() {
        let recovered = |text: &str| {
            let passing = Passing::Recovered { remedy: "restarted".to_owned(), recovered_at: text.to_owned() };
            passing.pass(&known(Step::Identified))
        };
        assert_eq!(word(recovered(&at(9).to_string())), "incident-recovered-early");
        assert_eq!(word(recovered(&at(51).to_string())), "incident-recovered-late");
        assert_eq!(word(recovered("soon")), "incident-recovered-late");
        // The field has minutes, and it was opened within one.
        let minute = "2026-03-02T03:10:00.000000Z";
        assert_eq!(recovered(minute).unwrap().recovered_at, Some(at(10)));
    }

    #[test]
    fn nothing_is_closed_without_a_postmortem_and_something_to_do_or_why_not() {
        let close =
            |known: &Known, why: Option<&str>| word(Passing::Closed { no_actions: why.map(str::to_owned) }.pass(known));
        let all = known(Step::Recovered);
        assert_eq!(close(&all, None), "passed");
        assert_eq!(close(&Known { has_postmortem: false, ..all }, None), "incident-postmortem");
        let none = Known { has_actions: false, ..all };
        assert_eq!(close(&none, None), "incident-actions");
        assert_eq!(close(&none, Some("  ")), "incident-actions");
        assert_eq!(close(&none, Some("the supplier has changed the disk")), "passed");
    }

    proptest! {
        #[test]
        fn a_recovery_that_passes_lies_between_opening_and_now(seconds in -10_000_i64..10_000) {
            let known = known(Step::Identified);
            let at = known.opened_at.plus(chrono::TimeDelta::seconds(seconds));
            let passing = Passing::Recovered { remedy: "restarted".to_owned(), recovered_at: at.to_string() };
            if let Ok(passed) = passing.pass(&known) {
                let at = passed.recovered_at.unwrap();
                prop_assert!(at >= known.opened_at && at <= known.now);
            }
        }
    }
}
