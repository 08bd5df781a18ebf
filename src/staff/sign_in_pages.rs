//! The pages of signing in and out.

use super::{
    normal_email,
    pages::{LoginCodePage, LoginNotice, LoginPage, LoginRefusal},
    sign_in::{Browser, EnterPassword, SignIn, SignInWithRecoveryCode, SignOut},
    throttle::{self, Keys},
};
use crate::{
    clock::Instant,
    gate::{CodeRefusal, Meaning, Refusal, Seal, code},
    password::MAX,
    secret, sql,
    web::session::{ISSUED, Visitor},
    web::{
        Answer, Desk, Lobby, Stop,
        form::Form,
        problem_page::Problem,
        refused::{next_step, until},
        shell::{
            field::{FieldErrors, wrong},
            seal::Refusal as Shown,
        },
    },
};
use actix_session::Session;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    notice: Option<String>,
    with: Option<String>,
}

impl Asked {
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
pub async fn login(lobby: Lobby, asked: web::Query<Asked>) -> Answer {
    if lobby.visitor().is_some_and(|visitor| visitor.signed) {
        return Ok(lobby.see_other("/"));
    }
    let (lobby, cookie) = lobby.bind();
    let mut answer = login_page(&lobby, 200, String::new(), None, FieldErrors::new(), asked.notice())?;
    if let Some(cookie) = cookie {
        answer.add_cookie(&cookie).map_err(Stop::internal)?;
    }
    Ok(answer)
}

fn login_page(
    lobby: &Lobby,
    status: u16,
    email: String,
    refusal: Option<LoginRefusal>,
    errors: FieldErrors,
    notice: Option<LoginNotice>,
) -> Answer {
    let page = LoginPage {
        shell: lobby.solo(Some("/login".to_owned())),
        email,
        refusal,
        errors,
        notice,
        address: lobby.visit().ip().map(|ip| ip.to_string()),
    };
    lobby.page(status, &page)
}

/// `POST /login`: e-mail and password. Whatever is wrong with them, the answer is the same.
pub async fn enter_password(lobby: Lobby, session: Session, body: web::Bytes) -> Answer {
    let form = lobby.form(&body, &["email", "password"]).await?;
    let errors = missing(&form);
    if !errors.is_empty() {
        return login_page(&lobby, 422, form.get("email").to_owned(), None, errors, None);
    }
    let email = form.trimmed("email").to_lowercase();
    let keys = Keys::new(&lobby.console().key, &email, lobby.visit().ip());
    let token = secret::token();
    let (staff, right_for) = check(&lobby, &email, form.get("password"), &keys).await?;
    let change = EnterPassword::new(staff, right_for, keys, &token, browser(&lobby));
    match lobby.submit(&change, &Seal::none()).await {
        Ok(_) => issue(&lobby, &session, &token, &lobby.path("/login/code")),
        Err(Refusal::Rejected(rejection)) if rejection.meaning == Meaning::Throttled => {
            let refusal = LoginRefusal::Throttled { until: until(&rejection).unwrap_or_else(|| lobby.now()) };
            login_page(&lobby, 429, form.get("email").to_owned(), Some(refusal), FieldErrors::new(), None)
        }
        Err(Refusal::Rejected(_)) => {
            login_page(&lobby, 422, form.get("email").to_owned(), Some(LoginRefusal::Wrong), FieldErrors::new(), None)
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn missing(form: &Form) -> FieldErrors {
    let mut errors = FieldErrors::new();
    for field in ["email", "password"] {
        if form.get(field).is_empty() {
            errors.add(field, wrong::required());
        }
    }
    if form.get("password").len() > MAX {
        errors.add("password", wrong::too_long(MAX));
    }
    errors
}

/// The account with this e-mail, and the stored hash if the password is right for it. Takes as long where there is none.
async fn check(lobby: &Lobby, email: &str, password: &str, keys: &Keys) -> Result<(Option<i64>, Option<String>), Stop> {
    // What is no address is nobody's, and need not fit into the database's idea of text.
    let account: Option<(i64, Option<String>)> = match normal_email(email) {
        Some(email) => {
            lobby
                .reader()
                .query(sql!("select id, password_hash from staff where email = $1 and active"))
                .bind(email)
                .optional()
                .await?
        }
        None => None,
    };
    let (staff, stored) = account.map_or((None, None), |(id, hash)| (Some(id), hash));
    if throttle::waits_until(lobby.reader(), keys, lobby.now()).await?.is_some() {
        // The change will be refused for the same reason, and recorded; nothing needs hashing for that.
        return Ok((staff, None));
    }
    let fits = verify(lobby, password.to_owned(), stored.clone()).await?;
    Ok((staff, stored.filter(|_| fits)))
}

pub(super) async fn verify(lobby: &Lobby, password: String, stored: Option<String>) -> Result<bool, Stop> {
    let passwords = &lobby.console().passwords;
    passwords.verify(password, stored).await.map_err(|busy| Stop {
        problem: Problem::Unavailable,
        cause: Some(busy.into()),
        recorded: false,
    })
}

fn browser(lobby: &Lobby) -> Browser {
    let visit = lobby.visit();
    Browser { ip: visit.ip().map(|ip| ip.to_string()).unwrap_or_default(), user_agent: visit.user_agent.clone() }
}

/// Gives the browser the token of the session that the change has made.
fn issue(lobby: &Lobby, session: &Session, token: &str, path: &str) -> Answer {
    session.renew();
    session.insert(ISSUED, token).map_err(Stop::internal)?;
    Ok(lobby.see_other(path))
}

/// `GET /login/code`
pub async fn login_code(lobby: Lobby, asked: web::Query<Asked>) -> Answer {
    code_page(&lobby, 200, is_recovery(&asked), None, FieldErrors::new())
}

fn is_recovery(asked: &Asked) -> bool {
    asked.with.as_deref() == Some("recovery")
}

fn code_page(lobby: &Lobby, status: u16, recovery: bool, refusal: Option<Shown>, errors: FieldErrors) -> Answer {
    let path = if recovery { "/login/code?with=recovery" } else { "/login/code" };
    let page = LoginCodePage { shell: lobby.solo(Some(path.to_owned())), recovery, refusal, errors };
    lobby.page(status, &page)
}

/// `POST /login/code`: the code of the authenticator, or one of the recovery codes.
pub async fn enter_code(lobby: Lobby, session: Session, asked: web::Query<Asked>, body: web::Bytes) -> Answer {
    let form = lobby.form(&body, &["code"]).await?;
    let Some(visitor) = lobby.visitor() else { return Err(Problem::Permission.into()) };
    let recovery = is_recovery(&asked);
    if form.trimmed("code").is_empty() {
        return code_page(&lobby, 422, recovery, None, FieldErrors::one("code", wrong::required()));
    }
    let token = secret::token();
    let sign_in = SignIn::new(visitor.id, visitor.session.clone(), &token, browser(&lobby));
    let outcome = if recovery {
        let key = &lobby.console().key;
        let hash = code::recovery_hash(key, visitor.id, form.get("code"));
        let keys = Keys::new(key, &format!("recovery/{}", visitor.id), lobby.visit().ip());
        let change = SignInWithRecoveryCode::new(sign_in, hash, keys);
        lobby.submit(&change, &Seal::none()).await.map(drop)
    } else {
        let seal = Seal { code: Some(form.get("code").to_owned()), ..Seal::none() };
        lobby.submit(&sign_in, &seal).await.map(drop)
    };
    match outcome {
        Ok(()) => {
            let mut answer = issue(&lobby, &session, &token, lobby.wanted())?;
            lobby.forget_wanted(&mut answer);
            Ok(answer)
        }
        Err(refusal) => code_refused(&lobby, recovery, refusal),
    }
}

fn code_refused(lobby: &Lobby, recovery: bool, refusal: Refusal) -> Answer {
    let now: Instant = lobby.now();
    let (status, shown) = match refusal {
        Refusal::Code(CodeRefusal::Malformed) => {
            return code_page(lobby, 422, recovery, None, FieldErrors::one("code", wrong::not_a_code()));
        }
        Refusal::Code(CodeRefusal::Wrong) => (422, Shown::WrongCode { left: None }),
        Refusal::Code(CodeRefusal::Reused) => (422, Shown::UsedCode { next: next_step(now) }),
        Refusal::Code(CodeRefusal::Waiting { until }) => (429, Shown::CodeWait { until }),
        Refusal::Code(CodeRefusal::Locked | CodeRefusal::NotEnrolled) => (429, Shown::CodeLocked),
        Refusal::Rejected(rejection) if rejection.meaning == Meaning::Invalid => (422, Shown::WrongCode { left: None }),
        Refusal::Rejected(rejection) if rejection.meaning == Meaning::Throttled => {
            (429, Shown::CodeWait { until: until(&rejection).unwrap_or(now) })
        }
        Refusal::Rejected(rejection) if rejection.meaning == Meaning::Conflict => {
            return Ok(lobby.see_other(&lobby.path("/login?notice=restart")));
        }
        Refusal::SignedOut => return Ok(lobby.see_other(&lobby.path("/login?notice=restart"))),
        refusal => return Err(refusal.into()),
    };
    code_page(lobby, status, recovery, Some(shown), FieldErrors::new())
}

/// `POST /logout`
pub async fn sign_out(desk: Desk, session: Session, body: web::Bytes) -> Answer {
    desk.form(&body, &[]).await?;
    let Visitor { id, session: here, .. } = desk.person().clone();
    desk.submit(&SignOut { staff: id, session: here }, &Seal::none()).await?;
    session.purge();
    let mut answer: HttpResponse = desk.see_other("/login?notice=signed-out");
    answer.headers_mut().insert(
        actix_web::http::header::HeaderName::from_static("clear-site-data"),
        actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(answer)
}
