use super::{super::mask::Hidden, *};
use proptest::prelude::*;

/// What comes of these reads, with `+` before a piece that is only part of its line.
fn lines(masked: &[&str], limit: usize, reads: &[&[u8]]) -> Vec<String> {
    let masked: Vec<String> = masked.iter().map(|value| (*value).to_owned()).collect();
    let mut lines = Lines::new(Arc::new(Mask::new(&masked, &Hidden::default()).unwrap()), limit, Charset::default());
    let mut pieces = Vec::new();
    let mut take = |piece: Piece| pieces.push(format!("{}{}", if piece.whole { "" } else { "+" }, piece.text));
    for read in reads {
        lines.feed(read, &mut take);
    }
    lines.finish(&mut take);
    pieces
}

#[test]
fn lines_end_with_a_line_feed_or_with_the_output() {
    assert_eq!(lines(&[], 80, &[b"one\ntw", b"o\n\nthree"]), ["one", "two", "", "three"]);
    assert_eq!(lines(&[], 80, &[b"one\n"]), ["one"]);
    assert_eq!(lines(&[], 80, &[b"\n"]), [""]);
    assert!(lines(&[], 80, &[b"", b""]).is_empty());
}

#[test]
fn a_carriage_return_before_the_line_feed_is_part_of_the_end() {
    assert_eq!(lines(&[], 80, &[b"one\r", b"\ntwo\r\n\r\n10%\r20%\r\nend\r"]), ["one", "two", "", "20%", "end"]);
    // Also behind exactly as much as a line may have.
    assert_eq!(lines(&[], 4, &[b"four\r", b"\nnext\r\n"]), ["four", "next"]);
}

#[test]
fn what_is_no_text_is_replaced() {
    assert_eq!(lines(&[], 80, &[b"a\xff\xfeb\n\xed\x95", b"\x9c\n\xed\x95\n", b"\0"]), ["a��b", "한", "�", "�"]);
}

#[test]
fn a_long_line_is_split_between_characters() {
    assert_eq!(lines(&[], 4, &[b"abcdefghij\nk\n"]), ["+abcd", "+efgh", "+ij", "k"]);
    assert_eq!(lines(&[], 4, &[b"abcdefgh\n\n"]), ["+abcd", "+efgh", ""]);
    assert_eq!(lines(&[], 4, &["한글과 컴퓨터".as_bytes()]), ["+한", "+글", "+과 ", "+컴", "+퓨", "+터"]);
    assert_eq!(lines(&[], 4, &[&[0x80; 9]]), ["+�"; 9]);
}

#[test]
fn a_secret_is_hidden_across_reads_and_across_pieces() {
    assert_eq!(lines(&["hunter22"], 80, &[b"key=hun", b"ter", b"22;\n"]), ["key=•••;"]);
    // The piece ends within the secret, of which nothing may remain in the next one.
    assert_eq!(lines(&["hunter22"], 6, &[b"key=hunter22;hunter22"]), ["+key=•••", "+•••", "+;•••", "+•••"]);
    assert_eq!(lines(&["hunter22"], 6, &[b"key=hunter", b"22;", b" end\n"]), ["+key=•••", "+•••", "+; end"]);
    // What is written over makes a secret with what was handed on.
    assert_eq!(lines(&["abab", "bbba한"], 4, &["aa한한a한\rbab".as_bytes()]), ["+aa", "+••• ", "+a한"]);
}

#[test]
fn a_line_that_never_ends_costs_no_more_than_its_limit() {
    let mut lines = Lines::open(8192, Charset::default());
    let mut pieces = 0;
    for _ in 0..1000 {
        lines.feed(&[b'x'; 16 * 1024], &mut |piece| {
            assert_eq!(piece.text.len(), 8192);
            pieces += 1;
        });
        assert!(lines.row.size() <= 8192);
    }
    assert!(pieces >= 1998, "{pieces}");
}

proptest! {
    #[test]
    fn it_does_not_matter_how_the_output_is_read(
        output in "[ab한\r\n]{0,60}",
        limit in 4..12_usize,
        cuts in prop::collection::vec(0..200_usize, 0..8),
    ) {
        let secrets = ["abab", "bbba한"];
        let whole = output.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).chain([0, whole.len()]).collect();
        cuts.sort_unstable();
        let reads: Vec<&[u8]> = cuts.windows(2).map(|pair| &whole[pair[0]..pair[1]]).collect();
        let pieces = lines(&secrets, limit, &reads);
        prop_assert_eq!(pieces, lines(&secrets, limit, &[whole]));
    }

    #[test]
    fn no_secret_is_in_a_piece_or_in_all_of_them_put_together(output in "[ab한\r]{0,60}", limit in 4..12_usize) {
        let secrets = ["abab", "bbba한"];
        let pieces = lines(&secrets, limit, &[output.as_bytes()]);
        let line: String = pieces.iter().map(|piece| piece.trim_start_matches('+')).collect();
        for secret in secrets {
            prop_assert!(!line.contains(secret), "{:?}", pieces);
        }
    }

    #[test]
    fn without_secrets_nothing_is_lost(output in "[ab한\n]{0,60}", limit in 4..12_usize) {
        let pieces = lines(&[], limit, &[output.as_bytes()]);
        let text: String = pieces.iter().map(|piece| piece.trim_start_matches('+')).collect();
        prop_assert_eq!(text, output.replace('\n', ""));
        prop_assert!(pieces.iter().all(|piece| piece.trim_start_matches('+').len() <= limit));
    }
}

