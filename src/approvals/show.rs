//! One request: what it would change, who asked and why, and the panel to decide.

use super::{
    Request,
    decide::{Approve, Reject},
    list::{may_see, standing},
    pages::{Effect, Panel, PlainPanel, ShowPage, Standing},
    queue, request, target,
    withdraw::Withdraw,
};
use crate::{
    audit::{self, pages::Changed},
    entry_columns,
    gate::{Change, Refusal, Roles, audit::Entry, is_same_mailbox},
    sql,
    web::{
        Answer, Desk, Stop,
        desk::{fresh_key, seal_of},
        form::Form,
        problem_page::Problem,
        refused::{self, Refused},
        shell::{
            Section,
            seal::{Seal as Shape, Sealed as Done},
        },
    },
};
use actix_web::web;
use chrono::TimeDelta;
use serde::Deserialize;

const LATELY: i64 = 20;
const LATELY_DAYS: i64 = 30;
const FIELDS: [&str; 4] = ["reason", "code", "key", "seen"];

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    panel: String,
    /// The audit row of a decision just made.
    sealed: Option<i64>,
}

/// `GET /approvals/{id}`
pub async fn show(desk: Desk, path: web::Path<i64>, asked: web::Query<Asked>) -> Answer {
    let request = load(&desk, path.into_inner()).await?;
    let done = match asked.sealed {
        Some(seq) => audit::own(&desk, &target(request.id), seq).await?.map(|entry| Panel::Done {
            sealed: Done { seq: entry.seq, at: entry.at, by: entry.staff_name, reason: entry.reason },
            action: entry.action,
        }),
        None => None,
    };
    page(&desk, request, done, &asked.panel, 200).await
}

async fn load(desk: &Desk, id: i64) -> Result<Request, Stop> {
    let request = request::find(&mut desk.reader(), id).await?.ok_or(Problem::NotFound)?;
    // What is not for somebody is not there for them.
    if may_see(desk, &request) { Ok(request) } else { Err(Problem::NotFound.into()) }
}

/// `POST /approvals/{id}/approval`
pub async fn approve(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let request = path.into_inner();
    decide(&desk, request, Approve { request }, &body, Panel::Approve).await
}

/// `POST /approvals/{id}/rejection`
pub async fn reject(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let request = path.into_inner();
    decide(&desk, request, Reject { request }, &body, Panel::Reject).await
}

/// `POST /approvals/{id}/withdrawal`
pub async fn withdraw(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let request = path.into_inner();
    decide(&desk, request, Withdraw { request }, &body, Panel::Withdraw).await
}

async fn decide<C: Change>(
    desk: &Desk,
    id: i64,
    change: C,
    body: &[u8],
    panel: impl FnOnce(PlainPanel) -> Panel,
) -> Answer {
    let form = desk.form(body, &FIELDS).await?;
    load(desk, id).await?;
    let reason = match refused::read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => return again(desk, id, &form, errors.into(), panel).await,
    };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/approvals/{id}"))),
        Err(refusal) => {
            let refused = refused::explain(desk, refusal, &change.target()).await?;
            again(desk, id, &form, refused, panel).await
        }
    }
}

async fn again(desk: &Desk, id: i64, form: &Form, refused: Refused, panel: impl FnOnce(PlainPanel) -> Panel) -> Answer {
    let request = load(desk, id).await?;
    let (status, seal) = Shape::again("", form, request.version, refused);
    let seal = beside_theirs(seal, &request);
    let panel = panel(PlainPanel { seal, reason: form.get("reason").to_owned(), is_asked: false });
    page(desk, request, Some(panel), "", status).await
}

async fn page(desk: &Desk, request: Request, panel: Option<Panel>, asked: &str, status: u16) -> Answer {
    let votes = request::votes(&mut desk.reader(), request.id).await?;
    let has_voted = votes.iter().any(|vote| vote.staff_id == desk.person().id);
    let standing = standing(desk, &request, has_voted);
    let (effects, obstacle) = effects(desk, &request, standing).await?;
    let (previous, next) = queue::neighbours(desk, request.id).await?;
    let page = ShowPage {
        shell: desk.shell(Some(Section::Approvals), None).await?,
        panel: panel.or_else(|| offered(&request, standing, asked)),
        deciders: if request.is_open() { deciders(desk, &request).await? } else { Vec::new() },
        lately: lately(desk, &request).await?,
        request,
        standing,
        votes,
        effects,
        obstacle,
        previous,
        next,
    };
    desk.page(status, &page)
}

