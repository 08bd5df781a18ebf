//! Closing a kind of change.

use super::{
    LASTS, LEVER_ALREADY, LEVER_OF, USUAL,
    list::Levers,
    record::{self, Lever},
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    notify::again::MENDS,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        local_time,
        panel::{Button, Opened, Opening, Panel, Query, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Closes a kind of change for everybody until a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CloseKind {
    pub kind: String,
    /// In UTC.
    pub until: String,
}

impl Change for CloseKind {
    const KIND: &'static str = "levers.close";
    const ADMITS: Admits = Admits { host: true, ..Admits::sealed(MENDS) };
    type Output = ();

    fn target(&self) -> Target {
        target(&self.kind)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.before(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let (now, by, reason) = (tx.now(), tx.by().to_owned(), tx.reason().to_owned());
        let until = LASTS.end(Instant::parse(&self.until).ok(), now)?;
        let before = self.before(tx).await?;
        if let Some(lever) = &before {
            // Its end has come, or the new one takes its place. Of two people one finds it as it was.
            let ended = lever.until_at.min(now);
            let settled = tx
                .query(sql!("update levers set opened_at = $2, opened_by = $3 where id = $1 and opened_at is null"))
                .bind(lever.id)
                .bind(ended)
                .bind(by.as_str())
                .run()
                .await?;
            if settled == 0 {
                return Err(Fault::conflict(LEVER_ALREADY));
            }
        }
        let inserted = tx
            .query(sql!(
                "insert into levers (kind, closed_at, until_at, reason, staff_name) values ($1, $2, $3, $4, $5)
                 on conflict (kind) where opened_at is null do nothing"
            ))
            .bind(self.kind.as_str())
            .bind(now)
            .bind(until)
            .bind(reason)
            .bind(by)
            .run()
            .await?;
        if inserted == 0 {
            return Err(Fault::conflict(LEVER_ALREADY));
        }
        let was = before.filter(|lever| lever.is_closed(now)).map(|lever| lever.until_at.to_string());
        tx.note("closed_kind", None::<&str>, self.kind.as_str());
        tx.note("closed_until_at", was, until.to_string());
        Ok(())
    }
}

impl CloseKind {
    /// The lever that this one follows, where it can be closed.
    async fn before(&self, tx: &mut Tx<'_>) -> Result<Option<Lever>, Fault> {
        let now = tx.now();
        let until = LASTS.end(Instant::parse(&self.until).ok(), now)?;
        if !tx.catalog().kinds.iter().any(|kind| kind.may_close && kind.name == self.kind) {
            return Err(Fault::invalid("kind", LEVER_OF));
        }
        match record::of_kind(tx, &self.kind).await? {
            Some(lever) if lever.is_closed(now) && lever.until_at >= until => Err(Fault::conflict(LEVER_ALREADY)),
            before => Ok(before),
        }
    }
}

/// The form.
pub(crate) struct ClosePanel {
    /// As chosen: `points.adjust`.
    pub(crate) kind: String,
    /// As typed, in the zone of the person.
    pub(crate) until: String,
}

impl Panel for ClosePanel {
    type On = Levers;
    type Part = ();
    type Asks = CloseKind;
    const NAME: &'static str = "close";
    const ROUTE: &'static str = "/levers";
    const FIELDS: &'static [&'static str] = &["kind", "until"];
    const CLOSED: &'static str = "lever";

    fn button(desk: &Desk, _: &Levers) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "ban", label: desk.words().get("levers.close").to_owned() })
    }

    async fn open(desk: &Desk, _: &Levers, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let usual = local_time::typed(desk.now().plus(USUAL), desk.zone());
        let query = Query::of(desk);
        Ok(Opened::Form(Self { kind: opening.typed("kind", query.get("kind")), until: opening.typed("until", &usual) }))
    }

    async fn read(desk: &Desk, on: &Levers, (): &(), form: &Form) -> Result<CloseKind, Unread> {
        let mut errors = FieldErrors::new();
        let kind = form.trimmed("kind");
        if !on.kinds.contains(&kind) {
            errors.add("kind", if kind.is_empty() { wrong::required() } else { wrong::not_a_choice() });
        }
        let until = LASTS.end(local_time::read(form.trimmed("until"), desk.zone()), desk.now());
        if let Err(Fault::Rejected(rejection)) = &until {
            errors.add("until", wrong::refused(rejection.word));
        }
        match until {
            Ok(until) if errors.is_empty() => Ok(CloseKind { kind: kind.to_owned(), until: until.to_string() }),
            _ => Err(errors.into()),
        }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        CloseForm { shell, on, panel: self, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "levers/close.html")]
struct CloseForm<'a> {
    shell: &'a Shell,
    on: &'a Levers,
    panel: &'a ClosePanel,
    seal: &'a SealForm,
}
