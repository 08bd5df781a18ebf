//! Something that a rule found.

use super::World;

/// Puts it into the database of a world: Mina, after a long silence.
pub(crate) fn sample_suspicion(world: &World) {
    let sql = "insert into suspicions (rule, key, staff_id, began_at, first_seq, last_seq, n, evidence, found_at) values
        ('after-silence', '1/2026-03-02', 1, '2026-03-01T15:00:00.000000Z', 0, 0, 31, '{\"n\":31}', '2026-03-02T00:00:00.000000Z')";
    world.database().tamper(sql).unwrap();
}
