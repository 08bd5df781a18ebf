//! The checklists for production.

use super::maker::{Maker, Sample, html};
use crate::{
    readiness::{
        checklist::{Checklist, Detail, Line},
        page::ReadinessPage,
    },
    web::shell::Section,
};

impl Maker {
    pub(super) fn readiness(self, out: &mut Vec<Sample>) {
        let line = |name, is_so: bool, detail: &[&str]| Line {
            name,
            is_so,
            detail: detail.iter().map(|text| Detail::Name((*text).to_owned())).collect(),
        };
        let page = |lists| html(&ReadinessPage { shell: self.shell(Section::Home), lists });
        let deployment = || Checklist {
            name: "deployment",
            lines: vec![line("production", true, &["prod"]), line("encrypted", true, &[]), line("clock", true, &[])],
        };
        let batches = Checklist {
            name: "batches",
            lines: vec![
                line("owner", true, &[]),
                line("baseline", false, &["daily-settlement", "monthly-statement", "point-expiry"]),
                line("route", false, &["daily-settlement"]),
                line("runbook", true, &[]),
            ],
        };
        let monitoring = Checklist {
            name: "monitoring",
            lines: vec![line("proven", false, &["page", "mail"]), line("another", false, &[])],
        };
        out.push(Sample { name: "readiness", html: page(vec![deployment(), batches, monitoring]) });
        out.push(Sample { name: "readiness-done", html: page(vec![deployment()]) });
    }
}
