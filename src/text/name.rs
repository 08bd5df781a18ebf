//! The one form in which names are compared, of what is stored and of what is typed.
//!
//! Left are letters and digits: without regard to case (Unicode's full case folding, so that ß is ss), to accents, to widths and
//! other compatibility forms (NFKC), to whether letters came composed or in parts, and to what is between them: spaces, dashes,
//! apostrophes, characters that are shown as nothing.

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory},
};

/// A name in the one form.
pub(crate) fn form(name: &str) -> String {
    // What is composed only now was apart in the name.
    ComposingNormalizerBorrowed::new_nfc().normalize(&words(name).concat()).into_owned()
}

/// The words of a name, each in the one form.
pub(crate) fn words(name: &str) -> Vec<String> {
    if let Some(words) = plain_words(name) {
        return words;
    }
    let categories = CodePointMapData::<GeneralCategory>::new();
    let folded = decomposed(&CaseMapper::new().fold_string(&decomposed(name)));
    let mut words = vec![String::new()];
    for c in folded.chars() {
        if is_accent(c) || is_within_word(c) {
            continue;
        }
        let is_part = match categories.get(c) {
            // The vowels of many scripts are marks.
            GeneralCategory::NonspacingMark | GeneralCategory::SpacingMark => true,
            _ => c.is_alphanumeric() || is_sign(c),
        };
        match words.last_mut() {
            Some(word) if is_part => word.push_str(plain_letter(c).unwrap_or(c.encode_utf8(&mut [0; 4]))),
            Some(word) if !word.is_empty() => words.push(String::new()),
            _ => {}
        }
    }
    let composer = ComposingNormalizerBorrowed::new_nfc();
    words.into_iter().filter(|word| !word.is_empty()).map(|word| composer.normalize(&word).into_owned()).collect()
}

/// The same for what most names consist of, without a look into the tables of Unicode.
fn plain_words(name: &str) -> Option<Vec<String>> {
    let is_plain = |c: char| is_syllable(c) || c.is_ascii_alphanumeric() || c == ' ';
    let word = |word: &str| word.to_ascii_lowercase();
    name.chars().all(is_plain).then(|| name.split(' ').filter(|word| !word.is_empty()).map(word).collect())
}

fn decomposed(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfkd().normalize(text).into_owned()
}

/// A syllable of Hangul.
pub(crate) fn is_syllable(c: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

/// The accents of Latin, Greek and Cyrillic letters. Marks of other scripts are letters to those who write them.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// What is within a word and no part of it: apostrophes, and what is shown as nothing.
fn is_within_word(c: char) -> bool {
    matches!(c, '\'' | '`' | '´' | '‘' | '’' | '‛' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '′')
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Signs that are between the words of no name: a person who types one means it, and not what is around it.
fn is_sign(c: char) -> bool {
    "%_#@=+$^\\|~<>".contains(c)
}

/// Letters that Unicode does not take apart, as people type them who do not have them.
fn plain_letter(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'ð' | 'đ' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ł' => "l",
        'ø' => "o",
        'œ' => "oe",
        'þ' => "th",
        'ŧ' => "t",
        _ => return None,
    })
}

/// The initial consonants of a text of Hangul syllables, as they are when NFKC has gone over typed ones: `김서연` → `ᄀᄉᄋ`.
pub(crate) fn initials(form: &str) -> Option<String> {
    let initial = |c: char| {
        let place = u32::from(c).checked_sub(0xac00).filter(|_| is_syllable(c))?;
        char::from_u32(0x1100 + place / (21 * 28))
    };
    form.chars().map(initial).collect()
}

