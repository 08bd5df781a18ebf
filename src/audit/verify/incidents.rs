//! Steps of incidents and sealed postmortems, against the log.

use super::{
    AT_ONCE, Unfit, first_unfit,
    noted::{at_fits, holds},
};
use crate::{id::PostmortemId, sql, store::Reader};
use sha2::{Digest as _, Sha256};

/// The kind of change that seals a postmortem.
const SEALED: &str = "incidents.seal-postmortem";

/// The step is the one that the log noted last; each postmortem has its row in the log, which has its hash, and each row its postmortem.
pub(super) async fn incidents_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select i.id, ",
            holds!("incident", "= cast(i.id as text)", "incident_step", "i.step"),
            " as fits from incidents i where i.id > $1 order by i.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Incidents(format!("the step of incident {odd} is not the one that was noted last")));
    }
    postmortems_fit(reader).await?;
    let untold = first_unfit(
        reader,
        sql!(
            "select a.seq, exists (select 1 from postmortems p where p.change_id = a.change_id) as fits
               from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
        ),
        Some(SEALED),
    )
    .await?;
    match untold {
        Some(seq) => Err(Unfit::Incidents(format!("row {seq} of the log has no postmortem"))),
        None => Ok(()),
    }
}

async fn postmortems_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = PostmortemId::MIN;
    loop {
        let slice: Vec<(PostmortemId, String, String, bool)> = reader
            .query(sql!(
                "select p.id, p.text, p.hash, coalesce(a.outcome = 'applied' and a.action = 'incidents.seal-postmortem'
                        and a.target_kind = 'incident' and a.target_id = cast(p.incident as text)
                        and a.after ->> 'postmortem_number' = cast(p.id as text) and a.staff_name = p.staff_name
                        and a.after ->> 'postmortem_sha256' = p.hash and ",
                at_fits!("p.sealed_at"),
                ", false) from postmortems p left join audit a on a.change_id = p.change_id where p.id > $1 order by p.id limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (id, text, hash, fits) in &slice {
            if !fits || hex::encode(Sha256::digest(text.as_bytes())) != *hash {
                return Err(Unfit::Incidents(format!("postmortem {id} differs from its row in the log")));
            }
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { return Ok(()) };
        after = *last;
    }
}
