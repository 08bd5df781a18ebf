//! Where a message to a person goes: their addresses at rest. A delivery names one by its number alone.

use super::deliver::Recipient;
use crate::{
    gate::Tx,
    id::{StaffId, WayId},
    secret::{Purpose, SecretKey},
    sql,
    store::{Queries, Reader},
};

/// What the recipient of a delivery to a person begins with.
const PREFIX: &str = "way/";

/// The kind of the message that proves an address.
pub(crate) const PROOF: &str = "ways.code";

/// A person at one of their addresses.
pub(crate) fn recipient(channel: String, id: WayId) -> Recipient {
    Recipient { channel, address: format!("{PREFIX}{id}") }
}

fn id_of(recipient: &str) -> Option<WayId> {
    recipient.strip_prefix(PREFIX)?.parse().ok()
}

/// An address as it is stored.
pub(crate) fn seal(key: &SecretKey, staff: StaffId, address: &str) -> Vec<u8> {
    key.seal_as(Purpose::Ways, &context(staff), address.as_bytes())
}

/// The address that was stored, where a key opens it.
pub(crate) fn open(key: &SecretKey, staff: StaffId, sealed: &[u8]) -> Option<String> {
    String::from_utf8(key.open_as(Purpose::Ways, &context(staff), sealed)?).ok()
}

fn context(staff: StaffId) -> String {
    format!("ways/{staff}")
}

/// The six digits that prove an address. They follow from the key, so they are stored nowhere; while a key is rotated, each of the two
/// gives its own.
pub(crate) fn codes(key: &SecretKey, id: WayId, salt: &str) -> impl Iterator<Item = String> {
    let text = format!("{id}/{salt}");
    key.each().map(move |key| {
        let [a, b, c, d, ..] = key.mac(Purpose::WayCodes, text.as_bytes());
        format!("{:06}", u32::from_be_bytes([a, b, c, d]) % 1_000_000)
    })
}

/// What a message to a person is sent with.
pub(super) struct Found {
    /// Nothing where no key of this process opens it: another process may have the key.
    pub address: Option<String>,
    /// Where it can be given: for the message that proves the address.
    pub code: Option<String>,
    pub is_proven: bool,
}

/// The address behind a recipient; nothing where it is no more, or where its person is not active.
pub(super) async fn find(reader: &Reader, key: &SecretKey, to: &Recipient) -> sqlx::Result<Option<Found>> {
    let Some(id) = id_of(&to.address) else { return Ok(None) };
    let found: Option<(StaffId, Vec<u8>, String, bool)> = reader
        .query(sql!(
            "select w.staff, w.address, w.salt, w.proven_at is not null from ways w join staff s on s.id = w.staff
              where w.id = $1 and w.channel = $2 and w.removed_at is null and w.failed_at is null and s.active"
        ))
        .bind(id)
        .bind(to.channel.clone())
        .optional()
        .await?;
    let Some((staff, sealed, salt, is_proven)) = found else { return Ok(None) };
    let code = codes(key, id, &salt).next();
    Ok(Some(Found { address: open(key, staff, &sealed), code, is_proven }))
}

/// Notes that an address is refused for good: no message goes there any more.
pub(super) async fn note_fault(tx: &mut Tx<'_>, recipient: &str, why: &str) -> sqlx::Result<()> {
    let Some(id) = id_of(recipient) else { return Ok(()) };
    let now = tx.now();
    tx.query(sql!(
        "update ways set failed_at = $2, error = $3 where id = $1 and failed_at is null and removed_at is null"
    ))
    .bind(id)
    .bind(now)
    .bind(why.to_owned())
    .run()
    .await
    .map(drop)
}

/// A person whose address is refused for good.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Faulty {
    pub channel: String,
    pub name: String,
    pub error: Option<String>,
}

/// Those people whose messages are not taken any more.
pub(crate) async fn faulty(db: &mut impl Queries) -> sqlx::Result<Vec<Faulty>> {
    db.query(sql!(
        "select w.channel, s.name, w.error from ways w join staff s on s.id = w.staff
          where w.failed_at is not null and w.removed_at is null and s.active order by w.id limit 200"
    ))
    .all()
    .await
}
