//! The panel beside a page: rendered, so that the page does not need to know what it is.

use super::{Changes, Opened, Opening, Panel, Part, Place, Query, Receipt, Segment as _, Subject, View, action};
use crate::{
    gate::{Change, Foreseen, Target},
    web::{
        Desk, PageError,
        desk::fresh_key,
        drafts::{self, Draft, FormPage, Keeps},
        refused::Refused,
        shell::{
            Section, Shell,
            seal::{Alert, SealForm},
        },
    },
};
use askama::{Template, filters::HtmlSafe};
use futures_util::future::LocalBoxFuture;
use std::fmt;

/// HTML that a template of the console rendered.
#[derive(Clone, Debug)]
pub(crate) struct Html(String);

// Only `Html::of` makes one, from a template that escaped what it was given.
impl HtmlSafe for Html {}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Html {
    pub(crate) fn of(template: &impl Template) -> askama::Result<Self> {
        template.render().map(Self)
    }

    pub(super) fn rendered<P: Panel>(panel: &P, view: View<'_, P>) -> askama::Result<Self> {
        panel.render(view).map(Self)
    }
}

/// The panel beside a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Side {
    pub html: Option<Html>,
    /// The open panel, as the page's links name it: `refund`, `change-12`.
    pub open: Option<String>,
    /// What the open panel is about, where that is a part of the subject.
    pub part: Option<String>,
    /// The change that was just made, where the side shows it.
    pub receipt: Option<Receipt>,
    /// Why a form was refused that the page does not show.
    pub alert: Option<Alert>,
    /// The buttons of the panels that this person may use.
    pub buttons: Vec<Button>,
    /// Why some of them are disabled, by their names.
    pub obstacles: Vec<(&'static str, String)>,
    /// The panel that is always on the page, where this person may use it.
    pub within: Option<Html>,
}

impl Side {
    pub(crate) fn of(open: impl Into<String>, html: Html) -> Self {
        Self { html: Some(html), open: Some(open.into()), ..Self::default() }
    }

    /// Why the button of this panel is disabled.
    pub(crate) fn obstacle(&self, name: &str) -> Option<&str> {
        self.obstacles.iter().find(|(panel, _)| *panel == name).map(|(_, why)| why.as_str())
    }

    pub(crate) fn is_open(&self, name: &str) -> bool {
        self.open.as_deref() == Some(name)
    }
}

/// A button in the head of a page that opens a panel.
#[derive(Clone, Debug)]
pub(crate) struct Button {
    /// As in `?panel=`.
    pub name: &'static str,
    pub icon: &'static str,
    pub label: String,
}

/// A panel in the list of its subject.
pub(crate) struct Entry<S: Subject> {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) may: fn(&Desk, &S) -> bool,
    pub(super) is_default: fn(&Desk, &S) -> bool,
    pub(super) button: fn(&Desk, &S) -> Option<Button>,
    pub(super) obstacle: Obstacle<S>,
    pub(super) offer: OfferPanel<S>,
    pub(super) form: FormPage,
    /// The route and the own fields of its form, where it has a seal.
    #[cfg(test)]
    pub(crate) fields: Option<(&'static str, &'static [&'static str])>,
}

/// Every form beside the pages of this kind.
pub(crate) fn forms_of<S: Subject>() -> impl Iterator<Item = FormPage> {
    S::panels().iter().map(|panel| panel.form)
}

/// Why a panel cannot be used now.
pub(super) type Obstacle<S> =
    for<'a> fn(&'a Desk, &'a Shell, &'a S) -> LocalBoxFuture<'a, Result<Option<String>, PageError>>;

/// Builds and renders a panel; `None` where the address asks for another one.
pub(crate) type OfferPanel<S> = for<'a> fn(Offer<'a, S>) -> LocalBoxFuture<'a, Result<Option<Side>, PageError>>;

/// What a panel is asked for with.
pub(crate) struct Offer<'a, S> {
    pub desk: &'a Desk,
    pub shell: &'a Shell,
    pub on: &'a S,
    pub query: &'a Query,
    /// Whether the address asks for it, and it is not just the default.
    pub is_asked: bool,
}

impl<S: Subject> Entry<S> {
    pub(crate) const fn of<P: Panel<On = S>>() -> Self {
        Self {
            name: P::NAME,
            place: P::PLACE,
            may: P::may,
            is_default: P::is_default,
            button: P::button,
            obstacle: |desk, shell, on| Box::pin(obstacle::<P>(desk, shell, on)),
            offer: |offer| Box::pin(offer_panel::<P>(offer)),
            form: FormPage { route: P::ROUTE, keeps: Keeps::Typed, page: page_of::<P> },
            #[cfg(test)]
            fields: Some((P::ROUTE, P::FIELDS)),
        }
    }

    /// A form that makes no change and so has no seal.
    pub(crate) const fn without_seal(
        name: &'static str,
        form: FormPage,
        may: fn(&Desk, &S) -> bool,
        offer: OfferPanel<S>,
    ) -> Self {
        Self {
            name,
            place: Place::Beside,
            may,
            is_default: |_, _| false,
            button: |_, _| None,
            obstacle: |_, _, _| Box::pin(async { Ok(None) }),
            offer,
            form,
            #[cfg(test)]
            fields: None,
        }
    }
}

