use super::{Term, TermError};
use crate::id::CustomerId;
use proptest::prelude::*;

fn parse(typed: &str) -> Term {
    Term::parse(typed).unwrap_or_else(|error| panic!("{typed:?}: {error}"))
}

fn phone(digits: &str) -> Term {
    Term::Phone(digits.to_owned())
}

fn last_four(digits: &str, id: Option<i64>) -> Term {
    Term::LastFour { digits: digits.to_owned(), id: id.map(CustomerId::new) }
}

#[test]
fn every_notation_of_a_mobile_number_is_the_same_number() {
    for typed in [
        "01012345678",
        "010-1234-5678",
        "010 1234 5678",
        "010.1234.5678",
        "010/1234/5678",
        "(010)1234.5678",
        "(010) 1234-5678",
        "0101234-5678",
        "010 - 1234 - 5678",
        "010–1234–5678",
        "010−1234−5678",
        "010ー1234ー5678",
        "010~1234~5678",
        "０１０－１２３４－５６７８",
        "０１０１２３４５６７８",
        "+821012345678",
        "+82 10-1234-5678",
        "+82-010-1234-5678",
        "+82 (0)10 1234 5678",
        "＋８２ １０ １２３４ ５６７８",
        "82-10-1234-5678",
        "82 10 1234 5678",
        "82 (0)10-1234-5678",
        "821012345678",
        "0082 10 1234 5678",
        "00821012345678",
        "0082-(0)10-1234-5678",
        "10-1234-5678",
        "1012345678",
        "tel:+82-10-1234-5678",
        "\u{202a}+82 10-1234-5678\u{202c}",
        "010\u{a0}1234\u{200b}\u{2011}5678",
        "  010-1234-5678\r\n",
        "8210-1234-5678",
        "(+82) 10-1234-5678",
        "[+82] 10 1234 5678",
        "Tel. 010-1234-5678",
        "휴대폰: 010-1234-5678",
        "휴대폰 번호는 010-1234-5678 입니다",
        "김서연 010-1234-5678",
        "김서연(010-1234-5678)",
        "010-1234-5678 내선 12",
        "010-1234-5678 ext. 12",
        "M +82 10 1234 5678",
    ] {
        assert_eq!(parse(typed), phone("821012345678"), "{typed:?}");
    }
    assert_eq!(parse("4821-4821"), phone("821048214821"), "the last eight digits, as they are said aloud");
}

#[test]
fn a_number_begun_is_the_beginning_of_the_stored_one() {
    for (typed, stored) in [
        ("010", "8210"),
        ("010-", "8210"),
        ("010-4", "82104"),
        ("010-4821", "82104821"),
        ("0104821", "82104821"),
        ("+82 10 4821", "82104821"),
        ("82-10-48", "821048"),
        ("010-48••", "821048"),
        ("02-555-", "822555"),
    ] {
        assert_eq!(parse(typed), phone(stored), "{typed:?}");
    }
}

#[test]
fn a_plus_or_two_zeros_reach_other_countries() {
    for (typed, stored) in [
        ("+1 415 555 4821", "14155554821"),
        ("+1 (415) 555-4821", "14155554821"),
        ("1-415-555-4821", "14155554821"),
        ("001 415 555 4821", "14155554821"),
        ("+44 (0)20 7946 0018", "442079460018"),
        ("0044 (0)20 7946 0018", "442079460018"),
        ("+49 30 901820", "4930901820"),
        ("(+44) 20 7946 0018", "442079460018"),
        ("Phone (+44) 20 7946 0018", "442079460018"),
    ] {
        assert_eq!(parse(typed), phone(stored), "{typed:?}");
    }
}

