//! One person who works here: how they stand, what they did and what was done to them, and the panel to change something.

use super::{
    Roles,
    account_page::sessions,
    link::IssueSetupLink,
    pages::SessionRow,
    people::{self, Person},
    reset::ResetSecondFactor,
    restrict::RestrictStaff,
    roles::SetStaffRoles,
    sessions::EndStaffSessions,
    show_pages::{Address, Done, Filled, Panel, PersonPage, SignIn},
    status::SetStaffStatus,
    target,
};
use crate::{
    audit,
    audit::pages::Changed,
    entry_columns,
    gate::{Change, audit::Entry},
    sql,
    web::{
        Answer, Desk, Stop,
        desk::{fresh_key, seal_of},
        form::Form,
        problem_page::Problem,
        refused::{self, Refused},
        shell::{
            Section,
            field::FieldErrors,
            seal::{Seal as Shape, Sealed},
        },
    },
};
use actix_web::web;
use serde::Deserialize;

/// What every change form posts.
pub(super) const SEAL: [&str; 4] = ["reason", "code", "key", "seen"];
/// So many rows are shown of each kind, out of so many of the newest that the person made.
const SHOWN: usize = 10;
const WINDOW: i64 = 300;

/// Which change is asked for, with what was typed.
#[derive(Clone, Debug)]
pub enum Asked {
    Roles(Roles),
    Status,
    Reset,
    Link,
    Sessions,
    /// One of them, by its handle.
    Session(String),
    Networks(String),
}

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Query {
    panel: String,
    session: String,
    /// The audit row of a change just made.
    sealed: Option<i64>,
}

/// `GET /staff/{id}`
pub async fn show(desk: Desk, path: web::Path<i64>, query: web::Query<Query>) -> Answer {
    let person = people::by_id(&desk, path.into_inner()).await?.ok_or(Problem::NotFound)?;
    let there = sessions(&desk, person.id).await?;
    let panel = match query.sealed {
        Some(seq) => done(&desk, &person, seq).await?,
        None => None,
    };
    let panel = panel.or_else(|| offered(&desk, &person, &there, &query));
    page(&desk, person, there, panel, 200).await
}

/// The panel that was asked for, or why there is none.
fn offered(desk: &Desk, person: &Person, there: &[SessionRow], query: &Query) -> Option<Panel> {
    // One's own page says why it has no panels.
    if person.id == desk.person().id {
        return None;
    }
    let (asked, closed) = match query.panel.as_str() {
        "roles" => (Asked::Roles(Roles::parse(&person.roles)), None),
        "status" => (Asked::Status, None),
        "networks" => (Asked::Networks(person.networks().join("\n")), None),
        "reset" if person.is_disabled() => (Asked::Reset, Some("refused-state.staff-disabled")),
        "reset" if !person.has_factor() => (Asked::Reset, Some("refused-state.staff-no-factor")),
        "reset" => (Asked::Reset, None),
        "link" if person.is_disabled() => (Asked::Link, Some("refused-state.staff-disabled")),
        "link" if !person.needs_link() => (Asked::Link, Some("refused-state.staff-set-up")),
        "link" => (Asked::Link, None),
        "sessions" if there.is_empty() => (Asked::Sessions, Some("refused-state.session-over")),
        "sessions" => (Asked::Sessions, None),
        "session" if there.iter().all(|session| session.id != query.session) => {
            (Asked::Session(String::new()), Some("refused-state.session-over"))
        }
        "session" => (Asked::Session(query.session.clone()), None),
        _ => return None,
    };
    Some(if let Some(why) = closed {
        Panel::Closed { name: asked.name(), why }
    } else {
        let seal = Shape::fresh(asked.kind(), fresh_key(), person.version);
        Panel::Form(Filled { asked, seal, reason: String::new() })
    })
}

impl Asked {
    /// The kind of change it is.
    fn kind(&self) -> &'static str {
        match self {
            Self::Roles(_) => SetStaffRoles::KIND,
            Self::Status => SetStaffStatus::KIND,
            Self::Reset => ResetSecondFactor::KIND,
            Self::Link => IssueSetupLink::KIND,
            Self::Sessions | Self::Session(_) => EndStaffSessions::KIND,
            Self::Networks(_) => RestrictStaff::KIND,
        }
    }

    /// As in `?panel=`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Roles(_) => "roles",
            Self::Status => "status",
            Self::Reset => "reset",
            Self::Link => "link",
            Self::Sessions => "sessions",
            Self::Session(_) => "session",
            Self::Networks(_) => "networks",
        }
    }
}

/// What the person just changed here, read from the row that sealed it: nothing in the address is believed but its number.
async fn done(desk: &Desk, person: &Person, seq: i64) -> Result<Option<Panel>, Stop> {
    let entry = audit::own(desk, &target(person.id), seq).await?;
    Ok(entry.map(|entry| {
        Panel::Done(Done {
            changed: Changed::between(&entry.before, &entry.after),
            action: entry.action,
            sealed: Sealed { seq: entry.seq, at: entry.at, by: entry.staff_name, reason: entry.reason },
        })
    }))
}

