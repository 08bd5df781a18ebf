//! A person closes the laptop in the middle of a request.

use crate::{
    kit::{Form, addition, assert_sound, at_once, on_both, operators_here},
    sealing::support::{applied, customers, entries},
};
use ingam::secret;
use std::{fmt::Write as _, io::Write as _, net::TcpStream, thread, time::Duration};

/// What a browser would send of a form, byte by byte.
fn bytes_of(form: &Form, cookie: &str, origin: &str) -> Vec<u8> {
    let body = serde_urlencoded::to_string(form.fields()).unwrap();
    let mut head = format!("POST {} HTTP/1.1\r\n", form.action());
    for (name, value) in [
        ("host", origin.trim_start_matches("http://")),
        ("origin", origin),
        ("cookie", cookie),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", &body.len().to_string()),
    ] {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    format!("{head}\r\n{body}").into_bytes()
}

on_both! {
    fn a_client_gone_before_the_answer_has_changed_all_or_nothing_and_can_ask_again(world) {
        customers(world, 100, 4);
        let people = operators_here(world, 40);
        let now = world.clock.now();
        let forms: Vec<(Form, Vec<u8>)> = people
            .iter()
            .zip(0..)
            .map(|(person, n)| {
                let form = addition(&person.browser, 100 + n % 4, "1").without("seen").set("code", &person.code(now, 0));
                let cookie = format!("ingam-session={}", person.browser.cookies()["ingam-session"]);
                let bytes = bytes_of(&form, &cookie, &person.browser.origin());
                (form, bytes)
            })
            .collect();
        let address = world.server().address;
        at_once(&forms, |(_, bytes)| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(bytes).unwrap();
            thread::sleep(Duration::from_micros(u64::from(secret::random::<1>()[0]) * 200));
        });
        // The same form again, key and code and all: it is answered as if the first answer had not been missed.
        let answers = at_once(&forms, |(form, _)| form.submit());
        for answer in &answers {
            assert_eq!(answer.status, 303, "{answer}");
        }
        assert_eq!((entries(world), applied(world)), (40, 40));
        assert_eq!(world.number("select sum(points) from users where id >= 100"), 40);
        assert_sound(world);
    }
}
