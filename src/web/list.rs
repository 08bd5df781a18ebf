//! Lists: what their address can hold, and reading them a page at a time.
//!
//! A list goes along one index and continues after the last row shown, so its address carries filters and a place and never
//! a page number. [`list_query!`](crate::list_query) declares the filters once; [`Page`] and [`walk`] find the rows.

pub(crate) mod read;

use super::{link::link, problem_page::Problem, shell::table::Pager, words::Message};
use chrono_tz::Tz;
use std::{fmt::Display, str::FromStr};

/// The filters of a list as they were typed, and the place it continues from. Made by [`list_query!`](crate::list_query).
pub(crate) trait ListQuery {
    /// The address of the list.
    const PATH: &'static str;
    /// What the address calls the place: `before`, `after`.
    const PLACE: &'static str;

    /// The filters in the order of the address.
    fn fields(&self) -> Vec<(&'static str, &str)>;

    /// The place as it was typed; empty for the first page.
    fn place_text(&self) -> &str;

    /// The number of filters set.
    fn set(&self) -> i64 {
        let set = self.fields().into_iter().filter(|(_, value)| !value.trim().is_empty()).count();
        i64::try_from(set).unwrap_or(i64::MAX)
    }

    fn is_empty(&self) -> bool {
        self.set() == 0
    }

    /// The place that the list continues from; `None` for the first page.
    ///
    /// # Errors
    /// 400 where the address holds something that is no place.
    fn place<K: FromStr>(&self) -> Result<Option<K>, Problem> {
        match self.place_text() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Problem::BadRequest),
        }
    }

    /// The address of this list with these filters, from `place` on.
    fn href(&self, place: &str) -> String {
        let mut fields = self.fields();
        fields.push((Self::PLACE, place));
        link(Self::PATH, &fields)
    }

    /// The links to the first page and the next one.
    fn pager<K: Display>(&self, next: Option<K>) -> Pager {
        Pager {
            first: (!self.place_text().is_empty()).then(|| self.href("")),
            previous: None,
            next: next.map(|next| self.href(&next.to_string())),
        }
    }
}

/// What the readers of filters may ask.
#[derive(Debug)]
pub(crate) struct Reading<'a, F> {
    /// The reader's time zone, in which days are meant.
    pub zone: Tz,
    /// All filters as they were typed.
    pub typed: &'a F,
}

impl<F> Clone for Reading<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Reading<'_, F> {}

