//! What each person has altered alone in a day, as running totals by kind of change, quantity and currency. A rule of approval
//! reads a few rows of them, however long the day's log is. They are written with the change that they count, and
//! `ingam audit verify` adds up the log and compares.

use super::{
    Kind, Tx,
    amount::{Amount, altered},
    audit::first_since,
    day::Day,
    ledger::Ledger,
};
use crate::zone::Zone;
use crate::{
    clock::Instant,
    id::{Seq, StaffId},
    money::Currency,
    sql,
    store::Queries,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a person altered in a day, by kind of change, quantity and currency; the currency is empty for plain numbers.
pub(crate) type Totals = BTreeMap<(String, String, String), i64>;

const AT_ONCE: i64 = 2_000;

/// What a person has altered alone today. It cannot grow meanwhile: the row of the person is locked. The first time in a day
/// the log is added up, and from then on the day is counted.
pub(super) async fn today(tx: &mut Tx<'_>, staff: StaffId, zone: Zone) -> sqlx::Result<Totals> {
    let day = Day::of(tx.now(), zone);
    let Some((_, totals)) = stored(tx, staff, day).await? else { return begin(tx, staff, day).await };
    Ok(totals)
}

/// The totals of a day as they are stored, with the size of the log that they go with; `None` where the day is not counted.
pub(crate) async fn stored(db: &mut impl Queries, staff: StaffId, day: Day) -> sqlx::Result<Option<(i64, Totals)>> {
    #[derive(sqlx::FromRow)]
    struct Row {
        size: i64,
        kind: Option<String>,
        quantity: Option<String>,
        currency: Option<String>,
        total: Option<i64>,
    }
    let rows: Vec<Row> = db
        .query(sql!(
            "select h.size, t.kind, t.quantity, t.currency, t.total
               from audit_head h join counted_days d on h.id = 1
               left join counted_amounts t on t.staff_id = d.staff_id and t.began = d.began and t.ends = d.ends
              where d.staff_id = $1 and d.began = $2 and d.ends = $3"
        ))
        .bind(staff)
        .bind(day.began)
        .bind(day.ends)
        .all()
        .await?;
    let Some(size) = rows.first().map(|row| row.size) else { return Ok(None) };
    let totals = rows.into_iter().filter_map(|row| Some(((row.kind?, row.quantity?, row.currency?), row.total?)));
    Ok(Some((size, totals.collect())))
}

/// Begins to count a day of a person with what the log has of it.
async fn begin(tx: &mut Tx<'_>, staff: StaffId, day: Day) -> sqlx::Result<Totals> {
    let kinds = tx.catalog().kinds;
    let totals = from_log(tx, kinds, staff, day, i64::MAX, async || ()).await?;
    tx.query(sql!("insert into counted_days (staff_id, began, ends) values ($1, $2, $3)"))
        .bind(staff)
        .bind(day.began)
        .bind(day.ends)
        .run()
        .await?;
    for ((kind, quantity, currency), total) in &totals {
        tx.query(sql!(
            "insert into counted_amounts (staff_id, began, ends, kind, quantity, currency, total)
             values ($1, $2, $3, $4, $5, $6, $7)"
        ))
        .bind(staff)
        .bind(day.began)
        .bind(day.ends)
        .bind(kind.as_str())
        .bind(quantity.as_str())
        .bind(currency.as_str())
        .bind(*total)
        .run()
        .await?;
    }
    Ok(totals)
}

/// What the log says that a person altered alone in a day, by its rows before number `before`: changes made without approval,
/// and urgent ones until they are approved. `pause` comes after each slice of rows.
pub(crate) async fn from_log(
    db: &mut impl Queries,
    kinds: &[Kind],
    staff: StaffId,
    day: Day,
    before: i64,
    pause: impl AsyncFn(),
) -> sqlx::Result<Totals> {
    #[derive(sqlx::FromRow)]
    struct Row {
        seq: Seq,
        action: String,
        #[sqlx(json)]
        before: Value,
        #[sqlx(json)]
        after: Value,
    }
    let Some(first) = first_since(db, day.began).await? else { return Ok(Totals::new()) };
    let end = first_since(db, day.ends).await?.map_or(before, |end| before.min(end.get()));
    let mut totals = Totals::new();
    let mut after = first.get() - 1;
    loop {
        let rows: Vec<Row> = db
            .query(sql!(
                "select seq, action, before, after from audit
                  where staff_id = $1 and seq > $2 and seq < $3 and outcome = 'applied'
                    and (approval_id is null or (flags = 'urgent' and not exists (
                          select 1 from audit d
                           where d.target_kind = 'approval' and d.target_id = cast(audit.approval_id as text)
                             and d.seq < $4 and d.outcome = 'applied' and d.after ->> 'request_state' = 'approved')))
                  order by seq limit $5"
            ))
            .bind(staff)
            .bind(after)
            .bind(end)
            .bind(before)
            .bind(AT_ONCE)
            .all()
            .await?;
        for row in &rows {
            for (quantity, amount) in of_row(kinds, &row.action, &row.before, &row.after) {
                count(&mut totals, &row.action, quantity, amount);
            }
        }
        pause().await;
        let Some(last) = rows.last() else { return Ok(totals) };
        after = last.seq.get();
    }
}

/// How much a row of the log altered of each quantity of its kind.
fn of_row<'a>(
    kinds: &'a [Kind],
    action: &str,
    before: &'a Value,
    after: &'a Value,
) -> impl Iterator<Item = (&'static str, Amount)> + 'a {
    let quantities = kinds.iter().find(|kind| kind.name == action).map_or(&[][..], |kind| kind.quantities);
    let read = |value: &Value, quantity: &str| value.get(quantity).and_then(Amount::read);
    quantities
        .iter()
        .filter_map(move |quantity| Some((*quantity, Amount::between(read(before, quantity), read(after, quantity))?)))
}

fn count(totals: &mut Totals, kind: &str, quantity: &str, amount: Amount) {
    let key = (kind.to_owned(), quantity.to_owned(), currency(amount).to_owned());
    let total = totals.entry(key).or_default();
    *total = total.saturating_add(amount.n);
}

/// An amount as it is counted; none in a currency that this program does not know.
pub(super) fn amount_of(currency: &str, n: i64) -> Option<Amount> {
    match currency {
        "" => Some(Amount { n, currency: None }),
        code => Some(Amount { n, currency: Some(code.parse().ok()?) }),
    }
}

fn currency(amount: Amount) -> &'static str {
    amount.currency.map_or("", Currency::code)
}