/// Submits a change to somebody, and goes back to their page.
pub(super) async fn submit<C: Change>(
    desk: &Desk,
    staff: i64,
    asked: Asked,
    form: &Form,
    errors: FieldErrors,
    change: C,
) -> Answer {
    let reason = match refused::read_reason_beside(form, errors) {
        Ok(reason) => reason,
        Err(errors) => return show_again(desk, staff, asked, form, errors.into()).await,
    };
    match desk.submit(&change, &seal_of(form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/staff/{staff}"))),
        Err(refusal) => {
            let refused = refused::explain(desk, refusal, &change.target()).await?;
            show_again(desk, staff, asked, form, refused).await
        }
    }
}

/// The page with the panel as it was filled in, and what was wrong.
pub(super) async fn show_again(desk: &Desk, staff: i64, asked: Asked, form: &Form, refused: Refused) -> Answer {
    let person = people::by_id(desk, staff).await?.ok_or(Problem::NotFound)?;
    let there = sessions(desk, staff).await?;
    let (status, seal) = Shape::again(asked.kind(), form, person.version, refused);
    let panel = if staff == desk.person().id {
        Panel::Refused(seal)
    } else {
        Panel::Form(Filled { asked, seal, reason: form.get("reason").to_owned() })
    };
    page(desk, person, there, Some(panel), status).await
}

async fn page(desk: &Desk, person: Person, there: Vec<SessionRow>, mut panel: Option<Panel>, status: u16) -> Answer {
    if let Some(Panel::Form(Filled { asked: Asked::Status, seal, .. })) = &mut panel {
        seal.must_wait = person.is_disabled();
    }
    let by = made_by(desk, person.id).await?;
    let failed = failed_passwords(desk, person.id).await?;
    let is_sign_in = |entry: &&Entry| entry.action.starts_with("session.start");
    let is_made = |entry: &&Entry| {
        matches!(entry.outcome.as_str(), "applied" | "requested") && !entry.action.starts_with("session.")
    };
    let is_refused = |entry: &&Entry| matches!(entry.outcome.as_str(), "refused" | "failed") && !is_sign_in(entry);
    let mut sign_ins: Vec<&Entry> = by.iter().filter(is_sign_in).chain(&failed).collect();
    sign_ins.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    let page = PersonPage {
        shell: desk.shell(Some(Section::Staff), None).await?,
        is_me: person.id == desk.person().id,
        made: by.iter().filter(is_made).take(SHOWN).map(audit::row).collect(),
        refused: by.iter().filter(is_refused).take(SHOWN).map(audit::row).collect(),
        sign_ins: sign_ins.into_iter().take(SHOWN).map(SignIn::of).collect(),
        addresses: Address::of(&by, SHOWN),
        happened: done_to(desk, &person).await?.iter().map(audit::row).collect(),
        sessions: there,
        panel,
        person,
    };
    desk.page(status, &page)
}

/// The newest rows of the log that somebody made.
async fn made_by(desk: &Desk, staff: i64) -> sqlx::Result<Vec<Entry>> {
    desk.reader()
        .query(sql!("select ", entry_columns!(), " from audit where staff_id = $1 order by seq desc limit $2"))
        .bind(staff)
        .bind(WINDOW)
        .all()
        .await
}

/// The newest wrong passwords for this person's account. Whoever gave them had not said who they are.
async fn failed_passwords(desk: &Desk, staff: i64) -> sqlx::Result<Vec<Entry>> {
    desk.reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit where target_kind = 'staff' and target_id = $1 and action = 'session.password' and outcome <> 'applied'
              order by seq desc limit $2"
        ))
        .bind(staff.to_string())
        .bind(i64::try_from(SHOWN).unwrap_or(i64::MAX))
        .all()
        .await
}

/// What others did to somebody, the newest first. The invitation names their address, because they had no id then.
async fn done_to(desk: &Desk, person: &Person) -> sqlx::Result<Vec<Entry>> {
    let mut happened: Vec<Entry> = Vec::new();
    for target in [person.id.to_string(), person.email.clone()] {
        let rows: Vec<Entry> = desk
            .reader()
            .query(sql!(
                "select ",
                entry_columns!(),
                " from audit where target_kind = 'staff' and target_id = $1 and coalesce(staff_id, 0) <> $2
                    and action not like 'session.%' order by seq desc limit $3"
            ))
            .bind(target)
            .bind(person.id)
            .bind(i64::try_from(SHOWN).unwrap_or(i64::MAX))
            .all()
            .await?;
        happened.extend(rows);
    }
    happened.sort_by_key(|entry| std::cmp::Reverse(entry.seq));
    happened.truncate(SHOWN);
    Ok(happened)
}
