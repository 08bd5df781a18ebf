//! The steps of admission, in the order of [`Gate::submit`](super::Gate::submit). Each reads in the transaction that the
//! change will write in, so nothing can change between the check and the change.

use super::{
    Actor, Admits, By, Change, Kind, Refusal, Roles, Seal, Tx, Who, code,
    lead::Lead,
    lever::{closing, refuse_closed},
    networks, reversal,
};
use crate::{allowlist, clock::Instant, id::Seq, secret::SecretKey, sql};

#[derive(sqlx::FromRow)]
struct StaffRow {
    active: bool,
    roles: String,
    networks: String,
    stage: String,
    /// The time of the newest row of the log, and until when the log's time is held.
    newest: Option<Instant>,
    held_until: Option<Instant>,
    /// Until when the kind of change is closed for everybody, and who closed it.
    closed_until: Option<Instant>,
    closed_by: Option<String>,
}

macro_rules! permitted_person {
    ($locking:literal) => {
        concat!(
            "select s.active, s.roles, s.networks, e.stage, (select a.at from audit a order by a.seq desc limit 1) as newest,
                    (select i.time_held_until from installation i where i.id = 1) as held_until, ",
            closing!("$3", "$4"),
            "
               from staff s join sessions e on e.id = $2 and e.staff_id = s.id where s.id = $1",
            $locking
        )
    };
}

/// Checks that the person may make this kind of change from their network, and that it is not closed for everybody. Returns the
/// roles that they have now.
pub(super) async fn permitted(tx: &mut Tx<'_>, actor: &Actor, kind: &Kind) -> Result<Option<Roles>, Refusal> {
    let admits = kind.admits;
    let staff = match (&actor.who, admits.by) {
        (Who::Console { .. }, _) if admits.host => return Ok(None),
        (Who::System, By::SystemOnly) | (Who::Visitor, By::Public) => return Ok(None),
        (Who::Visitor, _) => return Err(Refusal::SignedOut),
        (Who::Staff { id, .. }, _) => *id,
        _ => return Err(Refusal::Role),
    };
    // Locked, so that a role taken away or a session ended meanwhile waits until this change is done, or this change sees
    // it. The person's row is locked for writing at once: many changes write it later, and two shared locks would deadlock.
    let statement = sql!(
        sqlite: permitted_person!(""),
        postgres: permitted_person!(" for no key update of s for share of e"),
    );
    let now = tx.now();
    let query = tx.query(statement).bind(staff).bind(actor.origin.session.as_deref()).bind(kind.name).bind(now);
    let row: Option<StaffRow> = query.optional().await?;
    let Some(row) = row.filter(|row| row.active) else { return Err(Refusal::SignedOut) };
    if !allowlist::within(&row.networks, actor.origin.ip) {
        return Err(Refusal::Network);
    }
    let permitted = permits(&row, admits, now)?;
    if kind.may_close {
        refuse_closed(row.closed_until, row.closed_by)?;
    }
    Ok(permitted)
}

/// Whether a person with this row and session may make changes of this kind.
fn permits(row: &StaffRow, admits: Admits, now: Instant) -> Result<Option<Roles>, Refusal> {
    let roles = Roles::parse(&row.roles);
    match (admits.by, row.stage.as_str()) {
        (By::Roles(_) | By::AnyStaff, "signed") if admits.code && has_role_for(&roles, admits) => {
            Lead::check(Lead::of(row.newest, row.held_until, now)).map(|()| Some(roles))
        }
        (By::Roles(wanted), "signed") if roles.any_of(wanted) => Ok(Some(roles)),
        (By::AnyStaff, "signed")
        | (By::PasswordOnly, "password")
        | (By::RecoveryOnly, "recovery")
        | (By::Session | By::Public, _) => Ok(Some(roles)),
        (By::Roles(_) | By::SystemOnly, "signed") => Err(Refusal::Role),
        _ => Err(Refusal::SignedOut),
    }
}

/// Whether these roles permit the change to a person who is signed in.
pub(super) fn has_role_for(roles: &Roles, admits: Admits) -> bool {
    match admits.by {
        By::Roles(wanted) => roles.any_of(wanted),
        By::AnyStaff => true,
        By::PasswordOnly | By::RecoveryOnly | By::Session | By::Public | By::SystemOnly => false,
    }
}

/// Checks that the request comes from a network that may request changes.
pub(super) async fn allowed_network(tx: &mut Tx<'_>, actor: &Actor) -> Result<(), Refusal> {
    if is_open_to(tx, actor).await? { Ok(()) } else { Err(Refusal::Network) }
}

/// Whether the console opens to the address of `actor`. The command line is on the host itself.
pub(super) async fn is_open_to(tx: &mut Tx<'_>, actor: &Actor) -> sqlx::Result<bool> {
    let environment = tx.setup.networks.clone();
    match (&actor.who, actor.origin.ip) {
        (Who::Console { .. } | Who::System, _) => Ok(true),
        (_, Some(ip)) => networks::admits(tx, &environment, ip).await,
        (_, None) => Ok(false),
    }
}

