//! The page of one customer: overview, orders, point ledger, history.

use super::{
    customer::{Contact, Customer},
    find::{self, CustomerRow},
    ledger,
    note::{self, Note},
    target,
};
use crate::{
    access::of_customer::{Looked, of_customer},
    approvals::{Request, queue},
    audit::{self, pages::Row as AuditRow},
    customer::USER_MISSING,
    entry_columns,
    gate::{RecordAccess, RefusalWord, Target, audit::Entry},
    id::{CustomerId, NoteId, Seq},
    orders::{self, list_pages::Row as OrderRow},
    sql,
    web::{
        Desk, PageError, PageResult,
        list::{Page, pager_within},
        looks::was_looked_at,
        panel::{self, Look, Query, Side, Subject},
        problem_page::Problem,
        shell::{Section, Shell, table::Pager},
    },
};
use actix_web::web;
use askama::Template;

const HISTORY: usize = 10;
const ORDERS: usize = 5;
/// The number of notes the page shows, and the number on a page of all of them.
const NEWEST_NOTES: usize = 3;
const NOTES_PAGE: usize = 20;

/// `GET /users/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<CustomerId>) -> PageResult {
    panel::show::<CustomerRow>(&desk, path.into_inner()).await
}

impl Subject for CustomerRow {
    type Id = CustomerId;
    const SECTION: Section = Section::Users;
    const PAGE: &'static str = "/users/{id}";
    const MISSING: Option<RefusalWord> = Some(USER_MISSING);

    fn target(id: &CustomerId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &CustomerId) -> Result<Option<Self>, PageError> {
        Ok(find::by_id(desk.reader(), *id).await?)
    }

    fn path(&self) -> String {
        format!("/users/{}", self.id)
    }

    fn version(&self) -> Option<i64> {
        Some(self.version)
    }

    fn contact(&self) -> Option<&str> {
        Some(&self.email)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::PANELS
    }

    /// A part of the page is a look of its own, unless it belongs to one that is recorded already: a form asks what it comes to
    /// while a person types.
    async fn record_look(&self, desk: &Desk, look: Look) -> Result<(), PageError> {
        let subject = target(self.id);
        if look == Look::Part && was_looked_at(desk, "view", &subject, "").await? {
            return Ok(());
        }
        desk.look(&RecordAccess {
            actor: desk.actor(),
            task: "view",
            subject: Some(subject.to_string()),
            shown: Vec::new(),
            detail: None,
            reason: None,
        })
        .await
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let query = Query::of(desk);
        let after = query.number("ledger");
        let notes = notes(desk, &self, query.get("notes")).await?;
        let entries = ledger::page(desk.reader(), self.id, after).await?;
        let mut placed = orders::find::of_user(desk.reader(), self.id).await?.rows;
        placed.truncate(ORDERS);
        let path = self.path();
        let history = history(desk, &self, query.number("history")).await?;
        // Addresses of colleagues are for those who may read all records.
        let looks = if desk.may("GET", "/access-records") {
            Some(of_customer(desk.reader(), self.id, &path, query.number("looks")).await?)
        } else {
            None
        };
        let page = ShowPage {
            shell,
            may_reveal: desk.may("POST", super::contact::ROUTE),
            ledger_pager: pager_within(&path, "ledger", after.is_none(), entries.next),
            orders: placed.into_iter().map(orders::list::row).collect(),
            ledger: entries.rows,
            notes: notes.rows,
            has_more_notes: notes.has_more,
            notes_pager: notes.pager,
            waiting: queue::about(desk, "user", &self.id.to_string()).await?,
            history: history.rows,
            history_pager: history.pager,
            looks,
            side,
            customer: Customer::masked(self),
        };
        desk.page(status, &page)
    }
}

/// The notes that a page of a customer shows.
struct Notes {
    rows: Vec<Note>,
    /// Whether there are more than the newest ones.
    has_more: bool,
    pager: Pager,
}

/// The newest notes, or where `?notes=` says `all` or the note to continue after, a page of all of them.
async fn notes(desk: &Desk, customer: &CustomerRow, asked: &str) -> Result<Notes, PageError> {
    let (size, before) = match asked {
        "" => (NEWEST_NOTES, NoteId::MAX),
        "all" => (NOTES_PAGE, NoteId::MAX),
        text => (NOTES_PAGE, text.parse().map_err(|_| Problem::BadRequest)?),
    };
    let rows = async |limit| note::read(desk.reader(), customer.id, before, limit).await;
    let page = Page::read(size, rows, |note| note.id).await?;
    let is_newest = asked.is_empty();
    let has_more = is_newest && page.next.is_some();
    let next = page.next.filter(|_| !is_newest);
    Ok(Notes { rows: page.rows, has_more, pager: pager_within(&customer.path(), "notes", is_newest, next) })
}

/// The changes of this customer that a page of theirs shows.
struct History {
    rows: Vec<AuditRow>,
    pager: Pager,
}

/// Rows of the log about this customer, the newest first, from before the row `before`.
async fn history(desk: &Desk, customer: &CustomerRow, before: Option<Seq>) -> Result<History, PageError> {
    let read = async |limit: usize| {
        let rows: Vec<Entry> = desk
            .reader()
            .query(sql!(
                "select ",
                entry_columns!(),
                " from audit where target_kind = 'user' and target_id = $1 and seq < $2 order by seq desc limit $3"
            ))
            .bind(customer.id.to_string())
            .bind(before.unwrap_or(Seq::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await?;
        Ok::<_, sqlx::Error>(rows)
    };
    let found = Page::read(HISTORY, read, |row| row.seq).await?;
    Ok(History {
        pager: pager_within(&customer.path(), "history", before.is_none(), found.next),
        rows: audit::rows(desk, &found.rows).await?,
    })
}

/// The page of a customer.
#[derive(Debug, Template)]
#[template(path = "users/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) customer: Customer,
    pub(crate) may_reveal: bool,
    pub(crate) ledger: Vec<ledger::Entry>,
    pub(crate) ledger_pager: Pager,
    /// The newest notes, or a page of all of them.
    pub(crate) notes: Vec<Note>,
    pub(crate) has_more_notes: bool,
    pub(crate) notes_pager: Pager,
    /// The newest orders.
    pub(crate) orders: Vec<OrderRow>,
    /// The newest rows of the log about this customer.
    pub(crate) history: Vec<AuditRow>,
    pub(crate) history_pager: Pager,
    /// Who looked at this customer; nothing for those who may not read access records.
    pub(crate) looks: Option<Looked>,
    /// Changes of this customer that wait for a second person.
    pub(crate) waiting: Vec<Request>,
    pub(crate) side: Side,
}

impl ShowPage {
    fn href(&self) -> String {
        format!("/users/{}", self.customer.id)
    }

    /// Whether this person may only look.
    fn is_read_only(&self) -> bool {
        self.side.buttons.is_empty() && !self.may_reveal
    }

    /// Whether anything is beside the ledger.
    fn has_side(&self) -> bool {
        self.side.html.is_some() || self.is_read_only()
    }
}

/// A customer's name and contacts in full, right after they were revealed with a reason.
#[derive(Debug, Template)]
#[template(path = "users/revealed.html")]
pub(crate) struct Revealed<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) id: CustomerId,
    pub(crate) contact: &'a Contact,
}
