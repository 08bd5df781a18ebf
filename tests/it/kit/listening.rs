//! Listening on this machine, for the servers that take the place of others.

use std::{
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// Serves each connection in a thread of its own, until the test ends.
pub(crate) fn serve_each(listener: TcpListener, serve: impl Fn(TcpStream) + Send + Sync + 'static) {
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = Arc::clone(&serve);
            thread::spawn(move || serve(stream));
        }
    });
}
