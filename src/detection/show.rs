//! The page of one suspicion: its sentence, where its evidence is, and the form to close it.

use super::{
    PANELS, SUSPICION,
    record::{Suspicion, find},
    target,
};
use crate::{
    audit::list::record_look,
    gate::{RefusalWord, Target},
    id::SuspicionId,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Look, Side, Subject},
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /audit/suspicions/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<SuspicionId>) -> PageResult {
    panel::show::<SuspicionView>(&desk, path.into_inner()).await
}

/// A suspicion.
pub(crate) struct SuspicionView {
    pub(crate) suspicion: Suspicion,
}

impl Subject for SuspicionView {
    type Id = SuspicionId;
    const SECTION: Section = Section::Audit;
    const PAGE: &'static str = "/audit/suspicions/{id}";
    const MISSING: Option<RefusalWord> = Some(SUSPICION);

    fn target(id: &SuspicionId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &SuspicionId) -> Result<Option<Self>, PageError> {
        Ok(find(&mut desk.reader(), *id).await?.map(|suspicion| Self { suspicion }))
    }

    fn path(&self) -> String {
        self.suspicion.href()
    }

    fn version(&self) -> Option<i64> {
        Some(self.suspicion.n)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn record_look(&self, desk: &Desk, _: Look) -> Result<(), PageError> {
        let subject = self.suspicion.customer.map(|customer| crate::customer::target(customer).to_string());
        record_look(desk, "view-log", subject, Some(format!("audit/suspicions/{}", self.suspicion.id))).await
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { suspicion } = self;
        let is_own = suspicion.is_about(desk.person().id);
        let zone = desk.console().zone;
        let evidence = suspicion.evidence_hrefs(zone).into_iter().map(|(href, name)| (href, name.to_owned())).collect();
        desk.page(status, &ShowPage { shell, suspicion, evidence, is_own, side })
    }
}

/// `GET /audit/suspicions/{id}`
#[derive(Debug, Template)]
#[template(path = "detection/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) suspicion: Suspicion,
    /// The lists in which the evidence is, each with the name of its person.
    pub(crate) evidence: Vec<(String, String)>,
    /// Whether it is about the reader.
    pub(crate) is_own: bool,
    pub(crate) side: Side,
}
