//! `ingam check`: everything the server checks before it starts, with the verdict of each. A gate for deployments.

use super::{CheckArgs, EX_CONFIG, target::settings, zones};
use crate::{
    allowlist::net,
    audit::safeguard::safeguards,
    changes::CATALOG,
    clock::{Clock, Instant},
    config::{Check, Config, Settings},
    escalation::policy::Policy,
    evidence::signing::Signing,
    gate::{
        Gate, KeyFits, Policies, Role, Roles, key_fits,
        lead::{Lead, lead},
    },
    notify::{
        Channel,
        channel::Receiver,
        health::{self, Health},
    },
    oncall::record as rotas,
    profile::{Profile, stamp_fits},
    readiness::{
        checklist::{Checklist, judge},
        configured::Configured,
        proven::Proven,
    },
    secret::SecretKey,
    sql,
    store::{Engine, Store, stamp, takes_no_writes, transport},
    web::words::{Lang, Words},
};
use ipnet::IpNet;
use std::{collections::BTreeSet, process::ExitCode};

pub(super) async fn run(args: CheckArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let settings = settings(args.config.config.as_deref())?;
    if args.readiness {
        return of_readiness(&settings, clock.now()).await;
    }
    let mut checks = settings.checks();
    if let (Ok(profile), Ok(url)) = (settings.profile(), settings.database_url()) {
        match Store::open(&url, 1).await {
            Ok(store) => {
                match transport(&url).await {
                    Ok(None) => {}
                    Ok(Some(used)) => checks.push(Check { name: "database transport", verdict: Ok(used) }),
                    Err(error) => checks.push(Check { name: "database transport", verdict: Err(format!("{error:#}")) }),
                }
                checks.extend(of_database(&store, profile).await);
                if let Ok(config) = settings.config() {
                    checks.extend(zones::of_zones(&store, &config, clock.now()).await);
                    checks.extend(of_letters(&store).await);
                    checks.extend(of_schedules(&config, clock.now()));
                    checks.extend(of_programs(&config));
                    checks.extend(of_channels(&store, &config).await);
                    checks.extend(of_escalations(&store, &config, clock.now()).await);
                    checks.extend(config.receivers.check());
                    checks.extend(config.deployers.check());
                    checks.push(Check { name: "limits on looking", verdict: Ok(config.look_limits.to_string()) });
                    checks.push(Check { name: "what is kept", verdict: Ok(config.retention.to_string()) });
                    checks.push(config.metrics.check());
                    checks.push(Signing::check(config.signing.as_ref()));
                    checks.push(config.shipping.check());
                    checks.push(config.witnesses.check());
                    checks.push(config.stamping.check());
                    checks.push(of_key(&store, &config.secret_key).await);
                    checks.push(of_lead(&store, clock.now()).await);
                    checks.push(of_writing(&store, &config, clock).await);
                    checks.push(of_rules(&store, &config.policies).await);
                    checks.extend(of_proxies(&store, &config).await);
                    checks.push(of_duties(&store, config.separate_duties).await);
                }
                store.close().await;
            }
            Err(error) => checks.push(Check { name: "database", verdict: Err(format!("{error:#}")) }),
        }
    }
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in &checks {
        match &check.verdict {
            Ok(detail) => println!("ok       {:width$}  {detail}", check.name),
            Err(why) => println!("REFUSED  {:width$}  {why}", check.name),
        }
    }
    Ok(if checks.iter().all(|check| check.verdict.is_ok()) { ExitCode::SUCCESS } else { ExitCode::from(EX_CONFIG) })
}