/// Why a panel cannot be used now: its kind of change is closed for everybody, or what the panel says itself.
async fn obstacle<P: Panel>(desk: &Desk, shell: &Shell, on: &P::On) -> Result<Option<String>, PageError> {
    let kind = <ChangeOf<P> as Change>::KIND;
    let lever = shell.closed.iter().find(|closed| <ChangeOf<P> as Change>::MAY_CLOSE && closed.kind == kind);
    match lever {
        Some(lever) => desk.obstacle(Err(lever.fault())),
        None => P::obstacle(desk, on).await,
    }
}

type ChangeOf<P> = <<P as Panel>::Asks as Changes>::Change;

async fn offer_panel<P: Panel>(offer: Offer<'_, P::On>) -> Result<Option<Side>, PageError> {
    let Offer { desk, shell, on, query, is_asked } = offer;
    let part = if is_asked { P::Part::asked(P::NAME, query) } else { P::Part::read(None) };
    let Some(part) = part else { return Ok(None) };
    let version = P::version(on, &part).unwrap_or_default();
    if let Some(why) = obstacle::<P>(desk, shell, on).await? {
        let seal = SealForm::fresh(P::KIND, fresh_key(), version);
        return side_of(shell, on, &part, Opened::<P>::Closed(why), seal).map(|(side, _)| Some(side));
    }
    // What was typed when the session had ended is there again, unless an empty form is asked for.
    let kept = match query.get("draft") {
        NO_DRAFT => None,
        _ => drafts::find(desk, &action::<P>(on, &part)).await?,
    };
    let (opened, seal) = if let Some(Draft { form, at }) = &kept {
        let empty = format!("{}?{}&draft={NO_DRAFT}", on.path(), part.query(P::NAME));
        let (_, seal) = SealForm::again(P::KIND, form, version, Refused::kept(*at, empty));
        (P::open(desk, on, &part, Opening::Again { form, is_stale: false }).await?, seal)
    } else {
        let opening = if is_asked { Opening::Requested } else { Opening::ByDefault };
        (P::open(desk, on, &part, opening).await?, SealForm::fresh(P::KIND, fresh_key(), version))
    };
    let seal = SealForm { foreseen: foresee::<P>(desk, on).await?, ..seal };
    side_of(shell, on, &part, opened, seal).map(|(side, _)| Some(side))
}

/// What the rules of approval say about the form before it is filled in.
pub(super) async fn foresee<P: Panel>(desk: &Desk, on: &P::On) -> sqlx::Result<Foreseen> {
    if P::KIND.is_empty() {
        return Ok(Foreseen::default());
    }
    let about = on.about().unwrap_or_else(|| Target::new("", ""));
    desk.foresee(P::KIND, &about, on.contact()).await
}

/// As in `?draft=`, where an empty form is asked for.
const NO_DRAFT: &str = "none";

/// The page with this panel open, by the path that its form posts to.
fn page_of<P: Panel>(path: &str) -> Option<String> {
    let above = P::On::PAGE.split('/').count();
    let page: Vec<&str> = path.split('/').take(above).collect();
    let rest = P::ROUTE.split('/').zip(path.split('/')).skip(above);
    let part = rest.filter(|(pattern, _)| pattern.starts_with('{')).map(|(_, segment)| segment).next();
    // The number of a subject whose page has none, such as a network of the list, is the part.
    let part = P::Part::read(part)?;
    Some(match P::PLACE {
        Place::Beside => format!("{}?{}", page.join("/"), part.query(P::NAME)),
        Place::Within => page.join("/"),
    })
}

/// The rendered side of a panel, and whether its seal says that anything is wrong.
pub(crate) fn side_of<P: Panel>(
    shell: &Shell,
    on: &P::On,
    part: &P::Part,
    opened: Opened<P>,
    seal: SealForm,
) -> Result<(Side, bool), PageError> {
    if !on.takes_forms() {
        return Ok((Side { alert: seal.alert(shell), ..Side::default() }, !seal.errors.is_empty()));
    }
    let (html, is_wrong) = match opened {
        Opened::Closed(why) => (Html::of(&Closed { shell, name: P::CLOSED, why })?, false),
        Opened::Form(panel) => {
            let action = action::<P>(on, part);
            let preview = if P::HAS_PREVIEW { format!("{action}/preview") } else { String::new() };
            // What is done to an incident is in its timeline anyway.
            let is_own = P::On::SECTION == Section::Incidents;
            let incidents = if is_own { Vec::new() } else { shell.incidents.clone() };
            let seal = panel.seal(on, SealForm { action, preview, close: on.path(), incidents, ..seal });
            let is_wrong = !seal.errors.is_empty();
            (Html::rendered(&panel, View { shell, on, part, seal: &seal })?, is_wrong)
        }
    };
    let side = match P::PLACE {
        Place::Beside => {
            let segment = part.segment();
            Side { part: (!segment.is_empty()).then_some(segment), ..Side::of(part.open_name(P::NAME), html) }
        }
        Place::Within => Side { within: Some(html), ..Side::default() },
    };
    Ok((side, is_wrong))
}

/// Why a panel cannot be had.
#[derive(Template)]
#[template(path = "panel/closed.html")]
struct Closed<'a> {
    shell: &'a Shell,
    name: &'static str,
    why: String,
}
