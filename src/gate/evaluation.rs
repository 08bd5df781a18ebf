//! Whether a change that was tried needs a second person, and how many people could be one.

use super::{
    Actor, By, DynChange, Fault, Role, Roles, Target, Tx, Who,
    amount::{Amount, altered, exceeded},
    daily,
    ledger::Event,
    noted::Fields,
    policy::{Need, Policy, When, covers},
    reversal,
};
use crate::zone::Zone;
use crate::{id::StaffId, sql, store::Queries};
use serde_json::{Map, Value};

crate::gate::topics! {
    /// A change altered more than a notice of the rules allows to pass unreported.
    pub(crate) CHANGES_HIGH_VALUE = "changes.high-value";
}

/// What a change of this transaction altered, for the changes of the same person that follow it.
pub(super) struct PriorEffect {
    pub(super) kind: &'static str,
    pub(super) before: Fields,
    pub(super) after: Fields,
}

/// The condition that the person `staff s` can use a code, and so decide. The page of a request asks it too.
#[macro_export]
macro_rules! can_decide {
    () => {
        "(s.active and s.password_hash is not null
            and exists (select 1 from authenticators a where a.staff_id = s.id and not a.locked))"
    };
}

/// Decides by what the change noted whether it needs a second person. The strictest rule that matches wins.
pub(super) async fn evaluate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &dyn DynChange,
    earlier: &[PriorEffect],
) -> Result<Option<Need>, Fault> {
    let Who::Staff { id, email, .. } = &actor.who else { return Ok(None) };
    let admits = change.admits();
    // A change without a code, or of a person's own account, needs no approval; nor does a decision about a request.
    if !change.may_wait() || !admits.code || change.is_decision() || !matches!(admits.by, By::Roles(_)) {
        return Ok(None);
    }
    let policies = tx.setup.policies.clone();
    let mut need: Option<Need> = None;
    for policy in policies.of(change.kind()) {
        let Policy { role, mut approvers, expires, urgent, .. } = *policy;
        if policy.is_only_if_possible() {
            approvers = approvers.min(eligible_approvers(tx, role, (*id, email), &change.target()).await?);
            if approvers < 1 {
                continue;
            }
        }
        let Some((rule, beyond)) = matches(tx, policy, change, (*id, email), (policies.zone, earlier)).await? else {
            continue;
        };
        let urgent = urgent.filter(|_| change.may_be_urgent());
        let one = Need { rule, beyond, role, approvers, expires, urgent };
        need = Some(need.map_or(one.clone(), |other| other.and(one)));
    }
    // What needed a second person needs one to be taken back.
    if let Some(of) = tx.ledger.reverses
        && let Some(same) = reversal::need_of(tx, of).await?
    {
        need = Some(need.map_or(same.clone(), |other| other.and(same)));
    }
    Ok(need)
}

async fn matches(
    tx: &mut Tx<'_>,
    policy: &Policy,
    change: &dyn DynChange,
    (staff, email): (StaffId, &str),
    (zone, earlier): (Zone, &[PriorEffect]),
) -> Result<Option<(&'static str, Option<Amount>)>, Fault> {
    Ok(match &policy.when {
        When::Always { .. } => Some(("always", None)),
        When::Marked => change.is_marked(tx).await?.then_some(("marked", None)),
        When::Own => {
            let contact = change.contact(tx).await?;
            contact.is_some_and(|contact| is_same_mailbox(&contact, email)).then_some(("own", None))
        }
        When::Beyond { quantity, over, daily } => match altered(quantity, &tx.ledger.before, &tx.ledger.after) {
            None => None,
            Some(amount) => match exceeded(over, amount) {
                Some(threshold) => Some(("over", Some(threshold))),
                None if daily.is_empty() => None,
                None => {
                    let already = altered_today(tx, policy, quantity, staff, zone, earlier).await?;
                    let same = already.iter().filter(|other| other.currency == amount.currency);
                    let n = same.fold(amount.n, |sum, other| sum.saturating_add(other.n));
                    exceeded(daily, Amount { n, ..amount }).map(|threshold| ("daily", Some(threshold)))
                }
            },
        },
    })
}

