//! Creating an account that is set up at once, without a link to follow: for the demo and for tests. Goes through
//! the same two changes as an invitation that is accepted.

use super::{Roles, authenticator::RecoveryCodes, invitation::AcceptInvitation, invite::InviteStaff};
use crate::{
    gate::{Actor, Gate, Refusal, code},
    id::StaffId,
    password, secret,
};

/// Who is to be there, and what they sign in with.
#[derive(Clone, Debug)]
pub struct Founder {
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub time_zone: String,
    pub password: String,
    /// What their authenticator holds.
    pub secret: [u8; 20],
}

/// Invites `founder` and accepts for them. `actor` is the command line: no other actor may.
pub async fn found(gate: &Gate, actor: &Actor, founder: &Founder) -> Result<StaffId, Refusal> {
    found_with(gate, actor, founder, password::hash(&founder.password)).await
}

/// The same with the hash of the password, which takes a while to make.
pub(crate) async fn found_with(
    gate: &Gate,
    actor: &Actor,
    founder: &Founder,
    password_hash: String,
) -> Result<StaffId, Refusal> {
    let token = secret::token();
    let invite = InviteStaff {
        email: founder.email.clone(),
        name: founder.name.clone(),
        roles: founder.roles.clone(),
        time_zone: founder.time_zone.clone(),
        token: token.clone(),
    };
    let staff = gate.submit_unattended(actor, &invite).await?.output;
    let (_, recovery_codes) = RecoveryCodes::generate(gate.key(), staff);
    let accept = AcceptInvitation {
        staff,
        token,
        password_hash,
        secret: gate.key().seal(&code::context(staff), &founder.secret),
        // No code was needed to prove this authenticator, so none is spent.
        step: 0,
        recovery_codes,
    };
    gate.submit_unattended(actor, &accept).await?;
    Ok(staff)
}
