//! Suspicions as they are stored.

use super::{FALSE_ALARM, rule::Rule};
use crate::{
    clock::Instant,
    digits::group,
    id::{CustomerId, Seq, StaffId, SuspicionId},
    sql,
    store::{Queries, Reader},
    web::{format, link::link, shell::Tone, words::Words},
    zone::Zone,
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Display, ops::Range};

/// What a rule found.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Suspicion {
    pub id: SuspicionId,
    pub rule: String,
    pub staff_id: StaffId,
    pub staff_name: String,
    /// The other one of two.
    pub other_id: Option<StaffId>,
    pub other_name: Option<String>,
    pub customer: Option<CustomerId>,
    /// The beginning of its day.
    pub began_at: Instant,
    /// The rows of the log that are its evidence lie between these; nothing where the evidence is access records.
    pub first_seq: Option<Seq>,
    pub last_seq: Option<Seq>,
    pub n: i64,
    #[sqlx(json)]
    pub evidence: Value,
    pub found_at: Instant,
    /// `open` or `closed`.
    pub state: String,
    /// One of [`super::OUTCOMES`], once it is closed.
    pub outcome: Option<String>,
    pub closed_at: Option<Instant>,
    /// Who closed it and why, and the row of the log that says so.
    pub closed_name: Option<String>,
    pub closed_reason: Option<String>,
    pub closed_seq: Option<Seq>,
}

macro_rules! suspicions {
    () => {
        "select s.id, s.rule, s.staff_id, p.name as staff_name, s.other_id, o.name as other_name, s.customer, s.began_at, s.first_seq,
                s.last_seq, s.n, s.evidence, s.found_at, s.state, s.outcome, s.closed_at, a.staff_name as closed_name,
                a.reason as closed_reason, a.seq as closed_seq
           from suspicions s cross join staff p left join staff o on o.id = s.other_id left join audit a on a.change_id = s.closed_by
          where p.id = s.staff_id and "
    };
}
pub(super) use suspicions;

pub(crate) async fn find(db: &mut impl Queries, id: SuspicionId) -> sqlx::Result<Option<Suspicion>> {
    db.query(sql!(suspicions!(), "s.id = $1")).bind(id).optional().await
}

impl Suspicion {
    pub(crate) fn href(&self) -> String {
        format!("{}/{}", super::list::PATH, self.id)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state == "open"
    }

    /// How it is, as it is called under `suspicion-outcome.`
    pub(crate) fn stage(&self) -> &str {
        self.outcome.as_deref().unwrap_or("open")
    }

    pub(crate) fn tone(&self) -> Tone {
        match self.stage() {
            "open" => Tone::Warn,
            "confirmed" => Tone::Bad,
            FALSE_ALARM => Tone::Mute,
            _ => Tone::Ok,
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
        match self.stage() {
            "open" | "confirmed" => "alert",
            FALSE_ALARM => "minus",
            _ => "check",
        }
    }

    /// The numbers of its sentence by their names, as texts.
    pub(crate) fn numbers(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let numbers = self.evidence.as_object().into_iter().flatten();
        numbers.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// What was found, in a sentence.
    pub(crate) fn says(&self, words: &Words) -> String {
        says(&self.rule, &self.numbers(), *words)
    }

    /// The persons that it is about.
    pub(crate) fn names(&self) -> String {
        match &self.other_name {
            Some(other) => format!("{}, {other}", self.staff_name),
            None => self.staff_name.clone(),
        }
    }

    pub(crate) fn is_about(&self, staff: StaffId) -> bool {
        self.staff_id == staff || self.other_id == Some(staff)
    }

    /// The lists in which its evidence is, each with the name of its person: rows of the log by number, or access records of the day.
    pub(crate) fn evidence_hrefs(&self, zone: Zone) -> Vec<(String, &str)> {
        let persons =
            [(Some(self.staff_id), Some(self.staff_name.as_str())), (self.other_id, self.other_name.as_deref())];
        let persons = persons.into_iter().filter_map(|(id, name)| Some((id?, name?)));
        persons.map(|(id, name)| (self.evidence_href(id, zone), name)).collect()
    }

    fn evidence_href(&self, staff: StaffId, zone: Zone) -> String {
        let staff = staff.to_string();
        let (Some(first), Some(last)) = (self.first_seq, self.last_seq) else {
            let day = format::day(self.began_at, zone);
            let task = if self.rule == Rule::Reveals.as_str() { "reveal" } else { "" };
            return link("/access-records", &[("staff", &staff), ("task", task), ("from", &day), ("to", &day)]);
        };
        let target = self.customer.map(|customer| format!("user/{customer}")).unwrap_or_default();
        let rows = format!("{first}-{last}");
        link("/audit", &[("staff", &staff), ("action", self.action()), ("target", &target), ("rows", &rows)])
    }

    /// The kind of the rows, where they are of one.
    fn action(&self) -> &'static str {
        match self.rule.parse() {
            Ok(Rule::BelowThreshold | Rule::SameCustomer) => super::ADJUSTS,
            Ok(Rule::EachOther) => super::APPROVES,
            _ => "",
        }
    }
}

/// What a rule found, in a sentence with its numbers.
pub(crate) fn says(rule: &str, numbers: &BTreeMap<String, String>, words: Words) -> String {
    let variant = if numbers.contains_key("sum") && rule == Rule::BelowThreshold.as_str() { "-sum" } else { "" };
    let shown = |text: &String| text.parse().map_or_else(|_| text.clone(), group);
    let numbers: Vec<(&str, String)> = numbers.iter().map(|(name, text)| (name.as_str(), shown(text))).collect();
    let args: Vec<(&str, &dyn Display)> = numbers.iter().map(|(name, text)| (*name, text as &dyn Display)).collect();
    words.with(&format!("suspicion-says.{rule}{variant}"), &args)
}

/// How often a rule found something in some days, and how much of that were false alarms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counted {
    pub found: i64,
    pub false_alarms: i64,
}

