//! Everything anyone can do.

use crate::{
    orders::{
        cancel::CancelOrder, dismiss::DismissRefund, note::NoteOrder, refund::RefundOrder, retry::RetryRefund,
        sample::LoadOrders, settle::SettleRefund, ship::ShipOrder,
    },
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
    CancelOrder,
    RefundOrder,
    RetryRefund,
    DismissRefund,
    SettleRefund,
    ShipOrder,
    NoteOrder,
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
    LoadOrders,
}
