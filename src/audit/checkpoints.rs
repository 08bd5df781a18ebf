//! The checkpoints of the log, as they were signed.

use super::list::record_look;
use crate::{
    clock::Instant,
    evidence::{
        keep::{self, Finding, Kept},
        ship::record::{self, Shipment},
        timestamp::record::{self as timestamps, TimeStamp, Trouble},
        witness::record::{self as witnesses, Away, Cosignature, Refusal},
    },
    id::CheckpointId,
    web::{
        Desk, PageResult,
        download::download,
        format::short_hash,
        link::link,
        list::Page,
        problem_page::Problem,
        shell::{Section, Shell, table::Pager},
    },
};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

const PAGE: usize = 50;
const ADDRESS: &str = "/audit/checkpoints";

/// What may be in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Place {
    /// Those that were signed before this one are wanted.
    before: String,
}

/// `GET /audit/checkpoints`
pub(crate) async fn list(desk: Desk, place: web::Query<Place>) -> PageResult {
    let before = match place.before.as_str() {
        "" => CheckpointId::MAX,
        text => text.parse().map_err(|_| Problem::BadRequest)?,
    };
    record_look(&desk, "view-log", None, Some("audit/checkpoints".to_owned())).await?;
    let rows = async |limit| keep::newest(&mut desk.reader(), before, i64::try_from(limit).unwrap_or(i64::MAX)).await;
    let found = Page::read(PAGE, rows, |kept: &Kept| kept.id).await?;
    let pager = Pager {
        first: (before != CheckpointId::MAX).then(|| ADDRESS.to_owned()),
        previous: None,
        next: found.next.map(|id| link(ADDRESS, &[("before", &id.to_string())])),
    };
    // Of the newest one on the page, and the oldest.
    let ends = found.rows.last().zip(found.rows.first()).map(|(oldest, newest)| (oldest.id, newest.id));
    let (shipments, cosignatures, stamps) = match ends {
        Some((oldest, newest)) => (
            record::of(&mut desk.reader(), oldest, newest).await?,
            witnesses::of(&mut desk.reader(), oldest, newest).await?,
            timestamps::of(&mut desk.reader(), oldest, newest).await?,
        ),
        None => (Vec::new(), Vec::new(), Vec::new()),
    };
    let refusals = witnesses::refusals(&mut desk.reader()).await?;
    let away = witnesses::away(&mut desk.reader(), Instant::latest()).await?;
    let troubles = timestamps::troubles(&mut desk.reader(), Instant::latest()).await?;
    let finding = keep::finding(&mut desk.reader()).await?;
    let shell = desk.shell(Some(Section::Audit), None).await?;
    let rows = found.rows;
    let page =
        CheckpointsPage { shell, finding, rows, shipments, cosignatures, stamps, refusals, away, troubles, pager };
    desk.page(200, &page)
}

#[derive(Debug, Template)]
#[template(path = "audit/checkpoints.html")]
pub(crate) struct CheckpointsPage {
    pub(crate) shell: Shell,
    pub(crate) finding: Option<Finding>,
    pub(crate) rows: Vec<Kept>,
    pub(crate) shipments: Vec<Shipment>,
    pub(crate) cosignatures: Vec<Cosignature>,
    pub(crate) stamps: Vec<TimeStamp>,
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) away: Vec<Away>,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) pager: Pager,
}

impl CheckpointsPage {
    fn short_root(kept: &Kept) -> String {
        short_hash(&kept.root)
    }

    /// The witnesses that have signed a checkpoint too.
    fn witnesses_of(&self, kept: &Kept) -> Vec<&str> {
        let of = self.cosignatures.iter().filter(|cosignature| cosignature.checkpoint_id == kept.id);
        of.map(|cosignature| cosignature.witness.as_str()).collect()
    }

    fn stamp_of(&self, kept: &Kept) -> Option<&TimeStamp> {
        self.stamps.iter().find(|stamp| stamp.checkpoint_id == kept.id)
    }

    /// Where a checkpoint is besides, and where it is to be.
    fn shipments_of(&self, kept: &Kept) -> Vec<&Shipment> {
        self.shipments.iter().filter(|shipment| shipment.checkpoint_id == kept.id).collect()
    }

    fn root(kept: &Kept) -> String {
        hex::encode(&kept.root)
    }
}

/// `GET /audit/checkpoints/{id}`: the signed note itself.
pub(crate) async fn show(desk: Desk, path: web::Path<CheckpointId>) -> PageResult {
    let kept = keep::find(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    record_look(&desk, "view-log", None, Some(format!("audit/checkpoints/{}", kept.id))).await?;
    let name = format!("checkpoint-{}-{}.txt", kept.size, kept.id);
    let note = keep::cosigned(&mut desk.reader(), &kept).await?;
    Ok(download("text/plain; charset=utf-8", &name, note))
}

/// `GET /audit/checkpoints/{id}/timestamp`: the response of the authority for time stamps, as it came.
pub(crate) async fn timestamp(desk: Desk, path: web::Path<CheckpointId>) -> PageResult {
    let kept = keep::find(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    let response = timestamps::response(&mut desk.reader(), kept.id).await?.ok_or(Problem::NotFound)?;
    record_look(&desk, "view-log", None, Some(format!("audit/checkpoints/{}/timestamp", kept.id))).await?;
    Ok(download("application/timestamp-reply", &format!("checkpoint-{}-{}.tsr", kept.size, kept.id), response))
}

/// `GET /audit/checkpoints/{id}/stamped`: the bytes that the time stamp is on, which are the note without the signatures of witnesses.
pub(crate) async fn stamped(desk: Desk, path: web::Path<CheckpointId>) -> PageResult {
    let kept = keep::find(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    record_look(&desk, "view-log", None, Some(format!("audit/checkpoints/{}/stamped", kept.id))).await?;
    Ok(download("text/plain; charset=utf-8", &format!("checkpoint-{}-{}-stamped.txt", kept.size, kept.id), kept.note))
}