/// Checks that the target is still at the version that the person saw, and that the change makes sense. Without a `seen`
/// version the staleness check is skipped; the row lock still keeps totals right.
pub(super) async fn still_as_seen<C: Change>(tx: &mut Tx<'_>, change: &C, seal: &Seal) -> Result<(), Refusal> {
    let version = change.version(tx).await?;
    // Before the version is compared: of two who take the same row back, the second one is told that it was done.
    if let Some(of) = seal.reverses {
        reversal::begin(tx, of, change, &seal.reason).await?;
    }
    match (version, seal.seen) {
        (Some(now), Some(seen)) if now != seen => Err(Refusal::Stale { now }),
        _ => Ok(change.check(tx).await?),
    }
}

/// Spends the one-time code, where the change needs one. The command line has none: a person who can run it as the console's
/// user has the key and the database already.
pub(super) async fn second_factor(
    tx: &mut Tx<'_>,
    key: &SecretKey,
    actor: &Actor,
    admits: Admits,
    seal: &Seal,
) -> Result<(), Refusal> {
    match (&actor.who, admits.code) {
        (Who::Staff { id, .. }, true) => code::spend(tx, key, *id, seal.code.as_deref()).await,
        _ => Ok(()),
    }
}

/// The first answer to a form whose key was used before.
pub(super) struct First {
    pub seq: Seq,
    pub output: String,
}

#[derive(sqlx::FromRow)]
struct Claimed {
    fingerprint: Vec<u8>,
    seq: Option<Seq>,
    output: Option<String>,
}

/// Claims the form's key for these changes, or returns the first answer to it. On PostgreSQL a second transaction with the
/// same key waits here until the first has ended.
pub(super) async fn claim<C: Change>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    changes: &[C],
    seal: &Seal,
) -> Result<Option<First>, Refusal> {
    let (Some(staff), Some(key)) = (actor.staff_id(), seal.key.as_deref()) else { return Ok(None) };
    let fingerprint = fingerprint(changes, seal.reverses);
    let now: Instant = tx.now();
    let fresh = tx
        .query(sql!(
            "insert into idempotency (staff_id, key, fingerprint, at) values ($1, $2, $3, $4) on conflict (staff_id, key) do nothing"
        ))
        .bind(staff)
        .bind(key)
        .bind(fingerprint.to_vec())
        .bind(now)
        .run()
        .await?;
    if fresh == 1 {
        return Ok(None);
    }
    let first: Claimed = tx
        .query(sql!("select fingerprint, seq, output from idempotency where staff_id = $1 and key = $2"))
        .bind(staff)
        .bind(key)
        .one()
        .await?;
    match first {
        Claimed { fingerprint: before, seq: Some(seq), output: Some(output) } if before == fingerprint => {
            Ok(Some(First { seq, output }))
        }
        _ => Err(Refusal::KeyReused),
    }
}

/// Releases the key after a refusal, so that the corrected form can be sent again.
pub(super) async fn unclaim(tx: &mut Tx<'_>, actor: &Actor, seal: &Seal, refusal: &Refusal) -> sqlx::Result<()> {
    let (Some(staff), Some(key)) = (actor.staff_id(), seal.key.as_deref()) else { return Ok(()) };
    if matches!(refusal, Refusal::KeyReused) {
        return Ok(());
    }
    tx.query(sql!("delete from idempotency where staff_id = $1 and key = $2 and seq is null"))
        .bind(staff)
        .bind(key)
        .run()
        .await
        .map(drop)
}

/// Stores the answer with the key.
pub(super) async fn remember(tx: &mut Tx<'_>, actor: &Actor, seal: &Seal, seq: Seq, output: &str) -> sqlx::Result<()> {
    let (Some(staff), Some(key)) = (actor.staff_id(), seal.key.as_deref()) else { return Ok(()) };
    tx.query(sql!("update idempotency set seq = $3, output = $4 where staff_id = $1 and key = $2"))
        .bind(staff)
        .bind(key)
        .bind(seq)
        .bind(output)
        .run()
        .await
        .map(drop)
}

/// The hash that tells changes apart: of kind, target and all their values, and of the row that they take back.
fn fingerprint<C: Change>(changes: &[C], reverses: Option<Seq>) -> [u8; 32] {
    let lines = changes.iter().map(|change| {
        format!("{}\n{}\n{}", C::KIND, change.target(), serde_json::to_string(change).unwrap_or_default())
    });
    let lines = lines.chain(reverses.map(|of| format!("reverses\n{of}")));
    crate::secret::sha256(lines.collect::<Vec<_>>().join("\n").as_bytes())
}
