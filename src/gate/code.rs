//! The second factor: one-time codes (RFC 6238: SHA-1, six digits, 30 seconds), each of which works once.
//!
//! Accepted are the current step and the one before, never the next: that one is refused with the word for a clock that is ahead,
//! and is no guess. A step is spent by a conditional update inside
//! the transaction of the change, so two processes cannot both accept it. RFC 6238 section 5.2 demands both.

use super::{CodeRefusal, Refusal, Tx};
use crate::{
    clock::Instant,
    id::StaffId,
    secret::{Purpose, SecretKey},
    sql, text,
};
use chrono::TimeDelta;
use totp_rs::{Builder, Secret, Totp};

pub const STEP_SECONDS: i64 = 30;
/// Wrong codes in a row before the person has to wait, and before an owner has to reset the factor.
const WAIT_FROM: i64 = 3;
const LOCK_AT: i64 = 10;

#[derive(sqlx::FromRow)]
struct Authenticator {
    secret: Vec<u8>,
    last_step: i64,
    waits_until: Option<Instant>,
    locked: bool,
}

/// Spends `code`, or refuses it.
pub(super) async fn spend(tx: &mut Tx<'_>, key: &SecretKey, staff: StaffId, code: Option<&str>) -> Result<(), Refusal> {
    let refused = |refusal| Err(Refusal::Code(refusal));
    let row: Option<Authenticator> = tx
        .query(sql!(
            sqlite: "select secret, last_step, waits_until, locked from authenticators where staff_id = $1",
            postgres: "select secret, last_step, waits_until, locked from authenticators where staff_id = $1 for update",
        ))
        .bind(staff)
        .optional()
        .await?;
    let Some(row) = row else { return refused(CodeRefusal::NotEnrolled) };
    if row.locked {
        return refused(CodeRefusal::Locked);
    }
    if let Some(until) = row.waits_until.filter(|until| *until > tx.now()) {
        return refused(CodeRefusal::Waiting { until });
    }
    let Some(code) = code.map(typed).filter(|code| is_well_formed(code)) else {
        return refused(CodeRefusal::Malformed);
    };
    // That is no fault of the code, so it counts as none: the person would be locked out for what the console did.
    let Some(secret) = key.open(&context(staff), &row.secret) else {
        return Err(Refusal::Unrecorded(anyhow::anyhow!(
            "the secret of the authenticator of staff {staff} cannot be decrypted"
        )));
    };
    match matching_step(&secret, &code, tx.now()) {
        None if is_ahead(&secret, &code, tx.now()) => refused(CodeRefusal::Ahead),
        None => refused(CodeRefusal::Wrong),
        Some(step) if step <= row.last_step => refused(CodeRefusal::Reused),
        Some(step) => match mark_spent(tx, staff, step).await? {
            1 => Ok(()),
            _ => refused(CodeRefusal::Reused),
        },
    }
}

async fn mark_spent(tx: &mut Tx<'_>, staff: StaffId, step: i64) -> sqlx::Result<u64> {
    tx.query(sql!(
        "update authenticators set last_step = $2, failures = 0, waits_until = null where staff_id = $1 and last_step < $2"
    ))
    .bind(staff)
    .bind(step)
    .run()
    .await
}

/// Spends the step that `code` belongs to without any other check. Used when the database undid the change after its code
/// had been accepted.
pub(super) async fn burn(tx: &mut Tx<'_>, key: &SecretKey, staff: StaffId, code: &str) -> sqlx::Result<()> {
    let secret: Option<(Vec<u8>,)> =
        tx.query(sql!("select secret from authenticators where staff_id = $1")).bind(staff).optional().await?;
    let step = secret
        .and_then(|(secret,)| key.open(&context(staff), &secret))
        .and_then(|secret| matching_step(&secret, code, tx.now()));
    let Some(step) = step else { return Ok(()) };
    tx.query(sql!("update authenticators set last_step = $2 where staff_id = $1 and last_step < $2"))
        .bind(staff)
        .bind(step)
        .run()
        .await
        .map(drop)
}

/// Counts a wrong code: after three in a row 30 seconds' wait, doubling to 15 minutes; after ten the factor is locked.
pub(super) async fn count_wrong(tx: &mut Tx<'_>, staff: StaffId) -> sqlx::Result<()> {
    let (failures,): (i64,) = tx
        .query(sql!("update authenticators set failures = failures + 1 where staff_id = $1 returning failures"))
        .bind(staff)
        .one()
        .await?;
    let until = wait_after(failures, WAIT_FROM).map(|wait| tx.now().plus(wait));
    tx.query(sql!("update authenticators set waits_until = $2, locked = (failures >= $3) where staff_id = $1"))
        .bind(staff)
        .bind(until)
        .bind(LOCK_AT)
        .run()
        .await?;
    if failures >= LOCK_AT {
        tx.note("factor_locked", failures > LOCK_AT, true);
    }
    Ok(())
}

/// 30 seconds from failure number `from` on, doubling with each further one, at most 15 minutes.
pub fn wait_after(failures: i64, from: i64) -> Option<TimeDelta> {
    let doublings = failures.checked_sub(from).filter(|n| *n >= 0)?.min(5);
    Some(TimeDelta::seconds((30 << doublings).min(15 * 60)))
}

