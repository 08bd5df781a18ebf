//! What each person did in a period: the access records and the log, added up day by day along their times.

use super::{
    lines::{Person, Place, Whole},
    report::Asked,
};
use crate::{
    clock::Instant,
    id::{Seq, StaffId},
    sql,
    store::Queries,
    zone::Zone,
};
use chrono::{Datelike as _, NaiveDate, NaiveTime, TimeDelta, Weekday};
use std::collections::{BTreeMap, HashMap};

/// The kinds of looks, as access records call them.
const SEARCH: &str = "search";
const REVEAL: &str = "reveal";
const VIEWS: [&str; 2] = ["view", "view-order"];

/// What was added up so far.
#[derive(Default)]
struct Sum {
    days: i64,
    searches: i64,
    views: i64,
    reveals: i64,
    log_views: i64,
    changes: i64,
    refused: i64,
    sign_ins: i64,
    off_hours: i64,
    customers: i64,
    /// The ids of the first and the last access record, and the same of the log.
    records: Option<(i64, i64)>,
    rows: Option<(Seq, Seq)>,
}

/// A day on the calendar: its moments, and those of its working hours, which are none on Saturday and Sunday.
struct Day {
    from: Instant,
    to: Instant,
    work_from: Instant,
    work_until: Instant,
}

/// The looks of one person of one kind on a day.
#[derive(sqlx::FromRow)]
struct Looks {
    staff_id: StaffId,
    task: String,
    n: i64,
    off_hours: i64,
    first_id: i64,
    last_id: i64,
}

/// The rows of one person in the log on a day.
#[derive(sqlx::FromRow)]
struct Rows {
    staff_id: StaffId,
    changes: i64,
    refused: i64,
    sign_ins: i64,
    off_hours: i64,
    first_seq: Seq,
    last_seq: Seq,
}

pub(super) async fn of(db: &mut impl Queries, asked: &Asked) -> sqlx::Result<Vec<Person>> {
    let mut sums: BTreeMap<StaffId, Sum> = BTreeMap::new();
    for day in days(asked) {
        let (looks, rows) = (looks(db, &day).await?, rows(db, &day).await?);
        let mut there: Vec<StaffId> = looks.iter().map(|looks| looks.staff_id).collect();
        there.extend(rows.iter().map(|rows| rows.staff_id));
        there.sort_unstable();
        there.dedup();
        for staff in there {
            sums.entry(staff).or_default().days += 1;
        }
        for looks in looks {
            sums.entry(looks.staff_id).or_default().look(&looks);
        }
        for rows in rows {
            sums.entry(rows.staff_id).or_default().act(&rows);
        }
    }
    if let Some((from, to)) = asked.period.bounds(asked.zone) {
        for (staff, customers) in customers(db, from, to).await? {
            sums.entry(staff).or_default().customers = customers;
        }
    }
    let names = names(db).await?;
    let mut people = Vec::with_capacity(sums.len());
    for (staff, sum) in sums {
        let (name, account) = names.get(&staff).cloned().unwrap_or_default();
        let (first, last) = ends(db, &sum).await?;
        people.push(sum.person(staff, name, account, first, last));
    }
    Ok(people)
}

fn days(asked: &Asked) -> Vec<Day> {
    let Some((mut day, end)) = asked.period.days() else { return Vec::new() };
    let mut days = Vec::new();
    while day < end {
        let Some(next) = day.succ_opt() else { break };
        days.extend(Day::of(day, next, asked));
        day = next;
    }
    days
}

impl Day {
    fn of(day: NaiveDate, next: NaiveDate, asked: &Asked) -> Option<Self> {
        let zone = asked.zone;
        let (from, to) = (zone.start_of(day)?, zone.start_of(next)?);
        let (work_from, work_until) = if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            (from, from)
        } else {
            (at(zone, day, asked.plan.work_from)?, at(zone, day, asked.plan.work_until)?)
        };
        Some(Self { from, to, work_from, work_until })
    }
}

/// Minutes after midnight, as the clock there shows it.
fn at(zone: Zone, day: NaiveDate, minutes: i64) -> Option<Instant> {
    zone.moment_of(day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::minutes(minutes))?)
}

/// Files that were written on the host have records of no person; they are listed with the files.
async fn looks(db: &mut impl Queries, day: &Day) -> sqlx::Result<Vec<Looks>> {
    db.query(sql!(
        "select staff_id, task, count(*) as n, sum(case when at < $3 or at >= $4 then 1 else 0 end) as off_hours,
                min(id) as first_id, max(id) as last_id
           from access_records where at >= $1 and at < $2 and staff_id > 0 group by staff_id, task order by staff_id, task"
    ))
    .bind(day.from)
    .bind(day.to)
    .bind(day.work_from)
    .bind(day.work_until)
    .all()
    .await
}

