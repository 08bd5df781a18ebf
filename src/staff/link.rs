//! Set-up links: made to work, and shown once to whoever asked for them.

use super::{
    link_page::{LinkPage, Told},
    people,
    show::{self, Asked},
    standing::{self, Standing},
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Given, Sealed, Target, Tx},
    secret, sql,
    web::{
        Answer, Desk,
        desk::seal_of,
        problem_page::Problem,
        refused,
        shell::{Section, field::FieldErrors},
    },
};
use actix_web::web;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// How long a set-up link works.
pub const LASTS: TimeDelta = TimeDelta::hours(24);

/// A new link for somebody who has not set up what they sign in with, or whose second factor was reset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssueSetupLink {
    pub staff: i64,
    #[serde(skip)]
    pub token: String,
}

impl Change for IssueSetupLink {
    const KIND: &'static str = "staff.issue-link";
    const ADMITS: Admits = Admits::owners();
    // Whom it is for was agreed on before, and nobody could be shown a link that is made later.
    const MAY_WAIT: bool = false;
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        standing::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await?;
        // A link that was asked for and waited has nobody left who could be shown it.
        if self.token.is_empty() {
            return Err(Fault::conflict("link-unseen"));
        }
        issue(tx, self.staff, &self.token).await?;
        standing::bump(tx, self.staff).await?;
        tx.emit("staff.link-issued", serde_json::json!({ "staff": self.staff }));
        Ok(())
    }
}

impl IssueSetupLink {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Standing, Fault> {
        let standing = standing::lock(tx, self.staff).await?;
        standing.active()?;
        if standing.is_set_up() { Err(Fault::conflict("staff-set-up")) } else { Ok(standing) }
    }
}

/// Makes a link work, and every earlier one of this person stop. Only the hash of its token is kept.
pub(super) async fn issue(tx: &mut Tx<'_>, staff: i64, token: &str) -> Result<(), Fault> {
    let expires = tx.now().plus(LASTS);
    let before: Option<(Instant,)> = tx
        .query(sql!("select expires_at from invitations where staff_id = $1 order by expires_at desc limit 1"))
        .bind(staff)
        .optional()
        .await?;
    tx.query(sql!("delete from invitations where staff_id = $1")).bind(staff).run().await?;
    tx.query(sql!("insert into invitations (hash, staff_id, expires_at) values ($1, $2, $3)"))
        .bind(hash(token))
        .bind(staff)
        .bind(expires)
        .run()
        .await?;
    tx.note("link_expires_at", before.map(|(at,)| at.to_string()), expires.to_string());
    Ok(())
}

pub(super) fn hash(token: &str) -> Vec<u8> {
    secret::sha256(token.as_bytes()).to_vec()
}

/// `POST /staff/{id}/setup-link`
pub async fn issue_link(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let staff = path.into_inner();
    let token = secret::token();
    submit(&desk, staff, Asked::Link, &body, IssueSetupLink { staff, token: token.clone() }, &token).await
}

/// Submits a change to somebody that gives a link, and answers with the link.
pub(super) async fn submit<C: Change>(
    desk: &Desk,
    staff: i64,
    asked: Asked,
    body: &[u8],
    change: C,
    token: &str,
) -> Answer {
    let form = desk.form(body, &show::SEAL).await?;
    let reason = match refused::read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => return show::show_again(desk, staff, asked, &form, FieldErrors::into(errors)).await,
    };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => {
            if let Given::Waits(request) = sealed.output {
                return Ok(desk.see_request(request, sealed.seq));
            }
            let person = people::by_id(desk, staff).await?.ok_or(Problem::NotFound)?;
            answer(desk, C::KIND, &sealed, staff, person.name, person.email, token).await
        }
        Err(refusal) => {
            let refused = refused::explain(desk, refusal, &change.target()).await?;
            show::show_again(desk, staff, asked, &form, refused).await
        }
    }
}

/// The page that shows a link this once, or why there is none. `token` is of no use where the change was made before, with
/// another one.
pub(super) async fn answer<T>(
    desk: &Desk,
    action: &'static str,
    sealed: &Sealed<T>,
    staff: i64,
    name: String,
    email: String,
    token: &str,
) -> Answer {
    let told = if sealed.repeated {
        Told::Before
    } else {
        Told::Now { link: desk.console().link_to(&format!("/setup/{token}")) }
    };
    let page = LinkPage {
        shell: desk.shell(Some(Section::Staff), None).await?,
        action,
        staff,
        name,
        email,
        told,
        expires: desk.now().plus(LASTS),
        seq: sealed.seq,
    };
    desk.page(200, &page)
}
