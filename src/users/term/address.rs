//! E-mail addresses as they are pasted, with what was copied around them.

use super::text::tidy;
use crate::users::names;
use std::fmt;

/// An address of which pages show the beginning, how much is hidden, and the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedEmail {
    /// What is shown before the `@`.
    pub(in crate::users) begins: String,
    /// The number of characters that are not; `None` where three dots are any number.
    pub(in crate::users) hidden: Option<usize>,
    /// The domain, or how it begins where it was cut off.
    pub(in crate::users) domain: String,
    pub(in crate::users) is_cut_off: bool,
}

impl MaskedEmail {
    /// `mi•••@naver.com`, also with stars, also `mi•••@…`. `None` where nothing is hidden at the end of the first part.
    pub(super) fn read(address: &str) -> Option<Self> {
        let (local, domain) = address.split_once('@')?;
        let begins = local.trim_end_matches(is_mask);
        let hidden = local.strip_prefix(begins).filter(|hidden| !hidden.is_empty())?;
        let shown = domain.trim_end_matches(is_mask);
        let is_plain = !begins.contains(is_mask) && !shown.contains(is_mask) && !shown.contains('@');
        is_plain.then(|| Self {
            begins: begins.to_owned(),
            hidden: (!hidden.contains('…')).then(|| hidden.chars().count()),
            domain: shown.to_owned(),
            is_cut_off: shown != domain,
        })
    }
}

impl fmt::Display for MaskedEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.hidden.map_or_else(|| "…".to_owned(), |hidden| "•".repeat(hidden));
        write!(f, "{}{hidden}@{}{}", self.begins, self.domain, if self.is_cut_off { "…" } else { "" })
    }
}

/// The address in a text that contains an `@`: without a name and brackets (`김서연 <seoyeon.k@naver.com>`), a label or a sentence
/// around it, quotes, commas, and the particle that Korean puts behind it. A text without a whole address is taken as it is, but
/// for its spaces. What is taken out of the result is the result itself.
pub(super) fn pasted(text: &str) -> String {
    let mut address = text.to_owned();
    loop {
        // Letters that come together may be parts of one syllable.
        let inner = tidy(&inside(&address));
        if inner == address {
            return address;
        }
        address = inner;
    }
}

/// One layer less of what is around an address.
fn inside(text: &str) -> String {
    let is_around = |c: char| c.is_whitespace() || "<>()[]{}\"“”„‘’,;，、。|".contains(c);
    let words = || text.split(is_around).map(|word| word.rsplit_once(':').map_or(word, |(_, address)| address));
    let address = words().find(|word| word.split_once('@').is_some_and(|(local, _)| !local.is_empty()));
    let Some(address) = address else { return text.split(is_around).collect() };
    let address = address.trim_matches('\'');
    match address.split_once('@') {
        // `a @b.kr`: the other part is beside it.
        Some((_, "")) if text.matches('@').count() == 1 && text.split_whitespace().count() > 1 => {
            text.split(is_around).collect()
        }
        Some((local, domain)) => format!("{local}@{}", without_particle(domain)),
        None => address.to_owned(),
    }
}

fn is_mask(c: char) -> bool {
    names::is_mask(c) || c == '…'
}

/// `naver.com으로` is naver.com. A domain that has Hangul of its own keeps it.
fn without_particle(domain: &str) -> &str {
    let end = domain.find(|c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c)).unwrap_or(domain.len());
    let (ascii, rest) = domain.split_at(end);
    if is_complete(ascii) && !rest.contains('.') { ascii } else { domain }
}

/// Whether the part after the `@` looks finished. `minsu@naver` is being typed, `minsu@naver.co` could be; a search
/// that finds no customer under a finished address tries it as a beginning.
pub(super) fn is_complete(domain: &str) -> bool {
    let mut labels = domain.rsplit('.');
    labels.next().is_some_and(|top| top.chars().count() >= 2)
        && domain.contains('.')
        && labels.all(|label| !label.is_empty())
        && !domain.contains('@')
}
