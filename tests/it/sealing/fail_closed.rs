//! What cannot be recorded is not done: 503, everything as it was, and on with it once the damage is mended.

use crate::{
    kit::{Engine, Form, World, addition, assert_sound, on_both, points},
    sealing::support::{entries, unrecorded_access},
};

/// A way to spoil the database, and to mend it.
struct Damage {
    sqlite: (&'static str, &'static str),
    postgres: (&'static str, &'static str),
}

impl Damage {
    fn of(&self, engine: Engine) -> (&'static str, &'static str) {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

/// The log takes no row.
const NO_APPEND: Damage = Damage {
    sqlite: (
        "create trigger broken before insert on audit begin select raise(abort, 'broken'); end",
        "drop trigger broken",
    ),
    postgres: ("revoke insert on audit from ingam_app", "grant insert on audit to ingam_app"),
};
/// The log takes the row and its head does not move.
const NO_HEAD: Damage = Damage {
    sqlite: (
        "create trigger broken before update on audit_head begin select raise(abort, 'broken'); end",
        "drop trigger broken",
    ),
    postgres: (
        "create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
         create trigger broken before update on audit_head for each row execute function broken()",
        "drop function broken cascade",
    ),
};
/// What is to be told cannot be written down.
const NO_OUTBOX: Damage = Damage {
    sqlite: (
        "create trigger broken before insert on outbox begin select raise(abort, 'broken'); end",
        "drop trigger broken",
    ),
    postgres: ("revoke insert on outbox from ingam_app", "grant insert on outbox to ingam_app"),
};
/// The row would be longer than the log's rows may be: the name of the person is in it.
const LONG_ROW: Damage = Damage {
    sqlite: (
        "update staff set name = hex(zeroblob(35000)) where email = 'mina@ingam.test'",
        "update staff set name = 'Mina Kang' where email = 'mina@ingam.test'",
    ),
    postgres: (
        "update staff set name = repeat('0', 70000) where email = 'mina@ingam.test'",
        "update staff set name = 'Mina Kang' where email = 'mina@ingam.test'",
    ),
};
/// The change itself fails, with the log in order.
const NO_ENTRY: Damage = Damage {
    sqlite: (
        "create trigger broken before insert on point_entries begin select raise(abort, 'broken'); end",
        "drop trigger broken",
    ),
    postgres: (
        "create function broken() returns trigger language plpgsql as $$ begin raise exception 'broken'; end $$;
         create trigger broken before insert on point_entries for each row execute function broken()",
        "drop function broken cascade",
    ),
};

/// Sends `form` into the damaged database: nothing may come of it.
fn assert_nothing_comes_of(world: &World, form: &Form, damage: &Damage) {
    let (spoil, mend) = damage.of(world.engine);
    let outbox = world.number("select count(*) from outbox");
    world.database().tamper(spoil).unwrap();
    let answer = form.submit();
    world.database().tamper(mend).unwrap();
    assert_eq!(answer.status, 503, "{spoil}: {answer}");
    assert!(answer.text().contains("req_") || answer.has("#panel"), "{spoil}: {answer}");
    // What asks for itself again says so in an attribute of that name.
    let shown = answer.text().replace("hx-trigger", "");
    for leaked in ["broken", "permission denied", "sqlx", "trigger", "audit row would have"] {
        assert!(!shown.contains(leaked), "{spoil}: the page tells of {leaked:?}");
    }
    assert_eq!((points(world, 1), entries(world)), (12_450, 0), "{spoil}");
    assert_eq!(world.number("select version from users where id = 1"), 1, "{spoil}");
    assert_eq!(world.number("select count(*) from outbox"), outbox, "{spoil}");
    assert_eq!(world.number("select count(*) from idempotency"), 0, "{spoil}: the form's key is taken");
}

on_both! {
    fn where_nothing_can_be_recorded_nothing_is_done_and_the_code_is_not_spent(world) {
        let mina = world.signed_in("mina");
        let size = world.audit_size();
        let form = addition(&mina, 1, "50").set("code", &world.code("mina"));
        for damage in [&NO_APPEND, &NO_HEAD, &LONG_ROW] {
            assert_nothing_comes_of(world, &form, damage);
            assert_eq!(world.audit_size(), size, "not even the failure could be recorded");
        }
        let done = form.submit();
        assert_eq!((done.status, points(world, 1)), (303, 12_500), "the very same form: {done}");
        assert_sound(world);
    }

    fn where_only_the_change_fails_the_failure_is_recorded_and_the_code_is_spent(world) {
        for damage in [&NO_ENTRY, &NO_OUTBOX] {
            let mina = world.signed_in("mina");
            let form = addition(&mina, 1, "50").set("code", &world.code("mina"));
            let size = world.audit_size();
            assert_nothing_comes_of(world, &form, damage);
            let rows = world.audit_from(size);
            assert_eq!(rows.len(), 1, "{rows:?}");
            let row = (rows[0].action.as_str(), rows[0].outcome.as_str(), rows[0].refusal.as_str(), rows[0].email.as_str());
            assert_eq!(row, ("points.adjust", "failed", "unrecorded", "mina@ingam.test"));
            assert_eq!((&rows[0].before, &rows[0].after), (&serde_json::json!({}), &serde_json::json!({})));
            assert_eq!(form.submit().status, 422, "the code was spent");
            assert_eq!(world.last_audit().refusal, "code-reused");
            let (spoil, _) = damage.of(world.engine);
            assert_eq!(points(world, 1), 12_450, "{spoil}");
        }
        let mina = world.signed_in("mina");
        let done = addition(&mina, 1, "50").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, points(world, 1)), (303, 12_500), "{done}");
        assert_sound(world);
    }

    fn a_refusal_that_cannot_be_recorded_is_no_yes(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "50").set("code", &world.wrong_code("mina"));
        assert_nothing_comes_of(world, &form, &NO_APPEND);
        let (spoil, mend) = NO_APPEND.of(world.engine);
        world.database().tamper(spoil).unwrap();
        assert_eq!(mina.get("/audit").status, 403, "a page she may not see");
        let signing_in = world.browser().get("/login").form_with("password").set("email", "hana@ingam.test");
        assert_eq!(signing_in.set("password", "another pair of eyes").submit().status, 503, "signing in is a change");
        world.database().tamper(mend).unwrap();
        assert_eq!(world.signed_in("hana").get("/users/1").status, 200);
    }

    fn personal_data_is_not_shown_where_looking_cannot_be_recorded(world) {
        let mina = world.signed_in("mina");
        let (spoil, mend) = unrecorded_access(world);
        world.database().tamper(spoil).unwrap();
        let answer = mina.get("/users/3");
        assert_eq!(answer.status, 503, "{answer}");
        assert!(!answer.text().contains("Thompson") && !answer.text().contains("example.com"), "{}", answer.text());
        world.database().tamper(mend).unwrap();
        assert_eq!(mina.get("/users/3").status, 200);
    }
}
