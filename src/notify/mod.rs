//! Telling others: channels, what goes to which of them, and messages on their way.
//!
//! What is to be told is a row ([`deliveries`](deliver)) that is written in the transaction of what it tells. A lane of the worker for
//! each channel claims it, sends it and writes down the answer, so it is told at least once, in order for each thing, and none is
//! dropped without a word. Channels and routes are declared in the configuration file, like jobs; no page can name an address.

pub(crate) mod again;
pub(crate) mod channel;
pub(crate) mod deliver;
mod email;
pub(crate) mod fan_out;
#[cfg(test)]
#[path = "golden/tests.rs"]
mod golden;
pub(crate) mod health;
pub(crate) mod heartbeat;
pub(crate) mod idle;
mod influx;
pub(crate) mod list;
pub(crate) mod message;
mod pagerduty;
pub(crate) mod personal;
pub(crate) mod post;
pub(crate) mod records;
pub(crate) mod retry;
pub(crate) mod route;
pub(crate) mod send;
mod slack;
pub(crate) mod test;
pub(crate) mod text;
pub(crate) mod way;
mod webhook;

pub(crate) use channel::Channel;
pub use channel::Channels;
pub use heartbeat::Heartbeat;
pub(crate) use message::{Facts, Message, Severity, What};

use crate::{gate::Target, id::DeliveryId, web::panel::Entry};

crate::gate::refusal_words! {
    /// There is no such message.
    pub(crate) DELIVERY = "delivery";
    /// The message is not in a state in which that can be done.
    pub(crate) DELIVERY_SETTLED = "delivery-settled";
    /// There is no such channel.
    pub(crate) CHANNEL = "channel";
    /// Each person has an address of their own in the channel, and the channel none.
    pub(crate) CHANNEL_PERSONAL = "channel-personal";
}

/// What can be done beside the list of messages.
const PANELS: &[Entry<list::Deliveries>] =
    &[Entry::of::<again::AgainPanel>(), Entry::of::<again::GiveUpPanel>(), Entry::of::<test::TestPanel>()];

/// A message as the target of a change.
pub(crate) fn target(id: DeliveryId) -> Target {
    Target::new("delivery", id)
}
