//! `ingam staff …`: the first account, and the way back in when no one can sign in any more. A person who can run it as
//! the console's user has the database and its key already; what it does is sealed all the same, in the name of the user of the
//! host who ran it, and shown to the owners.

use super::{
    TargetArgs, Usage, WhyArgs,
    target::{Target, actor, reason},
};
use crate::{
    clock::Clock,
    gate::{Change, Reason, Refusal, Rejection, Role, Roles, Seal},
    id::{Seq, StaffId},
    secret, sql,
    staff::{
        invite::{InviteStaff, STAFF_EXISTS, STAFF_LEFT, is_name},
        link::IssueSetupLink,
        normal_email,
        people::state,
        reset::ResetSecondFactor,
        restrict::{self, RestrictStaff},
        roles::SetStaffRoles,
        status::SetStaffStatus,
    },
    web::{
        shell::seal::sentence_key,
        words::{Lang, Words},
    },
};
use anyhow::bail;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum StaffCommand {
    /// Invites a person and prints their one-time set-up link.
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// operator, oncall, auditor, approver or owner; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        /// Why, for the audit log and for the owners. Only the first person of all is invited without one.
        #[arg(long, value_parser = reason)]
        reason: Option<Reason>,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Lists all staff: e-mail, roles, name, state.
    List {
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Replaces the roles of a person.
    Roles {
        email: String,
        /// operator, oncall, auditor, approver or owner; may be given several times.
        #[arg(long = "role", required = true)]
        roles: Vec<Role>,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Disables an account: ends its sessions and set-up links at once.
    Disable {
        email: String,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Enables a disabled account.
    Enable {
        email: String,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Removes the authenticator of a person and prints a new set-up link.
    ResetSecondFactor {
        email: String,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Prints a new set-up link for a person who has not set up yet, or whose second factor was reset.
    Link {
        email: String,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Limits a person to networks, besides the limits for all staff. Without networks, the limit is lifted.
    Networks {
        email: String,
        /// For example 10.20.0.0/16.
        networks: Vec<String>,
        #[command(flatten)]
        how: HowArgs,
    },
}

/// What every change on the command line takes.
#[derive(Debug, Args)]
pub(super) struct HowArgs {
    #[command(flatten)]
    why: WhyArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// An open database and the seal of what is to be done to it.
struct Host {
    target: Target,
    seal: Seal,
}

impl Host {
    async fn open(how: &HowArgs, clock: Clock) -> anyhow::Result<Self> {
        let seal = Seal { reason: how.why.reason.clone(), ..Seal::none() };
        Ok(Self { target: Target::open(&how.target, clock).await?, seal })
    }

    /// The same for inviting, where the first person of all needs no reason: no owner is there to read it.
    async fn open_to_invite(reason: Option<Reason>, target: &TargetArgs, clock: Clock) -> anyhow::Result<Self> {
        let target = Target::open(target, clock).await?;
        let (is_first,): (bool,) =
            target.store.reader.query(sql!("select not exists (select 1 from staff)")).one().await?;
        let reason = match reason {
            Some(reason) => reason,
            None if is_first => Reason::none(),
            None => return Err(Usage("--reason is required: only the first person is invited without one").into()),
        };
        Ok(Self { target, seal: Seal { reason, ..Seal::none() } })
    }

    /// The id of a member of staff.
    async fn staff(&self, email: &str) -> anyhow::Result<StaffId> {
        let Some(email) = normal_email(email) else { bail!("{email:?} is not an e-mail address") };
        let person: Option<(StaffId,)> = self
            .target
            .store
            .reader
            .query(sql!("select id from staff where email = $1"))
            .bind(email.as_str())
            .optional()
            .await?;
        match person {
            Some((staff,)) => Ok(staff),
            None => bail!("no member of staff has the e-mail address {email}"),
        }
    }

    /// Makes a change and says in which row it is sealed.
    async fn submit<C: Change>(&self, change: &C) -> anyhow::Result<Seq> {
        match self.target.gate.submit(&actor(), change, &self.seal).await {
            Ok(sealed) => Ok(sealed.seq),
            Err(Refusal::Rejected(rejection)) => bail!("nothing was changed: {}", say(&rejection)),
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn print_link(&self, token: &str) {
        let config = &self.target.config;
        let origin = config.public_origin.clone().unwrap_or_else(|| format!("http://{}", config.listen));
        println!("{origin}/setup/{token}");
    }
}

/// A refusal in words: those of the pages, where they have a sentence for it.
fn say(rejection: &Rejection) -> String {
    let words = Words::of(Lang::En);
    match sentence_key(rejection) {
        Some(key) => words.get(&key).to_owned(),
        None => words.name("refusal", rejection.word.as_str()).to_owned(),
    }
}

pub(super) async fn run(command: StaffCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    match command {
        StaffCommand::List { target } => list(&Target::open(&target, clock).await?).await?,
        StaffCommand::Add { email, name, roles, reason, target } => {
            add(&Host::open_to_invite(reason, &target, clock).await?, &email, &name, roles).await?;
        }
        StaffCommand::Roles { email, roles, how } => {
            set_roles(&Host::open(&how, clock).await?, &email, roles).await?;
        }
        StaffCommand::Disable { email, how } => {
            set_status(&Host::open(&how, clock).await?, &email, "disabled").await?;
        }
        StaffCommand::Enable { email, how } => set_status(&Host::open(&how, clock).await?, &email, "active").await?,
        StaffCommand::ResetSecondFactor { email, how } => reset(&Host::open(&how, clock).await?, &email).await?,
        StaffCommand::Link { email, how } => link(&Host::open(&how, clock).await?, &email).await?,
        StaffCommand::Networks { email, networks, how } => {
            restrict(&Host::open(&how, clock).await?, &email, &networks).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(host: &Host, email: &str, name: &str, roles: Vec<Role>) -> anyhow::Result<()> {
    let Some(email) = normal_email(email) else { bail!("{email:?} is not an e-mail address") };
    let name = name.trim();
    if !is_name(name) {
        bail!("a name has 1 to 100 characters and no invisible characters");
    }
    let token = secret::token();
    let invite = InviteStaff {
        email: email.clone(),
        name: name.to_owned(),
        roles: Roles::new(roles),
        time_zone: host.target.config.time_zone.to_string(),
        token: token.clone(),
    };
    let seq = match host.target.gate.submit(&actor(), &invite, &host.seal).await {
        Ok(sealed) => sealed.seq,
        Err(Refusal::Rejected(Rejection { word: STAFF_EXISTS, .. })) => bail!("{email} is already a member of staff"),
        Err(Refusal::Rejected(Rejection { word: STAFF_LEFT, .. })) => {
            bail!("{email} is disabled; enable the account with `ingam staff enable {email}`")
        }
        Err(Refusal::Rejected(rejection)) => bail!("nothing was changed: {}", say(&rejection)),
        Err(refusal) => return Err(refusal.into()),
    };
    println!("{email} is invited; sealed as audit row #{seq}. This link works once and for 24 hours:");
    host.print_link(&token);
    Ok(())
}

async fn set_roles(host: &Host, email: &str, roles: Vec<Role>) -> anyhow::Result<()> {
    let staff = host.staff(email).await?;
    let roles = Roles::new(roles);
    let seq = host.submit(&SetStaffRoles { staff, roles: roles.clone() }).await?;
    println!("{email} is now {roles}; sealed as audit row #{seq}.");
    Ok(())
}

async fn set_status(host: &Host, email: &str, status: &str) -> anyhow::Result<()> {
    let staff = host.staff(email).await?;
    let seq = host.submit(&SetStaffStatus { staff, status: status.to_owned() }).await?;
    println!("{email} is now {status}; sealed as audit row #{seq}.");
    Ok(())
}

async fn reset(host: &Host, email: &str) -> anyhow::Result<()> {
    let staff = host.staff(email).await?;
    let token = secret::token();
    let seq = host.submit(&ResetSecondFactor { staff, token: token.clone() }).await?;
    println!(
        "The second factor of {email} was reset; sealed as audit row #{seq}. This link works once and for 24 hours:"
    );
    host.print_link(&token);
    Ok(())
}

async fn link(host: &Host, email: &str) -> anyhow::Result<()> {
    let staff = host.staff(email).await?;
    let token = secret::token();
    let seq = host.submit(&IssueSetupLink { staff, token: token.clone() }).await?;
    println!("Sealed as audit row #{seq}. This link works once and for 24 hours; earlier links no longer work:");
    host.print_link(&token);
    Ok(())
}

async fn restrict(host: &Host, email: &str, networks: &[String]) -> anyhow::Result<()> {
    let staff = host.staff(email).await?;
    let networks =
        restrict::read(&networks.join("\n")).map_err(|message| anyhow::anyhow!(message.say(Words::of(Lang::En))))?;
    let shown = if networks.is_empty() { "every allowed network".to_owned() } else { networks.clone() };
    let seq = host.submit(&RestrictStaff { staff, networks }).await?;
    println!("{email} may use the console from {shown}; sealed as audit row #{seq}.");
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Person {
    email: String,
    name: String,
    roles: String,
    state: String,
}

async fn list(target: &Target) -> anyhow::Result<()> {
    let people: Vec<Person> = target
        .store
        .reader
        .query(sql!(
            "select s.email, s.name, s.roles, ",
            state!(),
            " as state from staff s left join authenticators a on a.staff_id = s.id order by s.email"
        ))
        .all()
        .await?;
    for Person { email, name, roles, state } in people {
        println!("{email}\t{roles}\t{name}\t{state}");
    }
    Ok(())
}
