//! Programs that show a bearer token: those that read metrics where people's pages are, and those that post alerts.

use crate::secret::is_pattern;
use sha2::{Digest as _, Sha256};
use std::fmt;
use subtle::ConstantTimeEq as _;

/// As many characters as 16 random bytes in base64.
const LEAST: usize = 22;
/// Longer than what a request's head may hold of it.
const MOST: usize = 512;

/// The token, by its hash: so the length of a guess shows no more than its content.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// # Errors
    ///
    /// Why it is none, without repeating it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
            return Err("may hold letters, digits and - . _ ~ + / = only, as a bearer token".to_owned());
        }
        if !(LEAST..=MOST).contains(&text.len()) {
            return Err(format!("must have {LEAST} to {MOST} characters; `openssl rand -hex 32` makes one"));
        }
        if Self::is_sample(text) {
            return Err("is a sample value; `openssl rand -hex 32` makes one of your own".to_owned());
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// Values from documentation, and those that a finger on one key makes.
    fn is_sample(text: &str) -> bool {
        let low = text.to_ascii_lowercase();
        let is_worded = ["changeme", "change-me", "change_me", "example", "sample", "placeholder", "secret", "token"]
            .iter()
            .any(|word| low.contains(word));
        let bytes = text.as_bytes();
        let repeats = |period: &usize| bytes.iter().skip(*period).zip(bytes).all(|(later, earlier)| later == earlier);
        is_worded || is_pattern(bytes) || (1..=bytes.len() / 2).any(|period| repeats(&period))
    }

    /// Whether this text is it.
    pub(crate) fn is(&self, text: &str) -> bool {
        bool::from(Sha256::digest(text).as_slice().ct_eq(&self.0))
    }

    /// Whether an `Authorization` header shows it.
    pub(crate) fn is_shown_in(&self, header: &str) -> bool {
        let Some((scheme, token)) = header.split_once(' ') else { return false };
        scheme.eq_ignore_ascii_case("bearer") && self.is(token.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_guessed_is_no_token() {
        for text in [
            "",
            "short",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "0123456789012345678901234567890123456789",
            "changeme-changeme-changeme",
            "my-metrics-token-for-prometheus",
            "two words are no bearer token",
            "9f1c2e7ab04d5583c6e1f7a2900b4c6d\n",
        ] {
            assert!(Token::parse(text).is_err(), "{text}");
        }
        assert!(Token::parse(&format!("9f1c2e7a{}", "b".repeat(600))).is_err());
    }

    #[test]
    fn only_the_whole_token_is_taken() {
        let token = Token::parse("9f1c2e7ab04d5583c6e1f7a2900b4c6d").unwrap();
        assert!(token.is_shown_in("Bearer 9f1c2e7ab04d5583c6e1f7a2900b4c6d"));
        assert!(token.is_shown_in("bearer 9f1c2e7ab04d5583c6e1f7a2900b4c6d"));
        for header in [
            "",
            "Bearer",
            "Bearer ",
            "9f1c2e7ab04d5583c6e1f7a2900b4c6d",
            "Basic 9f1c2e7ab04d5583c6e1f7a2900b4c6d",
            "Bearer 9f1c2e7ab04d5583c6e1f7a2900b4c6",
            "Bearer 9f1c2e7ab04d5583c6e1f7a2900b4c6dd",
        ] {
            assert!(!token.is_shown_in(header), "{header}");
        }
        assert!(!format!("{token:?}").contains("9f1c"));
    }
}
