//! Asks the payment provider for the refunds that were decided, and makes its answer a change.
//!
//! The first time a refund is asked for; after that it is asked *about*, and asked for again only where the provider has
//! never heard of it, under the same key. So a process may die at any point and no money goes out twice.

use crate::{
    clock::{Clock, Instant},
    gate::{Actor, Gate, Refusal},
    orders::claim::{ClaimRefunds, ClaimedRefund, PostponeRefund},
    orders::settle::{Outcome, SettleRefund},
    payments::{Answer, Provider, RefundRequest, Unclear},
    secret,
};
use chrono::TimeDelta;
use futures_util::future::join_all;

/// The number of refunds at once: each waits for the provider in a thread of its own.
const AT_ONCE: i64 = 8;
/// Between the answer and its being written down.
const SLACK: TimeDelta = TimeDelta::seconds(5);

/// Asks about the next refunds that are due, and says whether there were any.
pub(super) async fn settle(gate: &Gate, clock: &Clock, provider: &Provider) -> sqlx::Result<bool> {
    // One claim may ask what became of it and then ask for it again.
    let timeout = TimeDelta::from_std(provider.timeout()).unwrap_or(TimeDelta::minutes(1));
    let claimed = gate
        .run_housekeeping(&ClaimRefunds { provider: provider.name(), limit: AT_ONCE, lease: timeout * 2 + SLACK })
        .await?;
    let outcomes = join_all(claimed.iter().map(|claim| settle_one(gate, clock, provider, claim))).await;
    outcomes.into_iter().collect::<sqlx::Result<()>>()?;
    Ok(!claimed.is_empty())
}

async fn settle_one(gate: &Gate, clock: &Clock, provider: &Provider, claim: &ClaimedRefund) -> sqlx::Result<()> {
    let outcome = match ask(provider, claim, clock.now()).await {
        Ok(Answer::Succeeded { reference }) => Some(Outcome::Succeeded(reference)),
        Ok(Answer::Declined { code }) => Some(Outcome::Failed(code)),
        Ok(Answer::Pending | Answer::Unknown) => None,
        Err(unclear) => {
            tracing::warn!(refund = claim.refund_id.get(), payment = claim.payment_id.get(), attempt = claim.attempts, %unclear, "asking again later");
            None
        }
    };
    let Some(outcome) = outcome else { return postpone(gate, clock, claim).await };
    let change = SettleRefund { order: claim.order_id, refund: claim.refund_id, payment: claim.payment_id, outcome };
    let actor = Actor::system(format!("job_{}", hex::encode(secret::random::<10>())));
    match gate.submit_unattended(&actor, &change).await {
        Ok(_) => return Ok(()),
        Err(Refusal::Unrecorded(error)) => tracing::error!(
            refund = claim.refund_id.get(),
            payment = claim.payment_id.get(),
            error = format!("{error:#}"),
            "the provider's answer could not be recorded; asking it again"
        ),
        Err(refusal) => {
            tracing::warn!(refund = claim.refund_id.get(), payment = claim.payment_id.get(), %refusal, "not settled");
        }
    }
    postpone(gate, clock, claim).await
}

/// Leaves it for later; where it was settled meanwhile, that is nothing at all.
async fn postpone(gate: &Gate, clock: &Clock, claim: &ClaimedRefund) -> sqlx::Result<()> {
    let until = clock.now().plus(wait(claim.attempts));
    gate.run_housekeeping(&PostponeRefund { refund: claim.refund_id, payment: claim.payment_id, until }).await
}

async fn ask(provider: &Provider, claim: &ClaimedRefund, now: Instant) -> Result<Answer, Unclear> {
    let currency = claim.currency.parse().map_err(|_| Unclear("a currency it does not know".to_owned()))?;
    let money = crate::money::Money { minor: claim.amount, currency };
    let request = RefundRequest { key: claim.key.clone(), payment: claim.payment.clone(), amount: money };
    if claim.attempts > 1 {
        match provider.status(&request, now).await? {
            Answer::Unknown => {}
            answer => return Ok(answer),
        }
    }
    provider.refund(&request, now).await
}

/// How long to wait after this number of attempts: 5 seconds, doubling to 10 minutes.
fn wait(attempts: i64) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).clamp(0, 7);
    TimeDelta::seconds((5 << doublings).min(600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_to_ten_minutes() {
        let waits: Vec<_> = (0..=10).map(|attempts| wait(attempts).num_seconds()).collect();
        assert_eq!(waits, [5, 5, 10, 20, 40, 80, 160, 320, 600, 600, 600]);
    }
}
