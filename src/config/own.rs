//! The secrets of the console itself, as they could appear in what a job writes.

use crate::{secret::SecretKey, supervise::Hidden};

/// What is hidden in the logs of all runs: the values as they were given, the key in every spelling, and the password in
/// the address of the database.
pub(super) fn secrets<'a>(key: &SecretKey, database_url: &str, given: impl IntoIterator<Item = &'a str>) -> Hidden {
    let mut all = key.spellings();
    all.push(database_url.to_owned());
    all.extend(passwords(database_url));
    for value in given {
        all.extend(value.strip_prefix("whsec_").map(str::to_owned));
        all.push(value.to_owned());
    }
    Hidden::new(all)
}

/// The password in `postgres://user:password@host/db?password=…`, as it is written there and as it is meant.
fn passwords(url: &str) -> Vec<String> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let user = address.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')).map(|(user, _)| user);
    let of_user = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
    let of_query = query.split('&').filter_map(|pair| pair.strip_prefix("password="));
    of_user.into_iter().chain(of_query).flat_map(|written| [written.to_owned(), decoded(written)]).collect()
}

/// Without `%40` and the like. A plus sign is one: this is not from a form.
fn decoded(text: &str) -> String {
    let pair = format!("x={}", text.replace('+', "%2B"));
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&pair).unwrap_or_default();
    pairs.into_iter().map(|(_, value)| value).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_database_is_found_as_it_is_written_and_as_it_is_meant() {
        assert_eq!(passwords("postgres://ingam:s3cr%40t+1@db:5432/x?sslmode=disable"), ["s3cr%40t+1", "s3cr@t+1"]);
        assert_eq!(passwords("postgres://db/x?user=a&password=hun%20ter"), ["hun%20ter", "hun ter"]);
        assert!(passwords("postgres://ingam@db/x").is_empty());
        assert!(passwords("sqlite:///data/ingam.db").is_empty());
    }

    #[test]
    fn the_key_is_known_in_every_spelling() {
        let key = SecretKey::new([0xfb; 32]);
        let hidden = secrets(&key, "sqlite://x", ["whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="]);
        let all: Vec<&str> = hidden.iter().collect();
        for text in ["fb".repeat(32), "FB".repeat(32), "c2VjcmV0IHNlY3JldCBzZWNyZXQ=".to_owned()] {
            assert!(all.contains(&text.as_str()), "{text}");
        }
        for text in all.iter().take(key.spellings().len()) {
            assert!(SecretKey::parse(text).is_some(), "{text}");
        }
    }
}
