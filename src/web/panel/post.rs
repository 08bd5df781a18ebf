//! What happens to every form of a panel that is posted.

use super::{
    Address, Look, Made, Opening, Panel, Subject, Unread, first_waiting,
    outcome::first_copy,
    receipt::own_row,
    side::{Side, foresee, side_of},
};
use crate::{
    gate::{Change, Meaning, Outcome, Reason, Refusal, Target},
    web::{
        Desk, Guest, PageError, PageResult,
        desk::seal_of,
        drafts,
        form::Form,
        guest::Token,
        looks,
        panel::{Changes, show_with},
        problem_page::Problem,
        refused::{self, Refused},
        shell::{Shell, field::FieldErrors, seal::SealForm},
        turned_away,
    },
};
use actix_web::{HttpRequest, web};

/// The fields of every seal.
const SEAL_FIELDS: [&str; 4] = ["reason", "code", "key", "seen"];

type ChangeOf<P> = <<P as Panel>::Asks as Changes>::Change;

/// Answers a posted form: reads it, submits its change, and leads to the receipt or to the request that holds it; or
/// shows the form again as it was filled in, saying what is wrong.
pub(crate) async fn post<P: Panel>(desk: Desk, request: HttpRequest, body: web::Bytes) -> PageResult {
    let Address { id, part } = Address::<P>::of(&request)?;
    let token = desk.check_token(&body).await?;
    let on = load::<P>(&desk, &id).await?;
    let form = fields::<P>(&on, &body)?;
    if token == Token::Former {
        return again::<P>(&desk, on, &part, &form, Refused::expired()).await;
    }
    let (asks, reason) = match (P::read(&desk, &on, &part, &form).await, refused::read_reason(&form)) {
        (Err(Unread::Page(error)), _) => return Err(error),
        (Err(Unread::Done(seq)), _) => return Ok(desk.see_other(&format!("{}?sealed={seq}", on.path()))),
        (Err(Unread::Gone), reason) => return part_gone::<P>(&desk, on, &part, &form, reason.ok()).await,
        (Err(Unread::Refused(refusal)), _) => {
            let refused = explain(&desk, refusal, &P::On::target(&id), &form).await?;
            let on = P::On::load(&desk, &id).await?.ok_or_else(|| PageError::recorded(Problem::NotFound))?;
            return again::<P>(&desk, on, &part, &form, refused).await;
        }
        (Ok(asks), Ok(reason)) => (asks, reason),
        (asks, reason) => {
            let mut errors = match asks {
                Err(Unread::Fields(errors)) => errors,
                _ => FieldErrors::new(),
            };
            errors.extend(reason.err().unwrap_or_default());
            return again::<P>(&desk, on, &part, &form, errors.into()).await;
        }
    };
    let mut seal = seal_of(&form, reason)?;
    // A form that saw no version says nothing about one.
    seal.seen = seal.seen.filter(|_| P::version(&on, &part).is_some());
    seal.reverses = P::reverses(&on);
    match desk.submit_all(asks.all(), &seal).await {
        Ok(sealed) => {
            drafts::forget(&desk).await?;
            match first_waiting(&sealed.output) {
                (Some(_), true) => Ok(desk.see_other("/approvals?show=mine")),
                (Some(request), false) => Ok(desk.see_request(request, sealed.seq)),
                (None, _) => {
                    let outputs = sealed.output.into_iter().filter_map(Outcome::applied).collect();
                    P::answer(&desk, &on, Made { asks, outputs, seq: sealed.seq, is_repeated: sealed.repeated }).await
                }
            }
        }
        Err(Refusal::SignedOut) => signed_out(&desk, &form).await,
        Err(refusal) => {
            let target = asks.all().first().map_or_else(|| P::On::target(&id), Change::target);
            let mut refused = explain(&desk, refusal, &target, &form).await?;
            if let Some(seq) = refused.first_use_without_page()
                && let Some(row) = own_row(&desk, seq).await?
                && P::On::is_subject_of(&id, &row)
            {
                refused.show_first_use(format!("{}?sealed={seq}", on.path()));
            }
            let on = P::On::load(&desk, &id).await?.ok_or_else(|| PageError::recorded(Problem::NotFound))?;
            again::<P>(&desk, on, &part, &form, refused).await
        }
    }
}

/// Answers a form about a part of its subject that is gone. Where an earlier copy of the form made it go, that copy's answer is given
/// again; otherwise the form says what is gone.
async fn part_gone<P: Panel>(
    desk: &Desk,
    on: P::On,
    part: &P::Part,
    form: &Form,
    reason: Option<Reason>,
) -> PageResult {
    let first = match reason {
        Some(reason) => first_copy(desk, form.get("key"), ChangeOf::<P>::KIND, reason.as_str()).await?,
        None => None,
    };
    match first {
        Some((seq, Some(request))) => Ok(desk.see_request(request, seq)),
        Some((seq, None)) => Ok(desk.see_other(&format!("{}?sealed={seq}", on.path()))),
        None => again::<P>(desk, on, part, form, gone()).await,
    }
}

