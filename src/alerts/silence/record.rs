//! Silences as they are stored.

use crate::{
    alerts::record::Alert,
    clock::Instant,
    gate::Tx,
    id::{AlertId, SilenceId},
    notify::{again, deliver::Recipient},
    sql,
    store::Queries,
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Of what nothing is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Of the alerts of a kind.
    Kind,
    /// Of the alerts of a job.
    Job,
    /// Over a channel, nothing at all.
    Channel,
}

impl Scope {
    pub(crate) const ALL: [Self; 3] = [Self::Kind, Self::Job, Self::Channel];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Job => "job",
            Self::Channel => "channel",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

impl TryFrom<String> for Scope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no scope of a silence"))
    }
}

/// A time in which something is not told.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Silence {
    pub id: SilenceId,
    #[sqlx(try_from = "String")]
    pub scope: Scope,
    pub name: String,
    pub begun_at: Instant,
    pub until_at: Instant,
    pub reason: String,
    pub staff_name: String,
    /// When a person ended it early, and who.
    pub ended_at: Option<Instant>,
    pub ended_by: Option<String>,
}

macro_rules! silence_columns {
    () => {
        "id, scope, name, begun_at, until_at, reason, staff_name, ended_at, ended_by"
    };
}
pub(super) use silence_columns;

impl Silence {
    pub(crate) fn is_active(&self, now: Instant) -> bool {
        self.ended_at.is_none() && self.until_at > now
    }

    /// When it ends, or ended.
    pub(crate) fn end(&self) -> Instant {
        self.ended_at.map_or(self.until_at, |at| at.min(self.until_at))
    }

    /// Whether no channel is told of this alert.
    pub(crate) fn is_of(&self, alert: &Alert) -> bool {
        match self.scope {
            Scope::Kind => self.name == alert.kind.as_str(),
            Scope::Job => alert.job() == Some(self.name.as_str()),
            Scope::Channel => false,
        }
    }

    /// Whether this channel is not told of this alert.
    pub(crate) fn covers(&self, alert: &Alert, channel: &str) -> bool {
        self.is_of(alert) || self.scope == Scope::Channel && self.name == channel
    }
}

/// Until when no channel is told of an alert; nothing where it is not silenced.
pub(crate) fn silenced_until(silences: &[Silence], alert: &Alert, now: Instant) -> Option<Instant> {
    silences.iter().filter(|silence| silence.is_active(now) && silence.is_of(alert)).map(Silence::end).max()
}

/// What is known of the telling of open alerts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Silences in force, and those that have ended and whose end is not told yet.
    pub silences: Vec<Silence>,
    /// Who was told that an alert was opened, or will be, or a person gave up to tell it. Not who was to be told over a channel that
    /// was declared no more.
    pub informed: HashMap<AlertId, HashSet<Recipient>>,
}

impl Known {
    pub(crate) async fn read(db: &mut impl Queries, open: &[Alert]) -> sqlx::Result<Self> {
        let mut informed: HashMap<AlertId, HashSet<Recipient>> = HashMap::new();
        if !open.is_empty() {
            let rows: Vec<(AlertId, String, String)> = db
                .query(sql!(
                    "select d.alert, d.channel, d.recipient from alerts a join deliveries d on d.alert = a.id
                      where a.resolved_at is null and d.what = 'opened' and not (",
                    again::lost_its_channel!(),
                    ")"
                ))
                .all()
                .await?;
            for (alert, channel, address) in rows {
                informed.entry(alert).or_default().insert(Recipient { channel, address });
            }
        }
        Ok(Self { silences: unsettled(db).await?, informed })
    }
}

/// Silences in force, and those that have ended and whose end is not told yet; the one that ends first comes first.
pub(crate) async fn unsettled(db: &mut impl Queries) -> sqlx::Result<Vec<Silence>> {
    db.query(sql!("select ", silence_columns!(), " from silences where settled_at is null order by until_at, id"))
        .all()
        .await
}

/// Silences in force, the one that ends first comes first.
pub(crate) async fn active(db: &mut impl Queries, now: Instant) -> sqlx::Result<Vec<Silence>> {
    let mut silences = unsettled(db).await?;
    silences.retain(|silence| silence.is_active(now));
    Ok(silences)
}

/// All that are in force or not settled, which stay so until the change is done: two people do not begin or end the same.
pub(super) async fn lock(tx: &mut Tx<'_>) -> sqlx::Result<Vec<Silence>> {
    tx.query(sql!(sqlite: "select 1", postgres: "lock table silences in share row exclusive mode")).run().await?;
    unsettled(tx).await
}
