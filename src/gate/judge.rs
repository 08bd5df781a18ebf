//! Whether a change that was tried needs somebody else, and who that could be.

use super::{
    Actor, AtRest, By, Event, Fault, Role, Roles, Tx, Who,
    amount::{Amount, Fields, altered, exceeded},
    policy::{Need, Policy, When, covers},
};
use crate::{clock::Instant, sql};
use chrono::{NaiveTime, TimeZone as _};
use chrono_tz::Tz;
use serde_json::{Map, Value};

/// The condition that the person `staff s` can use a code, and so decide. The page of a request asks it too.
#[macro_export]
macro_rules! can_decide {
    () => {
        "(s.active and s.password_hash is not null
            and exists (select 1 from authenticators a where a.staff_id = s.id and not a.locked))"
    };
}

/// What one change of this transaction altered, for those of the same person that follow it.
pub(super) type Earlier = Vec<(&'static str, Fields, Fields)>;

/// Whether the change that was just tried needs somebody else, by what it noted. The strictest rule that fits wins.
pub(super) async fn judge(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &dyn AtRest,
    earlier: &Earlier,
) -> Result<Option<Need>, Fault> {
    let Who::Staff { id, email, .. } = &actor.who else { return Ok(None) };
    let admits = change.admits();
    // What needs no code, or is everybody's own affair, needs nobody else either; nor does deciding about such needs.
    let is_decision = change.kind().starts_with("approvals.");
    if !change.may_wait() || !admits.code || is_decision || !matches!(admits.by, By::Roles(_)) {
        return Ok(None);
    }
    let policies = tx.policies.clone();
    let mut need: Option<Need> = None;
    for policy in policies.of(change.kind()) {
        let Policy { role, mut approvers, expires, urgent, .. } = *policy;
        if policy.is_only_if_possible() {
            approvers = approvers.min(others(tx, role, (*id, email), change).await?);
            if approvers < 1 {
                continue;
            }
        }
        let Some((rule, beyond)) = fits(tx, policy, change, (*id, email), (policies.zone, earlier)).await? else {
            continue;
        };
        let urgent = urgent.filter(|_| change.may_be_urgent());
        let one = Need { rule, beyond, role, approvers, expires, urgent };
        need = Some(need.map_or(one.clone(), |other| other.and(one)));
    }
    Ok(need)
}

async fn fits(
    tx: &mut Tx<'_>,
    policy: &Policy,
    change: &dyn AtRest,
    (staff, email): (i64, &str),
    (zone, earlier): (Tz, &Earlier),
) -> Result<Option<(&'static str, Option<Amount>)>, Fault> {
    Ok(match &policy.when {
        When::Always { .. } => Some(("always", None)),
        When::Marked => change.is_marked(tx).await?.then_some(("marked", None)),
        When::Own => {
            let contact = change.contact(tx).await?;
            contact.is_some_and(|contact| is_same_mailbox(&contact, email)).then_some(("own", None))
        }
        When::Beyond { quantity, over, daily } => match altered(quantity, &tx.before, &tx.after) {
            None => None,
            Some(amount) => match exceeded(over, amount) {
                Some(threshold) => Some(("over", Some(threshold))),
                None if daily.is_empty() => None,
                None => {
                    let already = today(tx, policy, quantity, staff, zone, earlier).await?;
                    let same = already.iter().filter(|other| other.currency == amount.currency);
                    let n = same.fold(amount.n, |sum, other| sum.saturating_add(other.n));
                    exceeded(daily, Amount { n, ..amount }).map(|threshold| ("daily", Some(threshold)))
                }
            },
        },
    })
}

/// How many people of a role could decide who neither ask nor are what it is about. Whoever was urgently kept out counts until
/// somebody has agreed to that: otherwise one owner could disable the others one by one, and then need nobody.
async fn others(tx: &mut Tx<'_>, role: Role, (staff, email): (i64, &str), change: &dyn AtRest) -> sqlx::Result<i64> {
    let about = change.target();
    let about: i64 = if about.kind == "staff" { about.id.parse().unwrap_or_default() } else { 0 };
    let people: Vec<(String, String)> = tx
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
    let fits =
        |(roles, other): &&(String, String)| Roles::parse(roles).any_of(&[role]) && !is_same_mailbox(other, email);
    Ok(i64::try_from(people.iter().filter(fits).count()).unwrap_or(i64::MAX))
}

/// What a person has altered by themselves since midnight, as the log has it, also what was urgent while nobody has approved it.
/// Nobody else can add to it meanwhile: the row of the person is locked.
async fn today(
    tx: &mut Tx<'_>,
    policy: &Policy,
    quantity: &str,
    staff: i64,
    zone: Tz,
    earlier: &Earlier,
) -> sqlx::Result<Vec<Amount>> {
    let since = midnight(tx.now(), zone);
    // `seq + 0`: either engine would look for the lowest seq from the beginning of the log, and not by the index of the time.
    let rows: Vec<Row> = tx
        .query(sql!(
            "select action, before, after from audit
              where staff_id = $1 and outcome = 'applied'
                and (approval_id is null or exists (select 1 from approval_requests r
                       where r.change_id = audit.change_id and r.state <> 'approved'))
                and seq >= (select coalesce(min(seq + 0), 0) from audit where at >= $2) and at >= $2"
        ))
        .bind(staff)
        .bind(since)
        .all()
        .await?;
    let get = |value: &Value| value.get(quantity).and_then(Amount::read);
    let covered = rows.iter().filter(|row| policy.covers(&row.action));
    let logged = covered.filter_map(|row| Amount::between(get(&row.before), get(&row.after)));
    let now = earlier.iter().filter(|(other, ..)| policy.covers(other));
    Ok(logged.chain(now.filter_map(|(_, before, after)| altered(quantity, before, after))).collect())
}

#[derive(sqlx::FromRow)]
struct Row {
    action: String,
    #[sqlx(json)]
    before: Value,
    #[sqlx(json)]
    after: Value,
}

/// The beginning of the day that `now` is in. Where clocks skip midnight, the first moment there is.
fn midnight(now: Instant, zone: Tz) -> Instant {
    let day = now.utc().with_timezone(&zone).date_naive();
    let at = (0..24).find_map(|hour| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
        zone.from_local_datetime(&day.and_time(time)).earliest()
    });
    at.and_then(|at| Instant::from_unix(at.timestamp())).unwrap_or(now)
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

/// Whether whoever decides is what it is about: their own account on the staff, or a customer with their address.
pub(super) async fn concerns(tx: &mut Tx<'_>, change: &dyn AtRest, staff: i64) -> Result<bool, Fault> {
    let target = change.target();
    if target.kind == "staff" && target.id == staff.to_string() {
        return Ok(true);
    }
    let Some(contact) = change.contact(tx).await? else { return Ok(false) };
    Ok(is_same_mailbox(&contact, &email_of(tx, staff).await?))
}

pub(super) async fn email_of(tx: &mut Tx<'_>, staff: i64) -> sqlx::Result<String> {
    let email: Option<(String,)> =
        tx.query(sql!("select email from staff where id = $1")).bind(staff).optional().await?;
    Ok(email.map(|(email,)| email).unwrap_or_default())
}

/// What is to be told of a change because of its size.
pub(super) fn notices(tx: &Tx<'_>, change: &dyn AtRest, by: Option<i64>) -> Vec<Event> {
    let fitting = tx.policies.notices.iter().filter(|notice| covers(&notice.change, change.kind()));
    let told = fitting.filter_map(|notice| {
        let amount = altered(&notice.quantity, &tx.before, &tx.after)?;
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
        body.insert("staff".to_owned(), by.into());
        Some(Event { topic: "changes.high-value", body: Value::Object(body) })
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

    #[test]
    fn a_day_begins_at_midnight_where_it_is_counted() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let seoul = midnight(at("2026-11-25T15:30:00.000000Z"), Tz::Asia__Seoul);
        assert_eq!(seoul, at("2026-11-25T15:00:00.000000Z"));
        assert_eq!(midnight(at("2026-11-25T14:59:59.000000Z"), Tz::Asia__Seoul), at("2026-11-24T15:00:00.000000Z"));
        // Beirut's clocks go from 0:00 to 1:00 when summer begins.
        let summer = midnight(at("2026-03-29T12:00:00.000000Z"), Tz::Asia__Beirut);
        assert_eq!(summer, at("2026-03-28T22:00:00.000000Z"));
    }
}
