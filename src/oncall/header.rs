//! Who is on duty, for the header of every page.

use super::{record, show::href};
use crate::{clock::Instant, store::Reader, web::shell::OnDuty};

/// Who is on duty in the rota that was made first; nothing where there is no rota.
pub(crate) async fn on_duty(mut reader: &Reader, now: Instant) -> sqlx::Result<Option<OnDuty>> {
    let rotas = record::all(&mut reader, now).await?;
    let Some(first) = rotas.first() else { return Ok(None) };
    let member = match first.duty.at(now) {
        Some(staff) => record::member(&mut reader, staff).await?.filter(|member| member.active),
        None => None,
    };
    let others = i64::try_from(rotas.len()).unwrap_or(i64::MAX).saturating_sub(1);
    Ok(Some(OnDuty {
        name: member.map(|member| member.name),
        title: first.rota.title.clone(),
        href: if others == 0 { href(&first.rota.name) } else { "/oncall".to_owned() },
        others,
    }))
}
