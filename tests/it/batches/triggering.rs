//! Jobs that a signed request starts elsewhere.

use crate::{
    batches::support::{becomes, declare, run, state},
    kit::{Engine, World, assert_sound, on_both},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ingam::payments::SigningSecret;
use ring::hmac;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

const SECRET: [u8; 32] = [9; 32];

/// A request as it came: its headers in lower case, and its body.
type Request = (Vec<(String, String)>, String);

/// A service that answers every request with this status, or never where there is none.
fn service(status: Option<u16>) -> (String, Arc<Mutex<Vec<Request>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/rebuild", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
    let seen = Arc::clone(&asked);
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut headers = Vec::new();
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                if let Some((name, value)) = line.trim().split_once(": ") {
                    headers.push((name.to_ascii_lowercase(), value.to_owned()));
                }
                line.clear();
            }
            let length =
                headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            seen.lock().unwrap().push((headers, String::from_utf8(body).unwrap()));
            let mut stream = stream;
            match status {
                Some(status) => {
                    write!(stream, "HTTP/1.1 {status} Said\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
                }
                // It has the request, and says nothing.
                None => kept.push(stream),
            }
        }
    });
    (url, asked)
}

fn triggering(engine: Engine, url: &str) -> World {
    let job = format!(
        "[[job]]\nname = \"rebuild\"\ntitle = \"Rebuild\"\nowner = \"search\"\nurl = \"{url}\"\ntimeout_seconds = 600\n\
         [[job.parameters]]\nname = \"index\"\ntitle = \"Index\"\ntype = \"text\"\ndefault = \"users\"\n"
    );
    World::start_with(engine, |config| {
        declare(config, &job);
        config.batches.secret = SigningSecret::parse(&format!("whsec_{}", STANDARD.encode(SECRET)));
    })
}

on_both! {
    fn a_service_is_asked_once_with_a_signature_and_reports_its_end(world) {
        let (url, asked) = service(Some(202));
        let world = triggering(world.engine, &url);
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "rebuild");
        becomes(&world, id, "running");
        crate::kit::wait_until(|| !asked.lock().unwrap().is_empty());
        let (headers, body) = asked.lock().unwrap().first().cloned().unwrap();
        let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap();
        let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
        let signature = STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &SECRET), signed.as_bytes(), &signature).unwrap();
        let message: serde_json::Value = serde_json::from_str(&body).unwrap();
        let data = message.get("data").unwrap();
        assert_eq!(data.get("params").unwrap(), &serde_json::json!({ "index": "users" }));
        // What runs elsewhere is not stopped from here.
        assert!(!jun.get(&format!("/runs/{id}?panel=cancel")).has("form[action$='/cancellation']"));
        let to = data.get("report_to").unwrap().as_str().unwrap();
        let path = to.split_once("://").unwrap().1.split_once('/').unwrap().1;
        let report = format!("/{path}?rid={}&count=12", data.get("rid").unwrap().as_str().unwrap());
        let done = world.browser().request("POST", &report).without("origin").body("text/plain", "").send();
        assert_eq!(done.status, 200, "{done}");
        assert_eq!(state(&world, id), "succeeded");
        assert_eq!(world.number("select processed from batch_runs"), 12);
        assert_eq!(asked.lock().unwrap().len(), 1);
        assert_sound(&world);
    }

    fn a_service_that_says_no_has_failed_and_one_that_says_nothing_has_lost_the_run(world) {
        for (status, wanted) in [(Some(404), "failed"), (Some(503), "lost"), (None, "lost")] {
            let (url, asked) = service(status);
            let world = triggering(world.engine, &url);
            let jun = world.signed_in("jun");
            let id = run(&world, &jun, "jun", "rebuild");
            becomes(&world, id, wanted);
            assert_eq!(asked.lock().unwrap().len(), 1, "{status:?}");
            assert_sound(&world);
        }
        // Nothing listens there, so surely nothing has begun.
        let world = triggering(world.engine, "http://127.0.0.1:1/rebuild");
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "rebuild");
        becomes(&world, id, "failed");
    }
}
