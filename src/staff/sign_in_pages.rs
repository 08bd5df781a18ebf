//! The pages of signing in and out.

use super::{
    login_pages::{CodeStep, LoginCodePage, LoginNotice, LoginPage, LoginRefusal},
    normal_email,
    sign_in::{Browser, EnterPassword, SignIn, SignInWithRecoveryCode, SignOut},
    throttle::{self, Keys},
};
use crate::{
    clock::Instant,
    gate::{CodeRefusal, Meaning, Refusal, Seal, former},
    id::StaffId,
    password::{Busy, MAX, Turn},
    secret, sql,
    web::session::{ISSUED, Stage, Visitor},
    web::{
        Guest, PageError, PageResult,
        form::Form,
        guest::Posted,
        problem_page::Problem,
        refused::{next_step, until},
        shell::{
            field::{FieldErrors, wrong},
            seal::FormRefusal,
        },
    },
};
use actix_session::Session;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LoginQuery {
    notice: Option<String>,
    with: Option<String>,
}

impl LoginQuery {
    fn notice(&self) -> Option<LoginNotice> {
        Some(match self.notice.as_deref()? {
            "signed-out" => LoginNotice::SignedOut,
            "ended" => LoginNotice::Ended,
            "restart" => LoginNotice::Restart,
            "set-up" => LoginNotice::SetUp,
            _ => return None,
        })
    }
}

/// `GET /login`
pub(crate) async fn login(guest: Guest, query: web::Query<LoginQuery>) -> PageResult {
    // On to the page that their session is good for.
    if guest.visitor().is_some_and(|visitor| visitor.stage != Stage::Password) {
        return Ok(guest.see_other("/"));
    }
    let (guest, cookie) = guest.bind();
    let mut answer = login_page(&guest, 200, String::new(), None, FieldErrors::new(), query.notice())?;
    if let Some(cookie) = cookie {
        answer.add_cookie(&cookie).map_err(PageError::internal)?;
    }
    Ok(answer)
}

fn login_page(
    guest: &Guest,
    status: u16,
    email: String,
    refusal: Option<LoginRefusal>,
    errors: FieldErrors,
    notice: Option<LoginNotice>,
) -> PageResult {
    let personas = &guest.console().personas;
    let page = LoginPage {
        shell: guest.solo(Some("/login".to_owned())),
        email,
        refusal,
        errors,
        notice,
        has_draft: guest.wants_draft(),
        address: guest.visit().ip().map(|ip| ip.to_string()),
        personas: personas.iter().map(|persona| (persona.clone(), persona.codes(guest.now()))).collect(),
    };
    guest.page(status, &page)
}

