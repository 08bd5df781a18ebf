//! Access records as what a file holds: those that are leaves of their tree, in its order.

use super::{
    Holds,
    selection::{AT_ONCE, Count, Found, Selection, Slice, WINDOW, Wanted, query_of},
};
use crate::{
    access::{
        leaves,
        list::{AccessQuery, Filter},
    },
    clock::Instant,
    id::Seq,
    store::Reader,
    web::list::ListQuery as _,
    zone::Zone,
};
use serde::Deserialize;

/// The days of a selection as moments: a day is one of the person who asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Days {
    since: Option<Instant>,
    until: Option<Instant>,
}

/// The records that fit a filter, below a leaf, and how many they are. `query` is what the filter means.
pub(super) async fn select(
    reader: &Reader,
    filter: &Filter,
    query: &AccessQuery,
    end: Seq,
) -> sqlx::Result<(Selection, Count)> {
    let leaves = leaves::bounds(reader, query, end.get()).await?;
    let days = [("since", query.from), ("until", query.to)].map(|(name, at)| (name, at.map(|at| at.to_string())));
    let mut fields = filter.fields();
    fields.retain(|(name, _)| !matches!(*name, "from" | "to"));
    fields.extend(days.iter().filter_map(|(name, at)| Some((*name, at.as_deref()?))));
    let selection = Selection {
        holds: Holds::Access,
        first: Seq::new(leaves.start),
        end: Seq::new(leaves.end),
        filter: query_of(&fields),
    };
    let count = selection.count(reader, &Wanted::Access(query.clone())).await?;
    Ok((selection, count))
}

/// The filters that were asked for, each with the word that the list has for it; moments for days.
pub(super) fn shown(filter: &str) -> Vec<(&'static str, String)> {
    let (Ok(typed), Ok(days)) =
        (serde_urlencoded::from_str::<Filter>(filter), serde_urlencoded::from_str::<Days>(filter))
    else {
        return Vec::new();
    };
    let days = [("filter.from", days.since), ("filter.to", days.until)];
    let days = days.into_iter().filter_map(|(label, at)| Some((label, at?.to_string())));
    typed.shown().into_iter().chain(days).collect()
}

/// The list with these filters, but for the days.
pub(super) fn list_href(filter: &str) -> String {
    serde_urlencoded::from_str(filter).map_or_else(|_| Filter::PATH.to_owned(), |filter: Filter| filter.href(""))
}

impl Selection {
    /// What the filters mean; `None` where the text is not one that [`select`] made.
    pub(super) fn records(&self) -> Option<AccessQuery> {
        let filter: Filter = serde_urlencoded::from_str(&self.filter).ok()?;
        let Days { since, until } = serde_urlencoded::from_str(&self.filter).ok()?;
        let query = filter.read(Zone::UTC).ok().filter(|query| query.from.is_none() && query.to.is_none())?;
        Some(AccessQuery { from: since, to: until, ..query })
    }

    /// Adds the records of the window that begins at a leaf. Returns where the next one begins.
    pub(super) async fn look_at_records(
        &self,
        reader: &Reader,
        query: &AccessQuery,
        from: Seq,
        found: &mut Found,
    ) -> sqlx::Result<Option<Seq>> {
        let end = Seq::new(from.get().saturating_add(WINDOW)).min(self.end);
        let window = from.get()..end.get();
        found.rows += leaves::count(reader, query, window.clone()).await?;
        found.persons.extend(leaves::customers(reader, query, window).await?.into_iter().map(|(customer,)| customer));
        Ok(Some(end).filter(|end| *end < self.end))
    }

    /// The bytes of all of them as lines, each with its newline.
    pub(super) async fn record_length(&self, reader: &Reader, query: &AccessQuery) -> sqlx::Result<u64> {
        let (mut bytes, mut from) = (0, self.first.get());
        while from < self.end.get() {
            let end = from.saturating_add(WINDOW).min(self.end.get());
            bytes += leaves::length(reader, query, from..end).await?;
            from = end;
        }
        Ok(bytes)
    }

    /// The bytes of the first records from a leaf on.
    pub(super) async fn record_bodies(
        &self,
        reader: &Reader,
        query: &AccessQuery,
        from: Seq,
    ) -> sqlx::Result<Slice<(Seq, Vec<u8>)>> {
        let end = Seq::new(from.get().saturating_add(WINDOW)).min(self.end);
        let rows = leaves::bodies(reader, query, from.get()..end.get(), AT_ONCE).await?;
        let rows = rows.into_iter().map(|(n, body)| (Seq::new(n), body)).collect();
        Ok(self.slice_of(rows, end, |(n, _): &(Seq, Vec<u8>)| *n))
    }
}
