//! A way to a PostgreSQL server on which the answer to a commit is lost: the server has committed, and who asked learns only
//! that the connection ended.

use super::{World, postgres};
use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};
use tempfile::TempDir;

const SOCKET: &str = ".s.PGSQL.5432";

/// The way to the world's database. It is open until the test ends.
#[derive(Debug)]
pub(crate) struct Losing {
    pub(crate) url: String,
    lost: Arc<AtomicU32>,
    _folder: TempDir,
}

impl Losing {
    /// Loses the answer to the first `times` commits of a transaction in which `text` was sent.
    pub(crate) fn start(world: &World, text: &'static str, times: u32) -> Self {
        let (real, name) = world.database().on_socket();
        let real = real.join(SOCKET);
        let folder = TempDir::with_prefix("ingam-way-").unwrap();
        let url = postgres::url(folder.path(), name);
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let lost = Arc::new(AtomicU32::new(0));
        let way = Way { real, text, times, lost: lost.clone() };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let way = way.clone();
                thread::spawn(move || way.carry(client));
            }
        });
        Self { url, lost, _folder: folder }
    }

    /// How many answers were lost so far.
    pub(crate) fn lost(&self) -> u32 {
        self.lost.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Way {
    real: PathBuf,
    text: &'static str,
    times: u32,
    lost: Arc<AtomicU32>,
}

impl Way {
    /// Carries what the client says until an answer is lost or a side hangs up.
    fn carry(&self, mut client: UnixStream) {
        let Ok(mut server) = UnixStream::connect(&self.real) else { return };
        let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut answers, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        let (mut said, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        while let Ok(read @ 1..) = client.read(&mut buffer) {
            let now = &buffer[..read];
            said.extend_from_slice(now);
            if contains(now, "BEGIN") || contains(now, "ROLLBACK") {
                said.clear();
            }
            let loses = contains(now, "COMMIT") && contains(&said, self.text) && self.may_lose();
            if loses {
                // Nothing reaches the client from here on. The server reads the commit before it sees that it is alone.
                let _ = client.shutdown(Shutdown::Both);
            }
            if server.write_all(now).is_err() || loses {
                let _ = server.shutdown(Shutdown::Write);
                return;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
    }

    fn may_lose(&self) -> bool {
        self.lost
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |lost| (lost < self.times).then_some(lost + 1))
            .is_ok()
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}
