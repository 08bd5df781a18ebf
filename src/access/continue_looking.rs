//! Going on beyond the first limit on looking at customers.

use super::looks::Looks;
use crate::{
    gate::{Admits, Change, Fault, LookKind, Target, Tx, looks},
    id::StaffId,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Made, Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Lifts the first limit for the person who makes it, until the end of the hour or of the day. The second one holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ContinueLooking {
    pub staff: StaffId,
    pub looks: LookKind,
    /// The page that was wanted.
    #[serde(skip)]
    pub to: String,
}

impl Change for ContinueLooking {
    const KIND: &'static str = "access.continue";
    const ADMITS: Admits = Admits::own();
    const MAY_WAIT: bool = false;
    type Output = ();

    fn target(&self) -> Target {
        looks::target(self.staff)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.looks_at_first_limit(self.looks).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.note("looks", None::<&str>, self.looks.as_str());
        for seen in tx.looks_at_first_limit(self.looks).await? {
            let span = seen.window.span;
            let so_far = tx.lift_first_limit(self.looks, span).await?;
            tx.note(format!("seen_this_{}", span.as_str()), None::<i64>, so_far);
        }
        Ok(())
    }
}

/// The form.
pub(crate) struct ContinuePanel {
    pub(crate) to: String,
    /// The end of the hour or of the day, in the reader's zone.
    pub(crate) until: String,
}

impl Panel for ContinuePanel {
    type On = Looks;
    type Part = ();
    type Asks = ContinueLooking;
    const NAME: &'static str = "continue";
    const ROUTE: &'static str = "/looks/{kind}/continuation";
    const FIELDS: &'static [&'static str] = &["return"];
    /// No rule can hold it up: it is about the person alone.
    const KIND: &'static str = "";

    fn is_default(_: &Desk, on: &Looks) -> bool {
        on.at_first().is_some() && on.at_second().is_none()
    }

    async fn open(desk: &Desk, on: &Looks, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let Some(seen) = on.at_first().filter(|_| on.at_second().is_none()) else {
            let why = if on.at_second().is_some() { "looks.closed" } else { "refused-state.looks-go-on" };
            return Ok(Opened::Closed(desk.words().get(why).to_owned()));
        };
        let to = Looks::page(desk, &opening.typed("return", &on.to));
        Ok(Opened::Form(Self { to, until: desk.frame().minute(&seen.window.ends).shown }))
    }

    async fn read(desk: &Desk, on: &Looks, (): &(), form: &Form) -> Result<ContinueLooking, Unread> {
        let to = Looks::page(desk, form.get("return"));
        Ok(ContinueLooking { staff: desk.person().id, looks: on.kind, to })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ContinueForm { shell, panel: self, seal }.render()
    }

    /// On to the page that was wanted.
    async fn answer(desk: &Desk, _: &Looks, made: Made<ContinueLooking>) -> PageResult {
        Ok(desk.see_other(&made.asks.to))
    }
}

#[derive(Template)]
#[template(path = "access/continue.html")]
struct ContinueForm<'a> {
    shell: &'a Shell,
    panel: &'a ContinuePanel,
    seal: &'a SealForm,
}
