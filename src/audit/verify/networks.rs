//! The list of networks against the log: what its changes add up to. It is short, so it is held in memory.

use super::{AT_ONCE, Unfit};
use crate::{clock::Instant, id::Seq, sql, store::Reader};
use serde_json::Value;
use std::collections::BTreeMap;

/// Place, target, who did it, before and after.
type Noted = (Seq, String, String, sqlx::types::Json<Value>, sqlx::types::Json<Value>);

/// A network changes between two statements at times; three times in a row it does not.
const TRIES: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    note: String,
    expires_at: Option<String>,
    added_by: String,
}

/// The list is what the log's changes of it come to.
pub(super) async fn networks_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut odd = None;
    for _ in 0..TRIES {
        odd = difference(&replayed(reader).await?, &stored(reader).await?);
        if odd.is_none() {
            return Ok(());
        }
    }
    match odd {
        Some(net) => Err(Unfit::Networks(format!("{net} is not as it was noted last"))),
        None => Ok(()),
    }
}

fn difference(log: &BTreeMap<String, Listed>, list: &BTreeMap<String, Listed>) -> Option<String> {
    let odd = list.iter().find(|(net, listed)| log.get(*net) != Some(listed));
    let gone = || log.keys().find(|net| !list.contains_key(*net));
    odd.map(|(net, _)| net).or_else(gone).cloned()
}

async fn replayed(reader: &Reader) -> sqlx::Result<BTreeMap<String, Listed>> {
    let mut networks = BTreeMap::new();
    let mut after = Seq::MIN;
    loop {
        let slice: Vec<Noted> = reader
            .query(sql!(
                "select seq, target_id, staff_name, before, after from audit
                  where action in ('networks.add', 'networks.change', 'networks.remove') and outcome = 'applied' and seq > $1
                  order by seq limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (_, net, by, before, after) in &slice {
            apply(&mut networks, net, by, before, after);
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { return Ok(networks) };
        after = *last;
    }
}

/// What one row of the log did to the list. A field that did not change was not noted.
fn apply(list: &mut BTreeMap<String, Listed>, net: &str, by: &str, before: &Value, after: &Value) {
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    let noted = |field: &str| before.get(field).is_some() || after.get(field).is_some();
    let former = list.remove(&text(before, "net").unwrap_or_else(|| net.to_owned()));
    if noted("net") && text(after, "net").is_none() {
        return;
    }
    let mut listed =
        former.unwrap_or_else(|| Listed { note: String::new(), expires_at: None, added_by: by.to_owned() });
    if noted("note") {
        listed.note = text(after, "note").unwrap_or_default();
    }
    if noted("expires_at") {
        listed.expires_at = text(after, "expires_at");
    }
    list.insert(text(after, "net").unwrap_or_else(|| net.to_owned()), listed);
}

async fn stored(reader: &Reader) -> sqlx::Result<BTreeMap<String, Listed>> {
    let rows: Vec<(String, String, Option<Instant>, String)> =
        reader.query(sql!("select net, note, expires_at, added_by from networks order by net")).all().await?;
    let listed = |(net, note, expires_at, added_by): (String, String, Option<Instant>, String)| {
        (net, Listed { note, expires_at: expires_at.map(|at| at.to_string()), added_by })
    };
    Ok(rows.into_iter().map(listed).collect())
}
