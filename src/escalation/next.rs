//! Who is called next about an alert, for its page.

use super::{policy::To, record};
use crate::{
    alerts::record as alert_record, clock::Instant, id::AlertId, oncall::record::on_duty, store::Reader,
    web::shell::NextCall,
};

/// Who is called next, and when; nothing where no person is.
pub(crate) async fn next_call(mut reader: &Reader, alert: AlertId) -> sqlx::Result<Option<NextCall>> {
    let is_called =
        |alert: &alert_record::Alert| alert.is_open() && alert.cleared_at.is_none() && alert.acknowledged_at.is_none();
    if !alert_record::find(&mut reader, alert).await?.is_some_and(|alert| is_called(&alert)) {
        return Ok(None);
    }
    let Some(row) = record::find(&mut reader, alert).await? else { return Ok(None) };
    let (Some(at), Some(to)) = (row.next_at, row.next_target.as_deref().and_then(To::read)) else { return Ok(None) };
    called(reader, at, to).await.map(Some)
}

async fn called(mut reader: &Reader, at: Instant, to: To) -> sqlx::Result<NextCall> {
    Ok(match to {
        To::Channel(name) => NextCall { at, name, person: None, is_rota: false },
        To::Rota(name) => {
            let person = on_duty(&mut reader, &name, at).await?.map(|member| member.name);
            NextCall { at, name, person, is_rota: true }
        }
    })
}
