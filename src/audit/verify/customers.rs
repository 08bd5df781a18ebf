//! Customers and notes about them, against the log.

use super::{
    AT_ONCE, Unfit, first_unfit,
    noted::{at_fits, holds},
};
use crate::{id::NoteId, secret::salted, sql, store::Reader};

/// The kind of change that leaves a note.
const NOTES: &str = "users.note";

/// The status is the one that the log noted last; each note has its row in the log, and each row its note.
pub(super) async fn customers_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select u.id, ",
            holds!("user", "= cast(u.id as text)", "status", "u.status"),
            " as fits from users u where u.id > $1 order by u.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Customers(format!("the status of customer {odd} is not the one that was noted last")));
    }
    notes_fit(reader).await?;
    let untold = first_unfit(
        reader,
        sql!(
            "select a.seq, exists (select 1 from user_notes n where n.change_id = a.change_id) as fits
               from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
        ),
        Some(NOTES),
    )
    .await?;
    match untold {
        Some(seq) => Err(Unfit::Customers(format!("row {seq} of the log has no note"))),
        None => Ok(()),
    }
}

async fn notes_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = NoteId::MIN;
    loop {
        let slice: Vec<(NoteId, String, String, Option<String>, bool)> = reader
            .query(sql!(
                "select n.id, n.text, n.salt, a.after ->> 'text_sha256', coalesce(a.outcome = 'applied' and a.action = 'users.note'
                        and a.target_kind = 'user' and a.target_id = cast(n.user_id as text)
                        and a.after ->> 'note_number' = cast(n.id as text) and a.staff_name = n.staff_name and ",
                at_fits!("n.at"),
                ", false) from user_notes n left join audit a on a.change_id = n.change_id where n.id > $1 order by n.id limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (id, text, salt, fingerprint, fits) in &slice {
            // Notes from before there were salts have no fingerprint.
            let is_same = fingerprint.as_ref().is_none_or(|fingerprint| *fingerprint == salted(salt, text));
            if !fits || !is_same {
                return Err(Unfit::Customers(format!("note {id} differs from its row in the log")));
            }
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { return Ok(()) };
        after = *last;
    }
}
