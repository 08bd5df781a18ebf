//! A pooler between the console and PostgreSQL that drops the options of a connection takes the second fence away: the readers
//! could write. The console does not start behind one.

use crate::kit::{Engine, on_both};
use std::{
    io::{self, Read, Write as _},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    thread,
};

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
    fn behind_a_pooler_that_drops_options_the_console_does_not_start(world) {
        if world.engine == Engine::Sqlite {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let (base, server) = world.database().url.split_once("?host=").unwrap();
        pool(UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap(), Path::new(server));
        let through = format!("{base}?host={}", folder.path().display());
        let refused = world.another(|config| config.database_url = through).expect_err("it started");
        assert!(format!("{refused:#}").contains("the connections for reading can write"), "{refused:#}");
        assert!(world.another(|_| ()).is_ok());
    }
}
