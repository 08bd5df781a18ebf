//! Internal notes on an order.

use super::{OrderDetail, event, missing, target};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::OrderId,
    secret::SALTED,
    sql,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Made, Opened, Opening, Panel, Place, Subject as _, Unread, View},
        refused::read_reason,
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Adds a note. It depends on nothing that was seen and changes nothing that others look at, so it has no version; its text
/// is its reason too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteOrder {
    pub order: OrderId,
    pub text: String,
}

impl Change for NoteOrder {
    const KIND: &'static str = "orders.note";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    /// Made with a salt, so that each trial has another one.
    const CREATED_IDS: &'static [&'static str] = &[SALTED];
    type Output = ();

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let there: Option<(OrderId,)> =
            tx.query(sql!("select id from orders where id = $1")).bind(self.order).optional().await?;
        there.map(drop).ok_or_else(missing)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        event::append(tx, self.order, "note", None, Some(&self.text)).await
    }
}

/// The box for a note. It is always on the page of the order, and a note that was made is seen on the timeline there.
pub(crate) struct NotePanel;

impl Panel for NotePanel {
    type On = OrderDetail;
    type Part = ();
    type Asks = NoteOrder;
    const NAME: &'static str = "note";
    const ROUTE: &'static str = "/orders/{id}/notes";
    const PLACE: Place = Place::Within;

    fn version(_: &OrderDetail, (): &()) -> Option<i64> {
        None
    }

    async fn open(_: &Desk, _: &OrderDetail, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &OrderDetail, (): &(), form: &Form) -> Result<NoteOrder, Unread> {
        Ok(NoteOrder { order: on.order.id, text: read_reason(form)?.as_str().to_owned() })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        NoteForm { shell, seal }.render()
    }

    async fn answer(desk: &Desk, on: &OrderDetail, _: Made<NoteOrder>) -> PageResult {
        Ok(desk.see_other(&format!("{}#timeline", on.path())))
    }
}

#[derive(Template)]
#[template(path = "orders/note.html")]
struct NoteForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
