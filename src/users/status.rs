//! Suspending a customer's account, and letting them back in.

use super::{
    pages::{Panel, StatusPanel},
    show,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    web::{
        Answer, Desk,
        desk::seal_of,
        form::Form,
        refused::{self, Refused},
        shell::{
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Gives a customer another status.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetUserStatus {
    pub user: i64,
    /// `active` or `suspended`.
    pub status: String,
}

impl Change for SetUserStatus {
    const KIND: &'static str = "users.status";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    type Output = ();

    fn target(&self) -> Target {
        super::target(self.user)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        super::lock_version(tx, self.user).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if self.now(tx).await? == self.status { Err(Fault::conflict("status-already")) } else { Ok(()) }
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        super::contact_of(tx, self.user).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.now(tx).await?;
        tx.query(sql!("update users set status = $2, version = version + 1 where id = $1"))
            .bind(self.user)
            .bind(self.status.as_str())
            .run()
            .await?;
        tx.note("status", before, self.status.as_str());
        tx.emit("users.status-changed", serde_json::json!({ "user": self.user, "status": self.status }));
        Ok(())
    }
}

impl SetUserStatus {
    async fn now(&self, tx: &mut Tx<'_>) -> Result<String, Fault> {
        let (status,): (String,) =
            tx.query(sql!("select status from users where id = $1")).bind(self.user).one().await?;
        Ok(status)
    }
}

/// `POST /users/{id}/status`
pub async fn set_status(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let user = path.into_inner();
    let form = desk.form(&body, &["status", "reason", "code", "key", "seen"]).await?;
    let mut errors = FieldErrors::new();
    if !matches!(form.get("status"), "active" | "suspended") {
        errors.add("status", wrong::not_a_choice());
    }
    let reason = match refused::read_reason_beside(&form, errors) {
        Ok(reason) => reason,
        Err(errors) => return show_again(&desk, user, &form, errors.into()).await,
    };
    let change = SetUserStatus { user, status: form.get("status").to_owned() };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/users/{user}"))),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            show_again(&desk, user, &form, refused).await
        }
    }
}

async fn show_again(desk: &Desk, user: i64, form: &Form, refused: Refused) -> Answer {
    let customer = show::customer(desk, user).await?;
    let (status, seal) = Shape::again(SetUserStatus::KIND, form, customer.version, refused);
    let panel = StatusPanel { seal, reason: form.get("reason").to_owned() };
    show::page(desk, customer, Some(Panel::Status(panel)), status, None).await
}
