//! The page on which a row of the log is taken back, or which says why it cannot be.

use super::{
    never::why_not,
    table::{self, Given, Looked, Now, PANELS, rejection},
};
use crate::{
    audit::{self, list::record_look, pages::Row as ListRow},
    entry_columns,
    gate::{
        Reason, RefusalWord, Rejection, Role, Target,
        audit::Entry,
        reversal::{REVERSAL_DONE, can_be_reversed, reversed_by},
    },
    id::{RequestId, Seq},
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        changed::Changed,
        panel::{self, Look, Side, Subject},
        shell::{Frame, Section, Shell, seal::wrong_state},
    },
};
use actix_web::web;
use askama::Template;
use serde_json::Value;

/// Later rows about the same that the page shows.
const LATER: i64 = 10;

/// `GET /audit/{seq}/reversal`
pub(crate) async fn show(desk: Desk, path: web::Path<Seq>) -> PageResult {
    panel::show::<Row>(&desk, path.into_inner()).await
}

/// A row of the log, and what it would take to take it back.
pub(crate) struct Row {
    pub(super) entry: Entry,
    /// Whether changes of its kind can be taken back at all.
    is_of_a_kind: bool,
    /// Why it cannot be taken back now.
    obstacle: Option<Rejection>,
    pub(super) now: Now,
    fields: &'static [&'static str],
    form: String,
    pub(super) altered: Value,
    contact: Option<String>,
    /// Whether the person may make such changes.
    pub(super) may: bool,
    /// Whether it needed a second person, and so what takes it back does.
    pub(super) needs_second: bool,
}

impl Subject for Row {
    type Id = Seq;
    const SECTION: Section = Section::Audit;
    const PAGE: &'static str = "/audit/{seq}/reversal";
    const MISSING: Option<RefusalWord> = None;

    fn target(id: &Seq) -> Target {
        Target::new("audit", id)
    }

    /// A person sees it who reads the log or may make such changes.
    async fn load(desk: &Desk, id: &Seq) -> Result<Option<Self>, PageError> {
        let entry: Option<Entry> = desk
            .reader()
            .query(sql!("select ", entry_columns!(), " from audit where seq = $1"))
            .bind(*id)
            .optional()
            .await?;
        let Some(entry) = entry else { return Ok(None) };
        let may = desk.catalog().may_reverse(&entry.action, &desk.person().roles);
        if !may && !desk.may("GET", "/audit/{seq}") {
            return Ok(None);
        }
        let given = Given { reason: &Reason::none(), at: desk.now() };
        let looked = table::look(&mut desk.reader(), &entry, given).await?;
        let is_of_a_kind = looked.is_some();
        let obstacle = match rejection(can_be_reversed(&mut desk.reader(), &entry).await)? {
            None => looked.as_ref().and_then(|looked| looked.obstacle.clone()),
            some => some,
        };
        let (now, fields, form, altered) = match looked {
            Some(Looked { now, fields, form, altered, .. }) => (now, fields, form, altered),
            None => (Now::default(), &[][..], String::new(), Value::Null),
        };
        let contact = contact(desk.reader(), &entry).await?;
        let needs_second = entry.approval_id.is_some();
        Ok(Some(Self { entry, is_of_a_kind, obstacle, now, fields, form, altered, contact, may, needs_second }))
    }

    fn path(&self) -> String {
        format!("/audit/{}/reversal", self.entry.seq)
    }

    fn version(&self) -> Option<i64> {
        self.now.version
    }

    fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    fn about(&self) -> Option<Target> {
        (self.entry.target_kind == "staff").then(|| Target::new("staff", &self.entry.target_id))
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of(id: &Seq, row: &Entry) -> bool {
        row.reversal_of == Some(*id)
    }

    async fn record_look(&self, desk: &Desk, _: Look) -> Result<(), PageError> {
        let entry = &self.entry;
        let subject = (entry.target_kind == "user").then(|| format!("{}/{}", entry.target_kind, entry.target_id));
        record_look(desk, "view-log", subject, Some(format!("audit/{}/reversal", entry.seq))).await
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let stated = self.stated(desk).await?;
        let rows = audit::rows(desk, std::slice::from_ref(&self.entry)).await?;
        let later = audit::rows(desk, &later(desk.reader(), &self.entry).await?).await?;
        let is_reader = desk.may("GET", "/audit/{seq}");
        let page = ReversalPage {
            target: format!("{}/{}", self.entry.target_kind, self.entry.target_id),
            now: if self.is_of_a_kind { self.now_shown() } else { Vec::new() },
            form: Some(self.form).filter(|form| self.may && !form.is_empty()),
            row: rows.into_iter().next().unwrap_or_else(|| audit::row(&self.entry)),
            shell,
            stated,
            later,
            is_reader,
            side,
        };
        desk.page(status, &page)
    }
}

impl Row {
    /// Whether this person could take it back now.
    pub(super) fn is_open(&self) -> bool {
        self.may && self.is_of_a_kind && self.obstacle.is_none()
    }

