//! Adding points to a customer's balance by hand, or deducting them.

use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    users::{
        self,
        pages::{Panel, PointForm, PointPanel, REASON_KINDS},
        show,
    },
    web::{
        Answer, Desk,
        desk::seal_of,
        form::Form,
        number,
        refused::{self, Refused},
        shell::{
            field::{FieldErrors, wrong},
            seal::{Refusal as Shown, Seal as Shape},
        },
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Adds `delta` points to a customer's balance, or takes them away where it is negative. Never below zero.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdjustPoints {
    pub user: i64,
    pub delta: i64,
    /// One of [`REASON_KINDS`].
    pub reason_kind: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusted {
    pub before: i64,
    pub after: i64,
}

impl Change for AdjustPoints {
    const KIND: &'static str = "points.adjust";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const QUANTITIES: &'static [&'static str] = &["points"];
    type Output = Adjusted;

    fn target(&self) -> Target {
        users::target(self.user)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        users::lock_version(tx, self.user).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (points,): (i64,) = tx.query(sql!("select points from users where id = $1")).bind(self.user).one().await?;
        match points.checked_add(self.delta) {
            None => Err(Fault::invalid("amount", "points-too-large")),
            Some(..0) => Err(Fault::invalid("amount", "points-more-than-balance").with("balance", points)),
            Some(_) => Ok(()),
        }
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        users::contact_of(tx, self.user).await
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
            "insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name)
             values ($1, $2, $3, $4, 'adjusted', $5, $6, $7)"
        ))
        .bind(self.user)
        .bind(now)
        .bind(self.delta)
        .bind(after)
        .bind(self.reason_kind.as_str())
        .bind(change)
        .bind(by)
        .run()
        .await?;
        let before = after - self.delta;
        tx.note("points", before, after);
        tx.note("reason_kind", None::<i64>, self.reason_kind.as_str());
        tx.emit(
            "points.adjusted",
            serde_json::json!({ "user": self.user, "delta": self.delta.to_string(), "balance": after.to_string() }),
        );
        Ok(Adjusted { before, after })
    }
}

const FIELDS: [&str; 7] = ["direction", "amount", "reason_kind", "reason", "code", "key", "seen"];

/// `POST /users/{id}/point-adjustments`
pub async fn adjust(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let user = path.into_inner();
    let form = desk.form(&body, &FIELDS).await?;
    let (delta, reason) = match (read_delta(&form), refused::read_reason(&form)) {
        (Ok(delta), Ok(reason)) => (delta, reason),
        (delta, reason) => {
            let mut errors = delta.err().unwrap_or_default();
            errors.extend(reason.err().unwrap_or_default());
            return show_again(&desk, user, &form, errors.into()).await;
        }
    };
    let change = AdjustPoints { user, delta, reason_kind: reason_kind(&form).to_owned() };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/users/{user}"))),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            show_again(&desk, user, &form, refused).await
        }
    }
}

/// `POST /users/{id}/point-adjustments/preview`: the same page with before and after worked out, for browsers without
/// scripts. Changes nothing.
pub async fn preview(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let form = desk.form(&body, &FIELDS).await?;
    let errors = read_delta(&form).err().unwrap_or_default();
    let status = if errors.is_empty() { 200 } else { 422 };
    show_again(&desk, path.into_inner(), &form, Refused { status, refusal: None, errors }).await
}

async fn show_again(desk: &Desk, user: i64, form: &Form, refused: Refused) -> Answer {
    let customer = show::customer(desk, user).await?;
    let is_stale = matches!(refused.refusal, Some(Shown::Stale(_)));
    let stale_points = if is_stale { show::points_at(desk, user, form.get("seen")).await? } else { None };
    let (status, seal) = Shape::again(AdjustPoints::KIND, form, customer.version, refused);
    let panel = PointPanel {
        seal,
        form: PointForm {
            direction: form.get("direction").to_owned(),
            amount: form.get("amount").to_owned(),
            reason_kind: reason_kind(form).to_owned(),
            reason: form.get("reason").to_owned(),
        },
        stale_points,
    };
    show::page(desk, customer, Some(Panel::Points(panel)), status, None).await
}

/// The kind of reason. A form without the field has given its reason in words alone.
fn reason_kind(form: &Form) -> &str {
    form.or("reason_kind", "other")
}

/// The change of balance that the form asks for.
fn read_delta(form: &Form) -> Result<i64, FieldErrors> {
    let mut errors = FieldErrors::new();
    let sign = match form.get("direction") {
        "add" => 1,
        "deduct" => -1,
        "" => {
            errors.add("direction", wrong::required());
            0
        }
        _ => {
            errors.add("direction", wrong::not_a_choice());
            0
        }
    };
    let amount = match number::positive(form.get("amount")) {
        Ok(amount) => amount,
        Err(message) => {
            errors.add("amount", message);
            0
        }
    };
    if !REASON_KINDS.contains(&reason_kind(form)) {
        errors.add("reason_kind", wrong::not_a_choice());
    }
    if errors.is_empty() { Ok(sign * amount) } else { Err(errors) }
}
