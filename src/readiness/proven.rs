//! What the database says, as far as readiness depends on it.

use crate::{
    audit::background,
    batches::record::needs_attention,
    clock::Instant,
    evidence::{keep, ship},
    gate::{Role, Roles, can_sign_in, lead::lead, networks_in_effect},
    notify::health::{self, Health},
    oncall::gap::{Faults, faults},
    sql,
    store::Reader,
};
use chrono::TimeDelta;
use ipnet::IpNet;

/// For how long it is looked ahead who is on duty.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// What the database says at a time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proven {
    pub verified_at: Option<Instant>,
    /// Whether the last verification found something.
    pub is_unfit: bool,
    /// When the last checkpoint of the log was signed.
    pub signed_at: Option<Instant>,
    /// Whether the signer refuses.
    pub is_unsigned: bool,
    /// The targets to which checkpoints are late.
    pub late: Vec<String>,
    pub is_ahead: bool,
    /// The jobs whose newest run knew nothing of what is usual.
    pub without_baseline: Vec<String>,
    /// When the oldest failure happened that no person has seen to.
    pub oldest_failure: Option<Instant>,
    pub staff: Vec<Member>,
    pub networks: Vec<IpNet>,
    pub channels: Vec<Health>,
    /// What is wrong with who is on duty in the days ahead.
    pub duty: Faults,
}

/// A person whose account is active.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub roles: Roles,
    /// Whether they have a password and a second factor that is not locked.
    pub is_able: bool,
}

impl Member {
    pub(crate) fn can_act_as(&self, role: Role) -> bool {
        self.is_able && self.roles.any_of(&[role])
    }
}

impl Proven {
    pub(crate) async fn read(mut reader: &Reader, now: Instant) -> sqlx::Result<Self> {
        let verification = background::last(&mut reader).await?;
        Ok(Self {
            verified_at: verification.finished_at,
            is_unfit: verification.finding.is_some(),
            signed_at: keep::last(&mut reader).await?.map(|kept| kept.signed_at),
            is_unsigned: keep::finding(&mut reader).await?.is_some(),
            late: ship::record::late(reader, now).await?.into_iter().map(|late| late.target).collect(),
            is_ahead: lead(&mut reader, now).await?.is_some(),
            without_baseline: without_baseline(reader).await?,
            oldest_failure: oldest_failure(reader).await?,
            staff: staff(reader).await?,
            networks: networks_in_effect(&mut reader, now).await?.into_iter().map(|(_, net)| net).collect(),
            channels: health::all(&mut reader).await?,
            duty: faults(reader, now, AHEAD).await?,
        })
    }
}

async fn without_baseline(reader: &Reader) -> sqlx::Result<Vec<String>> {
    let jobs: Vec<(String,)> = reader
        .query(sql!(
            "select j.name from batch_jobs j
              where not j.is_retired
                and (select r.baseline_ms from batch_runs r where r.job = j.name order by r.id desc limit 1) is null
              order by j.name"
        ))
        .all()
        .await?;
    Ok(jobs.into_iter().map(|(name,)| name).collect())
}

async fn oldest_failure(reader: &Reader) -> sqlx::Result<Option<Instant>> {
    let oldest: Option<(Instant,)> = reader
        .query(sql!(
            "select coalesce(ended_at, started_at, queued_at) from batch_runs where ",
            needs_attention!(),
            " order by id limit 1"
        ))
        .optional()
        .await?;
    Ok(oldest.map(|(at,)| at))
}

async fn staff(reader: &Reader) -> sqlx::Result<Vec<Member>> {
    let staff: Vec<(String, bool)> =
        reader.query(sql!("select s.roles, (", can_sign_in!(), ") from staff s where s.active")).all().await?;
    Ok(staff.into_iter().map(|(roles, is_able)| Member { roles: Roles::parse(&roles), is_able }).collect())
}
