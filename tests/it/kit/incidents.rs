//! Incidents that are there: one of which the cause is not known, and one that is right again.

use super::{Engine, World};

/// Puts them into the database of a world, with an action that is to be done.
pub(crate) fn sample_incidents(world: &World) {
    let now = world.clock.now();
    let jun = world.number("select id from staff where email = 'jun@ingam.test'");
    let sql = format!(
        "insert into incidents (id, title, severity, step, opened_at, opened_by, opened_name, lead, recovered_at) values
           (1, 'Settlement fails', 'sev2', 'responding', '{now}', {jun}, 'Jun Park', {jun}, null),
           (2, 'The bank is away', 'sev3', 'recovered', '{now}', {jun}, 'Jun Park', {jun}, '{now}');
         insert into incident_actions (id, incident, text, owner, due) values (1, 1, 'Ask the bank', {jun}, '2026-03-20')"
    );
    world.database().tamper(&sql).unwrap();
    if world.engine == Engine::Postgres {
        world.database().tamper("alter table incidents alter column id restart with 100").unwrap();
        world.database().tamper("alter table incident_actions alter column id restart with 100").unwrap();
    }
}
