//! One request to a witness, and what its answer means.

use crate::{
    merkle::Hash,
    outgoing::{self, is_loopback, scheme_and_host, shortly},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);
/// The longest answer that is read.
const LONGEST: u64 = 64 * 1024;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// The size that the witness has signed last, as far as is known.
    pub old: u64,
    pub proof: Vec<Hash>,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Signature lines.
    Signed(String),
    /// It has signed this size last, and not the one that was named.
    Knows(u64),
    /// It refuses what the log says, with this status.
    Refuses(u16),
    Later(String),
}

/// Whether an address can be that of a witness.
pub(super) fn check(url: &str) -> Result<(), &'static str> {
    if !url.contains("://") {
        return Err("it must begin with https://");
    }
    let plain = |(_, _, rest): &(&str, &str, &str)| {
        url.chars().all(|c| c.is_ascii_graphic()) && !rest.contains(['@', '?', '#'])
    };
    let (scheme, host, _) = scheme_and_host(url).filter(plain).ok_or("it must be https, a host and a path")?;
    match scheme {
        "https" => Ok(()),
        "http" if is_loopback(host) => Ok(()),
        _ => Err("it must begin with https://"),
    }
}

pub(super) fn ask(url: &str, asking: &Asking) -> Answer {
    let agent = outgoing::agent().timeout_global(Some(TIMEOUT)).build().new_agent();
    let mut answer = match agent.post(format!("{url}/add-checkpoint")).send(body(asking)) {
        Ok(answer) => answer,
        Err(error) => return Answer::Later(shortly(&error).to_owned()),
    };
    let (status, kind) = (answer.status().as_u16(), answer.headers().get("content-type").cloned());
    let read = answer.body_mut().with_config().limit(LONGEST).read_to_vec();
    let text = match read.map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return Answer::Later("its answer is no text".to_owned()),
        Err(error) => return Answer::Later(shortly(&error).to_owned()),
    };
    judged(status, kind.as_ref().and_then(|kind| kind.to_str().ok()), text)
}

fn body(asking: &Asking) -> String {
    let proof = asking.proof.iter().fold(String::new(), |text, hash| text + &STANDARD.encode(hash) + "\n");
    format!("old {}\n{proof}\n{}", asking.old, asking.note)
}

fn judged(status: u16, kind: Option<&str>, text: String) -> Answer {
    let is_size = kind.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "text/x.tlog.size"));
    let size = || text.strip_suffix('\n').and_then(|size| size.parse::<u64>().ok().filter(|n| n.to_string() == size));
    match status {
        200 => Answer::Signed(text),
        409 if is_size => size().map_or_else(|| Answer::Later("it names no size".to_owned()), Answer::Knows),
        409 | 422 => Answer::Refuses(status),
        403 => Answer::Later("it does not know the key of this log (403)".to_owned()),
        404 => Answer::Later("it does not know this log (404)".to_owned()),
        _ => Answer::Later(format!("it answered with {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_as_witnesses_read_it() {
        let note = "log\n2\nroot\n\n\u{2014} log x\n".to_owned();
        let asking = Asking { old: 1, proof: vec![[0; 32], [1; 32]], note: note.clone() };
        let [zeros, ones] = [[0; 32], [1; 32]].map(|hash: Hash| STANDARD.encode(hash));
        assert_eq!(body(&asking), format!("old 1\n{zeros}\n{ones}\n\n{note}"));
        assert_eq!(body(&Asking { old: 0, proof: Vec::new(), note: note.clone() }), format!("old 0\n\n{note}"));
    }

    #[test]
    fn a_conflict_with_a_size_is_no_refusal_and_one_without_is() {
        let size = Some("text/x.tlog.size");
        assert_eq!(judged(409, size, "20\n".to_owned()), Answer::Knows(20));
        assert_eq!(judged(409, None, String::new()), Answer::Refuses(409));
        assert_eq!(judged(409, Some("text/plain"), "20\n".to_owned()), Answer::Refuses(409));
        assert_eq!(judged(422, None, String::new()), Answer::Refuses(422));
        for text in ["020\n", "20", "+2\n", "", "x\n"] {
            assert!(matches!(judged(409, size, text.to_owned()), Answer::Later(_)), "{text}");
        }
        for status in [400, 403, 404, 405, 429, 500, 503, 302] {
            assert!(matches!(judged(status, None, String::new()), Answer::Later(_)), "{status}");
        }
    }

    #[test]
    fn an_address_is_encrypted_or_of_this_machine() {
        for url in [
            "https://witness.example.com",
            "https://witness.example.com:8443/w/",
            "http://127.0.0.1:7/x",
            "http://localhost:7",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in
            ["http://witness.example.com", "witness.example.com", "https://", "https://a@b", "https://a?b", "ftp://a"]
        {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
