#!/usr/bin/env bash
# croner takes a list of hours for an interval where clocks change: the run in the gap is left out, and the one that comes twice runs twice.
#
# Expected: its README says that jobs with specific numerical values for minutes and hours are fixed-time jobs, which run at the first
# valid moment after a gap and once where a time comes twice, and that jobs with * or */N are interval jobs. `0 2,14 * * *` and
# `0,30 1 * * *` hold nothing but numbers.
# Seen: only a field of one single value counts as fixed. In New York, on 2026-03-08 (02:00 to 03:00 does not exist), `0 2 * * *` runs at
# 03:00, and `0 2,14 * * *` at 14:00 only; on 2026-11-01 (01:00 to 02:00 comes twice), `30 1 * * *` runs once, and `0,30 1 * * *` four
# times. Neither call returns an error, so a nightly job that is also run in the afternoon has no night in March.
#
# Versions: croner 4.0.3, chrono 0.4.42, chrono-tz 0.10.4 (crates.io). Seen on 2026-11-29.
# Source: https://docs.rs/croner/4.0.3, "Daylight Saving Time (DST) Handling".
set -euo pipefail

work=$(mktemp -d /tmp/finding-XXXXXX)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2021"

[dependencies]
croner = "=4.0.3"
chrono = "=0.4.42"
chrono-tz = "=0.10.4"

[workspace]
TOML
cat >"$work/src/main.rs" <<'RUST'
use chrono::{NaiveDate, TimeZone};
use croner::{Cron, Direction};
use std::str::FromStr;

fn main() {
    let days = [((2026, 3, 8), ["0 2 * * *", "0 2,14 * * *"]), ((2026, 11, 1), ["30 1 * * *", "0,30 1 * * *"])];
    for ((year, month, day), patterns) in days {
        let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        let midnight = chrono_tz::America::New_York.from_local_datetime(&date.and_hms_opt(0, 0, 0).unwrap()).unwrap();
        for pattern in patterns {
            let runs = Cron::from_str(pattern).unwrap().iter_from(midnight, Direction::Forward);
            let runs: Vec<String> =
                runs.take_while(|at| at.date_naive() == date).map(|at| at.format("%H:%M%z").to_string()).collect();
            println!("{date} {pattern}: {}", runs.join(" "));
        }
    }
}
RUST
seen=$(cd "$work" && cargo run --quiet)
echo "$seen"
[ "$seen" = "2026-03-08 0 2 * * *: 03:00-0400
2026-03-08 0 2,14 * * *: 14:00-0400
2026-11-01 30 1 * * *: 01:30-0400
2026-11-01 0,30 1 * * *: 01:00-0400 01:30-0400 01:00-0500 01:30-0500" ]
