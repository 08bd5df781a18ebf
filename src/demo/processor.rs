//! Staying on one processor. Every statement passes from this thread to the one of SQLite and back; where the two are on different
//! processors, each passing wakes a processor that has gone to sleep, which takes longer than most statements of a demo do.

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// While it lives, this thread and those that it starts stay on one processor. What it cannot do is left undone.
#[derive(Debug)]
pub(super) struct OneProcessor(Option<CpuSet>);

impl OneProcessor {
    pub(super) fn stay() -> Self {
        let Ok(before) = sched_getaffinity(None) else { return Self(None) };
        let mut one = CpuSet::new();
        one.set(sched_getcpu());
        Self(sched_setaffinity(None, &one).ok().map(|()| before))
    }
}

impl Drop for OneProcessor {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = sched_setaffinity(None, before);
        }
    }
}
