//! `ingam healthcheck`

use anyhow::{Context as _, bail};
use std::{
    env,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks `/healthz` where `INGAM_LISTEN` says the server is.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    let listen = env::var("INGAM_LISTEN").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let mut address: SocketAddr =
        listen.parse().with_context(|| format!("INGAM_LISTEN: {listen:?} is not an address"))?;
    // The address for "all of them" is none to connect to.
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    let mut stream =
        TcpStream::connect_timeout(&address, TIMEOUT).with_context(|| format!("no server listens on {address}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).context("the server did not answer")?;
    if &answer != b"HTTP/1.1 200" {
        bail!("the server answered {:?}", String::from_utf8_lossy(&answer));
    }
    println!("ok");
    Ok(ExitCode::SUCCESS)
}
