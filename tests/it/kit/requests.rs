use super::World;

/// A change of Mina's that waits for a person on call, and one for an approver, as if they had been asked for an hour
/// ago.
pub(crate) fn sample_requests(world: &World) {
    let mina = world.number("select id from staff where email = 'mina@ingam.test'");
    let now = world.clock.now();
    for (change, role) in [("sample1", "oncall"), ("sample2", "approver")] {
        world
            .database()
            .tamper(&format!(
                "insert into approval_requests (at, state, kind, payload, target_kind, target_id, seen, before, after, staff_id,
                   staff_name, ip, peer, user_agent, session, reason, change_id, rule, role, needs, expires_at)
                 values ('{now}', 'waiting', 'points.adjust', '{{\"user\":1,\"delta\":50000,\"reason_kind\":\"goodwill\"}}', 'user', '1',
                   1, '{{\"points\":\"12450\"}}', '{{\"points\":\"62450\"}}', {mina}, 'Mina Kang', '127.0.0.1', '127.0.0.1', 'Kit', '',
                   'Two lost parcels', '{change}', 'over', '{role}', 1, '2099-01-01T00:00:00.000000Z')"
            ))
            .unwrap();
    }
}
