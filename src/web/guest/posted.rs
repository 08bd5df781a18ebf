//! Reading a posted form: whether it was made for this visitor, now or before their session ended, and what its fields are.

use super::Guest;
use crate::{
    gate::{Meaning, Refusal, Rejection},
    id::StaffId,
    sql,
    web::{
        PageError,
        forgery::{self, Issued},
        form::Form,
        malformed::Malformed,
        problem_page::Problem,
        session::Stage,
    },
};

crate::gate::refusal_words! {
    /// The form was made for a session of this person that has ended.
    FORM_EXPIRED = "form-expired";
}

fn expired() -> Refusal {
    Refusal::Rejected(Rejection { word: FORM_EXPIRED, field: None, meaning: Meaning::Conflict, values: Vec::new() })
}

/// A posted form.
#[derive(Debug)]
pub(crate) enum Posted {
    Current(Form),
    /// It was made for a session of the same person that has ended. It is not taken, and is shown again.
    Former(Form),
}

/// The token of a posted form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Current,
    Former,
}

impl Guest {
    /// Reads a posted form whose fields are `allowed` and `csrf`. One of an ended session ends on a page that says so.
    pub async fn form(&self, body: &[u8], allowed: &[&str]) -> Result<Form, PageError> {
        match self.posted(body, allowed).await? {
            Posted::Current(form) => Ok(form),
            Posted::Former(_) => Err(PageError::recorded(Problem::Expired)),
        }
    }

    /// The same where a form of an ended session can be shown again.
    pub(crate) async fn posted(&self, body: &[u8], allowed: &[&str]) -> Result<Posted, PageError> {
        let form = Self::read_form(body, allowed)?;
        Ok(match self.check(form.get("csrf")).await? {
            Token::Current => Posted::Current(form),
            Token::Former => Posted::Former(form),
        })
    }

    /// Reads a form whose token was [checked](Self::check_token) before.
    pub(crate) fn read_form(body: &[u8], allowed: &[&str]) -> Result<Form, PageError> {
        // Every change may be urgent, and every reason may name an incident; whether the first says anything is for the rules.
        let fields: Vec<&str> = allowed.iter().copied().chain(["csrf", "urgent", "incident"]).collect();
        // The middleware records it.
        let malformed = |error: Malformed| PageError { cause: Some(error.into()), ..Problem::Unprocessable.into() };
        Form::read(body, &fields).map_err(malformed)
    }

    /// Refuses a posted form that was not made for this visitor, before anything else is read of it. One that is no form at
    /// all is left to [`read_form`](Self::read_form).
    pub(crate) async fn check_token(&self, body: &[u8]) -> Result<Token, PageError> {
        let Ok(fields) = serde_urlencoded::from_bytes::<Vec<(String, String)>>(body) else { return Ok(Token::Current) };
        let token = fields.iter().find(|(name, _)| name == "csrf").map_or("", |(_, token)| token);
        self.check(token).await
    }

    async fn check(&self, token: &str) -> Result<Token, PageError> {
        let key = &self.console.key;
        if forgery::verify(key, &self.bound, self.person(), token) {
            return Ok(Token::Current);
        }
        let (former, refusal) = match forgery::issued(key, token) {
            Some(issued) if self.is_own_former(&issued).await? => {
                // On the first page nothing tells a browser that forgot its cookies from another one: the log says what may be,
                // and the page comes back.
                let is_first = self.person().is_none() && self.visit.path.split('?').next() == Some("/login");
                (true, if is_first { Refusal::Forgery } else { expired() })
            }
            _ => (false, Refusal::Forgery),
        };
        let recorded = self.console.record(&self.visit, &refusal).await;
        if former { Ok(Token::Former) } else { Err(PageError { recorded, ..Problem::Forgery.into() }) }
    }

    /// Whether a form is one of this person's whose session has ended, or on a page of signing in, one that was made before.
    async fn is_own_former(&self, issued: &Issued) -> Result<bool, PageError> {
        let Some(person) = issued.person else {
            let path = self.visit.path.as_str();
            return Ok(self.person().is_none() || path.starts_with("/login") || path.starts_with("/setup/"));
        };
        if self.person() != Some(person) {
            return Ok(false);
        }
        let limits = self.console.limits;
        let alive: Vec<(String,)> = self
            .reader()
            .query(sql!("select id from sessions where staff_id = $1 and created_at > $2 and seen_at > $3"))
            .bind(person)
            .bind(self.now().minus(limits.absolute))
            .bind(self.now().minus(limits.idle))
            .all()
            .await?;
        Ok(!alive.iter().any(|(session,)| issued.is_of(&self.console.key, session)))
    }

    /// Whose session the forms of this visitor are bound to.
    pub(super) fn person(&self) -> Option<StaffId> {
        self.visitor().filter(|visitor| visitor.stage != Stage::Password).map(|visitor| visitor.id)
    }
}
