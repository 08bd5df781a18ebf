//! A customer's points, entry by entry.

use crate::{
    clock::Instant,
    id::{CustomerId, EntryId, Seq},
    orders, sql,
    store::Reader,
    web::{list::Page, words::Words},
};

/// One line of the ledger.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Entry {
    pub id: EntryId,
    pub at: Instant,
    pub delta: i64,
    /// The balance after it.
    pub balance: i64,
    /// `earned`, `spent`, `expired`, `returned`, `reclaimed` or `adjusted`.
    pub kind: String,
    /// An order number or the like; of an adjustment the kind of reason.
    pub memo: String,
    /// Who adjusted by hand; none where the shop itself did it.
    pub staff_name: Option<String>,
    /// The row of the audit log that sealed an adjustment.
    pub seq: Option<Seq>,
}

const PAGE: usize = 20;

/// The entries of `user` that are older than `before`, or the newest.
pub(crate) async fn page(
    reader: &Reader,
    user: CustomerId,
    before: Option<EntryId>,
) -> sqlx::Result<Page<Entry, EntryId>> {
    let rows = async |limit| {
        reader
            .query(sql!(
                // The page first, then its rows of the log: joined before the limit, a long ledger is read to its end where the
                // engine has no statistics yet.
                "select e.id, e.at, e.delta, e.balance, e.kind, coalesce(e.memo, '') as memo, e.staff_name, a.seq
                 from (select * from point_entries where user_id = $1 and id < $2 order by id desc limit $3) e
                 left join audit a on a.change_id = e.change_id
                 order by e.id desc"
            ))
            .bind(user)
            .bind(before.unwrap_or(EntryId::MAX))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await
    };
    Page::read(PAGE, rows, |entry: &Entry| entry.id).await
}

impl Entry {
    pub(crate) fn title(&self, words: &Words) -> &str {
        match (self.kind.as_str(), self.delta < 0) {
            ("adjusted", true) => words.get("ledger-kind.adjusted-down"),
            ("adjusted", false) => words.get("ledger-kind.adjusted-up"),
            // A refund that came to nothing takes both the other way again.
            ("returned", true) => words.get("ledger-kind.withdrawn"),
            ("reclaimed", false) => words.get("ledger-kind.given-again"),
            (kind, _) => words.name("ledger-kind", kind),
        }
    }

    /// The number of the order it belongs to.
    pub(crate) fn order(&self) -> Option<String> {
        if self.kind == "adjusted" { None } else { orders::term::number(&self.memo) }
    }

    pub(crate) fn memo_name(&self, words: &Words) -> &str {
        words.name("reason-kind", &self.memo)
    }
}
