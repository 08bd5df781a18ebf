use super::*;
use proptest::prelude::*;

fn at(second: i64) -> Instant {
    Instant::from_unix(second).unwrap()
}

/// What the database holds when everything is stored as the module says.
#[derive(Default)]
struct Stored {
    lines: Vec<Line>,
    gap: Option<Gap>,
}

impl Stored {
    fn store(&mut self, log: &mut Log) {
        if let Some(new) = log.take_new() {
            self.lines.extend(new.lines);
            if let Some(gap) = new.gap {
                self.lines.retain(|line| !(gap.from..gap.until).contains(&line.number));
            }
            self.gap = new.gap;
        }
    }

    fn numbers(&self) -> Vec<i64> {
        self.lines.iter().map(|line| line.number).collect()
    }
}

/// Room for `head` and `tail` lines of 39 bytes each.
fn room(head: usize, tail: usize) -> Limits {
    Limits { head: head * 40, tail: tail * 40, line: 80 }
}

fn push(log: &mut Log, count: i64) {
    for _ in 0..count {
        log.push(at(log.next), Stream::Out, "x".repeat(39));
    }
}

#[test]
fn a_short_log_is_kept_whole_and_told_once() {
    let mut log = Log::new(Limits::default());
    assert_eq!(log.take_new(), None);
    log.push(at(1), Stream::Out, "one".to_owned());
    log.push(at(2), Stream::Err, "two".to_owned());
    let new = log.take_new().unwrap();
    assert_eq!(new.gap, None);
    assert_eq!(
        new.lines,
        [
            Line { number: 0, at: at(1), stream: Stream::Out, text: "one".to_owned() },
            Line { number: 1, at: at(2), stream: Stream::Err, text: "two".to_owned() },
        ]
    );
    assert_eq!(log.take_new(), None);
}

#[test]
fn the_beginning_and_the_end_stay() {
    let mut log = Log::new(room(2, 3));
    let mut stored = Stored::default();
    push(&mut log, 5);
    stored.store(&mut log);
    assert_eq!((stored.numbers(), stored.gap), (vec![0, 1, 2, 3, 4], None));
    push(&mut log, 1);
    stored.store(&mut log);
    assert_eq!((stored.numbers(), stored.gap), (vec![0, 1, 3, 4, 5], Some(Gap { from: 2, until: 3, bytes: 40 })));
    push(&mut log, 100);
    stored.store(&mut log);
    assert_eq!(stored.numbers(), [0, 1, 103, 104, 105]);
    assert_eq!(stored.gap, Some(Gap { from: 2, until: 103, bytes: 101 * 40 }));
}

#[test]
fn a_line_that_does_not_fit_ends_the_head_for_good() {
    let mut log = Log::new(Limits { head: 100, tail: 100, line: 80 });
    for text in ["a".repeat(60), "b".repeat(60), "c".to_owned(), "d".repeat(90)] {
        log.push(at(0), Stream::Out, text);
    }
    let new = log.take_new().unwrap();
    assert_eq!(new.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [0, 3]);
    // The short line was not put into the head, where it would have fitted.
    assert_eq!(new.gap, Some(Gap { from: 1, until: 3, bytes: 61 + 2 }));
}

#[test]
fn the_last_line_is_there_however_long_it_is() {
    let mut log = Log::new(Limits { head: 0, tail: 0, line: 80 });
    push(&mut log, 3);
    let new = log.take_new().unwrap();
    assert_eq!(new.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2]);
    assert_eq!(new.gap.map(Gap::lines), Some(2));
}

#[test]
fn a_gigabyte_costs_as_much_as_the_limits_say() {
    let mut log = Log::new(Limits::default());
    let mut told = 0;
    for round in 0..100 {
        // Empty lines cost the most besides their text.
        for _ in 0..1000 {
            log.push(at(round), Stream::Out, String::new());
        }
        assert!(log.tail.len() <= 192 * 1024 / LEAST && log.tail.capacity() <= 16 * 1024);
        told += log.take_new().unwrap().lines.len();
    }
    assert_eq!(told, 100_000);
    for _ in 0..100 {
        log.push(at(100), Stream::Out, "x".repeat(8 * 1024));
    }
    let kept: usize = log.tail.iter().map(|line| line.text.capacity()).sum();
    assert!(kept <= 192 * 1024, "{kept}");
    assert!(log.take_new().unwrap().lines.len() <= 23);
}

proptest! {
    #[test]
    fn head_tail_and_gap_add_up_however_it_is_taken(
        lengths in prop::collection::vec(0..90_usize, 0..120),
        head in 0..400_usize,
        tail in 0..400_usize,
        take_after in prop::collection::vec(any::<bool>(), 120),
    ) {
        let mut log = Log::new(Limits { head, tail, line: 80 });
        let mut stored = Stored::default();
        for (length, take) in lengths.iter().zip(take_after) {
            log.push(at(0), Stream::Out, "x".repeat(*length));
            if take {
                stored.store(&mut log);
            }
        }
        stored.store(&mut log);

        let charge = |lengths: &[usize]| lengths.iter().map(|length| (length + 1).max(LEAST)).sum::<usize>();
        let beginning = (0..=lengths.len()).rev().find(|count| charge(&lengths[..*count]) <= head).unwrap();
        let rest = &lengths[beginning..];
        let end = (0..=rest.len()).rev().find(|count| charge(&rest[rest.len() - count..]) <= tail).unwrap();
        let end = end.max(1).min(rest.len());
        let missing = beginning..lengths.len() - end;

        let expected: Vec<i64> = (0..lengths.len()).filter(|number| !missing.contains(number)).map(|number| i64::try_from(number).unwrap()).collect();
        prop_assert_eq!(stored.numbers(), expected);
        let dropped: usize = lengths[missing.clone()].iter().map(|length| length + 1).sum();
        let gap = (!missing.is_empty()).then(|| Gap {
            from: i64::try_from(missing.start).unwrap(),
            until: i64::try_from(missing.end).unwrap(),
            bytes: i64::try_from(dropped).unwrap(),
        });
        prop_assert_eq!(stored.gap, gap);
        let kept: usize = stored.lines.iter().map(|line| line.text.len() + 1).sum();
        prop_assert_eq!(kept + dropped, lengths.iter().map(|length| length + 1).sum::<usize>());
    }
}
