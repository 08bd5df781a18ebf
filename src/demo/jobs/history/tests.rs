use super::*;
use crate::demo::jobs::jobs;

fn all() -> Vec<(String, Vec<Past>)> {
    let now = Instant::parse("2026-11-20T03:14:15.000000Z").unwrap();
    let shop = Shop { customers: 2_000, orders_a_day: 120 };
    jobs("/ingam", "/data").into_iter().map(|job| (job.name.clone(), history(&job, shop, now))).collect()
}

#[test]
fn a_month_ends_before_now_and_has_what_is_promised() {
    let now = Instant::parse("2026-11-20T03:14:15.000000Z").unwrap();
    for (job, runs) in all() {
        let expected = if job == "search-reindex" { 71..=72 } else { 29..=30 };
        assert!(expected.contains(&runs.len()), "{job}: {}", runs.len());
        assert!(runs.is_sorted_by_key(|run| run.started), "{job}");
        assert!(
            runs.iter().all(|run| run.ended < now && run.resolved_at.is_none_or(|at| at >= run.ended && at <= now))
        );
        let failed = runs.iter().filter(|run| run.state == State::Failed).count();
        assert!((2..=6).contains(&failed), "{job}: {failed}");
        for run in &runs {
            assert_eq!(run.state == State::Failed, run.exit_code == 1);
            assert_eq!(run.log.is_empty(), run.state == State::Succeeded && !run.is_low, "{job} {run:?}");
            assert!(run.log.iter().all(|(at, _)| *at >= run.started && *at <= run.ended));
        }
        let unusual = runs.iter().filter(|run| run.is_slow || run.is_low).count();
        assert_eq!(unusual, usize::from(matches!(job.as_str(), "point-expiry" | "search-reindex")), "{job}");
        assert!(runs[10].normal.duration.is_some(), "{job}");
    }
}

#[test]
fn two_wait_to_be_acknowledged() {
    let waits = |run: &&Past| run.resolved_at.is_none() && (run.state == State::Failed || run.is_low || run.is_slow);
    for (job, runs) in all() {
        let open: Vec<&Past> = runs.iter().filter(waits).collect();
        match (job.as_str(), open.as_slice()) {
            ("coupon-issue", [one]) => {
                assert_eq!((one.state, one.params["campaign"].as_str()), (State::Failed, "autumn-2026"));
                assert!(one.log.last().unwrap().1.contains("winter-2026"));
            }
            ("point-expiry", [one]) => {
                assert!(one.is_low && one.processed.unwrap() * 2 < one.normal.processed.unwrap());
            }
            (_, []) => {}
            _ => panic!("{job}: {open:?}"),
        }
        for run in open {
            assert_eq!(run.started, runs.last().unwrap().started, "{job}");
        }
    }
}
