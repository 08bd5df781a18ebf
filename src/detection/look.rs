//! One look at days of the log: what the rules share while it lasts.

use super::{
    evidence::{Day, Hit, Span},
    row::{Rows, first_since},
    rule::Rule,
    rules::{People, at_the_end},
    thresholds::Thresholds,
};
use crate::{
    clock::Instant,
    gate::{Change as _, Policies, Role, When},
    id::{CustomerId, Seq, StaffId},
    sql,
    store::Reader,
    users::adjust::AdjustPoints,
    zone::Zone,
};
use chrono::{Days, NaiveDate, TimeDelta};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many times of changes are read at a time.
const AT_ONCE: i64 = 1_000;

/// Which customers count as opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Opened {
    /// Their page, an order of theirs, or their contact.
    Any,
    /// Their contact, in full.
    InFull,
}

/// Rows that a rule counted in the log.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Found {
    n: i64,
    first: Option<Seq>,
    last: Option<Seq>,
    pub sum: i64,
}

impl Found {
    pub(super) fn span(&self) -> Option<Span> {
        Some(Span { n: self.n, first: self.first?, last: self.last? })
    }
}

/// The changes of a person by day: those at unusual hours, and all.
type Shares = BTreeMap<NaiveDate, (i64, i64)>;

/// A look at some days.
pub(super) struct Look<'a> {
    pub reader: &'a Reader,
    pub thresholds: &'a Thresholds,
    pub zone: Zone,
    policies: &'a Policies,
    /// The first and the last day.
    days: (Day, Day),
    shares: HashMap<StaffId, Shares>,
    opened: HashMap<(Opened, NaiveDate), BTreeMap<StaffId, i64>>,
}

/// The day that a moment is in.
pub(super) fn date_of(at: Instant, zone: Zone) -> Day {
    date(at.utc().with_timezone(&zone).date_naive(), zone)
}

fn date(date: NaiveDate, zone: Zone) -> Day {
    let next = date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    let began = zone.start_of(date).unwrap_or_else(Instant::earliest);
    Day { date, began, ends: zone.start_of(next).unwrap_or_else(Instant::latest) }
}

impl<'a> Look<'a> {
    pub(super) fn new(
        reader: &'a Reader,
        thresholds: &'a Thresholds,
        policies: &'a Policies,
        zone: Zone,
        days: (Day, Day),
    ) -> Self {
        Self { reader, thresholds, zone, policies, days, shares: HashMap::new(), opened: HashMap::new() }
    }

    /// The days, the first one first.
    pub(super) fn dates(&self) -> Vec<Day> {
        let (first, last) = self.days;
        let next = |day: &NaiveDate| day.checked_add_days(Days::new(1)).filter(|next| *next <= last.date);
        std::iter::successors(Some(first.date), next).map(|day| date(day, self.zone)).collect()
    }

    /// What the rules find on a day.
    pub(super) async fn day(&mut self, day: Day) -> sqlx::Result<Vec<Hit>> {
        let lead = self.thresholds.burst.seconds.max(self.thresholds.refused_then_through.minutes.saturating_mul(60));
        let begins = first_since(self.reader, day.began.minus(TimeDelta::seconds(lead))).await?;
        let (first, end) = (first_since(self.reader, day.began).await?, first_since(self.reader, day.ends).await?);
        let mut people = People::default();
        let mut rows = Rows::of(self.reader, begins..end, self.thresholds.pasted_reason.characters);
        while let Some(row) = rows.next().await? {
            if row.seq < first {
                people.before(&row, self);
            } else {
                people.take(&row, self);
            }
        }
        let mut hits = people.hits(self, day).await?;
        if day.date == self.days.1.date {
            hits.extend(at_the_end(self, day).await?);
        }
        Ok(hits)
    }

    /// The most points that one person may adjust at once, where a rule says so.
    pub(super) fn over(&self) -> Option<i64> {
        let of = |when: &When| match when {
            When::Beyond { quantity, over, .. } if AdjustPoints::QUANTITIES.contains(&quantity.as_str()) => {
                over.iter().find(|over| over.currency.is_none()).map(|over| over.n)
            }
            _ => None,
        };
        self.policies.of(AdjustPoints::KIND).filter_map(|policy| of(&policy.when)).min().filter(|over| *over > 0)
    }

    /// The roles that decide requests.
    pub(super) fn deciding(&self) -> HashSet<Role> {
        deciding(self.policies)
    }

    /// The changes of a person in the days before one: those at unusual hours, and all.
    pub(super) async fn share(&mut self, staff: StaffId, day: Day) -> sqlx::Result<(i64, i64)> {
        let back = u64::try_from(self.thresholds.off_hours.days).unwrap_or_default();
        if !self.shares.contains_key(&staff) {
            let read = self.read_shares(staff).await?;
            self.shares.insert(staff, read);
        }
        let from = day.date.checked_sub_days(Days::new(back)).unwrap_or(NaiveDate::MIN);
        let days = self.shares.get(&staff).into_iter().flat_map(|shares| shares.range(from..day.date));
        Ok(days.fold((0, 0), |(off, all), (_, (o, a))| (off + o, all + a)))
    }

