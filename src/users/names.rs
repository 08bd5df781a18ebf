//! What a customer is found by who is looked for by name: the endings of the name, and the other ways to write it.
//!
//! All of it is made here from the name alone, for what is stored (`index.rs`) as for what is typed (`find.rs`).

use crate::{
    mask,
    text::name::{form, initials, is_initials, words},
};
use std::collections::BTreeSet;

/// The longest part that is kept or looked for, in characters. Names have at most 100.
const LONGEST: usize = 100;

/// Names of more words than this are found by their endings only.
const MOST_WORDS: usize = 6;

/// Every ending of a name in its one form, so that any part of it is the beginning of one of them. `김서연` → 김서연, 서연, 연.
pub(crate) fn parts(name: &str) -> BTreeSet<String> {
    endings(&cut(&form(name))).map(str::to_owned).collect()
}

/// An ending does not begin with a mark, which belongs to the letter before it.
fn endings(form: &str) -> impl Iterator<Item = &str> {
    form.char_indices().filter(|(at, c)| *at == 0 || c.is_alphanumeric()).filter_map(|(at, _)| form.get(at..))
}

/// The other ways to write it: its words in another order or without those in the middle, initial consonants, and as pages show it
/// until a person gives a reason.
pub(crate) fn forms(name: &str) -> BTreeSet<String> {
    let words = words(name);
    let mut forms = BTreeSet::new();
    if (2..=MOST_WORDS).contains(&words.len()) {
        for (n, first) in words.iter().enumerate() {
            let (before, from) = words.split_at_checked(n).unwrap_or_default();
            if n > 0 {
                forms.insert(cut(&[from, before].concat().concat()));
            }
            // A pair that is beside each other in the name or in one of those orders is the beginning of that.
            let next = (n + 1) % words.len();
            let others = words.iter().enumerate().filter(|(other, _)| *other != n && *other != next);
            forms.extend(others.map(|(_, other)| cut(&format!("{first}{other}"))));
        }
    }
    if let Some(initials) = initials(&form(name)) {
        // One consonant alone begins the names of a tenth of all people.
        forms.extend(endings(&initials).filter(|end| end.chars().nth(1).is_some()).map(cut));
    }
    forms.extend(masked(&mask::name(name)));
    forms
}

/// A name as pages mask it, and nothing else.
fn masked(name: &str) -> Option<String> {
    let stars = name.replace(is_mask, "*");
    let form: Vec<String> = stars.split('*').map(form).collect();
    let is_masked = stars.contains('*') && form.iter().any(|part| !part.is_empty());
    is_masked.then(|| cut(&form.join("*")))
}

pub(super) fn is_mask(c: char) -> bool {
    matches!(c, '*' | '•' | '●' | '○' | '∗' | '＊')
}

fn cut(form: &str) -> String {
    form.chars().take(LONGEST).collect()
}

/// What a typed name begins, in the order in which it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The beginning of an ending; empty where it can be none.
    pub part: String,
    /// The beginning of another way to write it; empty where it can be none.
    pub form: String,
}

impl Wanted {
    pub(super) fn of(typed: &str) -> Self {
        if let Some(form) = masked(typed) {
            return Self { part: String::new(), form };
        }
        let form = cut(&form(typed));
        let is_reordered = words(typed).len() > 1;
        let has_form = is_initials(&form) || is_reordered;
        Self { form: if has_form { form.clone() } else { String::new() }, part: form }
    }

    /// The place of a customer in the list of those with this part: the first one that fits.
    pub(super) fn place_of_part(&self, name: &str) -> Option<String> {
        let form = cut(&form(name));
        endings(&form).filter(|ending| ending.starts_with(&self.part)).min().map(str::to_owned)
    }

    /// The place in the list of those who have it in another way, and not as a part.
    pub(super) fn place_of_form(&self, name: &str) -> Option<String> {
        let is_part = !self.part.is_empty() && form(name).contains(&self.part);
        forms(name).into_iter().find(|place| place.starts_with(&self.form)).filter(|_| !is_part)
    }
}

/// Whether a name is found by what was typed, for lists that are short enough to be looked through.
pub(crate) fn fits(typed: &str, name: &str) -> bool {
    let wanted = Wanted::of(typed);
    let by_part = !wanted.part.is_empty() && wanted.place_of_part(name).is_some();
    by_part || !wanted.form.is_empty() && wanted.place_of_form(name).is_some()
}

