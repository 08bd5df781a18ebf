//! What the frame of every page tells: for each section in which things wait the way to count them, the channels that fail, and the
//! silences in force, and the incidents that are open.

use crate::{
    alerts::{list::waiting, silence::header::silenced},
    approvals::{news, queue},
    batches::runs,
    incidents::record::named,
    notify::health::failing,
    web::shell::{FindFailing, FindIncidents, FindSilenced, Section, Waits},
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

pub(crate) const FAILING: FindFailing = |reader| Box::pin(failing(reader));
pub(crate) const SILENCED: FindSilenced = |reader, now| Box::pin(silenced(reader, now));
pub(crate) const INCIDENTS: FindIncidents = |reader| Box::pin(named(reader));
