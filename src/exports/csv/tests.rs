use super::*;
use crate::id::{RequestId, Seq, StaffId};
use proptest::prelude::*;
use serde_json::json;

fn entry(reason: &str) -> Entry {
    Entry {
        seq: Seq::new(7),
        at: Instant::parse("2026-11-28T03:22:22.999999Z").unwrap(),
        change_id: "c".to_owned(),
        actor: "staff".to_owned(),
        staff_id: Some(StaffId::new(-1)),
        staff_name: "김민아".to_owned(),
        staff_email: "mina@ingam.test".to_owned(),
        roles: "operator".to_owned(),
        action: "points.adjust".to_owned(),
        target_kind: "user".to_owned(),
        target_id: "42".to_owned(),
        before: json!({}),
        after: json!({"points": "1", "a": "\""}),
        reason: reason.to_owned(),
        ip: "10.0.0.1".to_owned(),
        peer: "::1".to_owned(),
        user_agent: "Mozilla/5.0".to_owned(),
        session: String::new(),
        request_id: "r".to_owned(),
        approval_id: Some(RequestId::new(1_000_000_000_000_000)),
        reversal_of: None,
        outcome: "applied".to_owned(),
        refusal: String::new(),
        flags: String::new(),
    }
}

fn cell(text: &str) -> String {
    let mut out = Vec::new();
    write(&mut out, text);
    String::from_utf8(out).unwrap()
}

#[test]
fn a_file_is_a_header_and_rows_of_quoted_cells() {
    let mut out = Vec::new();
    header(&mut out);
    row(&mut out, &entry("a\r\nb"));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\u{feff}\"seq\",\"at_kst\",\"at_utc\",\"actor\",\"staff\",\"name\",\"email\",\"roles\",\"action\",\"target_kind\",\
         \"target_id\",\"outcome\",\"refusal\",\"reason\",\"before\",\"after\",\"ip\",\"peer\",\"user_agent\",\"session\",\
         \"request\",\"change\",\"approval\",\"reversal_of\",\"flags\"\r\n\
         \"7\",\"2026-11-28 12:22:22\",\"2026-11-28T03:22:22.999999Z\",\"staff\",\"-1\",\"김민아\",\"mina@ingam.test\",\
         \"operator\",\"points.adjust\",\"user\",\"'42\",\"applied\",\"\",\"a\nb\",\"{}\",\
         \"{\"\"a\"\":\"\"\\\"\"\"\",\"\"points\"\":\"\"1\"\"}\",\"10.0.0.1\",\"::1\",\"Mozilla/5.0\",\"\",\"r\",\"c\",\
         \"'1000000000000000\",\"\",\"\"\r\n"
    );
}

#[test]
fn what_a_spreadsheet_computes_is_guarded() {
    for text in [
        "=1+1",
        "+1",
        "-",
        "@SUM(1)",
        "\t1",
        "\rx",
        "\nx",
        " =1",
        "\u{a0}=1",
        "＝1",
        "＋x",
        "－x",
        "＠x",
        "'x",
        "#N/A",
        "#REF!",
        "01012345678",
        "1E5",
        "12e4",
        "2026-11-28",
        "1/2",
        "10:30",
        "10 AM",
        "Nov 28",
        "March1",
        "3월 1일",
        "오전 10:30",
        "TRUE",
        "ＴＲＵＥ",
        " false",
        "참",
        "１２３",
        "\u{a0}5",
        "5%",
        "₩1,000",
        "\\1000",
        "(5)",
        ".5",
        "1.2.3.",
        "1 1/2",
        "٣٤",
        "３삼",
        "Mon 1/2",
        "화 1/2",
    ] {
        assert_eq!(cell(text).chars().next(), Some('\''), "{text:?}");
    }
}

#[test]
fn other_texts_stay_as_they_are() {
    for text in [
        "",
        " ",
        "김민아",
        "mina@ingam.test",
        "10.0.0.1",
        "192.168.100.100",
        "::1",
        "2001:db8::1",
        "10.0.0.0/8x",
        "true story",
        "1 true story",
        "May",
        "#1",
        "a'b",
        "points-more-than-balance balance=0",
        "req_04fd8ab08e26a16b1f1d",
        "3월에 봄",
        "5원어치",
    ] {
        assert_eq!(cell(text), text);
    }
}

#[test]
fn a_long_text_is_cut_before_a_spreadsheet_cuts_it() {
    assert_eq!(cell(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
    assert_eq!(cell(&"x".repeat(LONGEST + 1)), "x".repeat(LONGEST) + CUT);
    let cut = cell(&format!("=a{}", "😀".repeat(20_000)));
    assert_eq!(cut, format!("'=a{}{CUT}", "😀".repeat(15_999)));
    assert!(cut.encode_utf16().count() < 32_767);
    // A break of two characters is one, also where it is cut.
    assert_eq!(cell(&"\r\n".repeat(LONGEST)).len(), 1 + LONGEST);
}

proptest! {
    #[test]
    fn one_guard_less_is_the_text(text in "[ -~가-힣’＝０\u{feff}]{0,12}") {
        let cell = cell(&text).replace("\"\"", "\"");
        prop_assert_eq!(cell.strip_prefix('\'').unwrap_or(&cell), text);
    }

    #[test]
    fn no_control_character_is_left(text in any::<String>()) {
        prop_assert!(cell(&text).chars().all(|character| character == '\n' || !character.is_ascii_control()));
    }
}
