//! Many at once.

use super::{Form, Page};
use std::{sync::Barrier, thread};

/// Does `act` with all of `items` in as many threads, which begin together.
pub(crate) fn at_once<T: Sync, R: Send>(items: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let start = Barrier::new(items.len());
    let (start, act) = (&start, &act);
    thread::scope(|scope| {
        let threads: Vec<_> = items
            .iter()
            .map(|item| {
                scope.spawn(move || {
                    start.wait();
                    act(item)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Submits all forms together and says how many were answered with each status.
pub(crate) fn submit_at_once(forms: &[Form]) -> Vec<Page> {
    at_once(forms, Form::submit)
}

pub(crate) fn with_status(pages: &[Page], status: u16) -> usize {
    pages.iter().filter(|page| page.status == status).count()
}
