//! Signatures of requests to S3 (AWS Signature Version 4, for the service `s3`).

use crate::clock::Instant;
use ring::hmac;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The identity under which requests are made.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    access_key: String,
    secret_key: String,
}

impl Credentials {
    /// # Errors
    ///
    /// One of them cannot be in a request.
    pub fn new(access_key: &str, secret_key: &str) -> Result<Self, &'static str> {
        let fits =
            |text: &str, most: usize| (1..=most).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
        if !fits(access_key, 128) || access_key.contains(['/', ',']) {
            return Err("the access key must be of letters and digits");
        }
        if !fits(secret_key, 256) {
            return Err("the secret key must be of letters, digits and signs");
        }
        Ok(Self { access_key: access_key.to_owned(), secret_key: secret_key.to_owned() })
    }
}

/// The secret is a secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// What is signed: all headers but those that the client adds by itself and that do not matter.
#[derive(Clone, Debug)]
pub(super) struct Request<'r> {
    pub method: &'r str,
    /// Percent-encoded, from / on.
    pub path: &'r str,
    /// As it is meant.
    pub query: &'r [(&'r str, String)],
    /// In lower case, in any order, with `host`.
    pub headers: &'r [(&'r str, String)],
    pub sha256: String,
}

/// The headers of a request: those that are given, and those of the signature.
pub(super) fn signed<'r>(
    request: &Request<'r>,
    region: &str,
    credentials: &Credentials,
    now: Instant,
) -> Vec<(&'r str, String)> {
    let time = now.utc().format("%Y%m%dT%H%M%SZ").to_string();
    let day = now.utc().format("%Y%m%d").to_string();
    let mut headers = request.headers.to_vec();
    headers.push(("x-amz-content-sha256", request.sha256.clone()));
    headers.push(("x-amz-date", time.clone()));
    headers.sort();
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines = headers.iter().fold(String::new(), |text, (name, value)| text + name + ":" + value.trim() + "\n");
    let canonical = [request.method, request.path, &query(request.query), &lines, &names, &request.sha256].join("\n");
    let scope = format!("{day}/{region}/s3/aws4_request");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let key = [day.as_str(), region, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{}", credentials.secret_key).into_bytes(), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &text));
    let said = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        credentials.access_key
    );
    headers.push(("authorization", said));
    headers
}

/// The query as it is sent and signed: in the order of its names, and everything encoded.
pub(super) fn query(query: &[(&str, String)]) -> String {
    let mut pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name, false), encoded(value, false))).collect();
    pairs.sort();
    pairs.join("&")
}

/// Percent-encoded, but for letters, digits and `-._~`; in a path also but for its slashes.
pub(super) fn encoded(text: &str, is_path: bool) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        b'/' if is_path => "/".to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the documentation of Amazon S3, "Signature Calculations for the Authorization Header".
    fn signature(method: &str, path: &str, query: &[(&str, String)], headers: &[(&str, &str)], body: &[u8]) -> String {
        let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
        let mut all = vec![("host", "examplebucket.s3.amazonaws.com".to_owned())];
        all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let request = Request { method, path, query, headers: &all, sha256: sha256(body) };
        let now = Instant::parse("2013-05-24T00:00:00Z").unwrap();
        let signed = signed(&request, "us-east-1", &credentials, now);
        let (_, said) = signed.into_iter().find(|(name, _)| *name == "authorization").unwrap();
        assert!(said.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
        ));
        said.rsplit_once("Signature=").unwrap().1.to_owned()
    }

    #[test]
    fn the_published_examples_give_the_published_signatures() {
        assert_eq!(
            signature("GET", "/test.txt", &[], &[("range", "bytes=0-9")], b""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        assert_eq!(
            signature(
                "PUT",
                &encoded("/test$file.text", true),
                &[],
                &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
                b"Welcome to Amazon S3."
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        assert_eq!(
            signature("GET", "/", &[("lifecycle", String::new())], &[], b""),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature("GET", "/", &[("prefix", "J".to_owned()), ("max-keys", "2".to_owned())], &[], b""),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    #[test]
    fn what_is_encoded_is_read_as_it_was_meant() {
        assert_eq!(encoded("a b/c+d~e_한", false), "a%20b%2Fc%2Bd~e_%ED%95%9C");
        assert_eq!(encoded("/a b/c", true), "/a%20b/c");
        assert_eq!(query(&[("versions", String::new()), ("prefix", "a/b".to_owned())]), "prefix=a%2Fb&versions=");
    }

    #[test]
    fn credentials_are_not_printed() {
        let credentials = Credentials::new("AKIAEXAMPLE", "hunter2hunter2").unwrap();
        let printed = format!("{credentials:?}");
        assert!(!printed.contains("AKIA") && !printed.contains("hunter"), "{printed}");
        assert!(Credentials::new("a b", "c").is_err() && Credentials::new("a", "").is_err());
    }
}