    async fn stated(&self, desk: &Desk) -> Result<Stated, PageError> {
        let frame = desk.frame();
        let by = reversed_by(&mut desk.reader(), self.entry.seq).await?;
        let standing = match &self.obstacle {
            _ if !self.is_of_a_kind => Standing::Never(why_not(&self.entry.action).unwrap_or("system")),
            Some(why) if why.word == REVERSAL_DONE => Standing::Done,
            Some(why) => {
                Standing::NotNow(wrong_state(why, &frame).unwrap_or_else(|| frame.t("refused.wrong-state").to_owned()))
            }
            None if !self.may => Standing::Others(desk.catalog().roles_for(&self.entry.action).to_vec()),
            None => Standing::Open,
        };
        Ok(Stated { standing, by, of: self.entry.reversal_of, waits: waiting(desk.reader(), self.entry.seq).await? })
    }

    /// What of its fields is there now.
    fn now_shown(&self) -> Vec<Changed> {
        let shown = self.fields.iter().filter(|field| {
            !matches!(self.now.fields.get(**field), None | Some(Value::Null)) || self.entry.after.get(**field).is_some()
        });
        let value = |field: &str| Some(self.now.field(field).to_owned()).filter(|text| !text.is_empty());
        shown.map(|field| Changed { field: (*field).to_owned(), before: None, after: value(field) }).collect()
    }
}

#[cfg(test)]
impl Row {
    /// A row that can be taken back, over what is there now and what that would become.
    pub(crate) fn sample(entry: Entry, now: &Value, altered: Value) -> Self {
        let fields = now.as_object().cloned().unwrap_or_default();
        let needs_second = entry.approval_id.is_some();
        let now = Now { is_there: true, id: 0, version: Some(7), fields };
        let (fields, form, contact) = (&["points"][..], String::new(), None);
        Self { entry, is_of_a_kind: true, obstacle: None, now, fields, form, altered, contact, may: true, needs_second }
    }
}

/// How a row can be taken back.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// By the person who looks, now.
    Open,
    /// By people with these roles.
    Others(Vec<Role>),
    /// It was.
    Done,
    /// Not as things are: the sentence that says why.
    NotNow(String),
    /// Its kind never is; the word of the sentence.
    Never(&'static str),
}

/// What is said of that.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    pub(crate) standing: Standing,
    /// The row that took it back.
    pub(crate) by: Option<Seq>,
    /// The row that it took back itself.
    pub(crate) of: Option<Seq>,
    /// The request to take it back that waits.
    pub(crate) waits: Option<RequestId>,
}

async fn contact(reader: &Reader, entry: &Entry) -> sqlx::Result<Option<String>> {
    let Some(user) =
        Some(&entry.target_id).filter(|_| entry.target_kind == "user").and_then(|id| id.parse::<i64>().ok())
    else {
        return Ok(None);
    };
    let email: Option<(String,)> =
        reader.query(sql!("select email from users where id = $1")).bind(user).optional().await?;
    Ok(email.map(|(email,)| email))
}

async fn waiting(reader: &Reader, of: Seq) -> sqlx::Result<Option<RequestId>> {
    let request: Option<(RequestId,)> = reader
        .query(sql!(
            "select id from approval_requests where reversal_of = $1 and state = 'waiting' order by id limit 1"
        ))
        .bind(of)
        .optional()
        .await?;
    Ok(request.map(|(id,)| id))
}

/// What changed of the same since, the newest first.
async fn later(reader: &Reader, entry: &Entry) -> sqlx::Result<Vec<Entry>> {
    reader
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where target_kind = $1 and target_id = $2 and seq > $3 and outcome = 'applied' order by seq desc limit $4"
        ))
        .bind(entry.target_kind.as_str())
        .bind(entry.target_id.as_str())
        .bind(entry.seq)
        .bind(LATER)
        .all()
        .await
}

#[derive(Debug, Template)]
#[template(path = "reversal/show.html")]
pub(crate) struct ReversalPage {
    pub(crate) shell: Shell,
    pub(crate) row: ListRow,
    pub(crate) stated: Stated,
    /// The fields of what it is about, as they are now.
    pub(crate) now: Vec<Changed>,
    pub(crate) later: Vec<ListRow>,
    /// The page with the ordinary form for such changes.
    pub(crate) form: Option<String>,
    pub(crate) target: String,
    /// Whether the person reads the log.
    pub(crate) is_reader: bool,
    pub(crate) side: Side,
}

impl ReversalPage {
    fn role_names(&self, roles: &[Role]) -> String {
        let frame: &Frame = &self.shell;
        roles.iter().map(|role| frame.name("role", role.as_str())).collect::<Vec<_>>().join(", ")
    }

    fn log_href(&self) -> String {
        format!("/audit?target={}", self.target)
    }
}
