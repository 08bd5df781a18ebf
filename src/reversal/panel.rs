//! The form that takes a row of the log back.

use super::{
    REVERSAL_KIND,
    show::Row,
    table::{self, Given, Reversible, opposite_of},
};
use crate::{
    gate::{Change, Fault, Refusal, Target, reversal::can_be_reversed},
    id::Seq,
    web::{
        Desk, Guest, PageError, PageResult,
        changed::Changed,
        form::Form,
        panel::{Opened, Opening, Panel, Side, Subject as _, Unread, View, reversal_by, show_with},
        problem_page::Problem,
        refused::read_reason,
        shell::{Section, Shell, seal::SealForm},
    },
};
use actix_web::{HttpRequest, web};
use askama::Template;
use std::marker::PhantomData;

/// `POST /audit/{seq}/reversal`: what is done depends on what the row did.
pub(crate) async fn reverse(desk: Desk, request: HttpRequest, path: web::Path<Seq>, body: web::Bytes) -> PageResult {
    let seq = path.into_inner();
    let row = Row::load(&desk, &seq).await?.ok_or(Problem::NotFound)?;
    if let Some(answer) = Box::pin(table::answer(&row.entry.action, desk.clone(), request, body.clone())).await {
        return answer;
    }
    desk.check_token(&body).await?;
    Guest::read_form(&body, &["reason", "code", "key", "seen"])?;
    let refusal =
        refuse(&desk, &row, row.kind(&desk), Target::new("audit", seq), Fault::conflict(REVERSAL_KIND)).await?;
    if let refusal @ Refusal::Unrecorded(_) = refusal {
        return Err(refusal.into());
    }
    let shell = desk.shell(Some(Section::Audit), None).await?;
    show_with(&desk, row, shell, Side::default(), 409).await
}

/// Records that the row was not taken back.
async fn refuse(desk: &Desk, on: &Row, kind: &'static str, target: Target, why: Fault) -> Result<Refusal, PageError> {
    match why {
        Fault::Rejected(why) => {
            Ok(desk.refuse_reversal((kind, target), (on.entry.seq, &crate::gate::Reason::none()), why).await)
        }
        Fault::Store(error) => Err(error.into()),
    }
}

impl Row {
    /// The kind of change in the row, as the program names it.
    fn kind(&self, desk: &Desk) -> &'static str {
        let known = desk.catalog().kinds.iter().find(|kind| kind.name == self.entry.action);
        known.map_or("request.refused", |kind| kind.name)
    }
}

/// The form for rows with a change of kind `R`.
pub(crate) struct ReversePanel<R>(PhantomData<R>);

impl<R> ReversePanel<R> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<R: Reversible + 'static> Panel for ReversePanel<R> {
    type On = Row;
    type Part = ();
    type Asks = R::Opposite;
    const NAME: &'static str = "reversal";
    const ROUTE: &'static str = "/audit/{seq}/reversal";

    fn may(_: &Desk, on: &Row) -> bool {
        on.is_open() && on.entry.action == R::KIND
    }

    fn is_default(_: &Desk, _: &Row) -> bool {
        true
    }

    async fn open(_: &Desk, _: &Row, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self::new()))
    }

    /// The gate works the opposite out again. Where there is none already now, the refusal has its row all the same.
    async fn read(desk: &Desk, on: &Row, (): &(), form: &Form) -> Result<R::Opposite, Unread> {
        let reason = read_reason(form)?;
        let given = Given { reason: &reason, at: desk.now() };
        let made = match can_be_reversed(&mut desk.reader(), &on.entry).await {
            Ok(()) => opposite_of::<R>(&on.entry, &on.now, &given),
            Err(fault) => Err(fault),
        };
        match made {
            Ok(opposite) => Ok(opposite),
            Err(Fault::Store(error)) => Err(error.into()),
            Err(Fault::Rejected(why)) => {
                // Of two copies of a form the second may come when the first one is done.
                if let Some(seq) = reversal_by(desk, form.get("key"), on.entry.seq).await? {
                    return Err(Unread::Done(seq));
                }
                let what = (<R::Opposite as Change>::KIND, Target::new(R::TARGET, &on.entry.target_id));
                Err(Unread::Refused(desk.refuse_reversal(what, (on.entry.seq, &reason), why).await))
            }
        }
    }

    fn reverses(on: &Row) -> Option<Seq> {
        Some(on.entry.seq)
    }

    fn seal(&self, on: &Row, seal: SealForm) -> SealForm {
        // It is open by default, so closing it leads to where the person came from.
        let close = match on.entry.target_kind.as_str() {
            "user" => format!("/users/{}", on.entry.target_id),
            "order" => format!("/orders/{}", on.entry.target_id),
            _ => format!("/audit/{}", on.entry.seq),
        };
        SealForm { close, must_wait: on.needs_second, ..seal }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        let exceeds = R::amount(&on.entry)
            .is_some_and(|(of, amount)| shell.exceeds_limit(<R::Opposite as Change>::KIND, of, amount, &seal.foreseen));
        let seal = &SealForm { is_beyond: exceeds || on.needs_second, ..seal.clone() };
        ReverseForm {
            shell,
            seal,
            of: on.entry.seq,
            button: R::button(&on.entry, shell).unwrap_or_else(|| shell.t("reversal.go").to_owned()),
            altered: Changed::between(&on.now.fields.clone().into(), &on.altered)
                .into_iter()
                .filter(|changed| on.altered.get(&changed.field).is_some())
                .collect(),
            is_note: R::FIELDS.is_empty(),
            needs_second: on.needs_second,
            errors: seal.errors.beside(&["reason", "code", "incident"], &shell.words),
        }
        .render()
    }
}

#[derive(Template)]
#[template(path = "reversal/reverse.html")]
struct ReverseForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
    of: Seq,
    button: String,
    /// What it alters: as it is now, and as it will be.
    altered: Vec<Changed>,
    /// Whether it adds a note and alters nothing.
    is_note: bool,
    needs_second: bool,
    /// What is wrong with what is given back, where a rule forbids it by now.
    errors: Vec<String>,
}