/// The checklists, which need a configuration and a database that `ingam check` finds nothing wrong with.
async fn of_readiness(settings: &Settings, now: Instant) -> anyhow::Result<ExitCode> {
    let config = settings.config().map_err(|error| anyhow::anyhow!("{error}; see `ingam check`"))?;
    let store = Store::open(&config.database_url, 1).await?;
    let proven = Proven::read(&store.reader, now).await?;
    store.close().await;
    let words = Words::of(Lang::En);
    let lists = judge(&Configured::of(&config), &proven, now);
    for list in &lists {
        println!("{}", words.name("readiness-list", list.name));
        for line in &list.lines {
            let detail: Vec<String> = line.detail.iter().map(ToString::to_string).collect();
            let detail = if detail.is_empty() { String::new() } else { format!(": {}", detail.join(", ")) };
            println!("  {}  {}{detail}", if line.is_so { "ok     " } else { "MISSING" }, line.demand(words));
            if let Some(remedy) = line.remedy(words) {
                println!("           {remedy}");
            }
        }
    }
    Ok(if lists.iter().all(Checklist::is_done) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rules that need the database: its schema, its stamp, and the safeguards of the audit log.
pub(super) async fn of_database(store: &Store, profile: Profile) -> Vec<Check> {
    let stamp = match stamp(&store.reader, store.engine).await {
        Ok(stamp) => stamp,
        Err(error) => return vec![Check { name: "database schema", verdict: Err(format!("{error:#}")) }],
    };
    let mut checks = vec![Check { name: "database stamp", verdict: stamp_fits(profile, stamp.environment) }];
    match safeguards(&store.reader, store.engine).await {
        Ok(found) => checks.extend(
            found
                .into_iter()
                .map(|safeguard| Check { name: safeguard.name, verdict: safeguard.holds.map(|()| "holds".to_owned()) }),
        ),
        Err(error) => checks.push(Check { name: "audit log safeguards", verdict: Err(format!("{error:#}")) }),
    }
    checks
}

/// Whether a write can be made, which leaves nothing behind. A database that is busy may be a console at work.
async fn of_writing(store: &Store, config: &Config, clock: Clock) -> Check {
    let (key, networks) = (config.secret_key.clone(), config.allowed_networks.clone());
    let tried = async {
        let gate = Gate::open_with_any_key(store, CATALOG, clock, key, networks).await?;
        let tried = gate.try_write().await;
        gate.close().await;
        anyhow::Ok(tried?)
    };
    let verdict = match tried.await {
        Ok(()) => Ok("taken".to_owned()),
        Err(error) => match error.downcast_ref::<sqlx::Error>() {
            Some(busy) if !takes_no_writes(busy) => Ok(format!("a write could not be tried: {busy}")),
            _ => Err(format!("the database cannot be written: {error:#}")),
        },
    };
    Check { name: "database writes", verdict }
}

/// Whether the newest row of the log is ahead of the clock. A warning and not an error: pages can be read, and what the system
/// records goes on.
async fn of_lead(store: &Store, now: Instant) -> Check {
    let verdict = match lead(&mut &store.reader, now).await {
        Ok(None) => Ok("not behind the audit log".to_owned()),
        Ok(Some(Lead { newest, is_held, .. })) => Ok(format!(
            "the newest row of the audit log is of {newest}, and it is {now}: {}",
            if is_held {
                "the log has that time until then"
            } else {
                "people can change nothing, see `ingam audit hold-time --help`"
            }
        )),
        Err(error) => Err(format!("{error:#}")),
    };
    Check { name: "clock", verdict }
}

/// Whether PostgreSQL takes Hangul for letters: by what a database was made with (`lc_ctype`), and there is no other way to index its words.
async fn of_letters(store: &Store) -> Option<Check> {
    if store.engine == Engine::Sqlite {
        return None;
    }
    let found: sqlx::Result<(i64, String)> = store
        .reader
        .query(sql!(
            sqlite: "select 1, ''",
            postgres: "select cardinality(show_trgm('한글'))::bigint, datctype::text from pg_database where datname = current_database()",
        ))
        .one()
        .await;
    let verdict = found.map_err(|error| error.to_string()).map(|(parts, letters)| match parts {
        0 => format!(
            "warning: lc_ctype is {letters}, which knows no Hangul, so no index finds Korean words in reasons and they are looked for slowly, row \
             by row; make the database again with lc_ctype 'C.UTF-8' and restore it there (docs/deploy.md)"
        ),
        _ => format!("Hangul is known (lc_ctype {letters})"),
    });
    Some(Check { name: "letters of the database", verdict })
}

/// Each channel with what it is, and when it last took a message.
async fn of_channels(store: &Store, config: &Config) -> Vec<Check> {
    let health = health::all(&mut &store.reader).await.unwrap_or_default();
    let said = |channel: &Channel| {
        let known = health.iter().find(|health| health.name == channel.name);
        let proven = match known {
            Some(Health { failing_since: Some(at), error, .. }) => {
                format!("warning: fails since {at}: {}", error.as_deref().unwrap_or("no answer"))
            }
            Some(Health { proven_at: Some(at), .. }) => format!("last message taken {at}"),
            _ if channel.receiver.personal().is_some() => "no person has proven an address in it".to_owned(),
            _ => format!("never tried; `ingam notify test {}` does", channel.name),
        };
        let receiver = &channel.receiver;
        let used = if channel.is_on { "" } else { ", written to the log in this environment" };
        let people = match receiver {
            Receiver::Email(mail) if mail.needs_utf8() => {
                format!(
                    ", to {}; warning: not every mail server takes an address in Korean (SMTPUTF8)",
                    mail.to().len()
                )
            }
            Receiver::Email(mail) => format!(", to {}", mail.to().len()),
            Receiver::Personal(_) => ", for people".to_owned(),
            _ => String::new(),
        };
        Ok(format!("{}: {} at {}{people}{used}; {proven}", channel.name, receiver.kind(), receiver.host()))
    };
    let channels = config.channels.iter().map(|channel| Check { name: "channel", verdict: said(channel) });
    let heartbeats =
        config.heartbeats.iter().map(|heartbeat| Check { name: "heartbeat", verdict: Ok(heartbeat.to_string()) });
    channels.chain(heartbeats).collect()
}

/// Each policy with the rotas and channels that it calls. Rotas are in the database, so one that is not there yet is a warning.
async fn of_escalations(store: &Store, config: &Config, now: Instant) -> Vec<Check> {
    let there = rotas::all(&mut &store.reader, now).await.unwrap_or_default();
    let is_there = |name: &&str| there.iter().any(|loaded| loaded.rota.name == *name);
    let said = |policy: &Policy| {
        let steps: Vec<String> =
            policy.steps.iter().map(|step| format!("{} min {}", step.after.num_minutes(), step.to)).collect();
        let missing: Vec<&str> = policy.rotas().filter(|name| !is_there(name)).collect();
        let warning = match missing.as_slice() {
            [] => String::new(),
            missing => format!("; warning: there is no rota {}, so its steps reach no person", missing.join(", ")),
        };
        Ok(format!("{}: {}, repeated {} times{warning}", policy.name, steps.join(", then "), policy.repeat))
    };
    config.escalations.iter().map(|policy| Check { name: "escalation", verdict: said(policy) }).collect()
}

/// When each job comes next, five times, in the zone of its schedule.
fn of_schedules(config: &Config, now: Instant) -> impl Iterator<Item = Check> {
    config.batches.jobs.iter().filter_map(move |job| {
        let schedule = job.schedule.as_ref()?;
        let zone = schedule.zone()?;
        let local = |at: Instant| at.utc().with_timezone(&zone).format("%Y-%m-%d %H:%M%:z").to_string();
        let times: Vec<String> = schedule.following(now, 5).into_iter().map(local).collect();
        let verdict = format!("{} ({}, {zone}): {}", job.name, schedule.cron, times.join(", "));
        Some(Check { name: "schedule", verdict: Ok(verdict) })
    })
}

/// Jobs whose program is not there. A warning and not an error: the console starts, and the job works as soon as it is there.
fn of_programs(config: &Config) -> impl Iterator<Item = Check> {
    config.batches.without_program().map(|(job, why)| {
        let verdict = format!("warning: job {job:?}: {why}; its runs fail until it is there");
        Check { name: "program of a job", verdict: Ok(verdict) }
    })
}

/// Whether the secret key is the one of this database.
pub(super) async fn of_key(store: &Store, key: &SecretKey) -> Check {
    let verdict = match key_fits(&store.reader, key).await {
        Ok(KeyFits::Yes) if key.former().is_some() => {
            Ok("the key of this database; nothing is under INGAM_SECRET_KEY_OLD, which can go".to_owned())
        }
        Ok(KeyFits::Yes) => Ok("the key of this database".to_owned()),
        Ok(KeyFits::Unrecorded(_)) => Ok("becomes the key of this database at the first start".to_owned()),
        Ok(KeyFits::NotRotated) => {
            Ok("warning: the key of this database is INGAM_SECRET_KEY_OLD; run `ingam rotate-key` when each \
                                       console has both"
                .to_owned())
        }
        Ok(KeyFits::Rotating) => {
            Ok("warning: some of it may still be under INGAM_SECRET_KEY_OLD; run `ingam rotate-key` again, until it \
                                     says that the old one can go"
                .to_owned())
        }
        Ok(KeyFits::No(why)) => Err(why.to_string()),
        Err(error) => Err(format!("{error:#}")),
    };
    Check { name: "key of the database", verdict }
}

/// Who holds roles that check each other. A warning and not an error: those who had them before the setting keep them.
async fn of_duties(store: &Store, separates: bool) -> Check {
    let people: sqlx::Result<Vec<(String, String)>> =
        store.reader.query(sql!("select email, roles from staff where active order by email")).all().await;
    let verdict = people.map_err(|error| error.to_string()).map(|people| {
        let mixed = people.iter().filter(|(_, roles)| Roles::parse(roles).mix_duties());
        let mixed: Vec<String> = mixed.map(|(email, roles)| format!("{email} ({roles})")).collect();
        let rule = if separates { "separate duties" } else { "one person may hold several duties" };
        if mixed.is_empty() {
            rule.to_owned()
        } else {
            format!("{rule}; who could check their own work: {}", mixed.join(", "))
        }
    });
    Check { name: "separation of duties", verdict }
}

/// The number of rules that need a second person, and any role without a person who could be one: its requests wait in
/// vain. That is a warning and not an error, because a first account has to exist before a second.
async fn of_rules(store: &Store, policies: &Policies) -> Check {
    let people: sqlx::Result<Vec<(String,)>> = store
        .reader
        .query(sql!(
            "select s.roles from staff s join authenticators a on a.staff_id = s.id
              where s.active and not a.locked and s.password_hash is not null"
        ))
        .all()
        .await;
    let verdict = people.map_err(|error| error.to_string()).map(|people| {
        let is_there = |role: Role| people.iter().any(|(roles,)| Roles::parse(roles).any_of(&[role]));
        let wanted = policies.iter().filter(|policy| !policy.is_only_if_possible()).map(|policy| policy.role);
        let missing: BTreeSet<Role> = wanted.filter(|role| !is_there(*role)).collect();
        let missing: Vec<&str> = missing.into_iter().map(Role::as_str).collect();
        match missing.as_slice() {
            [] => format!("{} rules", policies.iter().count()),
            roles => format!(
                "{} rules; no account that can sign in has the role {}, so requests for it cannot be approved",
                policies.iter().count(),
                roles.join(" or ")
            ),
        }
    });
    Check { name: "second person", verdict }
}

/// Trusted proxies that are inside an allowed network: one that leaves out the client, or a program beside it, would be
/// admitted as if it were a person. That is a warning, because a request without a client is refused.
async fn of_proxies(store: &Store, config: &Config) -> Option<Check> {
    if config.trusted_proxies.is_empty() {
        return None;
    }
    let listed: sqlx::Result<Vec<(String,)>> =
        store.reader.query(sql!("select net from networks order by id")).all().await;
    let verdict = listed.map_err(|error| error.to_string()).map(|listed| {
        let listed = listed.iter().filter_map(|(net,)| net::parse(net).ok());
        let allowed: Vec<IpNet> = config.allowed_networks.iter().copied().chain(listed).collect();
        let inside: Vec<String> = config
            .trusted_proxies
            .iter()
            .filter_map(|proxy| {
                let around = allowed.iter().find(|allowed| net::overlap(**allowed, *proxy))?;
                Some(format!("the trusted proxy {proxy} overlaps the allowed network {around}"))
            })
            .collect();
        match inside.as_slice() {
            [] => "outside the allowed networks".to_owned(),
            inside => format!(
                "warning: {}; what else runs there can reach the console, so allow the networks of people only",
                inside.join("; ")
            ),
        }
    });
    Some(Check { name: "trusted proxies", verdict })
}
