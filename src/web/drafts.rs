//! What was typed into a form that was sent after its session had ended.
//!
//! The form is not taken, because no person is signed in; what was typed is kept for an hour and is in the form again when the
//! same person opens it. Whose it is says the token of the form, which this console made ([`forgery::issued`]); who sent it is not
//! known, so a draft does nothing by itself: its person sees it, and has to give a code. Codes are not kept, and of forms that
//! ask for passwords nothing is.

use super::{
    Console, Desk, PageError, forgery,
    form::Form,
    route::{self, Route},
    visit::Visit,
};
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    id::StaffId,
    secret::{Purpose, SecretKey},
    sql,
};
use actix_web::{HttpMessage as _, dev::ServiceRequest, http::header};
use chrono::TimeDelta;
use futures_util::StreamExt as _;

/// How long a draft is kept.
pub(crate) const LASTS: TimeDelta = TimeDelta::hours(1);
/// The number of drafts of one person; the oldest goes first.
const MOST: i64 = 8;
/// The longest body that is kept, in bytes: no form of the console is longer. A postmortem has up to 12,000 characters, of which each
/// takes up to 12 bytes when posted.
pub(crate) const LONGEST: usize = 160 * 1024;
/// The query of a page that is led to after signing in, by which another person is not led there.
const MARK: &str = "draft";
/// Fields that are never kept.
const SECRETS: [&str; 3] = ["csrf", "code", "way_code"];

/// A form, and the page it is on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FormPage {
    /// The route it posts to.
    pub(crate) route: &'static str,
    pub(crate) keeps: Keeps,
    /// The address of the page with the form open, by the path that the form posts to.
    pub(crate) page: fn(&str) -> Option<String>,
}

/// What is kept of a form that comes too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// What was typed.
    Typed,
    /// Only that it was sent: it asks for passwords, or for nothing but a code.
    Notice,
}

/// A form that came too late.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) form: Form,
    pub(crate) at: Instant,
}

/// Keeps what was typed into a form that came too late, and gives the address of its page, marked for the person whose form it
/// is. `None` where this console did not make the form.
pub(super) async fn keep(
    console: &Console,
    visit: &Visit,
    route: &Route,
    request: &mut ServiceRequest,
) -> Option<String> {
    // A preview is asked for with the form's own fields.
    let form_of = |path: &'_ str| path.strip_suffix("/preview").unwrap_or(path).to_owned();
    let pattern = form_of(route.path);
    let known = console.forms.iter().find(|form| form.route == pattern)?;
    let path = form_of(visit.path.split('?').next().unwrap_or_default());
    let path = path.as_str();
    let page = (known.page)(path)?;
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&body(request).await?).ok()?;
    let token = fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, token)| token);
    let person = forgery::issued(&console.key, token)?.person?;
    let work = KeepDraft::of(&console.key, person, path, known.keeps, fields)?;
    match console.gate.run_housekeeping(&work).await {
        Ok(true) => Some(marked(&console.key, person, &page)),
        Ok(false) => None,
        Err(error) => {
            tracing::warn!(%error, "what was typed into a form could not be kept");
            None
        }
    }
}

/// The body of a request that no handler reads.
async fn body(request: &mut ServiceRequest) -> Option<Vec<u8>> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return None;
    }
    let mut payload = request.take_payload();
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.len() + chunk.len() > LONGEST {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

fn marked(key: &SecretKey, person: StaffId, page: &str) -> String {
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{joint}{MARK}={}", mark(key, person, page))
}

fn mark(key: &SecretKey, person: StaffId, page: &str) -> String {
    let mut mark = hex::encode(key.mac(Purpose::Page, format!("draft/{person}/{page}").as_bytes()));
    mark.truncate(16);
    mark
}

/// Whether an address is that of a draft.
pub(super) fn is_marked(page: &str) -> bool {
    split(page).is_some()
}

/// The page that is led to after `person` signed in: not that of another person's draft.
pub(super) fn unmarked<'p>(key: &SecretKey, person: StaffId, page: &'p str) -> Option<&'p str> {
    match split(page) {
        None => Some(page),
        Some((page, marked)) => key.each().any(|key| mark(&key, person, page) == marked).then_some(page),
    }
}

fn split(page: &str) -> Option<(&str, &str)> {
    let (rest, marked) = page.rsplit_once(&format!("{MARK}="))?;
    Some((rest.strip_suffix(['?', '&'])?, marked))
}

/// The draft that this person has of the form that posts to `path`.
pub(crate) async fn find(desk: &Desk, path: &str) -> Result<Option<Draft>, PageError> {
    let person = desk.person().id;
    // A path that was asked for with it; PostgreSQL's text refuses it.
    if path.contains('\0') {
        return Ok(None);
    }
    let kept: Option<(Instant, Vec<u8>)> = desk
        .reader()
        .query(sql!("select at, sealed from drafts where staff_id = $1 and form = $2 and at > $3"))
        .bind(person)
        .bind(path)
        .bind(desk.now().minus(LASTS))
        .optional()
        .await?;
    Ok(kept.and_then(|(at, sealed)| Some(Draft { form: open(&desk.console().key, person, path, &sealed)?, at })))
}

/// Removes the draft of a form that was sent at last.
pub(crate) async fn forget(desk: &Desk) -> Result<(), PageError> {
    let form = desk.visit().path.split('?').next().unwrap_or_default().to_owned();
    take(desk, &form).await.map(drop)
}

