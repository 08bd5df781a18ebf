//! The console without what it needs: it says so, does nothing by half, and goes on when it has it again.

use crate::{
    kit::{Engine, addition, assert_sound, on_both, operators, points, wait_until, within},
    sealing::support::{applied, entries},
};
use ingam::clock::Clock;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};

#[test]
fn a_full_disk_stops_every_change_and_nothing_else() {
    // PostgreSQL's disk is not this program's.
    within(Engine::Sqlite, |world| {
        let process = world.binary_for_a_full_disk();
        let people = operators(world, 2, Clock::system().now(), || process.browser());
        let now = Clock::system().now();
        // Filled in while there was room, for looking at a customer is written down too.
        let forms = people.iter().map(|person| addition(&person.browser, 2, "5").set("code", &person.code(now, 0)));
        let forms: Vec<_> = forms.collect();
        let ready = || {
            let page = people[0].browser.get("/readyz");
            (page.status, page.text())
        };
        assert_eq!(ready(), (200, "ok\n".to_owned()));
        process.fill_disk(true);
        // Not at once: a write that was taken is not tried again for a second.
        wait_until(|| ready() == (503, "the database cannot be written\n".to_owned()));
        let answer = forms[0].submit();
        assert_eq!((answer.status, points(world, 2), entries(world)), (503, 0, 0), "{answer}");
        assert_eq!(people[0].browser.get("/users/2").status, 503, "no one looks unseen");
        assert_eq!(people[0].browser.get("/account").status, 200, "reading goes on");
        process.fill_disk(false);
        assert_eq!(ready().0, 200);
        let done = forms[0].submit();
        assert_eq!((done.status, points(world, 2)), (303, 5), "the very same form: {done}");
        assert_eq!((applied(world), entries(world)), (1, 1));
        assert_sound(world);
    });
}

/// As managed services set a database whose disk is full, and as a standby is.
#[test]
fn a_database_that_is_read_only_is_not_ready_and_check_says_so() {
    within(Engine::Postgres, |world| {
        let database = world.database().value("select current_database()");
        let check = || {
            let output = world.command(&["check"]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let line = said.lines().find(|line| line.contains("database writes")).unwrap_or_default().to_owned();
            (output.status.success(), line)
        };
        let (passed, line) = check();
        assert!(passed && line.starts_with("ok"), "{line}");
        world.database().tamper(&format!("alter database {database} set default_transaction_read_only = on")).unwrap();
        let (passed, line) = check();
        assert!(!passed && line.starts_with("REFUSED") && line.contains("read-only transaction"), "{line}");
        // What this asks is asked over new connections.
        let server = world.another(|_| ()).unwrap();
        let page = world.browser().at(server.address).get("/readyz");
        assert_eq!((page.status, page.text().as_str()), (503, "the database cannot be written\n"));
    });
}

/// Holds what every change needs last, until it is dropped.
enum Holder {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Holder {
    async fn of(engine: Engine, url: &str) -> sqlx::Result<Self> {
        Ok(match engine {
            Engine::Sqlite => {
                let mut connection = SqliteConnection::connect(url).await?;
                connection.execute("begin immediate").await?;
                Self::Sqlite(connection)
            }
            Engine::Postgres => {
                let mut connection = PgConnection::connect(url).await?;
                connection.execute("begin").await?;
                connection.execute("select size from audit_head for update").await?;
                Self::Postgres(connection)
            }
        })
    }

    async fn let_go(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

on_both! {
    /// The one test that waits: for the console to give up waiting, which it must before a person does.
    fn a_lock_that_is_held_stops_changes_and_their_codes_stay_good(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5").set("code", &world.code("mina"));
        let size = world.audit_size();
        assert_eq!(mina.get("/readyz").status, 200);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let holder = runtime.block_on(Holder::of(world.engine, &world.database().url)).unwrap();
        let answer = form.request().try_send();
        runtime.block_on(holder.let_go()).unwrap();
        let answer = answer.expect("it answers before the browser gives up");
        assert_eq!(answer.status, 503, "{answer}");
        assert_eq!((points(world, 2), entries(world), world.audit_size()), (0, 0, size));
        let done = form.submit();
        assert_eq!((done.status, points(world, 2)), (303, 5), "the very same form: {done}");
        assert_sound(world);
    }
}
