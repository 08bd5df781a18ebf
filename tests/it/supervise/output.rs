use super::*;

#[tokio::test]
async fn lines_tell_where_and_when_they_came() {
    let place = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| place.path().join(name));
    // Each line is written when the one before was read: of two streams that both have something neither comes first.
    let until = |file: &std::path::Path| format!("while [ ! -e {} ]; do sleep 0.02; done", file.display());
    let script = format!("echo one; {}; echo two >&2; {}; echo three", until(&first), until(&second));
    let (mut running, mut output) = begin(&shell(&script)).await;
    let mut told = Reported::default();
    for (text, file) in [("one", first), ("two", second)] {
        while !told.texts().contains(&text) {
            told.add(output.next().await.unwrap());
        }
        fs::write(file, "").unwrap();
    }
    while let Some(news) = output.next().await {
        told.add(news);
    }
    running.ended().await;
    let lines: Vec<_> = told.lines.iter().map(|line| (line.number, line.stream.name(), line.text.as_str())).collect();
    assert_eq!(lines, [(0, "out", "one"), (1, "err", "two"), (2, "out", "three")]);
    assert!(told.lines.is_sorted_by(|a, b| a.at < b.at), "{told:?}");
}

#[tokio::test]
async fn whatever_bytes_come_become_text() {
    let (_, told) = run(shell(r"printf 'dos\r\n\377\376bad\n\0\n한\nno end'")).await;
    assert_eq!(told.texts(), ["dos", "��bad", "�", "한", "no end"]);
}

#[tokio::test]
async fn a_very_long_line_comes_in_pieces() {
    let (_, told) = run(shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo end")).await;
    let lengths: Vec<usize> = told.lines.iter().map(|line| line.text.len()).collect();
    assert_eq!(lengths, [vec![8192; 12], vec![100_000 - 12 * 8192, 3]].concat());
}

#[tokio::test]
async fn reports_are_taken_out_and_what_only_looks_like_one_stays() {
    let script = "
        echo begin; echo ::progress 0.25; sleep 0.1
        echo ::count processed=10 failed=1; echo ::progress half; echo ::progress 0.1 >&2; sleep 0.1
        echo ::count processed=20; printf '::progress 100%%'";
    let (_, told) = run(shell(script)).await;
    let mut lines = told.texts();
    lines.sort_unstable();
    assert_eq!(lines, ["::progress 0.1", "::progress half", "begin"]);
    assert_eq!(told.progress.last(), Some(&1.0));
    assert_eq!(told.counts, Some(Counts { processed: Some(20), failed: Some(1), skipped: None }));
}

#[tokio::test]
async fn secrets_are_hidden_even_in_pieces() {
    let script = "printf 'key=hun'; sleep 0.1; printf 'ter'; sleep 0.1; printf '22;\\n'; echo $TOKEN >&2";
    let mut spec = shell(script);
    spec.env.push(("TOKEN".to_owned(), "a token".to_owned()));
    spec.masked = vec!["hunter22".to_owned(), "a token".to_owned()];
    let (_, told) = run(spec).await;
    let mut lines = told.texts();
    lines.sort_unstable();
    assert_eq!(lines, ["key=•••;", "•••"]);
}

/// No caller takes anything until the end, and the job is done nevertheless.
#[tokio::test]
async fn fifty_megabytes_cost_what_the_limits_say_and_do_not_hold_up_the_job() {
    const LINE: usize = 250;
    const LINES: i64 = 200_000;
    let yes = "x".repeat(LINE - 1);
    let (mut running, mut output) = begin(&shell(&format!("yes {yes} | head -n {LINES}; echo the end"))).await;
    assert_eq!(running.ended().await.outcome, Outcome::Exited(0));
    let told = rest(&mut output).await;
    let kept: usize = told.lines.iter().map(|line| line.text.len() + 1).sum();
    assert!(kept <= 256 * 1024 && kept > 255 * 1024, "{kept}");
    assert_eq!(told.texts().last(), Some(&"the end"));
    let gap = told.gap.unwrap();
    assert_eq!(gap.from, i64::try_from(64 * 1024 / LINE).unwrap());
    assert_eq!(gap.lines() + i64::try_from(told.lines.len()).unwrap(), LINES + 1);
    assert_eq!(gap.bytes + i64::try_from(kept).unwrap(), LINES * i64::try_from(LINE).unwrap() + 8);
}

#[tokio::test]
async fn a_log_is_told_while_it_grows() {
    let (mut running, mut output) = begin(&shell("echo ready; sleep 30")).await;
    said(&mut output, "ready").await;
    running.cancel();
    assert_eq!(running.ended().await.outcome, Outcome::Cancelled);
    assert_eq!(output.next().await, None);
}

#[tokio::test]
async fn a_command_runs_on_when_its_output_is_not_read() {
    let (mut running, output) = begin(&shell("sleep 0.1; yes | head -c 1000000; exit 3")).await;
    drop(output);
    assert_eq!(running.ended().await.outcome, Outcome::Exited(3));
}
