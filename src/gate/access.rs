//! Access records at rest: each is the next link of a chain, so that one that is altered or taken away is noticed.

use super::Tx;
use crate::{
    clock::Instant,
    id::{CustomerId, StaffId},
    secret::sha256,
    sql,
    store::Queries,
};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

/// The number of chains. On PostgreSQL the head of a chain is locked until its transaction ends, so people who look at data at
/// the same time wait for each other only where they meet in one of them.
pub const LANES: i64 = 16;

/// One record, as its columns hold it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AccessRecord {
    pub lane: i64,
    /// Its place in the chain, the first being 0.
    pub place: i64,
    pub at: Instant,
    pub staff_id: StaffId,
    pub staff_name: String,
    pub ip: String,
    pub ip_key: String,
    pub task: String,
    pub subject: Option<String>,
    pub detail: Option<String>,
    pub reason: Option<String>,
    pub request_id: String,
    /// How many customers it showed; nothing in a record from before they were named.
    pub shown: Option<i64>,
}

/// The columns of [`AccessRecord`].
#[macro_export]
macro_rules! access_columns {
    () => {
        "lane, place, at, staff_id, staff_name, ip, ip_key, task, subject, detail, reason, request_id, shown"
    };
}

impl AccessRecord {
    /// SHA-256 of the hash before it and of its columns as a JSON array, the last being those whom it showed. Records from before
    /// these were named have none.
    pub fn hash(&self, before: &[u8], customers: &[CustomerId]) -> [u8; 32] {
        let mut columns = json!([
            self.lane,
            self.place,
            self.at.to_string(),
            self.staff_id.get(),
            self.staff_name,
            self.ip,
            self.ip_key,
            self.task,
            self.subject,
            self.detail,
            self.reason,
            self.request_id,
        ]);
        if let (Some(_), Value::Array(columns)) = (self.shown, &mut columns) {
            columns.push(customers.iter().map(|id| id.get()).collect());
        }
        sha256(&[before, columns.to_string().as_bytes()].concat())
    }
}

impl AccessRecord {
    /// The exact bytes of leaf `n` of the tree of the access records: one JSON object with its keys in order and no spaces (RFC 8785), in
    /// which integers are strings, because JSON numbers end at 2^53. `id` is that of the record.
    pub fn body(&self, n: i64, id: i64, customers: &[CustomerId]) -> Vec<u8> {
        let body = [
            ("at", json!(self.at.to_string())),
            ("customers", customers.iter().map(ToString::to_string).collect()),
            ("detail", json!(self.detail)),
            ("id", json!(id.to_string())),
            ("ip", json!(self.ip)),
            ("lane", json!(self.lane.to_string())),
            ("n", json!(n.to_string())),
            // What is refused is not shown and has no record.
            ("outcome", json!("shown")),
            ("place", json!(self.place.to_string())),
            ("reason", json!(self.reason)),
            ("request", json!(self.request_id)),
            ("staff", json!(self.staff_id.to_string())),
            ("staff_name", json!(self.staff_name)),
            ("subject", json!(self.subject)),
            ("task", json!(self.task)),
            ("v", json!("1")),
        ];
        // In this order, which is that of the names, whichever map serde_json has.
        let body: Map<String, Value> = body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Value::Object(body).to_string().into_bytes()
    }
}

/// The lane of a transaction, by its change id, which is random.
pub(super) fn lane_of(change_id: &str) -> i64 {
    change_id.get(..1).and_then(|digit| i64::from_str_radix(digit, 16).ok()).unwrap_or_default()
}

/// The customers whom a record names, each once: those on the page, and the one that it is about.
pub(super) fn customers(shown: &[CustomerId], subject: Option<&str>) -> Vec<CustomerId> {
    let subject = subject.and_then(|subject| subject.strip_prefix("user/")?.parse().ok());
    shown.iter().copied().chain(subject).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The customers whom the records of a part of a chain name, by the id of the record.
pub(crate) async fn subjects(
    queries: &mut impl Queries,
    lane: i64,
    from: i64,
    to: i64,
) -> sqlx::Result<HashMap<i64, Vec<CustomerId>>> {
    let rows: Vec<(i64, CustomerId)> = queries
        .query(sql!(
            "select s.record_id, s.customer from access_records r cross join access_subjects s
              where r.lane = $1 and r.place >= $2 and r.place < $3 and s.record_id = r.id
              order by s.record_id, s.customer"
        ))
        .bind(lane)
        .bind(from)
        .bind(to)
        .all()
        .await?;
    Ok(by_record(rows))
}

/// Customers by the id of the record that names them, in the order that they come in.
pub(crate) fn by_record(rows: Vec<(i64, CustomerId)>) -> HashMap<i64, Vec<CustomerId>> {
    let mut customers: HashMap<i64, Vec<CustomerId>> = HashMap::new();
    for (record, customer) in rows {
        customers.entry(record).or_default().push(customer);
    }
    customers
}

pub(super) async fn insert(
    tx: &mut Tx<'_>,
    record: AccessRecord,
    customers: &[CustomerId],
    hash: &[u8],
) -> sqlx::Result<()> {
    let (id,): (i64,) = tx
        .query(sql!(
            "insert into access_records (",
            access_columns!(),
            ", hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning id"
        ))
        .bind(record.lane)
        .bind(record.place)
        .bind(record.at)
        .bind(record.staff_id)
        .bind(record.staff_name)
        .bind(record.ip)
        .bind(record.ip_key)
        .bind(record.task)
        .bind(record.subject)
        .bind(record.detail)
        .bind(record.reason)
        .bind(record.request_id)
        .bind(record.shown)
        .bind(hash.to_vec())
        .one()
        .await?;
    if customers.is_empty() {
        return Ok(());
    }
    let list: Value = customers.iter().map(|id| id.get()).collect();
    tx.query(sql!(
        sqlite: "insert into access_subjects (record_id, customer) select $1, cast(value as integer) from json_each($2)",
        postgres: "insert into access_subjects (record_id, customer)
                   select $1, cast(value as bigint) from jsonb_array_elements(cast($2 as jsonb)) as list (value)",
    ))
    .bind(id)
    .bind(list.to_string())
    .run()
    .await
    .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_leaf_are_canonical() {
        let record = AccessRecord {
            lane: 3,
            place: 7,
            at: Instant::from_unix(1_772_410_260).unwrap(),
            staff_id: StaffId::new(2),
            staff_name: "민아 \"K\"".to_owned(),
            ip: "10.20.4.22".to_owned(),
            ip_key: String::new(),
            task: "search".to_owned(),
            subject: None,
            detail: Some("name".to_owned()),
            reason: None,
            request_id: "req_1".to_owned(),
            shown: Some(2),
        };
        let body = record.body(12, 40, &[CustomerId::new(5), CustomerId::new(9_007_199_254_740_993)]);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            r#"{"at":"2026-03-02T00:11:00.000000Z","customers":["5","9007199254740993"],"detail":"name","id":"40","ip":"10.20.4.22","lane":"3","n":"12","outcome":"shown","place":"7","reason":null,"request":"req_1","staff":"2","staff_name":"민아 \"K\"","subject":null,"task":"search","v":"1"}"#
        );
    }
}
