//! The page of one request: what it would change, who asked and why, and the panel to decide.

use super::{
    PANELS, Request,
    approve::ApprovePanel,
    created::{Created, created},
    decide, queue,
    rehearsal::Rehearsal,
    request::{self, State, Vote},
    target,
    viewer::{ViewerPart, may_see},
};
use crate::{
    audit::{self, RequestRow, pages::Row as AuditRow},
    entry_columns,
    gate::{RefusalWord, Target, audit::Entry},
    id::RequestId,
    sql,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Button, Html, Panel as _, Side, Subject},
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;
use chrono::TimeDelta;
use tokio::sync::OnceCell;

/// The changes that end with a set-up link, which is shown to their requester alone.
const GIVE_LINK: [&str; 2] = ["staff.invite", "staff.reset-second-factor"];

const LATELY: i64 = 20;
const LATELY_DAYS: i64 = 30;

/// `GET /approvals/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<RequestId>) -> PageResult {
    panel::show::<RequestView>(&desk, path.into_inner()).await
}

/// A request as one person sees it.
pub(crate) struct RequestView {
    pub(crate) request: Request,
    pub(crate) votes: Vec<Vote>,
    pub(crate) part: ViewerPart,
    /// Worked out once, when a panel or the page asks for it.
    pub(crate) rehearsal: OnceCell<Rehearsal>,
}

impl RequestView {
    pub(super) async fn rehearsal(&self, desk: &Desk) -> &Rehearsal {
        self.rehearsal.get_or_init(|| Rehearsal::of(desk, &self.request, self.part)).await
    }

    pub(super) fn may_decide(&self) -> bool {
        self.part == ViewerPart::YourTurn
    }

    pub(super) fn may_withdraw(&self) -> bool {
        self.request.is_waiting() && self.part == ViewerPart::Yours
    }
}

impl Subject for RequestView {
    type Id = RequestId;
    const SECTION: Section = Section::Approvals;
    const PAGE: &'static str = "/approvals/{id}";
    /// What is not for a person is not there for them, and asking for it is no attempt at a decision.
    const MISSING: Option<RefusalWord> = None;

    fn target(id: &RequestId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &RequestId) -> Result<Option<Self>, PageError> {
        let request = request::find(&mut desk.reader(), *id).await?;
        let Some(request) = request.filter(|request| may_see(desk, request)) else { return Ok(None) };
        let votes = request::votes(&mut desk.reader(), request.id).await?;
        let decided_by = request::voter_emails(&mut desk.reader(), request.id).await?;
        let part = ViewerPart::of(desk.person(), &request, &decided_by, desk.now());
        Ok(Some(Self { request, votes, part, rehearsal: OnceCell::new() }))
    }

    fn path(&self) -> String {
        self.request.href()
    }

    fn version(&self) -> Option<i64> {
        Some(self.request.version)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let rehearsal = self.rehearsal(desk).await.clone();
        let Self { request, votes, part, .. } = self;
        let (previous, next) = queue::neighbours(desk, request.id).await?;
        let deciders = if request.is_open() { decide::deciders(desk.reader(), &request).await? } else { Vec::new() };
        let lately = lately(desk, &request).await?;
        let rows = audit::request_rows(desk.reader(), request.id).await?;
        let created = created(desk, &request, &rows).await?;
        // Where it is the only decision that is new to the requester, they have seen all of them now.
        let is_seen =
            request.is_news_for(desk.person().id, desk.decisions_seen()) && shell.news(Section::Approvals) == 1;
        let page =
            ShowPage { shell, request, part, votes, rehearsal, deciders, lately, rows, created, previous, next, side };
        let page = desk.page(status, &page)?;
        Ok(if is_seen { desk.with_decisions_seen(page) } else { page })
    }
}

/// What the same person did to the same target in the last month, done or not.
async fn lately(desk: &Desk, request: &Request) -> Result<Vec<AuditRow>, PageError> {
    let entries: Vec<Entry> = desk
        .reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where target_kind = $1 and target_id = $2 and staff_id = $3 and at > $4 and change_id <> $5
               order by seq desc limit $6"
        ))
        .bind(request.target_kind.as_str())
        .bind(request.target_id.as_str())
        .bind(request.staff_id)
        .bind(desk.now().minus(TimeDelta::days(LATELY_DAYS)))
        .bind(request.change_id.as_str())
        .bind(LATELY)
        .all()
        .await?;
    Ok(audit::rows(desk, &entries).await?)
}

#[derive(Debug, Template)]
#[template(path = "approvals/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) request: Request,
    pub(crate) part: ViewerPart,
    pub(crate) votes: Vec<Vote>,
    pub(crate) rehearsal: Rehearsal,
    /// The names of those who can decide.
    pub(crate) deciders: Vec<String>,
    /// What the same person did to the same target in the last month.
    pub(crate) lately: Vec<AuditRow>,
    /// The rows of the log in which it was asked for, decided and made.
    pub(crate) rows: Vec<RequestRow>,
    /// What its change created and the reader may open.
    pub(crate) created: Vec<Created>,
    /// The older and the newer request that wait for the reader.
    pub(crate) previous: Option<RequestId>,
    pub(crate) next: Option<RequestId>,
    pub(crate) side: Side,
}

impl ShowPage {
    /// The open form; none where the page shows a summary in its place, with the decision just made.
    fn form(&self) -> Option<&Html> {
        self.side.html.as_ref().filter(|_| self.side.receipt.is_none())
    }

    /// Whose turn it is, or the outcome.
    fn turn(&self) -> String {
        let key = match (self.request.state, self.part) {
            (State::Waiting, ViewerPart::Yours) => "approval.turn-yours",
            (State::Owed, ViewerPart::Yours) => "approval.turn-owed",
            (State::Waiting | State::Owed, ViewerPart::YouVoted) => "approval.turn-voted",
            (State::Waiting | State::Owed, _) => "approval.turn-others",
            (State::Approved, _) => "approval.turn-approved",
            (State::Rejected, _) if self.is_made_first() => "approval.turn-objected",
            (State::Rejected, _) => "approval.turn-rejected",
            (State::Withdrawn, _) => "approval.turn-withdrawn",
            (State::Expired, _) => "approval.turn-expired",
            (State::Obsolete, _) => "approval.turn-obsolete",
        };
        self.shell.t(key).to_owned()
    }

    /// What is left to do afterwards, where approving alone does not finish it: a set-up link is not shown to a person who waits.
    fn afterwards(&self) -> Option<&'static str> {
        let gives_link = GIVE_LINK.contains(&self.request.kind.as_str());
        let is_ahead = matches!(self.request.state, State::Waiting | State::Approved);
        (gives_link && is_ahead).then(|| self.shell.t("setup-link.waiting"))
    }

    /// The seats that are still empty.
    fn empty_seats(&self) -> Vec<i64> {
        if self.request.is_open() { (0..self.request.wants()).collect() } else { Vec::new() }
    }

    /// Whether it was so urgent that it was made first, before the request was decided.
    fn is_made_first(&self) -> bool {
        self.rows.first().is_some_and(|row| row.outcome == "applied" && row.action == self.request.kind)
    }

    /// Whether what it asked for was not made and will not be.
    fn is_void(&self) -> bool {
        self.request.is_void() && !self.is_made_first()
    }

    /// The key that presses a button.
    fn key(button: &Button) -> &'static str {
        if button.name == ApprovePanel::NAME { "a" } else { "x" }
    }
}
