//! What takes each kind of change back.

use super::{
    REVERSAL_ENDED, REVERSAL_SHORT,
    table::{Given, Now, Reversible, noted},
};
use crate::{
    clock::Instant,
    digits::group,
    gate::{
        Amount, Fault, Roles,
        audit::Entry,
        reversal::{REVERSAL_GONE, REVERSAL_MOVED},
    },
    id::{CustomerId, NetworkId, OrderId, StaffId},
    networks::{add::AddNetwork, change::ChangeNetwork, open, remove::RemoveNetwork},
    orders::note::NoteOrder,
    sql,
    staff::{restrict::RestrictStaff, roles::SetStaffRoles, status::SetStaffStatus},
    store::Queries,
    users::{adjust::AdjustPoints, note::NoteUser, status::SetUserStatus},
    web::shell::Frame,
};
use ipnet::IpNet;
use serde_json::{Map, Value, json};

impl Reversible for AdjustPoints {
    type Opposite = Self;
    const TARGET: &'static str = "user";
    const FIELDS: &'static [&'static str] = &["points"];
    /// Points come and go: it is taken back by as much as it moved.
    const HOLDS: bool = false;

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        customer(db, row).await
    }

    fn opposite(row: &Entry, now: &Now, _: &Given<'_>) -> Result<Self, Fault> {
        let (user, delta) = (id::<CustomerId>(row)?, back(row).ok_or_else(gone)?);
        let balance = number(now.field("points")).ok_or_else(gone)?;
        match balance.checked_add(delta) {
            Some(after @ ..0) => {
                Err(Fault::conflict(REVERSAL_SHORT).with("missing", after.saturating_neg()).with("balance", balance))
            }
            _ => Ok(Self { user, delta, reason_kind: "correction".to_owned() }),
        }
    }

    fn altered(row: &Entry, now: &Now) -> Value {
        let after = number(now.field("points")).zip(back(row)).and_then(|(points, delta)| points.checked_add(delta));
        json!({ "points": after.map(|points| points.to_string()) })
    }

    fn form(row: &Entry) -> String {
        format!("/users/{}?panel=points", row.target_id)
    }

    fn button(row: &Entry, frame: &Frame) -> Option<String> {
        let delta = back(row)?;
        let key = if delta < 0 { "points.deduct" } else { "points.add" };
        Some(frame.with(key, &[("n", &group(delta.saturating_abs()))]))
    }

    fn amount(row: &Entry) -> Option<(&'static str, Amount)> {
        back(row).map(|delta| ("points", Amount { n: delta.saturating_abs(), currency: None }))
    }
}

/// By how many points an adjustment is taken back.
fn back(row: &Entry) -> Option<i64> {
    number(noted(&row.before, "points"))?.checked_sub(number(noted(&row.after, "points"))?)
}

impl Reversible for SetUserStatus {
    type Opposite = Self;
    const TARGET: &'static str = "user";
    const FIELDS: &'static [&'static str] = &["status"];

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        customer(db, row).await
    }

    fn opposite(row: &Entry, _: &Now, _: &Given<'_>) -> Result<Self, Fault> {
        Ok(Self { user: id(row)?, status: noted(&row.before, "status").to_owned() })
    }

    fn form(row: &Entry) -> String {
        format!("/users/{}?panel=status", row.target_id)
    }
}

impl Reversible for NoteUser {
    type Opposite = Self;
    const TARGET: &'static str = "user";
    const FIELDS: &'static [&'static str] = &[];

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        // A note depends on nothing that was seen.
        Ok(Now { version: None, ..customer(db, row).await? })
    }

    /// A note stays; another one says that it is taken back, and why.
    fn opposite(row: &Entry, now: &Now, given: &Given<'_>) -> Result<Self, Fault> {
        Ok(Self { user: id(row)?, text: takes_back(row, now, given)? })
    }

    fn altered(_: &Entry, _: &Now) -> Value {
        json!({})
    }

    fn form(row: &Entry) -> String {
        format!("/users/{}?panel=note", row.target_id)
    }
}