/// The words with which a customer is spoken to, in the order in which they are looked for.
const TITLES: [&str; 9] = ["고객님", "회원님", "선생님", "사장님", "님", "씨", "고객", "회원", "귀하"];

/// A name without what a person is spoken to with: `김서연님`, `김서연 고객님`. `None` where there is nothing of it.
pub(super) fn without_title(typed: &str) -> Option<&str> {
    let name = TITLES.iter().find_map(|title| typed.trim_end().strip_suffix(title))?.trim_end();
    (form(name).chars().count() >= 2).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(set: BTreeSet<String>) -> Vec<String> {
        set.into_iter().collect()
    }

    #[test]
    fn a_name_is_found_by_its_endings() {
        assert_eq!(list(parts("김 서연")), ["김서연", "서연", "연"]);
        assert_eq!(list(parts("Zoë Li")), ["eli", "i", "li", "oeli", "zoeli"]);
        assert!(parts("★").is_empty() && forms("★").is_empty());
    }

    #[test]
    fn a_name_is_written_in_other_ways_too() {
        assert_eq!(list(forms("김서연")), ["ᄀᄉᄋ", "ᄉᄋ", "김*연"]);
        assert_eq!(list(forms("Anna Lee")), ["a***al***e", "leeanna"]);
        let emily = forms("Emily Jane Carter");
        for way in ["carteremilyjane", "carterjane", "janeemily", "janecarteremily", "emilycarter"] {
            assert!(emily.contains(way), "{way}: {emily:?}");
        }
    }

    #[test]
    fn titles_are_left_out() {
        for typed in ["김서연님", "김서연 님", "김서연 고객님", "김서연고객님", "김서연씨", "김서연 회원"]
        {
            assert_eq!(without_title(typed), Some("김서연"), "{typed}");
        }
        assert_eq!(without_title("Emily Carter 님"), Some("Emily Carter"));
        for typed in ["김서연", "님", "김님", "고객님"] {
            assert_eq!(without_title(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_was_copied_from_a_page_is_looked_up_as_the_page_has_it() {
        for name in ["김서연", "남궁민수", "Emily Carter", "J Smith", "Zoë"] {
            let wanted = Wanted::of(&mask::name(name));
            assert!(forms(name).contains(&wanted.form) && wanted.part.is_empty(), "{name}: {wanted:?}");
        }
        assert_eq!(Wanted::of("김○연").form, "김*연");
        assert_eq!(masked("***"), None);
    }

    #[test]
    fn parts_in_any_order_and_first_letters_find() {
        for (typed, name) in [
            ("Emily Carter", "Emily Jane Carter"),
            ("Carter Emily", "Emily Jane Carter"),
            ("Carter, Emily", "Emily Jane Carter"),
            ("carter, em", "Emily Jane Carter"),
            ("Carter Emily Jane", "Emily Jane Carter"),
            ("Jane Carter", "Emily Jane Carter"),
            ("lee anna", "Anna  Lee"),
            ("서연 김", "김 서연"),
            ("ㄱㅅㅇ", "김서연"),
            ("ㄱㅅ", "김서연"),
            ("ㅅㅇ", "김서연"),
        ] {
            assert!(fits(typed, name), "{typed}");
        }
        assert!(!fits("carter bob", "Emily Jane Carter"));
    }

    proptest! {
        #[test]
        fn a_stored_name_is_found_by_itself(name in "\\PC{1,100}|[A-Za-zÀ-ÿ가-힣ㄱ-ㅎᄀ-ᄒ' -]{1,30}") {
            let found = form(&name).is_empty() || fits(&name, &name) || name.contains(is_mask);
            prop_assert!(found, "{:?}: {:?}", Wanted::of(&name), parts(&name));
        }

        #[test]
        fn any_two_words_find_it_in_either_order(words in prop::collection::vec("[A-Z][a-zé]{1,8}", 2..=6), one in 0usize..6, other in 0usize..6) {
            let (one, other) = (one % words.len(), other % words.len());
            prop_assume!(one != other);
            let typed = [words[one].as_str(), words[other].as_str()].join(" ");
            let found = fits(&typed, &words.join(" "));
            prop_assert!(found, "{}", typed);
        }

        #[test]
        fn no_part_is_longer_than_the_index_takes(name in "\\PC{1,100}") {
            for part in parts(&name).into_iter().chain(forms(&name)) {
                prop_assert!(!part.is_empty() && part.chars().count() <= LONGEST);
            }
        }
    }
}
