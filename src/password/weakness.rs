//! Which new passwords cannot be taken.

use super::{MAX, MIN};

/// Why a new password cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weakness {
    TooShort,
    TooLong,
    Common,
}

/// Judges a new password for a person with this e-mail and name.
pub(crate) fn weakness(plain: &str, email: &str, name: &str) -> Option<Weakness> {
    match plain.len() {
        ..MIN => Some(Weakness::TooShort),
        MIN..=MAX if is_common(plain, email, name) => Some(Weakness::Common),
        MIN..=MAX => None,
        _ => Some(Weakness::TooLong),
    }
}

/// Words that lists of leaked passwords are made of. What is left of a password without its digits and signs is looked
/// up here: `Password1234!` is `password`, however it is decorated.
const COMMON: &str = include_str!("../common_passwords.txt");

fn is_common(plain: &str, email: &str, name: &str) -> bool {
    let low = plain.to_lowercase();
    // Digits and signs before and behind a word are decoration, or replace letters as those inside it do.
    let only_letters =
        |text: &str, map: fn(char) -> char| text.chars().map(map).filter(|c| c.is_alphabetic()).collect::<String>();
    let words = [
        only_letters(&low, |c| c),
        only_letters(&low, unleet),
        only_letters(low.trim_matches(|c: char| !c.is_alphabetic()), unleet),
    ];
    let is_listed = |word: &str| !word.is_empty() && COMMON.lines().any(|line| line == word);
    let is_own = |word: &str| {
        let letters = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect::<String>();
        let whole = [email, email.split('@').next().unwrap_or_default(), name].map(letters);
        let parts = email.split(['@', '.', '-', '_', '+']).chain(name.split(' ')).map(str::to_lowercase).chain(whole);
        parts.filter(|part| part.chars().count() >= 3).any(|part| word == part || word == part.repeat(2))
    };
    is_listed(&low) || words.iter().any(|word| is_listed(word) || is_own(word)) || is_regular(&low)
}

fn unleet(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Few different characters, one piece repeated, or a run along the alphabet, the digits or the keyboard.
fn is_regular(low: &str) -> bool {
    let chars: Vec<char> = low.chars().collect();
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    let repeats = (1..=chars.len() / 2).any(|unit| chars.iter().zip(chars.iter().skip(unit)).all(|(a, b)| a == b));
    let runs = [
        "0123456789012345678901234567890",
        "98765432109876543210987654321",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjklzxcvbnm",
        "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    ];
    different.len() < 5
        || repeats
        || runs.iter().any(|run| run.contains(low) || (low.len() > run.len() && low.starts_with(run)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in [
            "password1234",
            "P@ssw0rd!2026",
            "passwordpassword",
            "123456789012",
            "qwertyuiop[]",
            "aaaaaaaaaaaa",
            "abcabcabcabc",
            "Ingam2026!!!!",
            "administrator1",
            "4dm1n1str4t0r",
            "mina20260101",
            "iloveyou2026",
            "letmein123456",
            "mina@ingam.test",
            "Mina Park 2026",
        ] {
            assert_eq!(weakness(common, "mina@ingam.test", "Mina Park"), Some(Weakness::Common), "{common}");
        }
        for good in ["correct horse battery", "정말긴비밀번호입니다", "x7!kQ2#mPz9w", "ride the 143 bus home"]
        {
            assert_eq!(weakness(good, "mina@ingam.test", "Mina Park"), None, "{good}");
        }
        assert_eq!(weakness("short", "", ""), Some(Weakness::TooShort));
        assert_eq!(weakness(&"x y z 1 2 ".repeat(200), "", ""), Some(Weakness::TooLong));
    }
}