/// Answers a form that asks what it comes to, and changes nothing. A page that asks while a person types gets the panel
/// alone.
pub(crate) async fn preview<P: Panel>(desk: Desk, request: HttpRequest, body: web::Bytes) -> PageResult {
    let Address { id, part } = Address::<P>::of(&request)?;
    // It changes nothing, so a form of an ended session is answered too: it says so when it is sent.
    desk.check_token(&body).await?;
    let on = load::<P>(&desk, &id).await?;
    let form = fields::<P>(&on, &body)?;
    let errors = match P::read(&desk, &on, &part, &form).await {
        Ok(_) | Err(Unread::Gone | Unread::Done(_) | Unread::Refused(_)) => FieldErrors::new(),
        Err(Unread::Fields(errors)) => errors,
        Err(Unread::Page(error)) => return Err(error),
    };
    let (_, seal) = SealForm::again(P::KIND, &form, P::version(&on, &part).unwrap_or_default(), errors.into());
    let seal = SealForm { foreseen: foresee::<P>(&desk, &on).await?, ..seal };
    let opened = P::open(&desk, &on, &part, Opening::Again { form: &form, is_stale: false }).await?;
    let shell = desk.shell(Some(P::On::SECTION), None).await?;
    let (side, is_wrong) = side_of(&shell, &on, &part, opened, seal)?;
    match side.html {
        Some(html) if desk.visit().is_htmx => {
            on.record_look(&desk, Look::Part).await?;
            // The script takes the part it asked for, even if the input so far is wrong.
            Ok(Guest::html(200, html.to_string()))
        }
        _ => show_again(&desk, on, shell, side, &form, if is_wrong { 422 } else { 200 }).await,
    }
}

/// The subject of a posted form. Where there is none, the log says who asked for what, if the subject wants that.
async fn load<P: Panel>(desk: &Desk, id: &<P::On as Subject>::Id) -> Result<P::On, PageError> {
    match P::On::load(desk, id).await? {
        Some(on) => Ok(on),
        None => Err(match P::On::MISSING {
            None => Problem::NotFound.into(),
            Some(word) => desk.refuse_missing(ChangeOf::<P>::KIND, P::On::target(id), word).await,
        }),
    }
}

/// The session ended while the form was on its way.
async fn signed_out(desk: &Desk, form: &Form) -> PageResult {
    let mut answer = desk.see_other("/login?notice=ended");
    if let Some(page) = drafts::keep_late(desk, form).await? {
        turned_away::remember(desk.console(), &mut answer, &page);
    }
    Ok(answer)
}

fn fields<P: Panel>(on: &P::On, body: &[u8]) -> Result<Form, PageError> {
    let mut numbered = P::numbered_fields(on);
    numbered.extend(P::chosen_fields(body));
    let mut fields: Vec<&str> = SEAL_FIELDS.into_iter().chain(P::FIELDS.iter().copied()).collect();
    fields.extend(numbered.iter().map(String::as_str));
    Guest::read_form(body, &fields)
}

/// What a refused form says. Where a part of the subject is gone, the panel says so by itself.
async fn explain(desk: &Desk, refusal: Refusal, target: &Target, form: &Form) -> Result<Refused, PageError> {
    if refusal.means(Meaning::Missing) {
        return Ok(gone());
    }
    refused::explain(desk, refusal, target, form).await
}

fn gone() -> Refused {
    Refused { status: 404, refusal: None, errors: FieldErrors::new() }
}

/// The page with the form as it was filled in.
async fn again<P: Panel>(desk: &Desk, on: P::On, part: &P::Part, form: &Form, refused: Refused) -> PageResult {
    let is_stale = refused.is_stale();
    let (status, seal) = SealForm::again(P::KIND, form, P::version(&on, part).unwrap_or_default(), refused);
    let seal = SealForm { foreseen: foresee::<P>(desk, &on).await?, ..seal };
    let opened = P::open(desk, &on, part, Opening::Again { form, is_stale }).await?;
    let shell = desk.shell(Some(P::On::SECTION), None).await?;
    let (side, _) = side_of(&shell, &on, part, opened, seal)?;
    show_again(desk, on, shell, side, form, status).await
}

async fn show_again<S: Subject>(desk: &Desk, on: S, shell: Shell, side: Side, form: &Form, status: u16) -> PageResult {
    match show_with(desk, on, shell, side, status).await {
        Err(error) if error.is_limit_on_looks() => leave_for_now(desk, form, error).await,
        shown => shown,
    }
}

/// The page may not be shown again: what was typed is kept, and is in the form when it may.
async fn leave_for_now(desk: &Desk, form: &Form, error: PageError) -> PageResult {
    let page = drafts::keep_late(desk, form).await?;
    let page = page.as_deref().and_then(|page| drafts::unmarked(&desk.console().key, desk.person().id, page));
    match (error.paused(), page) {
        (Some(kind), Some(page)) => Ok(desk.see_other(&looks::address(kind, page))),
        _ => Err(error),
    }
}
