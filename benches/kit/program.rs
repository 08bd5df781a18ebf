//! `ingam serve` as a program, on a database of its own.
use ingam::clock::Clock;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// The secret key of the program.
pub(crate) const KEY: [u8; 32] = [0xab; 32];

/// A new database on the engine that `INGAM_BENCH_DATABASE` names, and a connection past the program.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) runtime: Runtime,
    pub(crate) connection: Connection,
}

pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    pub(crate) fn fresh(dir: &Path, name: &str) -> Self {
        let url =
            std::env::var("INGAM_BENCH_DATABASE").expect("INGAM_BENCH_DATABASE names a database; see scripts/bench");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        if url.starts_with("sqlite") {
            let url = format!("sqlite://{}?mode=rwc", dir.join(format!("{name}.db")).display());
            migrate(&url);
            let connection = runtime.block_on(SqliteConnection::connect(&url)).expect("the database");
            return Self { url, runtime, connection: Connection::Sqlite(connection) };
        }
        runtime.block_on(async {
            let mut server = PgConnection::connect(&url).await.expect("the database");
            for statement in [format!("drop database if exists {name}"), format!("create database {name}")] {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut server).await.expect("a database");
            }
        });
        let url = url.replacen("/postgres", &format!("/{name}"), 1);
        migrate(&url);
        let connection = runtime.block_on(PgConnection::connect(&url)).expect("the database");
        Self { url, runtime, connection: Connection::Postgres(connection) }
    }

    pub(crate) fn engine(&self) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "SQLite",
            Connection::Postgres(_) => "PostgreSQL",
        }
    }

    /// Runs statements, in which `{yes}` and `{now}` are what the engine takes for these.
    pub(crate) fn execute(&mut self, text: &str) {
        let now = format!("'{}'", Clock::system().now());
        match &mut self.connection {
            Connection::Sqlite(on) => {
                let text = text.replace("{yes}", "1").replace("{now}", &now);
                self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(text)).execute(on)).map(drop)
            }
            Connection::Postgres(on) => {
                let text = text.replace("{yes}", "true").replace("{now}", &format!("{now}::timestamptz"));
                self.runtime.block_on(sqlx::raw_sql(AssertSqlSafe(text)).execute(on)).map(drop)
            }
        }
        .expect("the database");
    }
}

/// Jobs that run elsewhere, as a configuration file declares them.
pub(crate) fn jobs(number: usize) -> String {
    (0..number).fold(String::new(), |mut text, n| {
        let _ =
            writeln!(text, "[[job]]\nname = \"job-{n}\"\ntitle = \"Job {n}\"\nowner = \"bench\"\nexternal = true\n");
        text
    })
}

pub(crate) fn program(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingam"));
    command
        .args(arguments)
        .env_clear()
        .env("INGAM_PROFILE", "local")
        .env("INGAM_SECRET_KEY", hex::encode(KEY))
        .env("DATABASE_URL", url)
        .env("INGAM_ALLOWED_NETWORKS", "127.0.0.0/8")
        .env("RUST_LOG", "error")
        .stdout(Stdio::null());
    command
}

pub(crate) fn migrate(url: &str) {
    assert!(program(url, &["migrate"]).status().expect("the program").success());
}

/// Starts the program, and waits until it answers.
pub(crate) fn serve(dir: &Path, database: &Database, config: &str) -> (SocketAddr, Running) {
    let (file, listen) = (dir.join("ingam.toml"), free());
    fs::write(&file, config).expect("the configuration");
    let mut command = program(&database.url, &["serve", "--config", file.to_str().expect("a path")]);
    command.env("INGAM_LISTEN", listen.to_string()).env("INGAM_PUBLIC_ORIGIN", format!("http://{listen}"));
    let running = Running(command.spawn().expect("the program"));
    answers(listen, "/readyz");
    (listen, running)
}

/// A program that is ended with the measurement.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

pub(crate) fn answers(at: SocketAddr, path: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !ask(at, &format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n"))
        .starts_with("HTTP/1.1 200")
    {
        assert!(Instant::now() < deadline, "{at} does not answer");
        sleep(Duration::from_millis(50));
    }
}

/// The answer to a request that says `connection: close`.
pub(crate) fn ask(at: SocketAddr, request: &str) -> String {
    let Ok(mut stream) = TcpStream::connect(at) else { return String::new() };
    let mut answer = Vec::new();
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
