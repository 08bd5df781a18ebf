//! Two who approve what the other asks for.

use super::super::{
    evidence::{Day, Hit},
    look::{Found, Look},
    rule::Rule,
};
use crate::{
    can_decide,
    clock::Instant,
    gate::{Role, Roles},
    id::StaffId,
    sql,
    store::Reader,
};
use chrono::TimeDelta;
use std::collections::{HashMap, HashSet};

/// How many people can approve something.
pub(in super::super) async fn approvers(reader: &Reader, roles: &HashSet<Role>) -> sqlx::Result<i64> {
    let people: Vec<(String,)> = reader.query(sql!("select s.roles from staff s where ", can_decide!())).all().await?;
    let may = |(held,): &&(String,)| roles.iter().any(|role| Roles::parse(held).any_of(&[*role]));
    Ok(i64::try_from(people.iter().filter(may).count()).unwrap_or(i64::MAX))
}

pub(super) async fn hits(look: &Look<'_>, day: Day) -> sqlx::Result<Vec<Hit>> {
    let rule = &look.thresholds.each_other;
    if approvers(look.reader, &look.deciding()).await? < rule.approvers {
        return Ok(Vec::new());
    }
    let (from, to) = (day.ends.minus(TimeDelta::days(rule.days)), day.ends);
    let asked: HashMap<StaffId, i64> = asked(look.reader, from, to).await?.into_iter().collect();
    let approved: HashMap<(StaffId, StaffId), i64> =
        approved(look.reader, from, to).await?.into_iter().map(|(by, of, n)| ((by, of), n)).collect();
    let share = |by: StaffId, of: StaffId| {
        let n = approved.get(&(by, of)).copied().unwrap_or_default();
        let all = asked.get(&of).copied().unwrap_or_default();
        let is_much = n >= rule.approvals && n.saturating_mul(100) >= all.saturating_mul(rule.percent);
        is_much.then_some((n, all))
    };
    let mut pairs: Vec<(StaffId, StaffId)> = approved.keys().copied().filter(|(by, of)| by < of).collect();
    pairs.sort_unstable();
    let mut hits = Vec::new();
    for (one, other) in pairs {
        let (Some((n, all)), Some((back, back_all))) = (share(one, other), share(other, one)) else { continue };
        // Told of once in the days that are looked at, however often they go on.
        if look.was_found(Rule::EachOther, one, other, (from, day.began)).await? {
            continue;
        }
        let Some(span) = rows(look.reader, (one, other), from, to).await?.span() else { continue };
        let numbers = [("n", n), ("all", all), ("back", back), ("back_all", back_all), ("days", rule.days)];
        let hit = Hit::new(Rule::EachOther, one, day, n.saturating_add(back), numbers).with_rows(span);
        hits.push(Hit { other: Some(other), ..hit });
    }
    Ok(hits)
}

/// How many requests of each person were decided.
async fn asked(reader: &Reader, from: Instant, to: Instant) -> sqlx::Result<Vec<(StaffId, i64)>> {
    reader
        .query(sql!(
            "select r.staff_id, count(*) from approval_requests r
              where r.at >= $1 and r.at < $2 and exists (select 1 from approval_votes v where v.request_id = r.id)
              group by r.staff_id"
        ))
        .bind(from)
        .bind(to)
        .all()
        .await
}

/// How many requests of each person each other one approved.
async fn approved(reader: &Reader, from: Instant, to: Instant) -> sqlx::Result<Vec<(StaffId, StaffId, i64)>> {
    reader
        .query(sql!(
            "select v.staff_id, r.staff_id, count(*) from approval_requests r cross join approval_votes v
              where r.at >= $1 and r.at < $2 and v.request_id = r.id and v.verdict = 'approved'
              group by v.staff_id, r.staff_id"
        ))
        .bind(from)
        .bind(to)
        .all()
        .await
}

/// The rows of the log in which the two approved each other's requests.
async fn rows(reader: &Reader, (one, other): (StaffId, StaffId), from: Instant, to: Instant) -> sqlx::Result<Found> {
    reader
        .query(sql!(
            "select count(*) as n, min(a.seq) as first, max(a.seq) as last, cast(0 as bigint) as sum
               from approval_requests r cross join approval_votes v cross join audit a
              where r.at >= $3 and r.at < $4 and v.request_id = r.id and v.verdict = 'approved' and a.change_id = v.change_id
                and ((v.staff_id = $1 and r.staff_id = $2) or (v.staff_id = $2 and r.staff_id = $1))"
        ))
        .bind(one)
        .bind(other)
        .bind(from)
        .bind(to)
        .one()
        .await
}
