//! Who can sign in.

/// The SQL condition that the person in a row of `staff s` can sign in: the account is active, a password is set, and there is
/// an authenticator that ten wrong codes have not locked.
macro_rules! can_sign_in {
    () => {
        "s.active and s.password_hash is not null
         and exists (select 1 from authenticators a where a.staff_id = s.id and not a.locked)"
    };
}

pub(crate) use can_sign_in;