/// What a change noted of its quantities, to be counted once its row has a time.
pub(super) fn noted(quantities: &'static [&'static str], ledger: &Ledger) -> Vec<(&'static str, Amount)> {
    let all = quantities.iter().filter_map(|name| Some((*name, altered(name, &ledger.before, &ledger.after)?)));
    all.filter(|(_, amount)| amount.n != 0).collect()
}

/// Counts what a person altered at `at`, the time of its row in the log, in each counted day that this is in: processes
/// that are configured for different zones count different days.
pub(super) async fn add(
    tx: &mut Tx<'_>,
    staff: StaffId,
    at: Instant,
    kind: &str,
    amounts: &[(&'static str, Amount)],
) -> sqlx::Result<()> {
    for (quantity, amount) in amounts {
        add_to_days(tx, staff, at, (kind, quantity, currency(*amount)), amount.n).await?;
    }
    Ok(())
}

async fn add_to_days(
    tx: &mut Tx<'_>,
    staff: StaffId,
    at: Instant,
    (kind, quantity, currency): (&str, &str, &str),
    n: i64,
) -> sqlx::Result<()> {
    tx.query(sql!(
        "insert into counted_amounts (staff_id, began, ends, kind, quantity, currency, total)
         select staff_id, began, ends, cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as bigint) from counted_days
          where staff_id = $1 and began <= $2 and ends > $2
         on conflict (staff_id, began, ends, kind, quantity, currency) do update set total = case
           when excluded.total > 0 and counted_amounts.total > 9223372036854775807 - excluded.total then 9223372036854775807
           else counted_amounts.total + excluded.total end"
    ))
    .bind(staff)
    .bind(at)
    .bind(kind)
    .bind(quantity)
    .bind(currency)
    .bind(n)
    .run()
    .await
    .map(drop)
}

/// A row of the log that was counted.
#[derive(sqlx::FromRow)]
struct Counted {
    at: Instant,
    action: String,
    #[sqlx(json)]
    before: Value,
    #[sqlx(json)]
    after: Value,
}

impl Tx<'_> {
    /// Takes an urgent change off its day's totals because it is approved: a second person sealed it, so it was not made
    /// alone. The row of the person who made it is locked, as when they make a change.
    pub async fn count_as_approved(&mut self, staff: StaffId, change_id: &str) -> sqlx::Result<()> {
        self.query(sql!(
            sqlite: "select id from staff where id = $1",
            postgres: "select id from staff where id = $1 for no key update",
        ))
        .bind(staff)
        .run()
        .await?;
        let row: Option<Counted> = self
            .query(sql!(
                "select at, action, before, after from audit where change_id = $1 and staff_id = $2 and outcome = 'applied'"
            ))
            .bind(change_id)
            .bind(staff)
            .optional()
            .await?;
        let Some(row) = row else { return Ok(()) };
        let kinds = self.catalog().kinds;
        for (quantity, amount) in of_row(kinds, &row.action, &row.before, &row.after) {
            add_to_days(self, staff, row.at, (&row.action, quantity, currency(amount)), amount.n.saturating_neg())
                .await?;
        }
        Ok(())
    }
}
