//! What others put under the same prefix without a lock: tools that do not know of locks put objects there that their owner can
//! replace and delete, beside those that cannot.

use super::{Bucket, listing::Version};
use crate::{clock::Clock, digits::group, evidence::ship::Unplaced};
use std::{cmp::Reverse, collections::BTreeSet, fmt::Write as _};
use ureq::http::StatusCode;

/// The most pages of the listing that are read, each of up to 1,000 versions.
const PAGES: usize = 50;
/// The most versions of which it is asked whether they are locked.
const ASKED: usize = 1_000;
/// The most objects that are named.
const NAMED: usize = 20;

/// What was found under the prefix.
pub(super) struct Others {
    pub said: String,
    /// The objects without a lock.
    pub fault: Option<String>,
}

impl Bucket {
    /// Looks for objects without a lock under the prefix.
    pub(super) fn others(&self, clock: &Clock) -> Result<Others, Unplaced> {
        if !self.may_list(clock)? {
            let said = "what others put there was not looked at, because these credentials may not list versions (403)";
            return Ok(Others { said: said.to_owned(), fault: None });
        }
        let (mut versions, is_all) = self.versions("", clock, PAGES)?;
        versions.retain(|version| !version.is_delete_marker && !is_probe(self.name_of(&version.key)));
        let listed = versions.len();
        // A console has asked for the lock of each of its own. What has another name is asked first, then the newest checkpoints.
        versions
            .sort_by_cached_key(|version| (is_checkpoint(self.name_of(&version.key)), Reverse(version.key.clone())));
        versions.truncate(ASKED);
        let mut unlocked = BTreeSet::new();
        for version in &versions {
            if !self.is_locked(version, clock)? {
                unlocked.insert(version.key.as_str());
            }
        }
        Ok(Others { said: looked(versions.len(), listed, is_all), fault: named(&unlocked) })
    }

    fn may_list(&self, clock: &Clock) -> Result<bool, Unplaced> {
        let asked = [
            ("encoding-type", "url".to_owned()),
            ("max-keys", "1".to_owned()),
            ("prefix", self.key("")),
            ("versions", String::new()),
        ];
        let got = self.ask_bucket(&asked, clock.now())?;
        match got.status {
            StatusCode::OK => Ok(true),
            StatusCode::FORBIDDEN => Ok(false),
            _ => Err(got.failed("listing the versions")),
        }
    }

    /// Whether it has a lock of any mode, also one that is over, or a legal hold. One that is gone meanwhile has nothing to lack.
    fn is_locked(&self, version: &Version, clock: &Clock) -> Result<bool, Unplaced> {
        let asked = [("versionId", version.id.clone())];
        let head = self.ask("HEAD", self.name_of(&version.key), &asked, &[], b"", clock.now())?;
        match head.status {
            StatusCode::OK => Ok(head.header("x-amz-object-lock-mode").is_some()
                || head.header("x-amz-object-lock-legal-hold") == Some("ON")),
            StatusCode::NOT_FOUND => Ok(true),
            _ => Err(head.failed("HEAD")),
        }
    }

    fn name_of<'k>(&self, key: &'k str) -> &'k str {
        key.strip_prefix(&self.prefix).unwrap_or(key)
    }
}

/// One of `ingam audit ship --check`, which is locked for a minute.
fn is_probe(name: &str) -> bool {
    name.strip_prefix("ingam-check-").is_some_and(is_number)
}

fn is_checkpoint(name: &str) -> bool {
    name.strip_prefix("checkpoint-").is_some_and(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn looked(asked: usize, listed: usize, is_all: bool) -> String {
    let n = |n: usize| group(i64::try_from(n).unwrap_or(i64::MAX));
    match (asked == listed, is_all) {
        (true, true) => format!("looked at all {} versions there", n(listed)),
        (_, true) => format!("looked at {} of {} versions there", n(asked), n(listed)),
        (_, false) => format!("looked at {} versions there, of more than {}", n(asked), n(listed)),
    }
}

/// The first of them by name, and how many there are.
fn named(unlocked: &BTreeSet<&str>) -> Option<String> {
    let n = unlocked.len();
    if n == 0 {
        return None;
    }
    let names: Vec<String> = unlocked.iter().take(NAMED).map(|key| format!("{key:?}")).collect();
    let mut said = format!(
        "{n} {} there without a lock, which others put there and can be replaced and deleted: {}",
        if n == 1 { "object is" } else { "objects are" },
        names.join(", ")
    );
    if n > NAMED {
        let _ = write!(said, " and {} more", n - NAMED);
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_are_named_and_the_others_counted() {
        let keys: Vec<String> = (10..35).map(|n| format!("ingam/{n}")).collect();
        let said = |n: usize| named(&keys.iter().take(n).map(String::as_str).collect());
        assert_eq!(said(0), None);
        assert!(said(1).is_some_and(|said| said.starts_with("1 object is there") && said.ends_with("\"ingam/10\"")));
        let many = said(25).unwrap();
        assert!(many.starts_with("25 objects are there") && many.ends_with("\"ingam/29\" and 5 more"), "{many}");
    }

    #[test]
    fn its_own_objects_are_told_from_those_of_others() {
        assert!(is_probe("ingam-check-1764500000000000") && !is_probe("ingam-check-") && !is_probe("ingam-check-x"));
        assert!(is_checkpoint("checkpoint-00000000000000000084") && !is_checkpoint("checkpoint-84.txt"));
    }
}
