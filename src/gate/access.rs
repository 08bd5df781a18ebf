//! Access records at rest: each is the next link of a chain, so that one that is altered or taken away is noticed.

use super::Tx;
use crate::{
    clock::Instant,
    id::{CustomerId, StaffId},
    secret::sha256,
    sql,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

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

/// The lane of a transaction, by its change id, which is random.
pub(super) fn lane_of(change_id: &str) -> i64 {
    change_id.get(..1).and_then(|digit| i64::from_str_radix(digit, 16).ok()).unwrap_or_default()
}

/// The customers whom a record names, each once: those on the page, and the one that it is about.
pub(super) fn customers(shown: &[CustomerId], subject: Option<&str>) -> Vec<CustomerId> {
    let subject = subject.and_then(|subject| subject.strip_prefix("user/")?.parse().ok());
    shown.iter().copied().chain(subject).collect::<BTreeSet<_>>().into_iter().collect()
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
