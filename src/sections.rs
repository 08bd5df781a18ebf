//! What the frame of every page tells: for each section in which things wait the way to count them, the channels that fail, the
//! silences in force, the alerts about which no person is reached, who is on duty, and the incidents that are open.

use crate::{
    alerts::{list::waiting, silence::header::silenced},
    approvals::{news, queue},
    batches::runs,
    escalation::{header::unreached, next::next_call},
    incidents::record::named,
    notify::health::failing,
    oncall::header::on_duty,
    web::shell::{FindFailing, FindIncidents, FindNextCall, FindOnDuty, FindSilenced, FindUnreached, Section, Waits},
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
pub(crate) const ON_DUTY: FindOnDuty = |reader, now| Box::pin(on_duty(reader, now));
pub(crate) const UNREACHED: FindUnreached = |reader| Box::pin(unreached(reader));
pub(crate) const NEXT_CALL: FindNextCall = |reader, alert| Box::pin(next_call(reader, alert));
pub(crate) const INCIDENTS: FindIncidents = |reader| Box::pin(named(reader));