/// Whether a text in the one form is nothing but initial consonants.
pub(crate) fn is_initials(form: &str) -> bool {
    !form.is_empty() && form.chars().all(|c| ('\u{1100}'..='\u{1112}').contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_name_has_one_form_however_it_arrived() {
        for (form_, names) in [
            (
                "김서연",
                &[
                    "김서연",
                    "김 서연",
                    " 김  서연 ",
                    "김\u{3000}서연",
                    "김\u{200b}서연",
                    "\u{1100}\u{1175}\u{11b7}\u{1109}\u{1165}\u{110b}\u{1167}\u{11ab}",
                ][..],
            ),
            (
                "annalee",
                &[
                    "Anna Lee",
                    "Anna  Lee",
                    "ANNA LEE",
                    "Ａｎｎａ　Ｌｅｅ",
                    "Anna\u{a0}Lee",
                    "Anna-Lee",
                    "anna–lee",
                    "AnnaLee",
                ],
            ),
            ("oneil", &["O'Neil", "O’Neil", "O‘Neil", "Oʼneil", "ONEIL", "O\u{ff07}Neil"]),
            ("zoe", &["Zoë", "ZOË", "zoe", "Zoe\u{308}", "ＺＯＥ"]),
            ("emilezola", &["Émile Zola", "ÉMILE ZOLA", "émile zola", "Emile Zola", "E\u{301}mile-Zola"]),
            ("muller", &["Müller", "MÜLLER", "muller", "Mu\u{308}ller"]),
            ("ibrahim", &["İbrahim", "ibrahim", "IBRAHIM", "ıbrahim"]),
            ("strasse", &["Straße", "STRASSE", "strasse", "STRAẞE"]),
            ("lukaszgorski", &["Łukasz Górski", "lukasz gorski"]),
            ("jorgen", &["Jørgen", "JØRGEN", "jorgen"]),
            ("αλεξησ", &["Αλέξης", "ΑΛΕΞΗΣ", "αλεξης"]),
            ("федор", &["Фёдор", "федор", "ФЁДОР"]),
            ("山田太郎", &["山田 太郎", "山田太郎", "山田・太郎"]),
        ] {
            for name in names {
                assert_eq!(form(name), form_, "{name:?}");
            }
        }
        assert_eq!(form("ﾔﾏﾀﾞ"), form("ヤマダ"));
        assert_ne!(form("ヤマダ"), form("ヤマタ"), "another letter, and no accent");
        assert_eq!(form("★"), "");
        assert_eq!(form("em%"), "em%");
    }

    #[test]
    fn words_are_told_by_what_is_between_them() {
        assert_eq!(words("Carter, Emily-Jane"), ["carter", "emily", "jane"]);
        assert_eq!(words("O’Neil"), ["oneil"]);
        assert_eq!(words("김 서연"), ["김", "서연"]);
        assert!(words(" - ").is_empty());
    }

    #[test]
    fn initial_consonants_are_the_same_typed_and_taken_from_a_name() {
        for (typed, name) in [("ㄱㅅㅇ", "김서연"), ("ㄱ ㅅㅇ", "김 서연"), ("ㅃㄲ", "빵꾸"), ("ﾡﾵﾷ", "김서연")]
        {
            assert_eq!(initials(&form(name)), Some(form(typed)), "{typed}");
            assert!(is_initials(&form(typed)), "{typed}");
        }
        assert_eq!(initials("김a"), None);
        assert!(!is_initials(&form("ㅏ")) && !is_initials("김") && !is_initials(""));
    }

    proptest! {
        #[test]
        fn what_has_the_form_keeps_it(name in "\\PC{0,40}|.{0,40}|[a-zA-Zß'’ ÀÉİıŁ가-힣ㄱ-ㅎᄀ-ᇂ-]{0,20}") {
            let once = form(&name);
            prop_assert_eq!(form(&once), once.clone(), "{:?}", once);
        }

        #[test]
        fn plain_names_have_the_form_that_the_tables_give(name in "[a-zA-Z0-9가-힣 ]{0,30}") {
            // A character that is shown as nothing takes the other way.
            prop_assert_eq!(words(&name), words(&format!("{name}\u{200b}")));
        }

        #[test]
        fn composition_and_case_do_not_matter(name in "[A-Za-zÀ-ÖØ-öø-ÿ가-힣 '-]{1,30}") {
            let parts = DecomposingNormalizerBorrowed::new_nfd().normalize(&name).into_owned();
            prop_assert_eq!(form(&parts), form(&name));
            prop_assert_eq!(form(&name.to_uppercase()), form(&name));
            prop_assert_eq!(form(&name.to_lowercase()), form(&name));
        }
    }
}
