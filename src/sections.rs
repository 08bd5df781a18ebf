//! What the navigation counts: for each section in which things wait, the way to count them.

use crate::{
    alerts::list::waiting,
    approvals::{news, queue},
    batches::runs,
    web::shell::{Section, Waits},
};

pub(crate) const WAITS: &[Waits] = &[
    Waits { section: Section::Batches, count: |reader, _, _| Box::pin(runs::waiting(reader)), news: None },
    Waits { section: Section::Alerts, count: |reader, _, _| Box::pin(waiting(reader)), news: None },
    Waits {
        section: Section::Approvals,
        count: |reader, person, now| Box::pin(queue::waiting_for(reader, person, now)),
        news: Some(|reader, person, since| Box::pin(news::count(reader, person, since))),
    },
];
