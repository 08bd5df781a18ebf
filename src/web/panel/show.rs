//! The page of a subject, with what its address asks for beside it.

use super::{Entry, Html, Look, Place, Query, Receipt, Side, Subject, side::Offer};
use crate::web::{Desk, PageError, PageResult, problem_page::Problem, shell::Shell};

/// Shows the page of a subject: with the receipt of a change that this person just made (`?sealed=`), the panel that was
/// asked for (`?panel=`), or the default one.
pub(crate) async fn show<S: Subject>(desk: &Desk, id: S::Id) -> PageResult {
    let on = S::load(desk, &id).await?.ok_or(Problem::NotFound)?;
    on.record_look(desk, Look::Page).await?;
    let shell = desk.shell(Some(S::SECTION), None).await?;
    let query = Query::of(desk);
    let side = match receipt(desk, &shell, &id, &on, &query).await? {
        Some(side) => side,
        None => offered(desk, &shell, &on, &query).await?,
    };
    finish(desk, on, shell, side, 200).await
}

/// Shows the page of a subject with this beside it.
pub(crate) async fn show_with<S: Subject>(desk: &Desk, on: S, shell: Shell, side: Side, status: u16) -> PageResult {
    on.record_look(desk, Look::Page).await?;
    finish(desk, on, shell, side, status).await
}

async fn finish<S: Subject>(desk: &Desk, on: S, shell: Shell, side: Side, status: u16) -> PageResult {
    let (mut buttons, mut obstacles) = (Vec::new(), Vec::new());
    for panel in usable(desk, &on) {
        let Some(button) = (panel.button)(desk, &on) else { continue };
        obstacles.extend((panel.obstacle)(desk, &shell, &on).await?.map(|why| (button.name, why)));
        buttons.push(button);
    }
    let within = match side.within {
        Some(html) => Some(html),
        None => within(desk, &shell, &on).await?,
    };
    on.page(desk, shell, Side { buttons, obstacles, within, ..side }, status).await
}

/// The panel that is always on the page, empty.
async fn within<S: Subject>(desk: &Desk, shell: &Shell, on: &S) -> Result<Option<Html>, PageError> {
    let Some(panel) = usable(desk, on).find(|panel| panel.place == Place::Within) else { return Ok(None) };
    let side = (panel.offer)(Offer { desk, shell, on, query: &Query::of(desk), is_asked: false }).await?;
    Ok(side.and_then(|side| side.within))
}

/// The panels that this person may use.
fn usable<S: Subject>(desk: &Desk, on: &S) -> impl Iterator<Item = &'static Entry<S>> {
    S::panels().iter().filter(move |panel| on.takes_forms() && (panel.may)(desk, on))
}

/// Those of them that are opened beside the page.
fn beside<S: Subject>(desk: &Desk, on: &S) -> impl Iterator<Item = &'static Entry<S>> {
    usable(desk, on).filter(|panel| panel.place == Place::Beside)
}

async fn receipt<S: Subject>(
    desk: &Desk,
    shell: &Shell,
    id: &S::Id,
    on: &S,
    query: &Query,
) -> Result<Option<Side>, PageError> {
    let Some(seq) = query.number("sealed") else { return Ok(None) };
    let Some(row) = super::receipt::own_row(desk, seq).await? else { return Ok(None) };
    if !S::is_subject_of(id, &row) {
        return Ok(None);
    }
    let receipt = Receipt::of(row, |changed| on.field_name(changed, shell));
    Ok(Some(Side { html: Some(receipt.html(shell, &on.path())?), receipt: Some(receipt), ..Side::default() }))
}

async fn offered<S: Subject>(desk: &Desk, shell: &Shell, on: &S, query: &Query) -> Result<Side, PageError> {
    let offer = |is_asked| Offer { desk, shell, on, query, is_asked };
    let asked = query.get("panel");
    for panel in beside(desk, on).filter(|panel| is_named(panel, asked)) {
        if let Some(side) = (panel.offer)(offer(true)).await? {
            return Ok(side);
        }
    }
    for panel in beside(desk, on).filter(|panel| (panel.is_default)(desk, on)) {
        if let Some(side) = (panel.offer)(offer(false)).await? {
            return Ok(side);
        }
    }
    Ok(Side::default())
}

/// Whether `asked` is the panel's name, alone or followed by the part it is about: `change-12`.
fn is_named<S: Subject>(panel: &Entry<S>, asked: &str) -> bool {
    asked.strip_prefix(panel.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
