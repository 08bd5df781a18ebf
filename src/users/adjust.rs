//! Adding points to a customer's balance by hand, or deducting them.

use super::find::CustomerRow;
use crate::{
    digits::group,
    gate::{Admits, Amount, Change, Fault, Role, Target, Tx},
    id::CustomerId,
    orders::plan::POINTS_TOO_LARGE,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        number,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
        words::Message,
    },
};
use askama::Template;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The deduction is more than the balance.
    POINTS_MORE_THAN_BALANCE = "points-more-than-balance";
    /// More points than one adjustment may move.
    POINTS_OVER_BOUND = "points-over-bound";
    /// More points than may be adjusted for one customer within 24 hours.
    POINTS_OVER_DAY = "points-over-day";
}

crate::gate::topics! {
    /// A person added or deducted points of a customer.
    POINTS_ADJUSTED = "points.adjusted";
}

/// Adds `delta` points to a customer's balance, or takes them away where it is negative. Never below zero.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdjustPoints {
    pub user: CustomerId,
    pub delta: i64,
    /// One of `REASON_KINDS`.
    pub reason_kind: String,
}

/// Points that one adjustment moves at most, with any approval: beyond it a digit too many is the likelier reason.
pub(crate) const MOST_AT_ONCE: u64 = 10_000_000;
/// And all adjustments of one customer within 24 hours, in both directions.
pub(crate) const MOST_A_DAY: i64 = 30_000_000;

/// Why points are adjusted, as posted in `reason_kind`; their names are under `reason-kind.`
pub(crate) const REASON_KINDS: [&str; 6] =
    ["late_delivery", "faulty_item", "missed_promotion", "goodwill", "correction", "other"];

/// The balance before and after an adjustment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusted {
    pub before: i64,
    pub after: i64,
}

impl Change for AdjustPoints {
    const KIND: &'static str = "points.adjust";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const MAY_CLOSE: bool = true;
    const QUANTITIES: &'static [&'static str] = &["points"];
    type Output = Adjusted;

    fn target(&self) -> Target {
        super::target(self.user)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        super::lock_version(tx, self.user).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.within_bounds(tx).await?;
        let (points,): (i64,) = tx.query(sql!("select points from users where id = $1")).bind(self.user).one().await?;
        match points.checked_add(self.delta) {
            None => Err(Fault::invalid("amount", POINTS_TOO_LARGE)),
            Some(..0) => Err(Fault::invalid("amount", POINTS_MORE_THAN_BALANCE).with("balance", points)),
            Some(_) => Ok(()),
        }
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        super::contact_of(tx, self.user).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Adjusted, Fault> {
        let (after,): (i64,) = tx
            .query(sql!("update users set points = points + $2, version = version + 1 where id = $1 returning points"))
            .bind(self.user)
            .bind(self.delta)
            .one()
            .await?;
        let (now, change, by) = (tx.now(), tx.change_id().to_owned(), tx.by().to_owned());
        tx.query(sql!(
            "insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name, adjusted_sum)
             values ($1, $2, $3, $4, 'adjusted', $5, $6, $7,
               (select coalesce(max(adjusted_sum), 0) from point_entries where user_id = $1 and adjusted_sum is not null) + $8)"
        ))
        .bind(self.user)
        .bind(now)
        .bind(self.delta)
        .bind(after)
        .bind(self.reason_kind.as_str())
        .bind(change)
        .bind(by)
        .bind(self.delta.saturating_abs())
        .run()
        .await?;
        let before = after - self.delta;
        tx.note("points", before, after);
        tx.note("reason_kind", None::<i64>, self.reason_kind.as_str());
        tx.emit(
            POINTS_ADJUSTED,
            serde_json::json!({ "user": self.user, "delta": self.delta.to_string(), "balance": after.to_string() }),
        );
        Ok(Adjusted { before, after })
    }
}

impl AdjustPoints {
    async fn within_bounds(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if self.delta.unsigned_abs() > MOST_AT_ONCE {
            return Err(Fault::invalid("amount", POINTS_OVER_BOUND).with("most", MOST_AT_ONCE));
        }
        let since = tx.now().minus(TimeDelta::hours(24));
        // The sum so far less the sum then, so that the cost does not grow with the entries between.
        let (moved,): (i64,) = tx
            .query(sql!(
                "select coalesce((select max(adjusted_sum) from point_entries where user_id = $1 and adjusted_sum is not null), 0)
                      - coalesce((select adjusted_sum from point_entries
                                   where user_id = $1 and adjusted_sum is not null and at <= $2
                                   order by at desc, id desc limit 1), 0)"
            ))
            .bind(self.user)
            .bind(since)
            .one()
            .await?;
        if moved.saturating_add(self.delta.saturating_abs()) > MOST_A_DAY {
            return Err(Fault::invalid("amount", POINTS_OVER_DAY).with("left", (MOST_A_DAY - moved).max(0)));
        }
        Ok(())
    }
}

/// The form, as it was typed.
pub(crate) struct AdjustPanel {
    /// `add` or `deduct`; anything else shows as `add`.
    pub(crate) direction: String,
    pub(crate) amount: String,
    pub(crate) reason_kind: String,
    /// The balance that the person had before them, where it is no longer the balance.
    pub(crate) stale_points: Option<i64>,
}