/// Reads one filter: what it means, or what is wrong with it.
pub(crate) type ReadFilter<F, T> = fn(&str, Reading<'_, F>) -> Result<T, Message>;

/// Declares the query of a list: its address, what the address calls the place it continues from, and for each filter its
/// name, what it means, and the function that reads it. Gives a struct of texts as typed, which implements
/// `web::list::ListQuery`, and a struct of what they mean.
///
/// An empty filter does not filter; what is wrong with another is said at its field.
#[macro_export]
macro_rules! list_query {
    (
        $(#[$typed_meta:meta])* typed $typed:ident at $path:literal from $place:literal;
        $(#[$meant_meta:meta])* meant $meant:ident;
        $($(#[$field_meta:meta])* $field:ident: $type:ty = $read:expr;)*
    ) => {
        $(#[$typed_meta])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(default)]
        pub(crate) struct $typed {
            $($(#[$field_meta])* pub $field: String,)*
            #[serde(rename = $place)]
            pub place: String,
        }

        $(#[$meant_meta])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $meant {
            $($(#[$field_meta])* pub $field: Option<$type>,)*
        }

        impl $crate::web::list::ListQuery for $typed {
            const PATH: &'static str = $path;
            const PLACE: &'static str = $place;

            fn fields(&self) -> Vec<(&'static str, &str)> {
                vec![$((stringify!($field), self.$field.as_str())),*]
            }

            fn place_text(&self) -> &str {
                &self.place
            }
        }

        impl $typed {
            /// What the filters mean, or what is wrong with them, field by field.
            pub(crate) fn read(
                &self,
                zone: chrono_tz::Tz,
            ) -> Result<$meant, $crate::web::shell::field::FieldErrors> {
                let reading = $crate::web::list::Reading { zone, typed: self };
                let mut errors = $crate::web::shell::field::FieldErrors::new();
                let meant = $meant {
                    $($field: match self.$field.as_str() {
                        text if text.trim().is_empty() => None,
                        text => {
                            let read: $crate::web::list::ReadFilter<Self, $type> = $read;
                            read(text, reading).map_err(|message| errors.add(stringify!($field), message)).ok()
                        }
                    },)*
                };
                if errors.is_empty() { Ok(meant) } else { Err(errors) }
            }
        }
    };
}

/// A page of rows, and where the next one continues.
#[derive(Clone, Debug)]
pub(crate) struct Page<R, K> {
    pub rows: Vec<R>,
    pub next: Option<K>,
}

impl<R, K> Default for Page<R, K> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None }
    }
}

impl<R, K> Page<R, K> {
    /// A page of `size` rows out of `rows`, of which one more was asked for: it tells that there is another page.
    pub(crate) fn of(rows: Vec<R>, size: usize, place: impl Fn(&R) -> K) -> Self {
        Self::or_unread(rows, size, place, None)
    }

    /// The same; where `rows` do not fill the page, `unread` is the place before which no row has been looked at.
    pub(crate) fn or_unread(mut rows: Vec<R>, size: usize, place: impl Fn(&R) -> K, unread: Option<K>) -> Self {
        let is_full = rows.len() > size;
        rows.truncate(size);
        let next = if is_full { rows.last().map(place) } else { unread };
        Self { rows, next }
    }
}

/// The number of windows that are looked through for one page before the list says where to continue.
const WINDOWS: usize = 10;

/// Finds a page of `size` rows between `first` and `end`, the newest first, through bounded windows: for filters without an
/// index of their own, so that a filter that fits nothing gives up after a while.
///
/// `start` says where the window below a place begins (`None`: there is nothing below it), `rows` reads at most that
/// number of rows of a window.
pub(crate) async fn walk<R, K: Copy + Ord, E>(
    size: usize,
    (first, mut end): (K, K),
    start: impl AsyncFn(K) -> Result<Option<K>, E>,
    rows: impl AsyncFn(K, K, usize) -> Result<Vec<R>, E>,
    place: impl Fn(&R) -> K,
) -> Result<Page<R, K>, E> {
    let mut found = Vec::new();
    for _ in 0..WINDOWS {
        let Some(bottom) = start(end).await? else { return Ok(Page::of(found, size, place)) };
        let bottom = bottom.max(first);
        found.extend(rows(bottom, end, size.saturating_add(1).saturating_sub(found.len())).await?);
        end = bottom;
        if found.len() > size || end <= first {
            break;
        }
    }
    Ok(Page::or_unread(found, size, place, Some(end).filter(|end| *end > first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks over the numbers below `end` that fit, in windows of ten.
    fn numbers(end: i64, fits: fn(i64) -> bool) -> Page<i64, i64> {
        let start = async |end: i64| Ok::<_, ()>(Some(end - 10));
        let rows = async |from: i64, to: i64, limit: usize| {
            Ok((from..to).rev().filter(|n| fits(*n)).take(limit).collect::<Vec<_>>())
        };
        futures_util::future::FutureExt::now_or_never(walk(3, (0, end), start, rows, |n| *n)).unwrap().unwrap()
    }

    #[test]
    fn a_page_is_filled_from_as_many_windows_as_it_takes() {
        let page = numbers(50, |n| n % 7 == 0);
        assert_eq!((page.rows, page.next), (vec![49, 42, 35], Some(35)));
        assert_eq!(numbers(10, |_| true).next, Some(7));
    }

    #[test]
    fn a_filter_that_fits_nothing_says_where_to_continue_and_ends_at_the_end() {
        let page = numbers(1000, |_| false);
        assert_eq!((page.rows.len(), page.next), (0, Some(900)));
        assert_eq!(numbers(95, |_| false).next, None);
        assert_eq!(numbers(30, |n| n == 2).rows, vec![2]);
    }
}
