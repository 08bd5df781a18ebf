//! The first page: what happened lately.

pub mod pages;

use crate::{
    audit, entry_columns,
    gate::audit::Entry,
    sql,
    web::{Answer, Desk, shell::Section},
};
use pages::HomePage;

const RECENT: i64 = 10;
const MINE: i64 = 5;

/// `GET /`
pub async fn home(desk: Desk) -> Answer {
    let recent: Option<Vec<Entry>> = if desk.may("GET", Section::Audit.href()) {
        let statement = sql!("select ", entry_columns!(), " from audit order by seq desc limit $1");
        Some(desk.reader().query(statement).bind(RECENT).all().await?)
    } else {
        None
    };
    let mine: Vec<Entry> = desk
        .reader()
        .query(sql!("select ", entry_columns!(), " from audit where staff_id = $1 order by seq desc limit $2"))
        .bind(desk.person().id)
        .bind(MINE)
        .all()
        .await?;
    let page = HomePage {
        shell: desk.shell(Some(Section::Home), None).await?,
        recent: recent.map(|rows| rows.iter().map(audit::row).collect()),
        mine: mine.iter().map(audit::row).collect(),
    };
    desk.page(200, &page)
}