/// `POST /login`: e-mail and password. The answer to any mistake in them is the same.
pub(crate) async fn enter_password(guest: Guest, session: Session, body: web::Bytes) -> PageResult {
    // Signed in in another tab meanwhile.
    if guest.visitor().is_some_and(|visitor| visitor.is_signed()) {
        return Ok(guest.see_other("/"));
    }
    let personas = &guest.console().personas;
    // The name of a person of a demo means their e-mail and password. Elsewhere the form has no such field.
    let fields = ["email", "password", "person"];
    let form =
        match guest.posted(&body, fields.get(..if personas.is_empty() { 2 } else { 3 }).unwrap_or_default()).await? {
            Posted::Current(form) => form,
            Posted::Former(form) => return login_again(guest, &form),
        };
    let (email, password) = match guest.console().persona(form.get("person")) {
        Some(persona) => (persona.email.clone(), persona.password.clone()),
        None => (form.trimmed("email").to_lowercase(), form.get("password").to_owned()),
    };
    let errors = missing(&email, &password);
    if !errors.is_empty() {
        return login_page(&guest, 422, form.get("email").to_owned(), None, errors, None);
    }
    let keys = Keys::new(&guest.console().key, &email, guest.visit().ip());
    let token = secret::token();
    let (staff, right_for) = check(&guest, &email, &password, &keys).await?;
    let change = EnterPassword::new(staff, right_for, keys, &token, browser(&guest));
    match guest.submit(&change, &Seal::none()).await {
        Ok(_) => issue(&guest, &session, &token, &guest.path("/login/code")),
        Err(Refusal::Rejected(rejection)) if rejection.meaning == Meaning::Throttled => {
            let refusal = LoginRefusal::Throttled { until: until(&rejection).unwrap_or_else(|| guest.now()) };
            login_page(&guest, 429, form.get("email").to_owned(), Some(refusal), FieldErrors::new(), None)
        }
        Err(Refusal::Rejected(_)) => {
            login_page(&guest, 422, form.get("email").to_owned(), Some(LoginRefusal::Wrong), FieldErrors::new(), None)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The page as it was typed, where its form was bound to a cookie that the browser does not have any more.
fn login_again(guest: Guest, form: &Form) -> PageResult {
    let (guest, cookie) = guest.bind();
    let notice = Some(LoginNotice::Old);
    let mut answer = login_page(&guest, 403, form.get("email").to_owned(), None, FieldErrors::new(), notice)?;
    if let Some(cookie) = cookie {
        answer.add_cookie(&cookie).map_err(PageError::internal)?;
    }
    Ok(answer)
}

fn missing(email: &str, password: &str) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for (field, value) in [("email", email), ("password", password)] {
        if value.is_empty() {
            errors.add(field, wrong::required());
        }
    }
    if password.len() > MAX {
        errors.add("password", wrong::too_long(MAX));
    }
    errors
}

/// The account with this e-mail, and the stored hash if the password is right for it. Takes as long where there is none.
async fn check(
    guest: &Guest,
    email: &str,
    password: &str,
    keys: &Keys,
) -> Result<(Option<StaffId>, Option<String>), PageError> {
    // An invalid address matches no account and is not queried: PostgreSQL text refuses NUL.
    let account: Option<(StaffId, Option<String>)> = match normal_email(email) {
        Some(email) => {
            guest
                .reader()
                .query(sql!("select id, password_hash from staff where email = $1 and active"))
                .bind(email)
                .optional()
                .await?
        }
        None => None,
    };
    let (staff, stored) = account.map_or((None, None), |(id, hash)| (Some(id), hash));
    if must_wait(guest, keys).await? {
        // The change will be refused for the same reason, and recorded; nothing needs hashing for that.
        return Ok((staff, None));
    }
    let turn = turn(guest, guest.visit().network()).await?;
    // Others of the same account or network may have failed meanwhile.
    if must_wait(guest, keys).await? {
        return Ok((staff, None));
    }
    let fits = turn.verify(password.to_owned(), stored.clone()).await.map_err(busy)?;
    Ok((staff, stored.filter(|_| fits)))
}

pub(super) async fn must_wait(guest: &Guest, keys: &Keys) -> sqlx::Result<bool> {
    Ok(throttle::waits_until(guest.reader(), keys, guest.now()).await?.is_some())
}

/// A turn at hashing a password, for a network or a person.
pub(super) async fn turn(guest: &Guest, who: String) -> Result<Turn, PageError> {
    guest.console().passwords.turn(who).await.map_err(busy)
}

pub(super) fn busy(busy: Busy) -> PageError {
    PageError { problem: Problem::Unavailable, cause: Some(busy.into()), recorded: false }
}

pub(super) fn browser(guest: &Guest) -> Browser {
    let visit = guest.visit();
    Browser { ip: visit.ip().map(|ip| ip.to_string()).unwrap_or_default(), user_agent: visit.user_agent.clone() }
}

/// Gives the browser the token of the session that the change has made.
pub(super) fn issue(guest: &Guest, session: &Session, token: &str, path: &str) -> PageResult {
    session.renew();
    session.insert(ISSUED, token).map_err(PageError::internal)?;
    Ok(guest.see_other(path))
}

/// `GET /login/code`
pub(crate) async fn login_code(guest: Guest, query: web::Query<LoginQuery>) -> PageResult {
    code_page(&guest, 200, step(&query), None, FieldErrors::new())
}

fn step(query: &LoginQuery) -> CodeStep {
    if query.with.as_deref() == Some("recovery") { CodeStep::Recovery } else { CodeStep::Authenticator }
}

pub(super) fn code_page(
    guest: &Guest,
    status: u16,
    step: CodeStep,
    refusal: Option<FormRefusal>,
    errors: FieldErrors,
) -> PageResult {
    let page = LoginCodePage { shell: guest.solo(Some(step.path().to_owned())), step, refusal, errors };
    guest.page(status, &page)
}

/// `POST /login/code`: the code of the authenticator, or one of the recovery codes.
pub(crate) async fn enter_code(
    guest: Guest,
    session: Session,
    query: web::Query<LoginQuery>,
    body: web::Bytes,
) -> PageResult {
    let step = step(&query);
    let form = match guest.posted(&body, &["code"]).await? {
        Posted::Current(form) => form,
        Posted::Former(_) => return code_page(&guest, 409, step, Some(FormRefusal::Expired), FieldErrors::new()),
    };
    let Some(visitor) = guest.visitor() else { return Err(Problem::Permission.into()) };
    if form.trimmed("code").is_empty() {
        return code_page(&guest, 422, step, None, FieldErrors::one("code", wrong::required()));
    }
    let token = secret::token();
    let sign_in = SignIn::new(visitor.id, visitor.session.clone(), &token, browser(&guest));
    let outcome = if step == CodeStep::Recovery {
        let key = &guest.console().key;
        let hash = former::recovery_hash(guest.reader(), key, visitor.id, form.get("code")).await?;
        let keys = Keys::new(key, &format!("recovery/{}", visitor.id), guest.visit().ip());
        let change = SignInWithRecoveryCode::new(sign_in, hash, keys);
        guest.submit(&change, &Seal::none()).await.map(drop)
    } else {
        let seal = Seal { code: Some(form.get("code").to_owned()), ..Seal::none() };
        guest.submit(&sign_in, &seal).await.map(drop)
    };
    match outcome {
        // The page that was wanted comes after the authenticator is replaced.
        Ok(()) if step == CodeStep::Recovery => issue(&guest, &session, &token, &guest.path("/login/authenticator")),
        Ok(()) => {
            let mut answer = issue(&guest, &session, &token, guest.wanted(visitor.id))?;
            guest.forget_wanted(&mut answer);
            Ok(answer)
        }
        Err(refusal) => code_refused(&guest, step, refusal),
    }
}

pub(super) fn code_refused(guest: &Guest, step: CodeStep, refusal: Refusal) -> PageResult {
    let now: Instant = guest.now();
    let (status, shown) = match refusal {
        Refusal::Code(CodeRefusal::Malformed) => {
            return code_page(guest, 422, step, None, FieldErrors::one("code", wrong::not_a_code()));
        }
        Refusal::Code(CodeRefusal::Wrong) => (422, FormRefusal::WrongCode { left: None }),
        Refusal::Code(CodeRefusal::Ahead) => (422, FormRefusal::CodeAhead { from: next_step(now) }),
        Refusal::Code(CodeRefusal::Reused) => (422, FormRefusal::UsedCode { next: next_step(now) }),
        Refusal::Code(CodeRefusal::Waiting { until }) => (429, FormRefusal::CodeWait { until }),
        Refusal::Code(CodeRefusal::Locked | CodeRefusal::NotEnrolled) => (429, FormRefusal::CodeLocked),
        Refusal::Rejected(rejection) if rejection.meaning == Meaning::Invalid => {
            (422, FormRefusal::WrongCode { left: None })
        }
        Refusal::Rejected(rejection) if rejection.meaning == Meaning::Throttled => {
            (429, FormRefusal::CodeWait { until: until(&rejection).unwrap_or(now) })
        }
        Refusal::Rejected(rejection) if rejection.meaning == Meaning::Conflict => {
            return Ok(guest.see_other(&guest.path("/login?notice=restart")));
        }
        Refusal::SignedOut => return Ok(guest.see_other(&guest.path("/login?notice=restart"))),
        refusal => return Err(refusal.into()),
    };
    code_page(guest, status, step, Some(shown), FieldErrors::new())
}

/// `POST /logout`
pub(crate) async fn sign_out(guest: Guest, session: Session, body: web::Bytes) -> PageResult {
    guest.form(&body, &[]).await?;
    let Some(Visitor { id, session: here, .. }) = guest.visitor() else { return Err(Problem::Permission.into()) };
    guest.submit(&SignOut { staff: id, session: here }, &Seal::none()).await?;
    session.purge();
    let mut answer: HttpResponse = guest.see_other("/login?notice=signed-out");
    answer.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(answer)
}
