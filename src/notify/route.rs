//! What goes to which channel.

use crate::gate::covers;

/// `[[route]]`
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// `runs.failed`, or all that begin alike: `runs.*`, `*`.
    pub kinds: Vec<String>,
    /// Names of jobs, in which `*` is any text; empty where it does not matter.
    pub jobs: Vec<String>,
    /// The names of channels.
    pub to: Vec<String>,
}

impl Route {
    /// Whether it is for an alert of this kind, of this job where it is of one.
    pub(crate) fn takes(&self, kind: &str, job: Option<&str>) -> bool {
        self.kinds.iter().any(|pattern| covers(pattern, kind))
            && (self.jobs.is_empty() || job.is_some_and(|job| self.jobs.iter().any(|pattern| fits(pattern, job))))
    }

    /// Whether it takes all alerts of this kind, of every job.
    pub(crate) fn takes_all_of(&self, kind: &str) -> bool {
        self.jobs.is_empty() && self.takes(kind, None)
    }
}

/// Whether a name is as the pattern says, in which `*` is any text, also none.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, name) in [
            ("*", "daily-settle"),
            ("*settle*", "daily-settlement"),
            ("*settle*", "settle"),
            ("daily-*", "daily-settle"),
            ("*-a-*-b", "x-a-y-b"),
            ("a*a", "aba"),
            ("same", "same"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("a*a", "a"), ("daily", "daily-settle"), ("*settle", "settlement"), ("a*b*c", "acb"), ("", "x")]
        {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_route_for_jobs_takes_nothing_else() {
        let route = |jobs: &[&str]| Route {
            kinds: vec!["runs.*".to_owned(), "batches.missed".to_owned()],
            jobs: jobs.iter().map(|job| (*job).to_owned()).collect(),
            to: Vec::new(),
        };
        assert!(route(&[]).takes("runs.lost", Some("a")) && route(&[]).takes("batches.missed", None));
        assert!(!route(&[]).takes("batches.paused", Some("a")));
        assert!(route(&["a*"]).takes("runs.lost", Some("ab")) && !route(&["a*"]).takes("runs.lost", None));
    }
}
