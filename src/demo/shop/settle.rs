//! What the shop captured and refunded in a day, by currency.

use super::zone;
use crate::{
    clock::Instant,
    demo::shop::NOT_A_DAY,
    gate::{Admits, Change, Fault, Target, Tx},
    money::{Currency, Money},
    sql,
    store::Queries,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Works out what was captured on a day of Seoul and what of it has been refunded since. Settling a day again gives the
/// same rows, or those of what was refunded meanwhile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SettleDay {
    /// `2026-11-19`
    pub day: String,
}

/// A day's sums in one currency, in minor units.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Settled {
    #[sqlx(try_from = "String")]
    pub currency: Currency,
    /// The number of orders with a payment on that day.
    pub orders: i64,
    pub captured: i64,
    /// What refunds hold of it.
    pub refunded: i64,
}

impl Settled {
    pub fn taken(&self) -> Money {
        self.currency.amount(self.captured)
    }

    pub fn given_back(&self) -> Money {
        self.currency.amount(self.refunded)
    }
}

/// What a day was settled at.
pub async fn settled(db: &mut impl Queries, day: &str) -> sqlx::Result<Vec<Settled>> {
    db.query(sql!("select currency, orders, captured, refunded from settlements where day = $1 order by currency"))
        .bind(day.to_owned())
        .all()
        .await
}

impl Change for SettleDay {
    const KIND: &'static str = "settlements.settle";
    const ADMITS: Admits = Admits::host_only();
    /// The number of orders summed.
    type Output = i64;

    fn target(&self) -> Target {
        Target::new("settlement", &self.day)
    }

    /// Two that settle one day at once would read in one order and write in the other, and older sums would stay. The table is
    /// written once a night, so all of it is locked.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        tx.query(sql!(sqlite: "select 1", postgres: "lock table settlements in share row exclusive mode"))
            .run()
            .await?;
        Ok(None)
    }

    async fn check(&self, _tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.bounds().map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let former = settled(tx, &self.day).await?;
        let sums = self.sums(tx).await?;
        for sum in &sums {
            self.store(tx, sum).await?;
            let before = former.iter().find(|former| former.currency == sum.currency).map(Settled::taken);
            tx.note(format!("settled.{}", sum.currency.code()), before, sum.taken());
        }
        let orders = sums.iter().map(|sum| sum.orders).sum();
        tx.note("processed", None::<i64>, orders);
        Ok(orders)
    }
}

impl SettleDay {
    async fn sums(&self, tx: &mut Tx<'_>) -> Result<Vec<Settled>, Fault> {
        let (from, until) = self.bounds()?;
        let sums = tx
            .query(sql!(
                "select o.currency, count(distinct o.id) as orders, cast(sum(p.captured) as bigint) as captured,
                        cast(sum(p.refunded) as bigint) as refunded
                   from payments p join orders o on o.id = p.order_id
                  where p.captured_at >= $1 and p.captured_at < $2 group by o.currency order by o.currency"
            ))
            .bind(from)
            .bind(until)
            .all()
            .await?;
        Ok(sums)
    }

    /// Where nothing has changed the row stays as it is, and says when it became so.
    async fn store(&self, tx: &mut Tx<'_>, sum: &Settled) -> Result<(), Fault> {
        let now = tx.now();
        tx.query(sql!(
            "insert into settlements (day, currency, orders, captured, refunded, at) values ($1, $2, $3, $4, $5, $6)
             on conflict (day, currency) do update
                set orders = excluded.orders, captured = excluded.captured, refunded = excluded.refunded, at = excluded.at
              where settlements.orders <> excluded.orders or settlements.captured <> excluded.captured
                 or settlements.refunded <> excluded.refunded"
        ))
        .bind(self.day.as_str())
        .bind(sum.currency.code())
        .bind(sum.orders)
        .bind(sum.captured)
        .bind(sum.refunded)
        .bind(now)
        .run()
        .await?;
        Ok(())
    }

    /// When the day begins, and when the next one does.
    fn bounds(&self) -> Result<(Instant, Instant), Fault> {
        let day = NaiveDate::parse_from_str(&self.day, "%Y-%m-%d").ok();
        // In its one form only: it is the key of the rows.
        let day = day.filter(|day| self.day.len() == 10 && day.to_string() == self.day);
        let bounds = day.and_then(|day| zone().start_of(day).zip(zone().start_of(day.succ_opt()?)));
        bounds.ok_or_else(|| Fault::invalid("day", NOT_A_DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_seoul_and_written_in_one_way() {
        let bounds = |day: &str| SettleDay { day: day.to_owned() }.bounds().ok();
        let at = |text: &str| Instant::parse(text).unwrap();
        assert_eq!(bounds("2026-11-19"), Some((at("2026-11-18T15:00:00.000000Z"), at("2026-11-19T15:00:00.000000Z"))));
        for odd in ["", "2026-11-31", "2026-1-19", "2026-11-19 ", "yesterday", "+12026-1-1", "20261119"] {
            assert_eq!(bounds(odd), None, "{odd}");
        }
    }
}
