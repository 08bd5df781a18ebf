//! Naming the customers of a file one by one, in access records, before its first byte is sent: so each finds it among the looks at
//! their data.

use super::{
    record::Export,
    selection::{Found, Wanted},
};
use crate::{
    audit::filter::Target,
    customer,
    gate::{Actor, Gate, Looked, RecordAccess},
    id::{CustomerId, Seq},
    store::Reader,
};

/// The most customers whom one record names. Each takes 22 bytes of its leaf at most, and entries of a log end at 65,535 bytes; and no
/// transaction is long.
const AT_ONCE: usize = 1_000;

/// The way through the rows and then through the customers; the lease of the sending is renewed between two steps.
pub(super) struct Naming {
    access: RecordAccess,
    found: Found,
    /// Where the rows begin that were not looked at yet.
    from: Option<Seq>,
    /// Those who are not named yet, the last one first.
    left: Option<Vec<CustomerId>>,
}

impl Naming {
    /// `actor` takes the file.
    pub(super) fn of(export: &Export, wanted: &Wanted, actor: Actor) -> Self {
        let subject = match wanted {
            Wanted::Log(query) => {
                let target = query.target.as_ref().and_then(Target::named).filter(|(kind, _)| kind == "user");
                target.map(|(kind, id)| format!("{kind}/{id}"))
            }
            Wanted::Access(query) => query.subject.map(|id| customer::target(id).to_string()),
        };
        Self {
            access: RecordAccess {
                actor,
                task: export.holds.task(),
                subject,
                shown: Vec::new(),
                detail: Some(format!("audit/exports/{}", export.id)),
                reason: Some(export.reason.clone()),
            },
            found: Found::default(),
            from: Some(export.first_seq),
            left: None,
        }
    }

    /// Looks at some rows, or makes a record. Whether there is more to do.
    ///
    /// A file about no customer has one record, and one about many has several, each a transaction of its own. They are of one
    /// request, and name together as many as the row of the log says: a file whose sending began has all of them.
    pub(super) async fn step(
        &mut self,
        reader: &Reader,
        gate: &Gate,
        export: &Export,
        wanted: &Wanted,
    ) -> sqlx::Result<bool> {
        if let Some(from) = self.from {
            self.from = export.selection().look(reader, wanted, from, &mut self.found).await?;
            return Ok(true);
        }
        let left = self.left.get_or_insert_with(|| std::mem::take(&mut self.found).last_first());
        self.access.shown = left.split_off(left.len().saturating_sub(AT_ONCE));
        let is_over = left.is_empty();
        match gate.run_housekeeping(&self.access).await? {
            Looked::Recorded => Ok(!is_over),
            // Files are asked for with a reason and a code of their own; there is no limit on them.
            Looked::Braked(_) => Err(sqlx::Error::Protocol("the taking of a file was braked".to_owned())),
        }
    }
}
