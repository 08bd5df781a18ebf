//! `GET /readiness`: the checklists as a page for owners.

use super::{
    checklist::{Checklist, Detail, Line, judge},
    configured::Configured,
    proven::Proven,
};
use crate::web::{
    Desk, PageResult,
    shell::{Section, Shell},
};
use actix_web::web::Data;
use askama::Template;

pub(crate) async fn show(desk: Desk, configured: Data<Configured>) -> PageResult {
    let proven = Proven::read(desk.reader(), desk.now()).await?;
    let lists = judge(&configured, &proven, desk.now());
    let shell = desk.shell(Some(Section::Home), None).await?;
    desk.page(200, &ReadinessPage { shell, lists })
}

#[derive(Debug, Template)]
#[template(path = "readiness/lists.html")]
pub(crate) struct ReadinessPage {
    pub(crate) shell: Shell,
    pub(crate) lists: Vec<Checklist>,
}

impl ReadinessPage {
    fn demand(&self, line: &Line) -> String {
        line.demand(self.shell.words)
    }

    fn remedy(&self, line: &Line) -> Option<String> {
        line.remedy(self.shell.words)
    }

    fn detail(&self, line: &Line) -> String {
        let shown = line.detail.iter().map(|detail| match detail {
            Detail::Name(name) => name.clone(),
            Detail::Kind(kind) => self.shell.name("alert-kind", kind).to_owned(),
            Detail::At(at) => self.shell.minute(at).shown,
            Detail::Gap { rota, from, until } => {
                format!("{rota}: {} – {}", self.shell.minute(from).shown, self.shell.minute(until).shown)
            }
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    fn missing(&self) -> usize {
        self.lists.iter().flat_map(|list| &list.lines).filter(|line| !line.is_so).count()
    }

    fn lines(&self) -> usize {
        self.lists.iter().map(|list| list.lines.len()).sum()
    }
}