/// What a terminal shows of it.
fn shows(written: &str) -> String {
    lines(&[], 8192, &[written.as_bytes()]).join("\n")
}

#[test]
fn what_is_written_over_is_gone_and_the_rest_stays() {
    for (written, shown) in [
        ("  0%|     | 0/9\r 50%|##   | 4/9\r100%|#####| 9/9\n", "100%|#####| 9/9"),
        ("one\r\r\ntwo\r\n", "one\ntwo"),
        // Only a part of it.
        ("copying: 10%\u{8}\u{8}\u{8}20%\u{8}\u{8}\u{8}30%", "copying: 30%"),
        ("progress: \\\u{8}|\u{8}/\u{8}-\u{8} \u{8}done", "progress: done"),
        ("Downloading 100%\rDone", "Doneloading 100%"),
        ("wait 99%\r        \rdone\n", "done"),
        ("wait 99%\r        \r\n", ""),
        // Hangul takes two columns.
        ("진행 10%\r진행 20%", "진행 20%"),
        ("한글\rab", "ab글"),
        ("한글\ra", "a 글"),
        ("abcd\r한", "한cd"),
        ("ab\u{301}c\rx", "xb\u{301}c"),
        // Erasing, and going to a column.
        ("50%\u{1b}[2K\r100%", "100%"),
        ("downloading\r\u{1b}[Kdone", "done"),
        ("downloading\rdone\u{1b}[K", "done"),
        ("downloading\u{1b}[0Gdone\u{1b}[0J", "done"),
        ("abcdef\u{1b}[3D\u{1b}[1K", "    ef"),
        ("abcdef\u{1b}[1G\u{1b}[2P", "cdef"),
        ("abcdef\u{1b}[2G\u{1b}[2Xx", "ax def"),
        ("a\u{1b}[3Cb", "a   b"),
        ("\u{1b}[999C\u{1b}[4Dtime", &format!("{}time", " ".repeat(196))),
        ("\u{1b}[1000Da", "a"),
        ("\u{8}\u{8}a", "a"),
    ] {
        assert_eq!(shows(written), shown, "{written:?}");
    }
    assert_eq!(lines(&[], 80, &[b"50%\r", b"\x1b[", b"2", b"Kdone\n"]), ["done"]);
}

#[test]
fn every_other_escape_is_swallowed_whole() {
    for escape in [
        "\u{1b}[0m",
        "\u{1b}[1;31m",
        "\u{1b}[38;2;1;2;3m",
        "\u{1b}[38:5:4m",
        "\u{1b}[?25l",
        "\u{1b}[>4;1m",
        "\u{1b}[!p",
        "\u{1b}[1 q",
        "\u{1b}[2A",
        "\u{1b}[31",
        "\u{1b}]0;a title\u{7}",
        "\u{1b}]0;제목\u{1b}\\",
        "\u{1b}]8;;https://example.com\u{9c}",
        "\u{1b}]8;;\u{1b}\\",
        "\u{1b}]1337;File=:AAAA",
        "\u{1b}Pq#0;2;0;0;0~-\u{1b}\\",
        "\u{1b}P1$r0m\u{9c}",
        "\u{1b}_Gf=24;AAAA\u{1b}\\",
        "\u{1b}^privacy\u{1b}\\",
        "\u{1b}Xstring\u{1b}\\",
        "\u{1b}(B",
        "\u{1b})0",
        "\u{1b}*A",
        "\u{1b}%G",
        "\u{1b}#8",
        "\u{1b}7",
        "\u{1b}8",
        "\u{1b}=",
        "\u{1b}c",
        "\u{1b}M",
        "\u{9b}31m",
        "\u{9d}0;title\u{9c}",
        "\u{90}q~\u{9c}",
        "\u{85}",
        "\u{7}",
        "\u{c}",
        "\u{7f}",
        "\u{1b}[3\u{18}",
        "\u{1b}",
    ] {
        let text = format!("성공{escape}\n끝\n");
        assert_eq!(lines(&[], 80, &[text.as_bytes()]), ["성공", "끝"], "{escape:?}");
        for cut in 0..text.len() {
            let (one, other) = text.as_bytes().split_at(cut);
            assert_eq!(lines(&[], 80, &[one, other]), ["성공", "끝"], "{escape:?} {cut}");
        }
        if !escape.ends_with("AAAA") && !["\u{1b}[31", "\u{1b}"].contains(&escape) {
            assert_eq!(shows(&format!("성{escape}공")), "성공", "{escape:?}");
        }
    }
    for bytes in [&b"a\x9b31mb"[..], b"a\x9d0;title\x9cb", b"a\x9d0;title\x07b", b"a\x901$r\x9cb", b"a\x1b[31\x1b[32mb"]
    {
        assert_eq!(lines(&[], 80, &[bytes]), ["ab"], "{bytes:?}");
    }
    // What only looks like one stays.
    assert_eq!(shows("성공 ✓ [31m"), "성공 ✓ [31m");
    assert_eq!(shows("\u{1b}[3한"), "한");
}

