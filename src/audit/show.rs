//! One row of the audit log, whole.

use super::{
    list::{record_look, sealed_through},
    pages::{Entry as Rest, ShowPage},
};
use crate::{
    entry_columns,
    evidence::keep,
    gate::{audit::Entry, reversal::reversed_by},
    id::{RequestId, Seq},
    sql,
    web::{Desk, PageResult, problem_page::Problem, shell::Section},
};
use actix_web::web;

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    entry: Entry,
    body: Vec<u8>,
    leaf: Vec<u8>,
}

/// `GET /audit/{seq}`
pub(crate) async fn show(desk: Desk, path: web::Path<Seq>) -> PageResult {
    let row: Option<Row> = desk
        .reader()
        .query(sql!("select ", entry_columns!(), ", body, leaf from audit where seq = $1"))
        .bind(path.into_inner())
        .optional()
        .await?;
    let Row { entry, body, leaf } = row.ok_or(Problem::NotFound)?;
    let subject = (entry.target_kind == "user").then(|| format!("{}/{}", entry.target_kind, entry.target_id));
    record_look(&desk, "view-log", subject, Some(format!("audit/{}", entry.seq))).await?;
    let sealed = sealed_through(desk.reader()).await?;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let page = ShowPage {
        shell: desk.shell(Some(Section::Audit), None).await?,
        row: super::rows(&desk, std::slice::from_ref(&entry)).await?.pop().ok_or(Problem::NotFound)?,
        decisions: match request(&entry) {
            Some(id) => super::request_rows(desk.reader(), id).await?,
            None => Vec::new(),
        },
        previous: entry.seq.get().checked_sub(1).filter(|seq| *seq >= 0).map(Seq::new),
        next: sealed
            .as_ref()
            .map(|sealed| sealed.seq)
            .filter(|last| *last > entry.seq)
            .map(|_| Seq::new(entry.seq.get() + 1)),
        sealed,
        signed: keep::last(&mut desk.reader()).await?.filter(|kept| kept.size > entry.seq.get()),
        reversed_by: reversed_by(&mut desk.reader(), entry.seq).await?,
        entry: Rest {
            staff_id: entry.staff_id,
            email: some(&entry.staff_email),
            roles: words(&entry.roles),
            peer: some(&entry.peer),
            user_agent: some(&entry.user_agent),
            session: some(&entry.session),
            request: some(&entry.request_id),
            approval: entry.approval_id,
            reverses: entry.reversal_of,
            flags: words(&entry.flags),
            leaf,
            body: String::from_utf8_lossy(&body).into_owned(),
        },
    };
    desk.page(200, &page)
}

/// The request that a row made, decided or carried out.
fn request(entry: &Entry) -> Option<RequestId> {
    let decided = if entry.target_kind == "approval" { entry.target_id.parse().ok() } else { None };
    entry.approval_id.or(decided)
}
