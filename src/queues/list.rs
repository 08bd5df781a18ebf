//! The page of topics that are read: how far each partition is, and what was set aside.

use super::{
    place::{self, Place},
    reject::{self, Reject},
    set_place::SetPlace,
};
use crate::{
    audit::{self, pages::Row},
    entry_columns,
    gate::{Change as _, Role, audit::Entry},
    id::QueueRejectId,
    list_query, sql,
    store::Reader,
    web::{
        Desk, PageResult,
        list::{ListQuery as _, Page, read},
        shell::{Section, Shell, Tone, table::Pager},
    },
};
use actix_web::web;
use askama::Template;

const PAGE: usize = 50;
/// The number of places set from the host that are shown.
const SET: i64 = 5;
/// Who sees what came over topics: those who look after them, and those who check.
pub(crate) const READS: &[Role] = &[Role::Oncall, Role::Owner, Role::Auditor];

list_query! {
    /// The filter of the list of records that were set aside, as it was chosen.
    typed Filter at "/queues" from "before";
    /// What the filter means.
    meant Wanted;
    topic: String = read::name;
}

/// `GET /queues`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let Wanted { topic } = filter.chosen(desk.zone())?;
    let before: Option<QueueRejectId> = filter.place()?;
    let rows = async |limit| {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        reject::newest(desk.reader(), topic.as_deref(), before, limit).await
    };
    let found = Page::read(PAGE, rows, |reject: &Reject| reject.id).await?;
    let places = place::all(desk.reader()).await?;
    let set = set(desk.reader()).await?;
    let pager = filter.pager(found.next);
    let shell = desk.shell(Some(Section::Alerts), None).await?;
    desk.page(200, &QueuesPage { shell, places, set, rejects: found.rows, pager, topic: filter.topic })
}

/// The newest rows of the log in which a place was set, the newest first.
async fn set(reader: &Reader) -> sqlx::Result<Vec<Row>> {
    let rows: Vec<Entry> = reader
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where action = $1 and outcome = 'applied' order by seq desc limit $2"
        ))
        .bind(SetPlace::KIND)
        .bind(SET)
        .all()
        .await?;
    Ok(rows.iter().map(audit::row).collect())
}

#[derive(Debug, Template)]
#[template(path = "queues/list.html")]
pub(crate) struct QueuesPage {
    pub(crate) shell: Shell,
    pub(crate) places: Vec<Place>,
    /// The places that were set from the host, the newest first.
    pub(crate) set: Vec<Row>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) pager: Pager,
    /// Of which topic records are shown; empty for all.
    pub(crate) topic: String,
}

impl QueuesPage {
    fn tone(&self, place: &Place) -> Tone {
        match (place.stuck_since(self.shell.now), &place.error) {
            (Some(_), _) => Tone::Bad,
            (None, Some(_)) => Tone::Warn,
            (None, None) => Tone::Ok,
        }
    }

    fn icon(&self, place: &Place) -> &'static str {
        if place.error.is_none() && place.stuck_since(self.shell.now).is_none() { "check" } else { "alert" }
    }

    /// The key of what is said of a partition.
    fn state(&self, place: &Place) -> &'static str {
        match (place.stuck_since(self.shell.now), &place.error, place.lag()) {
            (Some(_), ..) => "queues.stuck",
            (None, Some(_), _) => "queues.failing",
            (None, None, Some(0) | None) => "queues.read",
            (None, None, Some(_)) => "queues.reading",
        }
    }
}
