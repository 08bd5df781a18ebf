//! The channels as they are stored: which there are, which of them fail, since when and why, and when each last took a message.

use super::{Channels, deliver::Recipient, personal::AddressRule, send::Answer};
use crate::{
    clock::Instant,
    gate::{Gate, Housekeeping, Tx},
    sql,
    store::{Queries, Reader},
    web::shell::Failing,
};

/// Attempts in a row without a good answer after which a channel fails. A wrong address or key is enough at once.
const FAILURES: i64 = 3;

/// A channel and how it does.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Health {
    pub name: String,
    pub kind: String,
    pub host: String,
    pub failing_since: Option<Instant>,
    /// The last answer that was not good.
    pub error: Option<String>,
    /// When it last took a message.
    pub proven_at: Option<Instant>,
    /// The addresses that each get their own messages, as JSON.
    pub recipients: String,
    /// What an address of a person in it must be, as JSON; nothing where the channel has a receiver of its own.
    pub addresses: Option<String>,
}

impl Health {
    /// Whether each person has an address of their own in it, and the channel none.
    pub(crate) fn is_personal(&self) -> bool {
        self.addresses.is_some()
    }

    /// What an address of a person in it must be.
    pub(crate) fn rule(&self) -> Option<AddressRule> {
        serde_json::from_str(self.addresses.as_deref()?).ok()
    }

    /// Those who get a message over it.
    pub(crate) fn recipients(&self) -> Vec<Recipient> {
        let mut addresses: Vec<String> = serde_json::from_str(&self.recipients).unwrap_or_default();
        if addresses.is_empty() && !self.is_personal() {
            addresses.push(String::new());
        }
        addresses.into_iter().map(|address| Recipient { channel: self.name.clone(), address }).collect()
    }
}

/// All that are declared.
pub(crate) async fn all(db: &mut impl Queries) -> sqlx::Result<Vec<Health>> {
    db.query(sql!(
        "select name, kind, host, failing_since, error, proven_at, recipients, addresses from channels
          where is_declared order by name"
    ))
    .all()
    .await
}

/// The channels that take no messages; nothing where all do.
pub(crate) async fn failing(reader: &Reader) -> sqlx::Result<Option<Failing>> {
    let failing: Vec<(String, Instant)> = reader
        .query(sql!(
            "select name, failing_since from channels where is_declared and failing_since is not null order by failing_since"
        ))
        .all()
        .await?;
    let names: Vec<&str> = failing.iter().map(|(name, _)| name.as_str()).collect();
    Ok(failing.first().map(|(_, since)| Failing { names: names.join(", "), since: *since }))
}

/// Stores the channels that are declared, where they are others than those that are stored.
pub(crate) async fn declare(mut reader: &Reader, gate: &Gate, channels: &Channels) -> sqlx::Result<()> {
    let stored = all(&mut reader).await?;
    let mut declared: Vec<Row> = channels.iter().map(row).collect();
    declared.sort_unstable();
    let row_of = |Health { name, kind, host, recipients, addresses, .. }: Health| Row {
        name,
        kind,
        host,
        recipients,
        addresses,
    };
    let is_same = stored.into_iter().map(row_of).eq(declared.iter().cloned());
    if is_same { Ok(()) } else { gate.run_housekeeping(&DeclareChannels { declared }).await }
}

/// A channel as it is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: String,
    kind: String,
    host: String,
    recipients: String,
    addresses: Option<String>,
}

fn row(channel: &super::Channel) -> Row {
    let receiver = &channel.receiver;
    let (kind, host) = if channel.is_on { (receiver.kind(), receiver.host()) } else { ("log", "") };
    let recipients = serde_json::to_string(receiver.recipients()).unwrap_or_default();
    let addresses = receiver.personal().and_then(|personal| serde_json::to_string(personal.rule()).ok());
    Row { name: channel.name.clone(), kind: kind.to_owned(), host: host.to_owned(), recipients, addresses }
}

/// Stores which channels there are. What waits for one that is declared no more is dropped, and says so.
#[derive(Clone, Debug)]
pub(crate) struct DeclareChannels {
    declared: Vec<Row>,
}

impl Housekeeping for DeclareChannels {
    const NAME: &'static str = "channels.declare";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!("update channels set is_declared = false where is_declared")).run().await?;
        for Row { name, kind, host, recipients, addresses } in &self.declared {
            tx.query(sql!(
                "insert into channels (name, kind, host, recipients, is_declared, tested_at, addresses)
                 values ($1, $2, $3, $4, true, $5, $6)
                 on conflict (name) do update set kind = excluded.kind, host = excluded.host, recipients = excluded.recipients,
                   is_declared = true, addresses = excluded.addresses"
            ))
            .bind(name.as_str())
            .bind(kind.as_str())
            .bind(host.as_str())
            .bind(recipients.as_str())
            // It is idle from now on.
            .bind(now)
            .bind(addresses.as_deref())
            .run()
            .await?;
        }
        tx.query(sql!(
            "update deliveries set state = 'dropped', error = 'channel-gone'
              where state = 'waiting' and channel in (select name from channels where not is_declared)"
        ))
        .run()
        .await
        .map(drop)
    }
}

/// Notes the answer of a channel.
pub(super) async fn note(tx: &mut Tx<'_>, channel: &str, answer: &Answer) -> sqlx::Result<()> {
    let now = tx.now();
    let (is_certain, pause) = match answer {
        Answer::Taken => return recover(tx, channel, now).await,
        Answer::Later { after, .. } => (false, after.map(|after| now.plus(after))),
        Answer::Misconfigured(_) | Answer::Refused(_) => (true, None),
        Answer::Unreachable(_) | Answer::Gone => return Ok(()),
    };
    let before: Option<(i64, Option<Instant>, Option<String>)> = tx
        .query(sql!(
            sqlite: "select failures, failing_since, addresses from channels where name = $1",
            postgres: "select failures, failing_since, addresses from channels where name = $1 for update",
        ))
        .bind(channel.to_owned())
        .optional()
        .await?;
    let Some((failures, since, addresses)) = before else { return Ok(()) };
    // One person's receiver that asks for patience holds up no other person.
    let pause = pause.filter(|_| addresses.is_none());
    let failures = failures.saturating_add(1);
    let fails = is_certain || failures >= FAILURES;
    tx.query(sql!(
        "update channels set failures = $2, error = $3, pause_until = $4, failing_since = $5 where name = $1"
    ))
    .bind(channel.to_owned())
    .bind(failures)
    .bind(answer.why().map(str::to_owned))
    .bind(pause)
    .bind(since.or(fails.then_some(now)))
    .run()
    .await
    .map(drop)
}

async fn recover(tx: &mut Tx<'_>, channel: &str, now: Instant) -> sqlx::Result<()> {
    tx.query(sql!(
        "update channels set failures = 0, failing_since = null, error = null, pause_until = null, proven_at = $2
          where name = $1"
    ))
    .bind(channel.to_owned())
    .bind(now)
    .run()
    .await
    .map(drop)
}
