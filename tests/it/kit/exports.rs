//! A file of the log that was taken.

use super::{Engine, World};

/// Puts it into the database of a world, made with the first row of its log.
pub(crate) fn sample_export(world: &World) {
    let now = world.clock.now();
    let sora = world.number("select id from staff where email = 'sora@ingam.test'");
    let sql = format!(
        "insert into exports (id, change_id, staff_id, at, expires_at, format, purpose, filter, first_seq, end_seq, row_count, person_count,
                              state, attempts, sent, finished_at, bytes, sha256)
         select 1, change_id, {sora}, '{now}', '{now}', 'jsonl', 'audit', '', 0, 1, 1, 0, 'finished', 1, 1, '{now}', 640, 'ab' from audit where seq = 0"
    );
    world.database().tamper(&sql).unwrap();
    if world.engine == Engine::Postgres {
        world.database().tamper("alter table exports alter column id restart with 100").unwrap();
    }
}