/// A code as it was typed or pasted: in any digits that a Korean input method gives, with spaces or hyphens between.
fn typed(code: &str) -> String {
    text::typed(code).replace([' ', '-'], "")
}

/// Six ASCII digits and nothing else.
fn is_well_formed(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// The step whose code this is, as it was typed: the current one or the one before.
pub fn matching_step(secret: &[u8], code: &str, now: Instant) -> Option<i64> {
    // totp-rs would go below zero for clocks before 1970.
    let now = now.unix().max(STEP_SECONDS);
    [now, now - STEP_SECONDS].into_iter().find_map(|at| step_at(secret, code, at))
}

/// Whether this is the code of the next step: it comes from a phone whose clock is ahead.
pub fn is_ahead(secret: &[u8], code: &str, now: Instant) -> bool {
    step_at(secret, code, now.unix().saturating_add(STEP_SECONDS)).is_some()
}

/// The step that a moment is in, where the code is its code.
fn step_at(secret: &[u8], code: &str, at: i64) -> Option<i64> {
    i64::try_from(totp(secret, "")?.check(&typed(code), u64::try_from(at).ok()?)?).ok()
}

/// The code of the step that `now` is in.
pub fn current(secret: &[u8], now: Instant) -> Option<String> {
    Some(totp(secret, "")?.generate(u64::try_from(now.unix()).ok()?).to_string())
}

/// The address that an authenticator app reads from a QR code.
pub fn address(secret: &[u8], issuer: &str, account: &str) -> Option<String> {
    let totp = Builder::new()
        .with_skew(0)
        .with_secret(Secret::from(secret.to_vec()))
        .with_issuer(Some(issuer.to_owned()))
        .with_account_name(account.to_owned())
        .build()
        .ok()?;
    totp.to_url().ok()
}

fn totp(secret: &[u8], account: &str) -> Option<Totp> {
    let account = if account.is_empty() { "ingam" } else { account };
    Builder::new()
        .with_skew(0)
        .with_secret(Secret::from(secret.to_vec()))
        .with_account_name(account.to_owned())
        .build()
        .ok()
}

/// A new 160-bit secret, the length RFC 4226 recommends.
pub fn new_secret() -> [u8; 20] {
    crate::secret::random()
}

/// The secret that is offered to a person who sets up an authenticator, the same each time `occasion` is the same: the
/// page that shows it and the form that proves it need nothing stored between them.
pub fn offered_secret(key: &SecretKey, occasion: &str) -> [u8; 20] {
    let mac = key.mac(Purpose::Enrolment, occasion.as_bytes());
    let mut secret = [0; 20];
    secret.iter_mut().zip(mac).for_each(|(to, from)| *to = from);
    secret
}

/// A secret as people type it: base32 (RFC 4648) without padding.
pub fn base32(secret: &[u8]) -> String {
    Secret::from(secret.to_vec()).to_base32()
}

/// Binds an encrypted secret to its person, so that it opens for no other.
pub fn context(staff: StaffId) -> String {
    format!("authenticator/{staff}")
}

/// How a recovery code is stored: under a key that is not in the database, since 80 bits alone do not stop a search.
pub fn recovery_hash(key: &SecretKey, staff: StaffId, code: &str) -> [u8; 32] {
    key.mac(Purpose::Lookup, recovery_text(staff, code).as_bytes())
}

/// What of a recovery code is hashed, however it is typed.
pub(super) fn recovery_text(staff: StaffId, code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    format!("recovery/{staff}/{plain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1, cut to six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (unix, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (2_000_000_000, "279037")]
        {
            let now = Instant::from_unix(unix).unwrap();
            assert_eq!(current(secret, now).as_deref(), Some(code));
            assert_eq!(matching_step(secret, code, now), Some(unix / 30));
        }
    }

    #[test]
    fn the_last_step_is_accepted_and_neither_an_older_nor_a_future_one() {
        let secret = new_secret();
        let now = Instant::from_unix(1_800_000_000).unwrap();
        let code = |offset: i64| current(&secret, now.plus(TimeDelta::seconds(offset))).unwrap();
        assert_eq!(matching_step(&secret, &code(0), now), Some(60_000_000));
        assert_eq!(matching_step(&secret, &code(-30), now), Some(59_999_999));
        for offset in [-60, 30, 60] {
            if code(offset) != code(0) && code(offset) != code(-30) {
                assert_eq!(matching_step(&secret, &code(offset), now), None, "{offset}");
            }
        }
    }

    #[test]
    fn waiting_begins_at_the_third_failure_and_doubles_to_fifteen_minutes() {
        let waits: Vec<_> = (1..=12).map(|n| wait_after(n, WAIT_FROM).map_or(0, |w| w.num_seconds())).collect();
        assert_eq!(waits, [0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]);
    }

    #[test]
    fn only_six_ascii_digits_are_a_code() {
        assert!(is_well_formed("012345"));
        for bad in ["", "12345", "1234567", " 12345", "12 345", "１２３４５６", "-12345", "1e5000", "12345a"] {
            assert!(!is_well_formed(bad), "{bad:?}");
        }
    }
}
