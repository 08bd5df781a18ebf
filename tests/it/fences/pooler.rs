//! A pooler between the console and PostgreSQL takes no options with a connection, and one that hands connections on between two statements
//! takes the second fence away: the readers could write. The console does not start behind such a one.

use crate::kit::{Engine, World, addition, block_on, on_both, other_user, wait_until};
use ingam::{sql, store::Store};
use std::{
    fs,
    io::{self, Read, Write as _},
    os::unix::{
        net::{UnixListener, UnixStream},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};
use tempfile::TempDir;

/// The code of a request for TLS, which comes before the first message (`SSLRequest`).
const TLS_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// The first message of a connection without `options`: its length, the version, and pairs of names and values, each ended by a
/// zero (PostgreSQL documentation, 54.7, `StartupMessage`).
fn without_options(client: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
    client.read_exact(&mut message)?;
    if message == TLS_REQUEST {
        client.write_all(b"N")?;
        return without_options(client);
    }
    let (version, pairs) = message.split_at(4);
    let words: Vec<&[u8]> = pairs.split(|byte| *byte == 0).take_while(|word| !word.is_empty()).collect();
    let mut kept = version.to_vec();
    for pair in words.chunks(2).filter(|pair| pair[0] != b"options") {
        for word in pair {
            kept.extend_from_slice(word);
            kept.push(0);
        }
    }
    kept.push(0);
    let length = u32::try_from(kept.len() + 4).unwrap().to_be_bytes();
    Ok([&length[..], &kept].concat())
}

fn carry(mut from: UnixStream, mut to: UnixStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// Passes connections on to the server whose socket is in `server`, for as long as the test runs.
fn pool(listener: UnixListener, server: &Path) {
    let server = server.join(".s.PGSQL.5432");
    thread::spawn(move || {
        for client in listener.incoming() {
            let (Ok(mut client), Ok(mut upstream)) = (client, UnixStream::connect(&server)) else { return };
            thread::spawn(move || {
                let Ok(start) = without_options(&mut client) else { return };
                upstream.write_all(&start).unwrap();
                let (answers, asks) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || carry(answers, asks));
                carry(client, upstream);
            });
        }
    });
}

on_both! {
    fn behind_a_pooler_that_drops_options_each_connection_takes_the_role_by_itself(world) {
        if world.engine == Engine::Sqlite {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (base, server) = world.database().url.split_once("?host=").unwrap();
        pool(UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap(), Path::new(server));
        let through = format!("{base}?host={}", folder.path().display());
        serves_through(world, &through);
    }

    fn behind_pgbouncer_in_session_mode_the_console_works_and_no_other_mode_is_taken(world) {
        if world.engine == Engine::Sqlite {
            return;
        }
        let Some(program) = pgbouncer() else { return };
        for more in ["", "ignore_startup_parameters = options\n"] {
            let bouncer = Bouncer::start(world, &program, "session", more);
            serves_through(world, &bouncer.url);
            let refused = ingam_through(world, &bouncer.url, &["check"]);
            assert!(refused.0 == Some(0) && refused.1.contains("taken"), "{refused:?}");
            for mode in ["transaction", "statement"] {
                let bouncer = Bouncer::start(world, &program, mode, more);
                // Connections that others have used before.
                let _ = ingam_through(world, &bouncer.url, &["check"]);
                for command in ["check", "serve", "migrate"] {
                    let (code, said) = ingam_through(world, &bouncer.url, &[command]);
                    let line = said.lines().find(|line| line.contains("the pooler between the console and PostgreSQL is in transaction or statement mode"));
                    assert!(code != Some(0) && line.is_some_and(|line| line.contains("set pool_mode = session")), "{mode} {command}: {code:?} {said}");
                }
            }
        }
    }

    fn a_pool_without_a_second_connection_is_said(world) {
        if world.engine == Engine::Sqlite {
            return;
        }
        let Some(program) = pgbouncer() else { return };
        let bouncer = Bouncer::start(world, &program, "session", "default_pool_size = 1\n");
        let (code, said) = ingam_through(world, &bouncer.url, &["check"]);
        assert!(code == Some(78) && said.contains("gave no second connection within 5 seconds"), "{said}");
    }
}

/// Signs in, changes something, and looks whether the second fence holds, over connections that were used by others before.
fn serves_through(world: &World, url: &str) {
    for _ in 0..2 {
        let console = world.another(|config| url.clone_into(&mut config.database_url)).unwrap();
        let mina = world.browser().at(console.address);
        mina.sign_in("mina");
        let done = addition(&mina, 1, "5").set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(mina.get("/audit").status, 403, "roles hold");
        block_on(async {
            let store = Store::open(url, 2).await.unwrap();
            let (role, read_only): (String, String) = store
                .reader
                .query(sql!(
                    sqlite: "select '', ''",
                    postgres: "select current_user::text, current_setting('default_transaction_read_only')",
                ))
                .one()
                .await
                .unwrap();
            assert_eq!((role.as_str(), read_only.as_str()), ("ingam_app", "on"));
            store.close().await;
        });
    }
}

fn ingam_through(world: &World, url: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = world.command(arguments).env("DATABASE_URL", url).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// The program, where it is here; CI has it.
fn pgbouncer() -> Option<PathBuf> {
    let found = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].map(PathBuf::from).into_iter().find(|path| path.exists());
    let is_required = std::env::var("INGAM_TEST_PGBOUNCER").is_ok_and(|value| value == "required");
    assert!(found.is_some() || !is_required, "pgbouncer is required here and not installed");
    found
}

/// A real PgBouncer in front of the world's server, on a socket of its own.
struct Bouncer {
    url: String,
    child: Child,
    _folder: TempDir,
}

impl Bouncer {
    fn start(world: &World, program: &Path, mode: &str, settings: &str) -> Self {
        let folder = TempDir::with_prefix("ingam-test-").unwrap();
        let at = folder.path().display();
        let (base, server) = world.database().url.split_once("?host=").unwrap();
        let written = format!(
            "[databases]\n* = host={server} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = {at}\n\
             auth_type = any\npool_mode = {mode}\nlogfile = {at}/log\n{settings}"
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, written).unwrap();
        let mut command = Command::new(program);
        if let Some((user, group)) = other_user() {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
            command.uid(user).gid(group);
        }
        let child =
            command.arg("-q").arg(&file).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until(|| UnixStream::connect(folder.path().join(".s.PGSQL.6432")).is_ok());
        let base = base.replace("@localhost/", "@localhost:6432/");
        Self { url: format!("{base}?host={at}"), child, _folder: folder }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