    /// Those of all days that this look may ask for, a few numbers for each.
    async fn read_shares(&self, staff: StaffId) -> sqlx::Result<Shares> {
        let (first, last) = self.days;
        let rule = &self.thresholds.off_hours;
        let mut next = first_since(self.reader, first.began.minus(TimeDelta::days(rule.days + 1))).await?;
        let end = first_since(self.reader, last.ends).await?;
        let mut shares = Shares::new();
        loop {
            let rows: Vec<(Seq, Instant)> = self
                .reader
                .query(sql!(
                    "select seq, at from audit
                      where staff_id = $1 and seq >= $2 and seq < $3 and outcome = 'applied' and action not like 'session.%'
                        and (approval_id is null or target_kind = 'approval' or flags like '%urgent%')
                      order by seq limit $4"
                ))
                .bind(staff)
                .bind(next)
                .bind(end)
                .bind(AT_ONCE)
                .all()
                .await?;
            for (_, at) in &rows {
                let (off, all) = shares.entry(date_of(*at, self.zone).date).or_default();
                *off += i64::from(rule.is_off(*at, self.zone));
                *all += 1;
            }
            match rows.last() {
                Some((seq, _)) => next = Seq::new(seq.get() + 1),
                None => return Ok(shares),
            }
        }
    }

    /// How many customers each person opened on a day.
    pub(super) async fn opened(&mut self, what: Opened, day: Day) -> sqlx::Result<BTreeMap<StaffId, i64>> {
        if let Some(known) = self.opened.get(&(what, day.date)) {
            return Ok(known.clone());
        }
        let statement = match what {
            Opened::Any => sql!(
                "select r.staff_id, count(distinct s.customer) from access_records r cross join access_subjects s
                  where r.at >= $1 and r.at < $2 and r.task in ('view', 'view-order', 'reveal') and s.record_id = r.id
                  group by r.staff_id"
            ),
            Opened::InFull => sql!(
                "select r.staff_id, count(distinct s.customer) from access_records r cross join access_subjects s
                  where r.at >= $1 and r.at < $2 and r.task = 'reveal' and s.record_id = r.id
                  group by r.staff_id"
            ),
        };
        let found: Vec<(StaffId, i64)> = self.reader.query(statement).bind(day.began).bind(day.ends).all().await?;
        let found: BTreeMap<StaffId, i64> = found.into_iter().collect();
        self.opened.insert((what, day.date), found.clone());
        Ok(found)
    }

    /// How many customers a person opens on a usual day: the median of those days before this one on which they opened any.
    pub(super) async fn median(&mut self, what: Opened, staff: StaffId, day: Day, days: i64) -> sqlx::Result<i64> {
        let mut counts = Vec::new();
        for back in 1..=u64::try_from(days).unwrap_or_default() {
            let Some(before) = day.date.checked_sub_days(Days::new(back)) else { break };
            let opened = self.opened(what, date(before, self.zone)).await?;
            counts.extend(opened.get(&staff).copied());
        }
        counts.sort_unstable();
        Ok(counts.get(counts.len() / 2).copied().unwrap_or_default())
    }

    /// The row after those that are evidence of the last suspicion of the same before this day: each is evidence once.
    pub(super) async fn after_last(
        &self,
        rule: Rule,
        staff: StaffId,
        customer: Option<CustomerId>,
        day: Day,
    ) -> sqlx::Result<Seq> {
        let (last,): (Option<Seq>,) = self
            .reader
            .query(sql!(
                "select max(last_seq) from suspicions
                  where staff_id = $1 and rule = $2 and began_at < $3 and coalesce(customer, 0) = $4"
            ))
            .bind(staff)
            .bind(rule.as_str())
            .bind(day.began)
            .bind(customer.map_or(0, CustomerId::get))
            .one()
            .await?;
        Ok(last.map_or(Seq::new(0), |last| Seq::new(last.get() + 1)))
    }

    /// Whether the same of two people was found on a day of these.
    pub(super) async fn was_found(
        &self,
        rule: Rule,
        staff: StaffId,
        other: StaffId,
        (from, to): (Instant, Instant),
    ) -> sqlx::Result<bool> {
        let found: Option<(i64,)> = self
            .reader
            .query(sql!(
                "select id from suspicions
                  where staff_id = $1 and other_id = $2 and rule = $3 and began_at >= $4 and began_at < $5 limit 1"
            ))
            .bind(staff)
            .bind(other)
            .bind(rule.as_str())
            .bind(from)
            .bind(to)
            .optional()
            .await?;
        Ok(found.is_some())
    }
}

/// The roles that decide requests.
pub(super) fn deciding(policies: &Policies) -> HashSet<Role> {
    policies.iter().map(|policy| policy.role).collect()
}