#[test]
fn output_in_another_encoding_is_read_as_that() {
    let (korean, _, _) = encoding_rs::EUC_KR.encode("정산 오류\n");
    for cut in 0..korean.len() {
        let mut euc = Lines::open(80, Charset::of("euc-kr").unwrap());
        let mut found = Vec::new();
        for read in [&korean[..cut], &korean[cut..]] {
            euc.feed(read, &mut |piece| found.push(piece.text));
        }
        assert_eq!(found, ["정산 오류"]);
    }
}

#[test]
fn a_secret_is_hidden_however_it_is_written() {
    for written in [
        "hun\u{1b}[0mter22",
        "hunterXX\u{8}\u{8}22",
        "hunter2\u{8}22",
        "x\rhunter22",
        "hunter22\rxx",
        "hunter22\u{8}\u{8}\u{8}x",
        "hunter22\u{1b}[3Dx",
        "hunter22\u{1b}[3G\u{1b}[K",
    ] {
        let shown = lines(&["hunter22"], 80, &[written.as_bytes()]).concat();
        assert!(
            !["hunter22", "nter22", "hunter", "hu"].iter().any(|part| shown.contains(part)),
            "{written:?}: {shown}"
        );
    }
}

#[test]
fn a_line_that_has_not_ended_is_seen_as_it_is_without_the_beginning_of_a_secret() {
    let mask = Mask::new(&["hunter22".to_owned()], &Hidden::default()).unwrap();
    let mut lines = Lines::new(Arc::new(mask), 80, Charset::default());
    let mut seen = |read: &str| {
        lines.feed(read.as_bytes(), &mut |_| {});
        lines.pending()
    };
    assert_eq!(seen("10%").as_deref(), Some("10%"));
    assert_eq!(seen("\r20% ").as_deref(), Some("20%"));
    assert_eq!(seen("\r\u{1b}[K"), None);
    assert_eq!(seen("key=hunte").as_deref(), Some("key="));
    assert_eq!(seen("r22").as_deref(), Some("key=•••"));
    assert_eq!(seen("; h").as_deref(), Some("key=•••;"));
    assert_eq!(seen("\n"), None);
}

#[test]
fn a_bar_of_any_length_costs_no_more_than_a_line() {
    let mut lines = Lines::open(8192, Charset::default());
    let mut pieces = 0;
    for n in 0..2000 {
        lines.feed(format!("\r{n}% {}", "가#".repeat(3000)).as_bytes(), &mut |_| pieces += 1);
        assert!(lines.row.size() <= 10_000, "{}", lines.row.size());
    }
    lines.feed("\u{1b}[9999C".repeat(1000).as_bytes(), &mut |_| {});
    lines.feed("\u{301}".repeat(100_000).as_bytes(), &mut |_| {});
    assert!(lines.row.shown().len() < 1_000_000);
}

#[test]
fn where_a_line_that_was_written_over_is_split_does_not_depend_on_the_reads() {
    let written = "m0\r\u{301}\u{301}K\u{301}\t\u{301}\u{301}\t\t".as_bytes();
    for cut in 0..written.len() {
        let (one, other) = written.split_at(cut);
        assert_eq!(lines(&["abab"], 4, &[one, other]), lines(&["abab"], 4, &[written]), "{cut}");
    }
}

proptest! {
    #[test]
    fn any_output_becomes_lines_without_controls(
        output in "([ab한\r\n\t\u{8}\u{1b}\u{9b}\u{9d}\u{7}0;\\[\\]KGCDPXm(\\\\]|\u{301}){0,60}",
        cut in 0..200_usize,
        limit in 4..40_usize,
    ) {
        let whole = output.as_bytes();
        let (one, other) = whole.split_at(cut.min(whole.len()));
        let pieces = lines(&["abab"], limit, &[one, other]);
        prop_assert!(pieces.iter().all(|piece| !piece.chars().any(|c| c.is_control() && c != '\t')), "{:?}", pieces);
        prop_assert_eq!(pieces, lines(&["abab"], limit, &[whole]));
        let shown = shown(&output.replace('\n', ""));
        prop_assert_eq!(super::shown(&shown), shown);
    }
}