impl Reversible for NoteOrder {
    type Opposite = Self;
    const TARGET: &'static str = "order";
    const FIELDS: &'static [&'static str] = &[];

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        let Ok(order) = row.target_id.parse::<OrderId>() else { return Ok(Now::default()) };
        let there: Option<(i64,)> =
            db.query(sql!("select id from orders where id = $1")).bind(order).optional().await?;
        Ok(Now { is_there: there.is_some(), ..Now::default() })
    }

    fn opposite(row: &Entry, now: &Now, given: &Given<'_>) -> Result<Self, Fault> {
        Ok(Self { order: id(row)?, text: takes_back(row, now, given)? })
    }

    fn altered(_: &Entry, _: &Now) -> Value {
        json!({})
    }

    fn form(row: &Entry) -> String {
        format!("/orders/{}", row.target_id)
    }
}

/// The text of a note that takes back the one of this row.
fn takes_back(row: &Entry, now: &Now, given: &Given<'_>) -> Result<String, Fault> {
    if now.is_there { Ok(format!("↩ #{}: {}", row.seq, given.reason.as_str())) } else { Err(gone()) }
}

impl Reversible for SetStaffRoles {
    type Opposite = Self;
    const TARGET: &'static str = "staff";
    const FIELDS: &'static [&'static str] = &["roles"];

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        member(db, row).await
    }

    fn opposite(row: &Entry, _: &Now, _: &Given<'_>) -> Result<Self, Fault> {
        Ok(Self { staff: id(row)?, roles: Roles::parse(noted(&row.before, "roles")) })
    }

    fn form(row: &Entry) -> String {
        format!("/staff/{}?panel=roles", row.target_id)
    }
}

impl Reversible for SetStaffStatus {
    type Opposite = Self;
    const TARGET: &'static str = "staff";
    const FIELDS: &'static [&'static str] = &["active"];

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        member(db, row).await
    }

    fn opposite(row: &Entry, _: &Now, _: &Given<'_>) -> Result<Self, Fault> {
        let was_active = row.before.get("active").and_then(Value::as_bool).unwrap_or_default();
        let status = if was_active { "active" } else { "disabled" };
        Ok(Self { staff: id(row)?, status: status.to_owned() })
    }

    fn altered(row: &Entry, _: &Now) -> Value {
        json!({ "active": row.before.get("active") })
    }

    fn form(row: &Entry) -> String {
        format!("/staff/{}?panel=status", row.target_id)
    }
}

impl Reversible for RestrictStaff {
    type Opposite = Self;
    const TARGET: &'static str = "staff";
    const FIELDS: &'static [&'static str] = &["networks"];

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        member(db, row).await
    }

    fn opposite(row: &Entry, _: &Now, _: &Given<'_>) -> Result<Self, Fault> {
        Ok(Self { staff: id(row)?, networks: noted(&row.before, "networks").to_owned() })
    }

    fn form(row: &Entry) -> String {
        format!("/staff/{}?panel=networks", row.target_id)
    }
}

const OF_NETWORKS: &[&str] = &["net", "note", "expires_at"];

impl Reversible for AddNetwork {
    type Opposite = RemoveNetwork;
    const TARGET: &'static str = "network";
    const FIELDS: &'static [&'static str] = OF_NETWORKS;

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        network(db, &row.target_id).await
    }

    fn opposite(row: &Entry, now: &Now, _: &Given<'_>) -> Result<RemoveNetwork, Fault> {
        // What was empty was not noted, and may have been filled in since.
        if OF_NETWORKS.iter().any(|field| now.field(field) != noted(&row.after, field)) {
            return Err(Fault::conflict(REVERSAL_MOVED));
        }
        Ok(RemoveNetwork { id: NetworkId::new(now.id), net: net(noted(&row.after, "net"))? })
    }

    fn form(_: &Entry) -> String {
        "/networks".to_owned()
    }
}

