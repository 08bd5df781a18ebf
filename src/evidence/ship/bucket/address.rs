//! Addresses of buckets, as they are configured.

use super::{Bucket, MOST_DAYS, signature::Credentials};
use crate::outgoing::is_loopback;
use chrono::TimeDelta;
use std::collections::BTreeMap;

impl Bucket {
    /// Reads `s3://bucket/prefix?region=…&retain_days=…&endpoint=…`.
    pub(in crate::evidence::ship) fn parse(text: &str, credentials: Option<&Credentials>) -> Result<Self, String> {
        let rest = text.strip_prefix("s3://").unwrap_or(text);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let shown = format!("s3://{place}");
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(is_name) {
            return Err(format!(
                "{shown}: the name of the bucket must be 3 to 63 small letters, digits, hyphens and dots"
            ));
        }
        let prefix = prefix.trim_matches('/');
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/');
        if prefix.len() > 200 || !prefix.chars().all(is_key) || prefix.split('/').any(|part| matches!(part, "." | ".."))
        {
            return Err(format!("{shown}: what is after the bucket must be letters, digits, and - . _ /, at most 200"));
        }
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(query).map_err(|_| format!("{shown}: what is after the ? cannot be read"))?;
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in pairs {
            if !["region", "retain_days", "endpoint"].contains(&name.as_str()) || said.insert(name, value).is_some() {
                return Err(format!("{shown}: after the ? there can be region, retain_days and endpoint, each once"));
            }
        }
        let region = said.remove("region").unwrap_or_default();
        let is_region = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if !(1..=40).contains(&region.len()) || !region.chars().all(is_region) {
            return Err(format!("{shown}: region= must name a region, such as ap-northeast-2"));
        }
        let days: Option<i64> = said.remove("retain_days").and_then(|days| days.parse().ok());
        let days = days.filter(|days| (1..=MOST_DAYS).contains(days)).ok_or_else(|| {
            format!("{shown}: retain_days= must be 1 to {MOST_DAYS}: for how many days what is put there is locked")
        })?;
        let endpoint = said.remove("endpoint").unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        check_endpoint(&endpoint).map_err(|why| format!("{shown}: {why}"))?;
        let credentials = credentials.cloned().ok_or_else(|| {
            format!("{shown}: INGAM_AUDIT_SHIP_ACCESS_KEY and INGAM_AUDIT_SHIP_SECRET_KEY are not set")
        })?;
        Ok(Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region,
            name: bucket.to_owned(),
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            retain: TimeDelta::days(days),
            credentials,
        })
    }
}

/// Requests carry what a person with a wiretap could send again for some minutes, so they are encrypted.
fn check_endpoint(text: &str) -> Result<(), String> {
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let host = rest.trim_end_matches('/');
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']');
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    match scheme {
        _ if host.is_empty() || !host.chars().all(is_host) => {
            Err("endpoint= must be scheme and host only, such as https://s3.example.com".to_owned())
        }
        "https" if host.ends_with(":443") => Err("endpoint= names the usual port; leave it out".to_owned()),
        "https" => Ok(()),
        "http" if is_loopback(name) => Ok(()),
        _ => Err("endpoint= must begin with https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Bucket, String> {
        Bucket::parse(text, Some(&Credentials::new("key", "secret").unwrap()))
    }

    #[test]
    fn a_bucket_is_read_as_it_is_written() {
        let bucket = parse("s3://evidence/ingam/prod/?region=ap-northeast-2&retain_days=1826").unwrap();
        assert_eq!(bucket.name(), "s3://evidence/ingam/prod");
        assert_eq!(bucket.endpoint, "https://s3.ap-northeast-2.amazonaws.com");
        assert_eq!(
            (bucket.key("checkpoint-1"), bucket.retain.num_days()),
            ("ingam/prod/checkpoint-1".to_owned(), 1_826)
        );
        let own = parse("s3://evidence?region=x&retain_days=1&endpoint=http://127.0.0.1:8333/").unwrap();
        assert_eq!((own.endpoint.as_str(), own.key("a").as_str()), ("http://127.0.0.1:8333", "a"));
        assert_eq!(own.name(), "s3://evidence/");
    }

    #[test]
    fn what_cannot_be_a_bucket_is_refused_with_what_is_wrong() {
        for (text, why) in [
            ("s3://?region=x&retain_days=1", "name of the bucket"),
            ("s3://Evidence?region=x&retain_days=1", "name of the bucket"),
            ("s3://evidence/../x?region=x&retain_days=1", "after the bucket"),
            ("s3://evidence/a?retain_days=1", "region="),
            ("s3://evidence/a?region=x", "retain_days= must be 1 to 10950"),
            ("s3://evidence/a?region=x&retain_days=0", "retain_days="),
            ("s3://evidence/a?region=x&retain_days=10951", "retain_days="),
            ("s3://evidence/a?region=x&retain_days=1&retain_days=2", "each once"),
            ("s3://evidence/a?region=x&retain_days=1&days=2", "each once"),
            ("s3://evidence/a?region=x&retain_days=1&endpoint=http://s3.example.com", "https://"),
            ("s3://evidence/a?region=x&retain_days=1&endpoint=https://user@example.com", "scheme and host only"),
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        let without = Bucket::parse("s3://evidence?region=x&retain_days=1", None).unwrap_err();
        assert!(without.contains("INGAM_AUDIT_SHIP_ACCESS_KEY"), "{without}");
    }
}
