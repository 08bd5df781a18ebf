//! The page of silences: those in force first, then those that are over.

use super::{
    PANELS,
    record::{self, Silence, silence_columns},
};
use crate::{
    alerts::kind::AlertKind,
    clock::Instant,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::SilenceId,
    notify::health,
    sql,
    store::{Queries, Reader},
    web::{
        Desk, PageError, PageResult,
        list::{Page, pager_within},
        panel::{self, Panel as _, Part as _, Query, RowPart, Side, Subject},
        shell::{
            Frame, Section, Shell,
            table::{Choice, Pager},
        },
    },
};
use askama::Template;

const PAGE: usize = 50;

/// What the address calls the place at which the list of silences that are over goes on.
pub(crate) const OVER: &str = "over";

/// `GET /silences`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Silences>(&desk, ()).await
}

/// What is silenced, and what can be.
pub(crate) struct Silences {
    /// Where the list of those that are over goes on.
    pub(crate) before: Option<SilenceId>,
    pub(crate) active: Vec<Silence>,
    /// The jobs and channels that can be silenced.
    pub(crate) jobs: Vec<Choice>,
    pub(crate) channels: Vec<String>,
}

impl Silences {
    pub(super) fn kinds() -> &'static [&'static str] {
        AlertKind::NAMES
    }
}

pub(super) async fn find(db: &mut impl Queries, id: SilenceId) -> sqlx::Result<Option<Silence>> {
    db.query(sql!("select ", silence_columns!(), " from silences where id = $1")).bind(id).optional().await
}

impl Subject for Silences {
    type Id = ();
    const SECTION: Section = Section::Alerts;
    const PAGE: &'static str = "/silences";
    const MISSING: Option<RefusalWord> = None;

    /// Each of its changes names what is silenced; the list itself is none.
    fn target((): &()) -> Target {
        Target::new("silence", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let jobs: Vec<(String, String)> = desk
            .reader()
            .query(sql!("select name, title from batch_jobs where not is_retired order by name"))
            .all()
            .await?;
        Ok(Some(Self {
            before: Query::of(desk).number(OVER),
            active: record::active(&mut desk.reader(), desk.now()).await?,
            jobs: jobs.into_iter().map(|(name, title)| Choice::new(name, title)).collect(),
            channels: health::all(&mut desk.reader()).await?.into_iter().map(|channel| channel.name).collect(),
        }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        row.target_kind == "silence"
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let found = over(desk.reader(), self.before, desk.now()).await?;
        let pager = pager_within(Self::PAGE, OVER, self.before.is_none(), found.next);
        let may_end = desk.may("POST", super::end::EndPanel::ROUTE);
        let page = SilencesPage { shell, active: self.active, over: found.rows, pager, may_end, side };
        desk.page(status, &page)
    }
}

/// Those that are over, the newest first. Those in force are few, and are left out as they are read.
async fn over(reader: &Reader, before: Option<SilenceId>, now: Instant) -> sqlx::Result<Page<Silence, SilenceId>> {
    let rows = async |limit| {
        reader
            .query(sql!(
                "select ",
                silence_columns!(),
                " from silences where id < $1 and (ended_at is not null or until_at <= $2) order by id desc limit $3"
            ))
            .bind(before.unwrap_or(SilenceId::MAX))
            .bind(now)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await
    };
    Page::read(PAGE, rows, |silence: &Silence| silence.id).await
}

impl RowPart for SilenceId {}

/// What is silenced, in words: the kind, the job or the channel.
pub(crate) fn name_of(silence: &Silence, frame: &Frame) -> String {
    match silence.scope {
        record::Scope::Kind => frame.name("alert-kind", &silence.name).to_owned(),
        _ => silence.name.clone(),
    }
}

#[derive(Debug, Template)]
#[template(path = "alerts/silences.html")]
pub(crate) struct SilencesPage {
    pub(crate) shell: Shell,
    pub(crate) active: Vec<Silence>,
    pub(crate) over: Vec<Silence>,
    pub(crate) pager: Pager,
    /// Whether the reader can begin silences and end them.
    pub(crate) may_end: bool,
    pub(crate) side: Side,
}

impl SilencesPage {
    fn end_panel(silence: &Silence) -> String {
        silence.id.open_name(super::end::EndPanel::NAME)
    }
}