impl Reversible for ChangeNetwork {
    type Opposite = Self;
    const TARGET: &'static str = "network";
    const FIELDS: &'static [&'static str] = OF_NETWORKS;

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        let moved_to = Some(noted(&row.after, "net")).filter(|net| !net.is_empty());
        network(db, moved_to.unwrap_or(&row.target_id)).await
    }

    fn opposite(row: &Entry, now: &Now, given: &Given<'_>) -> Result<Self, Fault> {
        let field = |name| if row.before.get(name).is_some() { noted(&row.before, name) } else { now.field(name) };
        Ok(Self {
            id: NetworkId::new(now.id),
            was: net(now.field("net"))?,
            net: net(field("net"))?,
            note: field("note").to_owned(),
            expires_at: ahead(field("expires_at"), given.at)?,
            // It was open before, and the page shows it.
            wide_confirmed: true,
        })
    }

    fn form(_: &Entry) -> String {
        "/networks".to_owned()
    }
}

impl Reversible for RemoveNetwork {
    type Opposite = AddNetwork;
    const TARGET: &'static str = "network";
    const FIELDS: &'static [&'static str] = OF_NETWORKS;

    async fn now(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
        // It has no row, so that there is no version of it.
        Ok(Now { version: None, ..network(db, &row.target_id).await? })
    }

    fn opposite(row: &Entry, _: &Now, given: &Given<'_>) -> Result<AddNetwork, Fault> {
        Ok(AddNetwork {
            net: net(noted(&row.before, "net"))?,
            note: noted(&row.before, "note").to_owned(),
            expires_at: ahead(noted(&row.before, "expires_at"), given.at)?,
            wide_confirmed: true,
        })
    }

    fn form(_: &Entry) -> String {
        "/networks?panel=add".to_owned()
    }
}

async fn customer(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
    let Ok(user) = row.target_id.parse::<CustomerId>() else { return Ok(Now::default()) };
    let found: Option<(i64, String, i64)> =
        db.query(sql!("select points, status, version from users where id = $1")).bind(user).optional().await?;
    Ok(found.map_or_else(Now::default, |(points, status, version)| {
        now(version, [("points", json!(points.to_string())), ("status", json!(status))])
    }))
}

async fn member(db: &mut impl Queries, row: &Entry) -> sqlx::Result<Now> {
    let Ok(staff) = row.target_id.parse::<StaffId>() else { return Ok(Now::default()) };
    let found: Option<(String, String, bool, i64)> = db
        .query(sql!("select roles, networks, active, version from staff where id = $1"))
        .bind(staff)
        .optional()
        .await?;
    Ok(found.map_or_else(Now::default, |(roles, networks, active, version)| {
        // The log notes roles in their order.
        let roles = Roles::parse(&roles).to_string();
        now(version, [("roles", json!(roles)), ("networks", json!(networks)), ("active", json!(active))])
    }))
}

async fn network(db: &mut impl Queries, net: &str) -> sqlx::Result<Now> {
    let rows = open::all(db).await?;
    let found = rows.into_iter().find(|row| row.net.to_string() == net);
    Ok(found.map_or_else(Now::default, |row| {
        let fields = [
            ("net", json!(row.net.to_string())),
            ("note", json!(row.note)),
            ("expires_at", json!(row.expires_at.map(|at| at.to_string()))),
        ];
        Now { id: row.id.get(), ..now(row.version, fields) }
    }))
}

fn now<const N: usize>(version: i64, fields: [(&str, Value); N]) -> Now {
    let fields: Map<String, Value> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Now { is_there: true, id: 0, version: Some(version), fields }
}

fn id<I: std::str::FromStr>(row: &Entry) -> Result<I, Fault> {
    row.target_id.parse().map_err(|_| gone())
}

fn number(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn net(text: &str) -> Result<IpNet, Fault> {
    text.parse().map_err(|_| gone())
}

/// Until when the network is to be open again: a time ahead, or none where it is to stay.
fn ahead(text: &str, now: Instant) -> Result<Option<String>, Fault> {
    match (text, Instant::parse(text)) {
        ("", _) => Ok(None),
        (_, Ok(at)) if at > now => Ok(Some(text.to_owned())),
        _ => Err(Fault::conflict(REVERSAL_ENDED)),
    }
}

fn gone() -> Fault {
    Fault::conflict(REVERSAL_GONE)
}