/// The same for each rule, of the days from one on. Counted along an index, and no day before it is read.
pub(crate) async fn counted(reader: &Reader, from: Instant) -> sqlx::Result<BTreeMap<String, Counted>> {
    let rows: Vec<(String, i64, i64)> = reader
        .query(sql!(
            "select rule, count(*), cast(coalesce(sum(case when outcome = 'false-alarm' then 1 else 0 end), 0) as bigint)
               from suspicions where began_at >= $1 group by rule"
        ))
        .bind(from)
        .all()
        .await?;
    Ok(rows.into_iter().map(|(rule, found, false_alarms)| (rule, Counted { found, false_alarms })).collect())
}

/// How many are open, up to a number.
pub(crate) async fn open(reader: &Reader, most: i64) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!("select count(*) from (select 1 as one from suspicions where state = 'open' limit $1) open_ones"))
        .bind(most)
        .one()
        .await?;
    Ok(n)
}

/// Where a page of those of a period ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    is_open: bool,
    began_at: Instant,
    id: SuspicionId,
}

/// Those whose day begins in a period, the open ones first and each part in the order of days: up to `limit` after a place, and the place to go
/// on from, `None` at the end. For reports.
///
/// # Errors
/// The database cannot be read.
pub async fn of_period(
    db: &mut impl Queries,
    period: Range<Instant>,
    after: Option<Place>,
    limit: usize,
) -> sqlx::Result<(Vec<Suspicion>, Option<Place>)> {
    let begin = |is_open| Place { is_open, began_at: Instant::earliest(), id: SuspicionId::MIN };
    let after = after.unwrap_or(begin(true));
    let mut found = if after.is_open { part_of(db, &period, after, limit).await? } else { Vec::new() };
    if let missing @ 1.. = limit.saturating_sub(found.len()) {
        let after = if after.is_open { begin(false) } else { after };
        found.extend(part_of(db, &period, after, missing).await?);
    }
    let last = found.last().filter(|_| found.len() >= limit);
    let place = last.map(|last| Place { is_open: last.is_open(), began_at: last.began_at, id: last.id });
    Ok((found, place))
}

async fn part_of(
    db: &mut impl Queries,
    period: &Range<Instant>,
    after: Place,
    limit: usize,
) -> sqlx::Result<Vec<Suspicion>> {
    db.query(sql!(
        suspicions!(),
        "s.state = $1 and s.began_at >= $2 and s.began_at < $3 and (s.began_at > $4 or (s.began_at = $4 and s.id > $5))
              order by s.began_at, s.id limit $6"
    ))
    .bind(if after.is_open { "open" } else { "closed" })
    .bind(period.start)
    .bind(period.end)
    .bind(after.began_at)
    .bind(after.id)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .all()
    .await
}
