//! A member of staff for benchmarks of changes.
use crate::kit::{Bare, Bench};
use ingam::{
    clock::Clock,
    gate::{Actor, Origin, Role, Roles, Who},
    id::StaffId,
};

/// A member of staff of the benchmarks, as the gate takes them.
pub(crate) fn person(staff: StaffId) -> Actor {
    Actor {
        who: Who::Staff {
            id: staff,
            name: "Bench".to_owned(),
            email: format!("bench-{staff}@ingam.test"),
            roles: Roles::new([Role::Operator]),
        },
        origin: Origin {
            ip: Some([127, 0, 0, 1].into()),
            peer: Some([127, 0, 0, 1].into()),
            user_agent: "Mozilla/5.0 (a browser of the usual length, with all the names they carry along)".to_owned(),
            session: Some(session(staff)),
            request_id: "bench".to_owned(),
        },
    }
}

/// The id of their session.
pub(crate) fn session(staff: StaffId) -> String {
    format!("{staff:0>64}")
}

/// Puts a member of staff with a session and an authenticator straight into the tables.
pub(crate) async fn hire(bench: &Bench, staff: StaffId, secret: &[u8]) {
    let now = Clock::system().now();
    macro_rules! run {
        ($text:expr $(, $bind:expr)*) => {
            match &bench.bare {
                Bare::Sqlite(on) => sqlx::query($text)$(.bind($bind))*.execute(on).await.map(drop),
                Bare::Postgres(on) => sqlx::query($text)$(.bind($bind))*.execute(on).await.map(drop),
            }
            .expect("a staff member")
        };
    }
    run!(
        "insert into staff (id, email, name, roles, time_zone, created_at)
         values ($1, $2, 'Bench', 'operator', 'Asia/Seoul', $3) on conflict do nothing",
        staff,
        format!("bench-{staff}@ingam.test"),
        now
    );
    run!(
        "insert into sessions (id, staff_id, stage, created_at, seen_at, ip, user_agent)
         values ($1, $2, 'signed', $3, $3, '127.0.0.1', '') on conflict do nothing",
        session(staff),
        staff,
        now
    );
    run!("delete from authenticators where staff_id = $1", staff);
    run!("insert into authenticators (staff_id, secret, enrolled_at) values ($1, $2, $3)", staff, secret, now);
}
