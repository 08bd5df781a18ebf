//! The log as tiles (<https://c2sp.org/tlog-tiles>), up to the newest checkpoint: for programs that verify all of it.

use super::list::record_look;
use crate::{
    evidence::{
        keep,
        nodes::{self, Source},
        rows,
    },
    store::Reader,
    tlog::tile::{Content, HEIGHT, Tile, write_bundle},
    web::{Desk, PageError, PageResult, problem_page::Problem},
};
use actix_web::{HttpResponse, web};

/// `GET /log/checkpoint`
pub(crate) async fn checkpoint(desk: Desk) -> PageResult {
    let kept = keep::last(&mut desk.reader()).await?.ok_or(Problem::NotFound)?;
    let note = keep::cosigned(&mut desk.reader(), &kept).await?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(note))
}

/// `GET /log/{tile}`
pub(crate) async fn show(desk: Desk, path: web::Path<String>) -> PageResult {
    let tile = Tile::read(&path).map_err(|_| Problem::NotFound)?;
    let kept = keep::last(&mut desk.reader()).await?.ok_or(Problem::NotFound)?;
    if !tile.is_within(kept.size.unsigned_abs()) {
        return Err(Problem::NotFound.into());
    }
    let bytes = match tile.content() {
        Content::Hashes { level } => hashes(desk.reader(), level, tile).await?,
        Content::Entries => {
            record_look(&desk, "view-log", None, Some(format!("log/{tile}"))).await?;
            entries(desk.reader(), tile).await?
        }
    };
    Ok(HttpResponse::Ok().content_type("application/octet-stream").body(bytes))
}

async fn hashes(reader: &Reader, level: u32, tile: Tile) -> Result<Vec<u8>, PageError> {
    let range = tile.range();
    let hashes = nodes::hashes(reader, level * HEIGHT, range.start, range.end, Source::Kept).await;
    Ok(hashes.map_err(PageError::internal)?.concat())
}

async fn entries(reader: &Reader, tile: Tile) -> Result<Vec<u8>, PageError> {
    let entries = rows::bodies(reader, tile.range()).await.map_err(PageError::internal)?;
    write_bundle(entries.iter()).map_err(PageError::internal)
}
