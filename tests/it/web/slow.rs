//! Clients that send slowly or open connections without end: they are bounded in time and number, and others are served.

use crate::kit::{World, on_both, wait_until};
use ingam::web::connections::Bounds;
use socket2::{Domain, Socket, Type};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::{Duration, Instant},
};

const HEAD: &str =
    "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n";

/// A post whose body stays unfinished.
fn unfinished(address: SocketAddr, origin: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    stream.write_all(format!("{HEAD}Origin: {origin}\r\n\r\nemail=").as_bytes()).unwrap();
    stream
}

fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of `/healthz`, asked from another address of this machine.
fn healthz_from(from: [u8; 4], address: SocketAddr) -> String {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream: TcpStream = socket.into();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    rest(stream).lines().next().unwrap_or_default().to_owned()
}

fn server(world: &World, all: usize, each: usize, deadline: Duration) -> crate::kit::Server {
    world
        .another(|config| {
            config.request_deadline = deadline;
            config.bounds = Bounds { all, each };
        })
        .unwrap()
}

on_both! {
    fn a_body_that_does_not_come_in_time_is_answered_with_408_and_its_connection_ends(world) {
        let server = server(world, 100, 50, Duration::from_secs(1));
        let origin = format!("http://{}", server.address);
        let began = Instant::now();
        let mut dripping = unfinished(server.address, &origin);
        let silent = unfinished(server.address, &origin);
        // A byte now and then gains no time.
        let drips = thread::spawn(move || {
            while began.elapsed() < Duration::from_secs(40) && dripping.write_all(b"a").is_ok() {
                thread::sleep(Duration::from_millis(100));
            }
            rest(dripping);
            began.elapsed()
        });
        let answer = rest(silent);
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(began.elapsed() < Duration::from_secs(25));
        assert!(drips.join().unwrap() < Duration::from_secs(25));
        // Refused before the body is read, and a body on a page that reads none: those connections end too.
        let refused = rest(unfinished(server.address, "http://elsewhere.test"));
        assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
        let mut page = TcpStream::connect(server.address).unwrap();
        page.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        page.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n").unwrap();
        assert!(rest(page).starts_with("HTTP/1.1 200 "));
    }

    fn one_address_with_connections_without_end_leaves_room_for_others_and_for_healthz(world) {
        // They are still there when the others come, also on a busy machine.
        let server = server(world, 60, 20, Duration::from_secs(5));
        let origin = format!("http://{}", server.address);
        let held: Vec<_> = (0..20).map(|_| unfinished(server.address, &origin)).collect();
        thread::sleep(Duration::from_millis(200));
        let over = rest(TcpStream::connect(server.address).unwrap());
        assert!(over.is_empty() || over.starts_with("HTTP/1.1 503 "), "{over}");
        assert_eq!(healthz_from([127, 0, 0, 2], server.address), "HTTP/1.1 200 OK");
        // They run out of time, and then the address is served again.
        for stream in held {
            rest(stream);
        }
        wait_until(|| healthz_from([127, 0, 0, 1], server.address) == "HTTP/1.1 200 OK");
    }
}