/// The draft of the form that posts to `form`, which is kept no longer.
pub(crate) async fn take(desk: &Desk, form: &str) -> Result<Option<Draft>, PageError> {
    let draft = find(desk, form).await?;
    let forget = ForgetDraft { staff: desk.person().id, form: form.to_owned() };
    if draft.is_some()
        && let Err(error) = desk.run_housekeeping(&forget).await
    {
        // What it is taken for goes on. The draft is gone within the hour.
        tracing::warn!(%error, "a draft could not be removed");
    }
    Ok(draft)
}

/// Keeps the form of a person whose session ended while it was on its way, and leads them to sign in.
pub(crate) async fn keep_late(desk: &Desk, form: &Form) -> Result<Option<String>, PageError> {
    let path = desk.visit().path.split('?').next().unwrap_or_default();
    let console = desk.console();
    let known = console.forms.iter().find(|known| route::matches(known.route, path));
    let Some((known, page)) = known.and_then(|known| Some((known, (known.page)(path)?))) else { return Ok(None) };
    let person = desk.person().id;
    let Some(work) = KeepDraft::of(&console.key, person, path, known.keeps, form.fields().to_vec()) else {
        return Ok(None);
    };
    let is_kept = desk.run_housekeeping(&work).await?;
    Ok(is_kept.then(|| marked(&console.key, person, &page)))
}

pub(crate) fn context(person: StaffId, form: &str) -> String {
    format!("draft/{person}/{form}")
}

fn open(key: &SecretKey, person: StaffId, form: &str, sealed: &[u8]) -> Option<Form> {
    let plain = key.open_as(Purpose::Drafts, &context(person, form), sealed)?;
    serde_json::from_slice(&plain).ok().map(Form::kept)
}

/// Keeps a draft in place of the one before it, and says whether there is a person to keep it for.
#[derive(Clone, Debug)]
pub(crate) struct KeepDraft {
    staff: StaffId,
    form: String,
    sealed: Vec<u8>,
}

impl KeepDraft {
    fn of(
        key: &SecretKey,
        staff: StaffId,
        form: &str,
        keeps: Keeps,
        mut fields: Vec<(String, String)>,
    ) -> Option<Self> {
        fields.retain(|(name, _)| keeps == Keeps::Typed && !SECRETS.contains(&name.as_str()));
        let plain = serde_json::to_vec(&fields).ok()?;
        let sealed = key.seal_as(Purpose::Drafts, &context(staff, form), &plain);
        Some(Self { staff, form: form.to_owned(), sealed })
    }
}

impl Housekeeping for KeepDraft {
    const NAME: &'static str = "drafts.keep";
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let active: Option<(bool,)> =
            tx.query(sql!("select active from staff where id = $1")).bind(self.staff).optional().await?;
        if active != Some((true,)) {
            return Ok(false);
        }
        tx.query(sql!(
            "insert into drafts (staff_id, form, at, sealed) values ($1, $2, $3, $4)
             on conflict (staff_id, form) do update set at = excluded.at, sealed = excluded.sealed"
        ))
        .bind(self.staff)
        .bind(self.form.as_str())
        .bind(now)
        .bind(self.sealed.as_slice())
        .run()
        .await?;
        tx.query(sql!(
            "delete from drafts where staff_id = $1 and form not in
                (select form from drafts where staff_id = $1 order by at desc, form limit $2)"
        ))
        .bind(self.staff)
        .bind(MOST)
        .run()
        .await?;
        Ok(true)
    }
}

/// Removes the draft of a form that was sent at last.
#[derive(Clone, Debug)]
pub(crate) struct ForgetDraft {
    staff: StaffId,
    form: String,
}

impl Housekeeping for ForgetDraft {
    const NAME: &'static str = "drafts.forget";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        tx.query(sql!("delete from drafts where staff_id = $1 and form = $2"))
            .bind(self.staff)
            .bind(self.form.as_str())
            .run()
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_led_to_only_for_whom_it_was_marked() {
        let key = SecretKey::new(crate::secret::random());
        let (mina, jun) = (StaffId::new(1), StaffId::new(2));
        for page in ["/users/1?panel=points", "/orders/3"] {
            let marked = marked(&key, mina, page);
            assert!(is_marked(&marked) && !is_marked(page));
            assert_eq!((unmarked(&key, mina, &marked), unmarked(&key, jun, &marked)), (Some(page), None));
            assert_eq!(unmarked(&key, jun, page), Some(page));
        }
        assert_eq!(unmarked(&key, mina, "/users/1?draft="), None);
    }

    #[test]
    fn a_draft_opens_for_its_person_and_form_and_holds_no_code() {
        let key = SecretKey::new(crate::secret::random());
        let mina = StaffId::new(1);
        let fields = [("csrf", "x"), ("code", "123456"), ("amount", "5")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let draft = KeepDraft::of(&key, mina, "/a", Keeps::Typed, fields.to_vec()).unwrap();
        let form = open(&key, mina, "/a", &draft.sealed).unwrap();
        assert_eq!((form.get("amount"), form.has("code"), form.has("csrf")), ("5", false, false));
        assert!(open(&key, mina, "/b", &draft.sealed).is_none());
        assert!(open(&key, StaffId::new(2), "/a", &draft.sealed).is_none());
        assert!(key.open("draft/1//a", &draft.sealed).is_none(), "under a key of its own");
        let notice = KeepDraft::of(&key, mina, "/a", Keeps::Notice, fields.to_vec()).unwrap();
        assert_eq!(open(&key, mina, "/a", &notice.sealed).unwrap().names().count(), 0);
    }
}
