//! Which rows a form asks for, and how many they are.

use super::{
    EXPORT_EMPTY, EXPORT_RANGE,
    format::Format,
    records,
    selection::{Count, Selection, Wanted},
    typed::Typed,
};
use crate::{
    audit::{
        filter::actions,
        find::bounds,
        list::{Called, called},
    },
    evidence::{access::provable, keep},
    id::Seq,
    store::Reader,
    web::{Desk, PageError, list::ListQuery as _, shell::field::wrong, words::Message},
};

/// The rows that a form asks for and how many they are, or what is wrong with its filters.
pub(super) async fn select(
    desk: &Desk,
    filter: Option<Typed>,
    end: &str,
    format: Option<Format>,
) -> Result<Result<(Selection, Count), Message>, PageError> {
    match (filter, end.parse::<Seq>()) {
        (None, _) => Ok(Err(wrong::not_a_choice())),
        (_, Err(_)) => Ok(Err(wrong::refused(EXPORT_RANGE))),
        (Some(filter), Ok(end)) => count(desk, filter, end, format).await,
    }
}

/// The same of filters, up to a row.
pub(super) async fn count(
    desk: &Desk,
    typed: Typed,
    mut end: Seq,
    format: Option<Format>,
) -> Result<Result<(Selection, Count), Message>, PageError> {
    let mut filter = match typed {
        Typed::Log(filter) => filter,
        Typed::Access(filter) => {
            let Ok(query) = filter.read(desk.zone()) else { return Ok(Err(wrong::not_a_choice())) };
            if format == Some(Format::Bundle) {
                // What a signed log has the tree of; the records after it come with the next row.
                let tied = provable(&mut desk.reader()).await?;
                end = tied.map_or(end, |tied| end.min(Seq::new(tied.size)));
            }
            let reader = desk.console().beside.clone();
            let selected =
                desk.console().aside(async move { records::select(&reader, &filter, &query, end).await }).await;
            return Ok(counted(selected.map_err(PageError::internal)??));
        }
    };
    let Ok(mut query) = filter.read(desk.zone()) else { return Ok(Err(wrong::not_a_choice())) };
    if query.action.as_deref().is_some_and(|action| !actions(desk.catalog().kinds).any(|kind| kind == action)) {
        return Ok(Err(wrong::not_a_choice()));
    }
    match called(desk.reader(), query.target.as_ref()).await? {
        Called::Same => {}
        Called::Wrong(message) => return Ok(Err(message)),
        Called::Elsewhere(target) => {
            filter.target = target;
            match filter.read(desk.zone()) {
                Ok(named) => query = named,
                Err(_) => return Ok(Err(wrong::not_a_choice())),
            }
        }
    }
    if let Some(format) = format.filter(|_| filter.is_empty()) {
        end = end_of(desk.reader(), format, end).await?;
    }
    let (first, end) = bounds(desk.reader(), &query, Some(end)).await?;
    let selection = Selection::of(first..end.max(first), &filter);
    (query.from, query.to, query.rows) = (None, None, None);
    let reader = desk.console().beside.clone();
    let selected = desk.console().aside(async move {
        let count = selection.count(&reader, &Wanted::Log(query)).await?;
        Ok::<_, sqlx::Error>((selection, count))
    });
    Ok(counted(selected.await.map_err(PageError::internal)??))
}

/// A file has a row at least.
fn counted((selection, count): (Selection, Count)) -> Result<(Selection, Count), Message> {
    if count.rows == 0 { Err(wrong::refused(EXPORT_EMPTY)) } else { Ok((selection, count)) }
}

/// Where an export of the whole log ends: a bundle with what is signed of it.
pub(super) async fn end_of(reader: &Reader, format: Format, end: Seq) -> sqlx::Result<Seq> {
    if format != Format::Bundle {
        return Ok(end);
    }
    Ok(keep::last(&mut &*reader).await?.map_or(end, |kept| end.min(Seq::new(kept.size))))
}
