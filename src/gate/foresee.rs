//! What the rules of approval will say about a change that a person is about to make, as far as it is known before they say
//! how much. A page promises by this what the gate will do.

use super::{
    Actor, Amount, Gate, Policies, Role, Target, Who,
    daily::{self, Totals},
    day::Day,
    evaluation::{eligible_approvers, is_same_mailbox},
};
use crate::store::Reader;

/// What is known of a change before it is made.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    /// What the person has altered alone today, where a rule for this kind of change adds up a day.
    pub today: Totals,
    /// The number of people who could approve, by the role that a rule asks for only if it is possible.
    pub eligible: Vec<(Role, i64)>,
    /// Whether the change is about a customer with the mailbox of the person.
    pub is_own: bool,
}

impl Gate {
    /// What the rules will say about changes of this kind, made by this person to this target. `contact` is the address of
    /// the customer that the target belongs to.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub async fn foresee(
        &self,
        reader: &Reader,
        actor: &Actor,
        kind: &str,
        target: &Target,
        contact: Option<&str>,
    ) -> sqlx::Result<Foreseen> {
        let Who::Staff { id, email, .. } = &actor.who else { return Ok(Foreseen::default()) };
        let policies = self.policies();
        let mut foreseen =
            Foreseen { is_own: contact.is_some_and(|contact| is_same_mailbox(contact, email)), ..Foreseen::default() };
        if policies.counts_days(kind) {
            let day = Day::of(self.clock.now(), policies.zone);
            let stored = daily::stored(&mut &*reader, *id, day).await?;
            foreseen.today = if let Some((_, totals)) = stored {
                totals
            } else {
                let kinds = self.catalog().kinds;
                daily::from_log(&mut &*reader, kinds, *id, day, i64::MAX, async || ()).await?
            };
        }
        for policy in policies.of(kind).filter(|policy| policy.is_only_if_possible()) {
            let n = eligible_approvers(&mut &*reader, policy.role, (*id, email), target).await?;
            foreseen.eligible.push((policy.role, n));
        }
        Ok(foreseen)
    }
}

impl Foreseen {
    /// The number of people who could approve, where that was asked.
    pub fn eligible(&self, role: Role) -> Option<i64> {
        self.eligible.iter().find(|(other, _)| *other == role).map(|(_, n)| *n)
    }
}

impl Policies {
    /// Whether this amount of a quantity is more than the person may change alone: at once, or with what they have changed
    /// today.
    pub fn exceeds(&self, kind: &str, quantity: &str, amount: Amount, foreseen: &Foreseen) -> bool {
        self.measured(kind, quantity).any(|rule| {
            rule.exceeds_at_once(amount)
                || rule.exceeds_daily(amount.plus(rule.altered(&foreseen.today, quantity, amount.currency)))
        })
    }

    /// The most of a plain number, such as points, that the person may still change alone at once; `None` without a limit.
    pub fn most_alone(&self, kind: &str, quantity: &str, foreseen: &Foreseen) -> Option<i64> {
        let plain = |amounts: &[Amount]| amounts.iter().find(|over| over.currency.is_none()).map(|over| over.n);
        let limits = self.measured(kind, quantity).flat_map(|rule| {
            let altered = rule.altered(&foreseen.today, quantity, None);
            [plain(rule.over), plain(rule.daily).map(|n| n.saturating_sub(altered).max(0))]
        });
        limits.flatten().min()
    }
}
