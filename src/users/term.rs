//! What a person may type to find a customer, and what it can mean.
//!
//! One box takes everything, so the meaning is decided here, once, by looks: no one should have to say that a number is
//! a phone number. Where looks cannot decide, both meanings are searched ([`Term::Word`], [`Term::EightDigits`], [`Term::LastFour`]).

mod address;
mod phone;
#[cfg(test)]
mod tests;
mod text;

use crate::id::CustomerId;
pub use address::MaskedEmail;
use phone::Number;
use std::fmt;

/// The longest term that is looked at, in characters. Names have at most 100, e-mail addresses 254 in theory and far
/// fewer in life.
const LONGEST: usize = 200;

/// A search term in its normal form. [`fmt::Display`] writes a text that parses to the same term again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// `u_482913`, `#482913`, `482913`.
    Id(CustomerId),
    /// A whole e-mail address: `minsu@naver.com`.
    Email(String),
    /// How an e-mail address begins: `minsu.k`, `minsu@`, `minsu@na`.
    EmailPrefix(String),
    /// An e-mail address copied from a page on which it is masked: `mi•••@naver.com`.
    MaskedEmail(MaskedEmail),
    /// How the part after the `@` begins: `@naver.com`, `@nav`.
    Domain(String),
    /// A phone number as it is stored, or how one begins: E.164 digits without the plus.
    Phone(String),
    /// Eight digits with nothing between them: a customer's id, or a phone number without its 010 or of a company (15xx, 16xx).
    EightDigits { id: CustomerId, phone: String },
    /// Exactly four digits: how a phone number ends, and where nothing says otherwise the id of a customer too.
    LastFour { digits: String, id: Option<CustomerId> },
    /// A name or a part of one.
    Name(String),
    /// A Latin word, which can be a part of a name or the beginning of an e-mail address.
    Word(String),
}

/// Why a term cannot be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    #[error("nothing was typed")]
    Empty,
    #[error("the term is longer than {LONGEST} characters")]
    TooLong,
    #[error("the term holds characters that cannot be printed")]
    Unprintable,
    #[error("the term holds neither a letter nor a digit")]
    OnlyPunctuation,
    #[error("the number is neither a phone number nor the number of a customer")]
    NoSuchNumber,
}

impl TermError {
    /// The name under which the words for it are kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too-long",
            Self::Unprintable => "unprintable",
            Self::OnlyPunctuation => "only-punctuation",
            Self::NoSuchNumber => "no-such-number",
        }
    }
}

impl Term {
    pub fn parse(typed: &str) -> Result<Self, TermError> {
        let typed = typed.trim();
        if typed.chars().nth(LONGEST).is_some() {
            return Err(TermError::TooLong);
        }
        if typed.chars().any(char::is_control) {
            return Err(TermError::Unprintable);
        }
        let text = text::tidy(typed);
        if text.is_empty() {
            return Err(TermError::Empty);
        }
        if !text.chars().any(char::is_alphanumeric) {
            return Err(TermError::OnlyPunctuation);
        }
        if text.contains('@') {
            return Self::from_address(&text);
        }
        if let Some(digits) =
            text.strip_prefix('#').or_else(|| text.strip_prefix("u_")).or_else(|| text.strip_prefix("U_"))
            && is_digits(digits)
        {
            return Self::from_id(digits);
        }
        match phone::read(text.strip_prefix("tel:").unwrap_or(&text)) {
            Some(Number::Id(digits)) => Self::from_id(&digits),
            Some(Number::Eight { digits, phone }) => match digits.parse() {
                Ok(id) => Ok(Self::EightDigits { id, phone }),
                Err(_) => Err(TermError::NoSuchNumber),
            },
            Some(Number::Phone(digits)) if (1..=15).contains(&digits.len()) => Ok(Self::Phone(digits)),
            Some(Number::Phone(_)) => Err(TermError::NoSuchNumber),
            Some(Number::LastFour { digits, or_id }) => {
                let id = if or_id { digits.parse().ok() } else { None };
                Ok(Self::LastFour { digits, id })
            }
            None => Ok(Self::from_words(&text)),
        }
    }

    fn from_id(digits: &str) -> Result<Self, TermError> {
        digits.parse().map(Self::Id).map_err(|_| TermError::NoSuchNumber)
    }

    fn from_address(text: &str) -> Result<Self, TermError> {
        let address = address::pasted(text).to_ascii_lowercase();
        let Some((local, domain)) = address.split_once('@') else { return Err(TermError::OnlyPunctuation) };
        if !address.chars().any(char::is_alphanumeric) {
            return Err(TermError::OnlyPunctuation);
        }
        Ok(if let Some(masked) = MaskedEmail::read(&address) {
            Self::MaskedEmail(masked)
        } else if local.is_empty() {
            Self::Domain(domain.trim_start_matches('@').to_owned())
        } else if address::is_complete(domain) {
            Self::Email(address.clone())
        } else {
            Self::EmailPrefix(address.clone())
        })
    }

    fn from_words(text: &str) -> Self {
        // Addresses are kept so; for a name it does not matter.
        let folded = text.to_ascii_lowercase();
        if !folded.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+'".contains(&b)) {
            return Self::Name(text::close_hangul(folded));
        }
        // People put no dots, underscores and digits into names, and hardly anything else into addresses.
        if folded.bytes().any(|b| b.is_ascii_digit() || b"._+".contains(&b)) {
            Self::EmailPrefix(folded)
        } else {
            Self::Word(folded)
        }
    }

    /// What it was taken for, as it is recorded with the search.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Id(_) => "id",
            Self::Email(_) => "email",
            Self::EmailPrefix(_) => "email-prefix",
            Self::MaskedEmail(_) => "masked-email",
            Self::Domain(_) => "domain",
            Self::Phone(_) => "phone",
            Self::EightDigits { .. } => "eight-digits",
            Self::LastFour { .. } => "last-four",
            Self::Name(_) => "name",
            Self::Word(_) => "word",
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "u_{id}"),
            Self::EightDigits { id, .. } => write!(f, "{:08}", id.get()),
            Self::Domain(domain) => write!(f, "@{domain}"),
            Self::Phone(digits) => write!(f, "+{digits}"),
            Self::LastFour { digits, id: Some(_) } => f.write_str(digits),
            Self::LastFour { digits, id: None } => write!(f, "-{digits}"),
            Self::MaskedEmail(masked) => masked.fmt(f),
            Self::Email(text) | Self::EmailPrefix(text) | Self::Name(text) | Self::Word(text) => f.write_str(text),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}
