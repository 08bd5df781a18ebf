//! Ending a run, saying what became of one, and taking one for a new normal: the forms of [`decide`](super::decide).

use super::{
    decide::{AcceptNormal, CancelRun, Resolution, ResolveRun},
    panels::{Panel, PlainPanel, ResolvePanel},
    show::{self, Found},
};
use crate::{
    gate::Change,
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

const FIELDS: [&str; 4] = ["reason", "code", "key", "seen"];

/// `POST /runs/{id}/cancellation`
pub async fn cancel(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let run = path.into_inner();
    let form = desk.form(&body, &FIELDS).await?;
    submit(&desk, run, CancelRun { run }, &form, |seal, _, form| Panel::Cancel(plain(seal, form))).await
}

/// `POST /runs/{id}/baseline`
pub async fn accept_normal(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let run = path.into_inner();
    let form = desk.form(&body, &FIELDS).await?;
    submit(&desk, run, AcceptNormal { run }, &form, |seal, _, form| Panel::Normal(plain(seal, form))).await
}

fn plain(seal: Shape, form: &Form) -> PlainPanel {
    PlainPanel { seal, reason: form.get("reason").to_owned() }
}

/// `POST /runs/{id}/resolution`
pub async fn resolve(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let run = path.into_inner();
    let form = desk.form(&body, &["reason", "code", "key", "seen", "resolution"]).await?;
    if let Some(resolution) = Resolution::parse(form.get("resolution")) {
        return submit(&desk, run, ResolveRun { run, resolution }, &form, resolving).await;
    }
    let errors = FieldErrors::one("resolution", wrong::not_a_choice());
    again(&desk, run, ResolveRun::KIND, &form, errors.into(), resolving).await
}

fn resolving(seal: Shape, found: &Found, form: &Form) -> Panel {
    Panel::Resolve(ResolvePanel {
        seal,
        choices: Resolution::of(&found.run),
        resolution: form.get("resolution").to_owned(),
        reason: form.get("reason").to_owned(),
    })
}

/// Makes the change, or shows its form again as it was filled in.
async fn submit<C: Change>(
    desk: &Desk,
    run: i64,
    change: C,
    form: &Form,
    panel: impl FnOnce(Shape, &Found, &Form) -> Panel,
) -> Answer {
    let reason = match refused::read_reason(form) {
        Ok(reason) => reason,
        Err(errors) => return again(desk, run, C::KIND, form, errors.into(), panel).await,
    };
    match desk.submit(&change, &seal_of(form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/runs/{run}"))),
        Err(refusal) => {
            let refused = refused::explain(desk, refusal, &change.target()).await?;
            again(desk, run, C::KIND, form, refused, panel).await
        }
    }
}

async fn again(
    desk: &Desk,
    run: i64,
    kind: &'static str,
    form: &Form,
    refused: Refused,
    panel: impl FnOnce(Shape, &Found, &Form) -> Panel,
) -> Answer {
    let found = Found::load(desk, run).await?;
    let (status, seal) = Shape::again(kind, form, found.run.changed, refused);
    let panel = panel(seal, &found, form);
    show::page(desk, found, Some(panel), status).await
}
