//! Internal notes on an order.

use super::{event, missing, pages::NoteBox, show, target};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    web::{
        Answer, Desk,
        desk::seal_of,
        refused::{self, Refused},
        shell::seal::Seal as Shape,
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Adds a note. It depends on nothing that was seen and changes nothing that others look at, so it has no version; its text
/// is its reason too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteOrder {
    pub order: i64,
    pub text: String,
}

impl Change for NoteOrder {
    const KIND: &'static str = "orders.note";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    type Output = ();

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let there: Option<(i64,)> =
            tx.query(sql!("select id from orders where id = $1")).bind(self.order).optional().await?;
        there.map(drop).ok_or_else(missing)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        event::append(tx, self.order, "note", None, Some(&self.text)).await
    }
}

/// `POST /orders/{id}/notes`
pub async fn note(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let order = path.into_inner();
    let form = desk.form(&body, &["reason", "code", "key", "seen"]).await?;
    let refused: Refused = match refused::read_reason(&form) {
        Err(errors) => errors.into(),
        Ok(reason) => {
            let change = NoteOrder { order, text: reason.as_str().to_owned() };
            match desk.submit(&change, &seal_of(&form, reason)?).await {
                Ok(_) => return Ok(desk.see_other(&format!("/orders/{order}#timeline"))),
                Err(refusal) => refused::explain(&desk, refusal, &change.target()).await?,
            }
        }
    };
    let detail = show::detail(&desk, order).await?;
    let (status, seal) = Shape::again(NoteOrder::KIND, &form, detail.order.version, refused);
    let note = NoteBox { seal, text: form.get("reason").to_owned() };
    show::page(&desk, detail, None, Some(note), status).await
}