/// The panel that was asked for, if there is something to do for this person.
fn offered(request: &Request, standing: Standing, asked: &str) -> Option<Panel> {
    let plain = || PlainPanel {
        seal: beside_theirs(Shape::fresh("", fresh_key(), request.version), request),
        reason: String::new(),
        is_asked: !asked.is_empty(),
    };
    match (standing, asked) {
        (Standing::YourTurn, "reject") if request.is_open() => Some(Panel::Reject(plain())),
        (Standing::YourTurn, _) if request.is_open() => Some(Panel::Approve(plain())),
        (Standing::Yours, "withdraw") if request.is_waiting() => Some(Panel::Withdraw(plain())),
        _ => None,
    }
}

/// The seal over a request, beside the one of whoever asked.
fn beside_theirs(seal: Shape, request: &Request) -> Shape {
    Shape { asked: Some((request.staff_name.clone(), request.at)), ..seal }
}

/// What it would alter: as it was asked for, and beside it as things stand now, for those to whom that matters.
async fn effects(desk: &Desk, request: &Request, standing: Standing) -> Result<(Vec<Effect>, Option<String>), Stop> {
    let then = Changed::between(&request.before, &request.after);
    let untried = |then: Vec<Changed>| then.into_iter().map(|then| Effect { then, now: None }).collect::<Vec<_>>();
    if !request.is_waiting() || !matches!(standing, Standing::YourTurn | Standing::Yours) {
        return Ok((untried(then), None));
    }
    let Some(change) = request.change(desk.catalog()) else {
        return Ok((untried(then), Some(desk.words().get("approval.unreadable").to_owned())));
    };
    match desk.rehearse(&request.asked(&desk.visit().request_id), change.as_ref()).await {
        Ok(rehearsed) => {
            let now = Changed::between(&rehearsed.before, &rehearsed.after);
            // What it would alter now and would not have altered then is the last thing to be left out.
            let gained = now.iter().filter(|now| then.iter().all(|then| then.field != now.field));
            let gained: Vec<Effect> = gained.map(|now| Effect::gained(now.clone())).collect();
            let mut effects = Vec::new();
            for then in then {
                let now = now.iter().find(|now| now.field == then.field).cloned();
                effects.push(Effect { then, now });
            }
            effects.extend(gained);
            Ok((effects, None))
        }
        Err(Refusal::Rejected(why)) => Ok((untried(then), Some(super::rule::obstacle(&why, &desk.frame())))),
        // It will be tried again when somebody decides.
        Err(error) => {
            tracing::warn!(request = desk.visit().request_id, %error, "a request could not be tried");
            Ok((untried(then), None))
        }
    }
}

/// The names of those who could decide.
async fn deciders(desk: &Desk, request: &Request) -> Result<Vec<String>, Stop> {
    let Some(role) = request.role() else { return Ok(Vec::new()) };
    let people: Vec<(String, String, String)> = desk
        .reader()
        .query(sql!(
            "select s.name, s.roles, s.email from staff s join authenticators a on a.staff_id = s.id
              where s.active and s.password_hash is not null and s.id <> $1
                and not exists (select 1 from approval_votes v where v.request_id = $2 and v.staff_id = s.id)
              order by s.name, s.id limit 200"
        ))
        .bind(request.staff_id)
        .bind(request.id)
        .all()
        .await?;
    let fits =
        |roles: &str, email: &str| Roles::parse(roles).any_of(&[role]) && !is_same_mailbox(email, &request.staff_email);
    Ok(people.into_iter().filter(|(_, roles, email)| fits(roles, email)).map(|(name, ..)| name).take(10).collect())
}

/// What the same person did to the same target in the last month, done or not.
async fn lately(desk: &Desk, request: &Request) -> Result<Vec<audit::pages::Row>, Stop> {
    let entries: Vec<Entry> = desk
        .reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where target_kind = $1 and target_id = $2 and staff_id = $3 and at > $4 and change_id <> $5
               order by seq desc limit $6"
        ))
        .bind(request.target_kind.as_str())
        .bind(request.target_id.as_str())
        .bind(request.staff_id)
        .bind(desk.now().minus(TimeDelta::days(LATELY_DAYS)))
        .bind(request.change_id.as_str())
        .bind(LATELY)
        .all()
        .await?;
    Ok(entries.iter().map(audit::row).collect())
}