impl Panel for AdjustPanel {
    type On = CustomerRow;
    type Part = ();
    type Asks = AdjustPoints;
    const NAME: &'static str = "points";
    const ROUTE: &'static str = "/users/{id}/point-adjustments";
    const FIELDS: &'static [&'static str] = &["direction", "amount", "reason_kind"];
    const HAS_PREVIEW: bool = true;

    fn is_default(_: &Desk, _: &CustomerRow) -> bool {
        true
    }

    fn button(desk: &Desk, _: &CustomerRow) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "coins", label: desk.words().get("points.title").to_owned() })
    }

    async fn open(desk: &Desk, on: &CustomerRow, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let seen = opening.form().filter(|_| opening.is_stale()).map(|form| form.get("seen"));
        Ok(Opened::Form(Self {
            direction: opening.typed("direction", ""),
            amount: opening.typed("amount", ""),
            reason_kind: opening.form().map_or("", reason_kind).to_owned(),
            stale_points: match seen {
                Some(seen) => points_at(desk, on, seen).await?,
                None => None,
            },
        }))
    }

    async fn read(_: &Desk, on: &CustomerRow, (): &(), form: &Form) -> Result<AdjustPoints, Unread> {
        let mut errors = FieldErrors::new();
        let direction = form.get("direction");
        match direction {
            "add" | "deduct" => {}
            "" => errors.add("direction", wrong::required()),
            _ => errors.add("direction", wrong::not_a_choice()),
        }
        let delta = delta(direction, form.get("amount")).map_err(|message| errors.add("amount", message));
        let reason_kind = reason_kind(form);
        if !REASON_KINDS.contains(&reason_kind) {
            errors.add("reason_kind", wrong::not_a_choice());
        }
        match delta {
            Ok(delta) if errors.is_empty() => {
                Ok(AdjustPoints { user: on.id, delta, reason_kind: reason_kind.to_owned() })
            }
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        let form = AdjustForm { shell, balance: on.points, panel: self, seal };
        let seal = &SealForm { is_beyond: form.exceeds_limit(), ..seal.clone() };
        AdjustForm { seal, ..form }.render()
    }
}

impl AdjustPanel {
    fn deducts(&self) -> bool {
        self.direction == "deduct"
    }

    /// The change this form asks for, where its amount can be read.
    fn delta(&self) -> Option<i64> {
        delta(&self.direction, &self.amount).ok()
    }
}

/// The change of a balance that a direction and an amount ask for. The one reading of an amount of points: the form, its
/// preview and the script in the page agree on it.
fn delta(direction: &str, amount: &str) -> Result<i64, Message> {
    let amount = number::positive(amount)?;
    Ok(if direction == "deduct" { -amount } else { amount })
}

/// The kind of reason. A form without the field has given its reason in words alone.
fn reason_kind(form: &Form) -> &str {
    form.or("reason_kind", "other")
}

/// The balance that a person saw who had version `seen` before them: the one before the first change since.
async fn points_at(desk: &Desk, customer: &CustomerRow, seen: &str) -> Result<Option<i64>, PageError> {
    let Ok(seen) = seen.parse::<i64>() else { return Ok(None) };
    let since = customer.version.saturating_sub(seen);
    if !(1..=50).contains(&since) {
        return Ok(None);
    }
    // A refund moves points too, and its row of the log is about an order.
    let changes: Vec<(Option<String>,)> = desk
        .reader()
        .query(sql!(
            "select before ->> 'points' from audit where seq in (
               select seq from (select seq from audit
                 where target_kind = 'user' and target_id = $1 and outcome = 'applied' and action in ('points.adjust', 'users.status')
                 order by seq desc limit $3) here
               union
               select a.seq from audit a join (
                 select distinct change_id from (select change_id from point_entries
                   where user_id = $2 and change_id is not null order by id desc limit $3) newest) moved on moved.change_id = a.change_id)
              order by seq desc limit $3"
        ))
        .bind(customer.id.to_string())
        .bind(customer.id)
        .bind(since)
        .all()
        .await?;
    let oldest = changes.into_iter().filter_map(|(points,)| points?.parse::<i64>().ok()).next_back();
    Ok(oldest.filter(|points| *points != customer.points))
}

#[derive(Template)]
#[template(path = "users/adjust.html")]
struct AdjustForm<'a> {
    shell: &'a Shell,
    balance: i64,
    panel: &'a AdjustPanel,
    seal: &'a SealForm,
}

impl AdjustForm<'_> {
    /// The balance after it, where there can be one.
    fn after(&self) -> Option<i64> {
        self.balance.checked_add(self.panel.delta()?).filter(|after| *after >= 0)
    }

    /// What the button will do: "Add 1,000 points".
    fn button(&self) -> String {
        match self.panel.delta() {
            None => self.shell.t("points.title").to_owned(),
            Some(delta) if delta < 0 => self.shell.with("points.deduct", &[("n", &group(delta.saturating_neg()))]),
            Some(delta) => self.shell.with("points.add", &[("n", &group(delta))]),
        }
    }

    /// Whether what the form says so far is more than one person may adjust alone, and not more than there is.
    fn exceeds_limit(&self) -> bool {
        let Some(delta) = self.panel.delta().filter(|_| self.after().is_some()) else { return false };
        let amount = Amount { n: delta.saturating_abs(), currency: None };
        self.shell.exceeds_limit(AdjustPoints::KIND, "points", amount, &self.seal.foreseen)
    }

    /// Whether another person has to approve what the form says so far.
    fn is_second(&self) -> bool {
        self.shell.second_person(self.seal).is_now
    }

    /// The number of points that this person may still adjust alone, below zero where it is none at all; `None` without a
    /// limit.
    fn limit(&self) -> Option<i64> {
        if self.shell.second_person(self.seal).role.is_some() {
            return Some(-1);
        }
        self.shell.policies.most_alone(AdjustPoints::KIND, "points", &self.seal.foreseen)
    }
}
