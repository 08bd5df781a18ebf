//! What `ingam check` says of time zones, and a start warns of.

use crate::{
    clock::Instant,
    config::{Check, Config},
    sql,
    store::Store,
    zone::{ZONES, Zone},
};
use std::collections::BTreeMap;

/// The edition that schedules and pages go by, and where that matters to what is configured.
pub(super) async fn of_zones(store: &Store, config: &Config, now: Instant) -> Vec<Check> {
    let mut checks = vec![Check { name: "time zones", verdict: Ok(ZONES.edition()) }];
    let warned = warnings(store, config, now).await.map_err(|error| error.to_string());
    match warned {
        Ok(warned) => checks
            .extend(warned.into_iter().map(|why| Check { name: "time zones", verdict: Ok(format!("warning: {why}")) })),
        Err(error) => checks.push(Check { name: "time zones", verdict: Err(error) }),
    }
    checks
}

/// Where the system's clocks and the console's go apart within two years, and zones that there are no more. A warning and not an error:
/// one of the two is right, and which one a person has to know.
pub(super) async fn warnings(store: &Store, config: &Config, now: Instant) -> sqlx::Result<Vec<String>> {
    let mut used: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |zone: &str, by: String| used.entry(zone.to_owned()).or_default().push(by);
    add(config.time_zone.name(), "INGAM_TIME_ZONE".to_owned());
    for job in &config.batches.jobs {
        if let Some(schedule) = &job.schedule {
            add(&schedule.zone, format!("the job {}", job.name));
        }
    }
    let staff: Vec<(String, i64)> = store
        .reader
        .query(sql!("select time_zone, count(*) from staff where active group by time_zone order by time_zone"))
        .all()
        .await?;
    for (zone, people) in staff {
        add(&zone, if people == 1 { "one member of staff".to_owned() } else { format!("{people} members of staff") });
    }
    let warning = |(name, by): (String, Vec<String>)| {
        let Ok(zone) = name.parse::<Zone>() else {
            return Some(format!("{name} is in no edition here ({}); choose another zone", by.join(", ")));
        };
        let difference = ZONES.difference(zone, now)?;
        Some(format!("{difference} ({}); update the older of the two", by.join(", ")))
    };
    Ok(used.into_iter().filter_map(warning).collect())
}