#[test]
fn eight_bare_digits_are_an_id_or_a_phone_number() {
    let eight = |id, phone: &str| Term::EightDigits { id: CustomerId::new(id), phone: phone.to_owned() };
    assert_eq!(parse("15881234"), eight(15_881_234, "8215881234"));
    assert_eq!(parse("48214821"), eight(48_214_821, "821048214821"));
    assert_eq!(parse("#48214821"), Term::Id(CustomerId::new(48_214_821)));
    assert_eq!(parse("1588-1234"), phone("8215881234"));
    assert_eq!(parse("4821-4821"), phone("821048214821"));
}

#[test]
fn words_with_a_number_that_is_no_phone_number_are_words() {
    for typed in ["kim 12", "apt 1234-5678", "주문 20261119-004829", "02-555-1234 031-555-1234 그리고", "김서연 4821"]
    {
        assert!(!matches!(parse(typed), Term::Phone(_)), "{typed:?}");
    }
}

#[test]
fn four_digits_end_a_number_and_may_be_an_id() {
    assert_eq!(parse("4821"), last_four("4821", Some(4821)));
    assert_eq!(parse("0021"), last_four("0021", Some(21)));
    assert_eq!(parse("４８２１"), last_four("4821", Some(4821)));
    for typed in ["-4821", "…4821", "****4821", "010-••••-4821", "010-****-4821", "+1 ••• ••• 4821"]
    {
        assert_eq!(parse(typed), last_four("4821", None), "{typed:?}");
    }
    for n in 0..10_000 {
        let digits = format!("{n:04}");
        assert_eq!(parse(&digits), last_four(&digits, Some(n)));
        // Also where they look like the beginning of a number: -0082, -0107.
        assert_eq!(parse(&format!("-{digits}")), last_four(&digits, None));
    }
}

#[test]
fn an_id_is_told_by_its_mark_or_its_length() {
    for typed in ["u_482913", "U_482913", "482913", "#482913", "＃４８２９１３", "000482913"] {
        assert_eq!(parse(typed), Term::Id(CustomerId::new(482_913)), "{typed:?}");
    }
    assert_eq!(parse("#4821"), Term::Id(CustomerId::new(4821)));
    assert_eq!(parse("7"), Term::Id(CustomerId::new(7)));
    assert_eq!(parse("#01012345678"), Term::Id(CustomerId::new(1_012_345_678)));
    assert_eq!(Term::parse("#9223372036854775808"), Err(TermError::NoSuchNumber));
    assert_eq!(Term::parse("99999999999999999999"), Err(TermError::NoSuchNumber));
    assert_eq!(Term::parse("+1234567890123456"), Err(TermError::NoSuchNumber));
}

#[test]
fn addresses_are_whole_begun_or_only_a_domain() {
    for (typed, expected) in [
        ("a@b.kr", Term::Email("a@b.kr".into())),
        (" Seoyeon.K@Naver.com ", Term::Email("seoyeon.k@naver.com".into())),
        ("김서연 <seoyeon.k@naver.com>", Term::Email("seoyeon.k@naver.com".into())),
        ("mailto:a@b.kr", Term::Email("a@b.kr".into())),
        ("plain@example.kr,", Term::Email("plain@example.kr".into())),
        ("\"plain@example.kr\"", Term::Email("plain@example.kr".into())),
        ("“plain@example.kr”", Term::Email("plain@example.kr".into())),
        ("('plain@example.kr')", Term::Email("plain@example.kr".into())),
        ("이메일: plain@example.kr 입니다", Term::Email("plain@example.kr".into())),
        ("E-mail:plain@example.kr", Term::Email("plain@example.kr".into())),
        ("plain@example.kr로 보내 주세요", Term::Email("plain@example.kr".into())),
        ("김서연<seoyeon.k@naver.com>;", Term::Email("seoyeon.k@naver.com".into())),
        (":minsu;@", Term::EmailPrefix("minsu@".into())),
        ("minsu @naver.com", Term::Email("minsu@naver.com".into())),
        ("메일@한글.한국", Term::Email("메일@한글.한국".into())),
        ("minsu＠naver．com", Term::Email("minsu@naver.com".into())),
        ("minsu@", Term::EmailPrefix("minsu@".into())),
        ("minsu@na", Term::EmailPrefix("minsu@na".into())),
        ("minsu@naver.", Term::EmailPrefix("minsu@naver.".into())),
        ("minsu.k", Term::EmailPrefix("minsu.k".into())),
        ("minsu_k", Term::EmailPrefix("minsu_k".into())),
        ("minsu92", Term::EmailPrefix("minsu92".into())),
        ("u_minsu", Term::EmailPrefix("u_minsu".into())),
        ("@naver.com", Term::Domain("naver.com".into())),
        ("@@Naver", Term::Domain("naver".into())),
    ] {
        assert_eq!(parse(typed), expected, "{typed:?}");
    }
}

