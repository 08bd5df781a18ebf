//! What a person just sealed, read from its row in the log.

use super::Html;
use crate::{
    clock::Instant,
    entry_columns,
    gate::audit::Entry as Row,
    id::Seq,
    sql,
    web::{Desk, changed::Changed, shell::Shell},
};
use askama::Template;

/// A change that was made: what the page shows in the place of its form.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    /// The row in the log.
    pub seq: Seq,
    pub at: Instant,
    pub by: String,
    pub reason: String,
    /// The kind of change.
    pub action: String,
    /// The altered fields, each with its name.
    pub changed: Vec<(String, Changed)>,
}

/// The row of a change that this person made and is led back to by its number. Nothing else about it is believed of an
/// address.
pub(super) async fn own_row(desk: &Desk, seq: Seq) -> sqlx::Result<Option<Row>> {
    desk.reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where seq = $1 and staff_id = $2 and outcome = 'applied'"
        ))
        .bind(seq)
        .bind(desk.person().id)
        .optional()
        .await
}

impl Receipt {
    pub(crate) fn of(row: Row, name: impl Fn(&Changed) -> String) -> Self {
        let mut changed = Changed::between(&row.before, &row.after);
        changed.retain(|changed| !changed.is_no_money());
        Self {
            seq: row.seq,
            at: row.at,
            by: row.staff_name,
            reason: row.reason,
            action: row.action,
            changed: changed.into_iter().map(|changed| (name(&changed), changed)).collect(),
        }
    }

    /// Whether anything was one thing before and another after.
    pub(crate) fn has_effect(&self) -> bool {
        self.changed.iter().any(|(_, changed)| changed.before.is_some())
    }

    /// The receipt beside a page whose address is `close`.
    pub(crate) fn html(&self, shell: &Shell, close: &str) -> askama::Result<Html> {
        Html::of(&ReceiptView { shell, receipt: self, close })
    }
}

#[derive(Template)]
#[template(path = "panel/receipt.html")]
struct ReceiptView<'a> {
    shell: &'a Shell,
    receipt: &'a Receipt,
    close: &'a str,
}
