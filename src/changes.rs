//! Everything anyone can do.

use crate::{
    points::adjust::AdjustPoints,
    staff::{
        account::{ChangePassword, EndSessions, RenewRecoveryCodes, ReplaceAuthenticator, SetPreferences},
        invitation::{AcceptInvitation, InviteStaff, ResetSecondFactor},
        sign_in::{EnterPassword, SignIn, SignInWithRecoveryCode, SignOut},
    },
    users::{load::LoadSample, status::SetUserStatus},
};

crate::changes! {
    AdjustPoints,
    SetUserStatus,
    InviteStaff,
    AcceptInvitation,
    ResetSecondFactor,
    EnterPassword,
    SignIn,
    SignInWithRecoveryCode,
    SignOut,
    ChangePassword,
    ReplaceAuthenticator,
    RenewRecoveryCodes,
    EndSessions,
    SetPreferences,
    LoadSample,
}
