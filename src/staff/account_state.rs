//! The state of an account while a change is made to it, and the rules that all such changes share.

use super::Roles;
use crate::{
    gate::{Fault, Tx, can_sign_in},
    id::StaffId,
    sql,
};

crate::gate::refusal_words! {
    /// The account is disabled.
    STAFF_DISABLED = "staff-disabled";
    /// The account is the last owner's who can sign in.
    STAFF_LAST_OWNER = "staff-last-owner";
    /// There is no such member of staff.
    pub(crate) STAFF_MISSING = "staff-missing";
    /// The account is the only other owner's.
    STAFF_OTHER_OWNER = "staff-other-owner";
    /// The account is the requester's own.
    STAFF_OWN = "staff-own";
}

/// What a change to an account depends on.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct AccountState {
    roles: String,
    pub(super) active: bool,
    pub(super) networks: String,
    has_password: bool,
    pub(super) has_authenticator: bool,
}

impl AccountState {
    pub(super) fn roles(&self) -> Roles {
        Roles::parse(&self.roles)
    }

    /// Whether it has a password and an authenticator.
    pub(super) fn is_set_up(&self) -> bool {
        self.has_password && self.has_authenticator
    }

    /// Refuses what makes no sense for an account that is disabled.
    pub(super) fn require_active(&self) -> Result<(), Fault> {
        if self.active { Ok(()) } else { Err(Fault::conflict(STAFF_DISABLED)) }
    }
}

/// Locks a person's row for the rest of the transaction and says which version it has. Not for update: rows that name the
/// person, such as sessions, may still be made meanwhile.
pub(super) async fn lock_version(tx: &mut Tx<'_>, id: StaffId) -> Result<i64, Fault> {
    let row: Option<(i64,)> = tx
        .query(sql!(
            sqlite: "select version from staff where id = $1",
            postgres: "select version from staff where id = $1 for no key update",
        ))
        .bind(id)
        .optional()
        .await?;
    row.map(|(version,)| version).ok_or_else(|| Fault::missing(STAFF_MISSING))
}

/// Locks a person's row and reads the state of their account. It is read after the lock: what is read with it may be older
/// than what was waited for.
pub(super) async fn lock(tx: &mut Tx<'_>, id: StaffId) -> Result<AccountState, Fault> {
    lock_version(tx, id).await?;
    let state = tx
        .query(sql!(
            "select s.roles, s.active, s.networks, s.password_hash is not null as has_password,
                    exists (select 1 from authenticators a where a.staff_id = s.id) as has_authenticator
               from staff s where s.id = $1"
        ))
        .bind(id)
        .one()
        .await?;
    Ok(state)
}

/// Refuses a change that a person makes to their own account: it takes another owner to give a role or to let a person in.
pub(super) fn not_oneself(tx: &Tx<'_>, staff: StaffId) -> Result<(), Fault> {
    if tx.staff() == Some(staff) { Err(Fault::conflict(STAFF_OWN)) } else { Ok(()) }
}

/// Refuses that one of two owners takes the other's account over: with no third owner to see it, that is done on the host.
pub(super) async fn seen_by_another_owner(tx: &mut Tx<'_>, staff: StaffId) -> Result<(), Fault> {
    let Some(by) = tx.staff() else { return Ok(()) };
    let owners = able_owners(tx).await?;
    if owners.iter().any(|owner| *owner != staff && *owner != by) {
        Ok(())
    } else {
        Err(Fault::conflict(STAFF_OTHER_OWNER))
    }
}

/// Refuses to take the owner's role from the last one who can sign in.
pub(super) async fn keep_an_owner(tx: &mut Tx<'_>, but: StaffId) -> Result<(), Fault> {
    // The gate has locked the row of the person who makes the change, so an owner who makes it remains one until it is done.
    // Then no other owner needs to be waited for, who may be waiting for this one.
    if let Some(staff) = tx.staff().filter(|staff| *staff != but)
        && able_owners(tx).await?.contains(&staff)
    {
        return Ok(());
    }
    // Locked in one order, so that changes that could leave the console without an owner wait here for each other.
    tx.query(sql!(
        sqlite: "select id from staff where active and roles like '%owner%' order by id",
        postgres: "select id from staff where active and roles like '%owner%' order by id for no key update",
    ))
    .run()
    .await?;
    let others = able_owners(tx).await?;
    if others.iter().any(|id| *id != but) { Ok(()) } else { Err(Fault::conflict(STAFF_LAST_OWNER)) }
}

/// The owners who can sign in.
async fn able_owners(tx: &mut Tx<'_>) -> Result<Vec<StaffId>, Fault> {
    let owners: Vec<(StaffId,)> =
        tx.query(sql!("select s.id from staff s where s.roles like '%owner%' and ", can_sign_in!())).all().await?;
    Ok(owners.into_iter().map(|(id,)| id).collect())
}

/// Counts a change to a person, so that forms filled in before it are seen to be out of date.
pub(super) async fn bump(tx: &mut Tx<'_>, id: StaffId) -> Result<(), Fault> {
    tx.query(sql!("update staff set version = version + 1 where id = $1")).bind(id).run().await?;
    Ok(())
}

/// Ends every session of a person, also one half way through signing in, and says how many there were.
pub(super) async fn end_sessions(tx: &mut Tx<'_>, id: StaffId) -> Result<i64, Fault> {
    let ended = tx.query(sql!("delete from sessions where staff_id = $1")).bind(id).run().await?;
    Ok(i64::try_from(ended).unwrap_or(i64::MAX))
}
