//! Which networks the console opens from: those of the environment, which cannot be removed while it runs, and those on
//! the list that owners keep. The list is read with every request and again in the transaction of every change, so that
//! what is taken off it is closed at once, in every process.

pub(crate) mod add;
pub(crate) mod change;
pub(crate) mod fields;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod remove;
pub(crate) mod rules;

use crate::{gate::Target, web::panel::Entry};
use ipnet::IpNet;

crate::gate::refusal_words! {
    /// The change would end the requester's own access, or end it earlier.
    pub(crate) NETWORK_YOURS = "network-yours";
}

crate::gate::topics! {
    /// A network was added to the list, changed or removed.
    pub(crate) NETWORKS_CHANGED = "networks.changed";
}

/// What can be done beside the list.
const PANELS: &[Entry<list::Networks>] =
    &[Entry::of::<add::AddPanel>(), Entry::of::<change::ChangePanel>(), Entry::of::<remove::RemovePanel>()];

/// What a change is about is named by the network itself and not by its row: a row of the log is then read without looking
/// anything up, and a network that was removed and added again has one history.
pub(crate) fn target(net: IpNet) -> Target {
    Target::new("network", net)
}
