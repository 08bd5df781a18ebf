use super::{Browser, Database, Engine, People, Process, Server, TestClock, database::TextRow, process, server};
use ingam::{config::Config, secret::SecretKey};
use std::{process::Command, sync::Arc};

/// A database with five people and a few customers, a server on it, and a clock that the test moves.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) clock: TestClock,
    people: Arc<People>,
    // Dropped in this order: the server lets go of the database before the database goes.
    server: Server,
    database: Database,
}

impl World {
    pub(crate) fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| ())
    }

    /// A world whose configuration differs from the usual one.
    pub(crate) fn start_with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let database = Database::fresh(engine);
        let clock = TestClock::new();
        let mut config = Self::usual_config(&database);
        change(&mut config);
        let server = Server::start(config, clock.clock()).unwrap();
        // Real processes beside it go by the clock of the machine, which is ahead of this one: the log may be so here.
        database.hold_time();
        Self { engine, people: Arc::new(People::told(clock.clone())), clock, server, database }
    }

    fn usual_config(database: &Database) -> Config {
        let mut config = Config::local(ingam::changes::KINDS, database.url.clone(), SecretKey::new(server::SECRET_KEY));
        // A world that ends waits for nothing.
        config.batches.drain = std::time::Duration::ZERO;
        // Tests put into the database what the log does not know; the one that is about verifying says so.
        config.verifying = None;
        // What tests plant is looked for where a test says so.
        config.detecting = None;
        // The rows that tell of the access records come when they come.
        config.sealing = None;
        // So do those that tell of what was removed.
        config.purging = None;
        // Beside a real process, whose clock is the machine's, the times of that lie ahead here.
        config.judging = None;
        config.batches.launcher = process::launcher();
        // Where a second person is wanted, the test says so.
        config.policies = ingam::gate::Policies::built_in(ingam::changes::KINDS, ingam::zone::Zone::seoul());
        config
    }

    /// The configuration of this world's server.
    pub(crate) fn config(&self) -> Config {
        Self::usual_config(&self.database)
    }

    /// Another console on the same database, in this process but sharing nothing else with the first.
    pub(crate) fn second_process(&self) -> Server {
        self.another(|_| ()).unwrap()
    }

    /// Another console with a configuration of its own, or why it refuses to start.
    pub(crate) fn another(&self, change: impl FnOnce(&mut Config)) -> anyhow::Result<Server> {
        let mut config = self.config();
        change(&mut config);
        Server::start(config, self.clock.clock())
    }

    /// The real program on the same database, as a process that can be killed.
    pub(crate) fn binary(&self) -> Process {
        Process::start(&self.database)
    }

    /// The real program on the same database, whose disk can be filled.
    pub(crate) fn binary_for_a_full_disk(&self) -> Process {
        Process::start_for_a_full_disk(&self.database)
    }

    /// The real program, ready to be given a command: `world.command(&["audit", "verify"]).output()`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = process::program(&self.database);
        command.args(arguments);
        command
    }

    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// A new browser, not signed in.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.server.address, Arc::clone(&self.people))
    }

    /// A browser in which `who` is signed in.
    pub(crate) fn signed_in(&self, who: &str) -> Browser {
        let browser = self.browser();
        browser.sign_in(who);
        browser
    }

    /// A fresh code: where the current one is used, the clock moves on to the next.
    pub(crate) fn code(&self, who: &str) -> String {
        self.people.code(who)
    }

    pub(crate) fn wrong_code(&self, who: &str) -> String {
        self.people.wrong_code(who)
    }

    /// Looks into the database.
    pub(crate) fn rows(&self, sql: &str) -> Vec<TextRow> {
        self.database.rows(sql)
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.database.number(sql)
    }

    /// The audit log from `seq` on, oldest first.
    pub(crate) fn audit_from(&self, seq: i64) -> Vec<AuditRow> {
        let sql = format!(
            "select seq, action, target_kind, target_id, outcome, staff_email, before, after, reason, refusal \
             from audit where seq >= {seq} order by seq"
        );
        self.rows(&sql).iter().map(AuditRow::read).collect()
    }

    pub(crate) fn audit(&self) -> Vec<AuditRow> {
        self.audit_from(0)
    }

    pub(crate) fn last_audit(&self) -> AuditRow {
        self.audit_from(self.audit_size() - 1).pop().expect("the audit log is not empty")
    }

    pub(crate) fn audit_size(&self) -> i64 {
        self.number("select size from audit_head")
    }
}

/// What tests look at in an audit row.
#[derive(Clone, Debug)]
pub(crate) struct AuditRow {
    pub(crate) seq: i64,
    pub(crate) action: String,
    /// `user/42`
    pub(crate) target: String,
    pub(crate) outcome: String,
    pub(crate) email: String,
    pub(crate) before: serde_json::Value,
    pub(crate) after: serde_json::Value,
    pub(crate) reason: String,
    pub(crate) refusal: String,
}

impl AuditRow {
    fn read(row: &TextRow) -> Self {
        let text = |at: usize| row[at].clone().unwrap_or_default();
        let json = |at: usize| serde_json::from_str(&text(at)).unwrap();
        Self {
            seq: text(0).parse().unwrap(),
            action: text(1),
            target: format!("{}/{}", text(2), text(3)),
            outcome: text(4),
            email: text(5),
            before: json(6),
            after: json(7),
            reason: text(8),
            refusal: text(9),
        }
    }
}
