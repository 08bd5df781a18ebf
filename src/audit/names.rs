//! What people call the targets of rows: the number of an order, the name of a member of staff. Customers keep their ids: their names
//! are no part of the log.

use crate::{sql, store::Reader};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The targets as a list of rows, which the engines write differently.
macro_rules! names {
    ($list:literal) => {
        concat!(
            "with list as (",
            $list,
            ") select 'order/' || cast(o.id as text), o.number from list join orders o on o.id = list.id where list.kind = 'order'
               union select 'staff/' || cast(s.id as text), s.name from list join staff s on s.id = list.id where list.kind = 'staff'"
        )
    };
}

/// The names of those of these targets, such as `order/17`, that have one.
pub(super) async fn names<'t>(
    reader: &Reader,
    targets: impl Iterator<Item = &'t str>,
) -> sqlx::Result<BTreeMap<String, String>> {
    let list: Vec<_> = targets.filter_map(named).map(|(kind, id)| json!({ "kind": kind, "id": id })).collect();
    if list.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found: Vec<(String, String)> = reader
        .query(sql!(
            sqlite: names!("select value ->> 'kind' as kind, value ->> 'id' as id from json_each($1)"),
            postgres: names!("select value ->> 'kind' as kind, cast(value ->> 'id' as bigint) as id from jsonb_array_elements(cast($1 as jsonb))"),
        ))
        .bind(Value::Array(list).to_string())
        .all()
        .await?;
    Ok(found.into_iter().collect())
}

/// The kind and id of a target that has a name.
fn named(target: &str) -> Option<(&str, i64)> {
    let (kind, id) = target.split_once('/')?;
    Some((kind, id.parse().ok()?)).filter(|(kind, _)| matches!(*kind, "order" | "staff"))
}