#[test]
fn words_are_names_or_addresses() {
    for (typed, expected) in [
        ("minsu", Term::Word("minsu".into())),
        ("Jean-Luc", Term::Word("jean-luc".into())),
        ("O'Brien", Term::Word("o'brien".into())),
        ("김서연", Term::Name("김서연".into())),
        ("김 서연", Term::Name("김서연".into())),
        ("서연", Term::Name("서연".into())),
        ("연", Term::Name("연".into())),
        ("Emma  Thompson", Term::Name("emma thompson".into())),
        ("Zoë", Term::Name("zoë".into())),
        ("山田", Term::Name("山田".into())),
    ] {
        assert_eq!(parse(typed), expected, "{typed:?}");
    }
}

#[test]
fn loose_hangul_letters_become_syllables() {
    assert_eq!(parse("\u{1100}\u{1175}\u{11b7}\u{1109}\u{1165}\u{110b}\u{1167}\u{11ab}"), Term::Name("김서연".into()));
    assert_eq!(parse("기\u{11b7}"), Term::Name("김".into()));
}

#[test]
fn bad_terms_say_what_is_wrong() {
    for (typed, error) in [
        ("", TermError::Empty),
        (" \t\r\n\u{3000}", TermError::Empty),
        ("\u{200b}\u{feff}", TermError::Empty),
        ("a\0b", TermError::Unprintable),
        ("kim\tminsu", TermError::Unprintable),
        ("\u{1b}[31m", TermError::Unprintable),
        ("---", TermError::OnlyPunctuation),
        ("@", TermError::OnlyPunctuation),
        ("+", TermError::OnlyPunctuation),
        ("😀", TermError::OnlyPunctuation),
    ] {
        assert_eq!(Term::parse(typed), Err(error), "{typed:?}");
    }
    assert!(Term::parse(&"가".repeat(200)).is_ok());
    assert_eq!(Term::parse(&"가".repeat(201)), Err(TermError::TooLong));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(typed in "\\PC{0,40}|.{0,40}|[0-9+(). @u_#<>•가-힣ᄀ-ᇂ-]{0,24}") {
        if let Ok(term) = Term::parse(&typed) {
            // The normal form is one: it is kept with the search and read again on every page of it.
            prop_assert_eq!(Term::parse(&term.to_string()), Ok(term.clone()), "{:?}", term);
        }
    }

    #[test]
    fn any_notation_of_any_number_is_the_same(
        number in 20_000_000_u64..100_000_000,
        country in prop::sample::select(vec!["0", "+82", "+82 ", "+82-0", "82-", "82 (0)", "0082 ", "+82(0)", "0082-0"]),
        gap in prop::sample::select(vec!["", "-", " ", ".", " - ", "–", "\u{2011}", "\u{a0}", "/", "－", ") "]),
    ) {
        let (head, tail) = (number / 10_000, number % 10_000);
        let typed = format!("{country}10{gap}{head:04}{gap}{tail:04}");
        prop_assert_eq!(Term::parse(&typed), Ok(phone(&format!("8210{number:08}"))), "{:?}", typed);
    }
}