/// Counts the active, enrolled holders of `role` other than the requester and the target. Accounts disabled under an urgent
/// request that is not approved yet still count: otherwise one owner could disable the others one by one, and then need no
/// approval.
pub(super) async fn eligible_approvers(
    db: &mut impl Queries,
    role: Role,
    (staff, email): (StaffId, &str),
    about: &Target,
) -> sqlx::Result<i64> {
    let about: StaffId = if about.kind == "staff" { about.id.parse().unwrap_or_default() } else { StaffId::default() };
    let people: Vec<(String, String)> = db
        .query(sql!(
            "select s.roles, s.email from staff s
              where s.id <> $1 and s.id <> $2
                and (",
            can_decide!(),
            " or exists (select 1 from approval_requests r
                                 where r.state = 'owed' and r.target_kind = 'staff' and r.target_id = cast(s.id as text)))"
        ))
        .bind(staff)
        .bind(about)
        .all()
        .await?;
    let is_eligible =
        |(roles, other): &&(String, String)| Roles::parse(roles).any_of(&[role]) && !is_same_mailbox(other, email);
    Ok(i64::try_from(people.iter().filter(is_eligible).count()).unwrap_or(i64::MAX))
}

/// What a person has altered alone today of what the rule covers: what is counted, and the changes before this one in its
/// transaction.
async fn altered_today(
    tx: &mut Tx<'_>,
    policy: &Policy,
    quantity: &str,
    staff: StaffId,
    zone: Zone,
    earlier: &[PriorEffect],
) -> sqlx::Result<Vec<Amount>> {
    let counted = match &tx.today {
        Some((whose, counted)) if *whose == staff => counted.clone(),
        _ => daily::today(tx, staff, zone).await?,
    };
    let counted = counted
        .into_iter()
        .filter(|((kind, measured, _), _)| measured == quantity && policy.covers(kind))
        .filter_map(|((.., currency), n)| daily::amount_of(&currency, n));
    let now = earlier.iter().filter(|prior| policy.covers(prior.kind));
    Ok(counted.chain(now.filter_map(|prior| altered(quantity, &prior.before, &prior.after))).collect())
}

/// Whether two addresses lead to the same person: `mina+shop@…` is read by `mina@…`.
pub fn is_same_mailbox(one: &str, other: &str) -> bool {
    let plain = |email: &str| {
        let (local, domain) = email.split_once('@')?;
        let local = local.split('+').next().unwrap_or_default();
        Some((local.to_lowercase(), domain.to_lowercase()))
    };
    plain(one).is_some_and(|one| Some(one) == plain(other))
}

/// Whether the change affects this member of staff: their own account, or a customer with their mailbox.
pub(super) async fn is_about(tx: &mut Tx<'_>, change: &dyn DynChange, staff: StaffId) -> Result<bool, Fault> {
    let target = change.target();
    if target.kind == "staff" && target.id == staff.to_string() {
        return Ok(true);
    }
    let Some(contact) = change.contact(tx).await? else { return Ok(false) };
    Ok(is_same_mailbox(&contact, &email_of(tx, staff).await?))
}

pub(super) async fn email_of(tx: &mut Tx<'_>, staff: StaffId) -> sqlx::Result<String> {
    let email: Option<(String,)> =
        tx.query(sql!("select email from staff where id = $1")).bind(staff).optional().await?;
    Ok(email.map(|(email,)| email).unwrap_or_default())
}

/// The events that report a change because of its size.
pub(super) fn notices(tx: &Tx<'_>, change: &dyn DynChange, by: Option<StaffId>) -> Vec<Event> {
    let fitting = tx.setup.policies.notices.iter().filter(|notice| covers(&notice.change, change.kind()));
    let told = fitting.filter_map(|notice| {
        let amount = altered(&notice.quantity, &tx.ledger.before, &tx.ledger.after)?;
        let over = exceeded(&notice.over, amount)?;
        let mut body = Map::new();
        for (name, value) in [
            ("change", change.kind().to_owned()),
            ("target", change.target().to_string()),
            ("quantity", notice.quantity.clone()),
            ("amount", amount.to_string()),
            ("over", over.to_string()),
        ] {
            body.insert(name.to_owned(), Value::String(value));
        }
        body.insert("staff".to_owned(), by.map(StaffId::get).into());
        Some(Event { topic: CHANGES_HIGH_VALUE, body: Value::Object(body) })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_known_by_its_owner() {
        assert!(is_same_mailbox("Mina@ingam.test", "mina@ingam.test"));
        assert!(is_same_mailbox("mina+vip@ingam.test", "mina@ingam.test"));
        assert!(!is_same_mailbox("minas@ingam.test", "mina@ingam.test"));
        assert!(!is_same_mailbox("mina@shop.test", "mina@ingam.test"));
        assert!(!is_same_mailbox("", ""));
    }
}
