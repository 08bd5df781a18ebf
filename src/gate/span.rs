//! The span of a change: every line that is logged while it is decided names its kind, its target and, from then on, its
//! outcome.

use super::Target;
use tracing::{Span, field};

/// The span of a change of this kind.
pub(super) fn of(kind: &'static str, target: Option<&Target>) -> Span {
    let target = target.map(loggable);
    // At the highest level, so that an error carries it however few lines are wanted.
    tracing::error_span!("change", kind, target, outcome = field::Empty)
}

/// Says in the current span what became of its change, in the words of the audit log.
pub(super) fn record_outcome(outcome: &'static str) {
    Span::current().record("outcome", outcome);
}

/// A target as the server's log names it. An invitation is made to an address, and addresses are personal data.
fn loggable(target: &Target) -> String {
    if target.id.contains('@') { format!("{}/-", target.kind) } else { target.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stays_out_of_the_servers_log() {
        assert_eq!(loggable(&Target::new("user", 42)), "user/42");
        assert_eq!(loggable(&Target::new("staff", "mina@ingam.test")), "staff/-");
    }
}