/// Refusals that repeated are one row, which says how many they were.
async fn rows(db: &mut impl Queries, day: &Day) -> sqlx::Result<Vec<Rows>> {
    db.query(sql!(
        "select staff_id,
                sum(case when outcome = 'applied' and action not like 'session.%' then 1 else 0 end) as changes,
                cast(sum(case when outcome = 'refused' then cast(coalesce(after ->> 'refusals', '1') as bigint) else 0 end) as bigint) as refused,
                sum(case when outcome = 'applied' and action like 'session.start%' then 1 else 0 end) as sign_ins,
                sum(case when at < $3 or at >= $4 then 1 else 0 end) as off_hours,
                min(seq) as first_seq, max(seq) as last_seq
           from audit where at >= $1 and at < $2 and staff_id is not null group by staff_id order by staff_id"
    ))
    .bind(day.from)
    .bind(day.to)
    .bind(day.work_from)
    .bind(day.work_until)
    .all()
    .await
}

/// How many customers each person was shown.
async fn customers(db: &mut impl Queries, from: Instant, to: Instant) -> sqlx::Result<Vec<(StaffId, i64)>> {
    db.query(sql!(
        "select r.staff_id, count(distinct s.customer) from access_records r cross join access_subjects s
          where r.at >= $1 and r.at < $2 and r.staff_id > 0 and s.record_id = r.id group by r.staff_id order by r.staff_id"
    ))
    .bind(from)
    .bind(to)
    .all()
    .await
}

/// The name and the account of everybody who has one.
pub(super) async fn names(db: &mut impl Queries) -> sqlx::Result<HashMap<StaffId, (String, String)>> {
    let staff: Vec<(StaffId, String, String)> =
        db.query(sql!("select id, name, email from staff order by id")).all().await?;
    Ok(staff.into_iter().map(|(id, name, email)| (id, (name, email))).collect())
}

/// The first and the last time, by the access records and the log.
async fn ends(db: &mut impl Queries, sum: &Sum) -> sqlx::Result<(Option<Place>, Option<Place>)> {
    let mut places = Vec::new();
    if let Some((first, last)) = sum.records {
        for id in [first, last] {
            let found: Option<(Instant, String)> =
                db.query(sql!("select at, ip from access_records where id = $1")).bind(id).optional().await?;
            places.extend(found);
        }
    }
    if let Some((first, last)) = sum.rows {
        for seq in [first, last] {
            let found: Option<(Instant, String)> =
                db.query(sql!("select at, ip from audit where seq = $1")).bind(seq).optional().await?;
            places.extend(found);
        }
    }
    places.sort();
    let place = |(at, ip): &(Instant, String)| Place { at: *at, ip: ip.clone() };
    Ok((places.first().map(place), places.last().map(place)))
}

impl Sum {
    fn look(&mut self, looks: &Looks) {
        match looks.task.as_str() {
            SEARCH => self.searches += looks.n,
            REVEAL => self.reveals += looks.n,
            task if VIEWS.contains(&task) => self.views += looks.n,
            _ => self.log_views += looks.n,
        }
        self.off_hours += looks.off_hours;
        self.records = Some(widened(self.records, looks.first_id, looks.last_id));
    }

    fn act(&mut self, rows: &Rows) {
        self.changes += rows.changes;
        self.refused += rows.refused;
        self.sign_ins += rows.sign_ins;
        self.off_hours += rows.off_hours;
        self.rows = Some(widened(self.rows, rows.first_seq, rows.last_seq));
    }

    fn person(self, id: StaffId, name: String, account: String, first: Option<Place>, last: Option<Place>) -> Person {
        Person {
            account,
            changes: Whole(self.changes),
            customers: Whole(self.customers),
            days: Whole(self.days),
            first,
            id: Whole(id.get()),
            last,
            log_views: Whole(self.log_views),
            name,
            off_hours: Whole(self.off_hours),
            refused: Whole(self.refused),
            reveals: Whole(self.reveals),
            searches: Whole(self.searches),
            sign_ins: Whole(self.sign_ins),
            views: Whole(self.views),
        }
    }
}

fn widened<T: Copy + Ord>(span: Option<(T, T)>, first: T, last: T) -> (T, T) {
    span.map_or((first, last), |(from, to)| (from.min(first), to.max(last)))
}
