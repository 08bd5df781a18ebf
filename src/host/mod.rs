//! What commands on the host changed, until an owner confirms having seen it.

pub(crate) mod confirm;
pub(crate) mod list;
pub(crate) mod unseen;

use crate::gate::Target;

/// All changes from the host, as the target of what confirms them.
pub(crate) fn target() -> Target {
    Target::new("host", "changes")
}
