//! Reading a list a page at a time.

/// A page of rows, and where the next one continues.
#[derive(Clone, Debug)]
pub struct Page<R, K> {
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

    /// Reads a page of `size` rows: `rows` reads at most that many, of which one more than the page is asked for.
    pub(crate) async fn read<E>(
        size: usize,
        rows: impl AsyncFnOnce(usize) -> Result<Vec<R>, E>,
        place: impl Fn(&R) -> K,
    ) -> Result<Self, E> {
        Ok(Self::of(rows(size.saturating_add(1)).await?, size, place))
    }

    /// The same page with each row as `row` makes it.
    pub(crate) fn map<S>(self, row: impl FnMut(R) -> S) -> Page<S, K> {
        Page { rows: self.rows.into_iter().map(row).collect(), next: self.next }
    }
}

/// How many windows are looked through for one page before the list says where to continue.
pub(crate) const WINDOWS: usize = 10;

/// Finds a page of `size` rows between `first` and `end`, the newest first, through bounded windows: for filters without an
/// index of their own, so that a filter that fits nothing gives up after a while.
///
/// `start` says where the window below a place begins (`None`: there is nothing below it), `rows` reads at most that number of rows
/// of a window.
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
