//! `ingam staff …`

use super::{
    StaffCommand,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    gate::{Meaning, Refusal, Role, Roles, is_printable},
    secret, sql,
    staff::{
        invitation::{InviteStaff, ResetSecondFactor},
        normal_email,
    },
};
use anyhow::bail;
use std::process::ExitCode;

pub(super) async fn run(command: StaffCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    match command {
        StaffCommand::Add { email, name, roles, target } => {
            add(&Target::open(&target, clock).await?, &email, &name, roles).await
        }
        StaffCommand::ResetSecondFactor { email, target } => reset(&Target::open(&target, clock).await?, &email).await,
        StaffCommand::List { target } => list(&Target::open(&target, clock).await?).await,
    }
}

async fn add(target: &Target, email: &str, name: &str, roles: Vec<Role>) -> anyhow::Result<ExitCode> {
    let Some(email) = normal_email(email) else { bail!("{email:?} is no e-mail address") };
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 || !name.chars().all(is_printable) {
        bail!("a name has 1 to 100 characters, none of them invisible");
    }
    let token = secret::token();
    let invite = InviteStaff {
        email: email.clone(),
        name: name.to_owned(),
        roles: Roles::new(roles),
        time_zone: target.config.time_zone.to_string(),
        token: token.clone(),
    };
    match target.gate.perform(&actor(), &invite).await {
        Ok(sealed) => {
            let origin =
                target.config.public_origin.clone().unwrap_or_else(|| format!("http://{}", target.config.listen));
            println!("{email} is invited; sealed as audit row #{}. This link works once and for 24 hours:", sealed.seq);
            println!("{origin}/setup/{token}");
            Ok(ExitCode::SUCCESS)
        }
        Err(Refusal::Rejected(rejection)) if rejection.meaning == Meaning::Invalid => {
            bail!("{email} works here already")
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn link(target: &Target, token: &str) -> String {
    let origin = target.config.public_origin.clone().unwrap_or_else(|| format!("http://{}", target.config.listen));
    format!("{origin}/setup/{token}")
}

async fn reset(target: &Target, email: &str) -> anyhow::Result<ExitCode> {
    let Some(email) = normal_email(email) else { bail!("{email:?} is no e-mail address") };
    let person: Option<(i64,)> = target
        .store
        .reader
        .query(sql!("select id from staff where email = $1"))
        .bind(email.as_str())
        .optional()
        .await?;
    let Some((staff,)) = person else { bail!("nobody called {email} works here") };
    let token = secret::token();
    let sealed = target.gate.perform(&actor(), &ResetSecondFactor { staff, token: token.clone() }).await?;
    println!(
        "{email} has no second factor now; sealed as audit row #{}. This link works once and for 24 hours:",
        sealed.seq
    );
    println!("{}", link(target, &token));
    Ok(ExitCode::SUCCESS)
}

#[derive(sqlx::FromRow)]
struct Person {
    email: String,
    name: String,
    roles: String,
    active: bool,
    set_up: bool,
}

async fn list(target: &Target) -> anyhow::Result<ExitCode> {
    let people: Vec<Person> = target
        .store
        .reader
        .query(sql!("select email, name, roles, active, password_hash is not null as set_up from staff order by email"))
        .all()
        .await?;
    for person in people {
        let state = match (person.active, person.set_up) {
            (false, _) => "disabled",
            (true, false) => "invited",
            (true, true) => "active",
        };
        println!("{}\t{}\t{}\t{state}", person.email, person.roles, person.name);
    }
    Ok(ExitCode::SUCCESS)
}
