//! This process, in the six numbers that dashboards of all programs show, from `proc_pid_stat(5)`.

use super::families::{CPU, MOST_FILES, OPEN_FILES, RESIDENT, STARTED, VIRTUAL, write_one};
use prometheus_client::encoding::DescriptorEncoder;
use rustix::{
    param::{clock_ticks_per_second, page_size},
    process::{Resource, getrlimit},
};
use std::{fmt, fs};

/// Writes what this system tells of the process; without `/proc`, nothing.
pub(super) fn encode(encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    if let Some(stat) = Stat::own() {
        write_one(encoder, &CPU, stat.cpu)?;
        write_one(encoder, &VIRTUAL, stat.virtual_bytes)?;
        write_one(encoder, &RESIDENT, stat.resident_bytes)?;
        if let Some(booted) = booted() {
            write_one(encoder, &STARTED, booted + stat.started)?;
        }
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        // One of them is this folder.
        write_one(encoder, &OPEN_FILES, i64::try_from(open.count()).unwrap_or_default() - 1)?;
    }
    match getrlimit(Resource::Nofile).current {
        Some(most) => write_one(encoder, &MOST_FILES, i64::try_from(most).unwrap_or(i64::MAX)),
        None => Ok(()),
    }
}

struct Stat {
    /// In seconds, and since the system was booted.
    cpu: f64,
    started: f64,
    virtual_bytes: i64,
    resident_bytes: i64,
}

impl Stat {
    fn own() -> Option<Self> {
        Self::parse(&fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// The second field is the name of the program in parentheses, and no field after it contains one.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        // They are numbered from one, and the third is the first of these.
        let field = |number: usize| fields.get(number - 3)?.parse::<i64>().ok();
        #[expect(clippy::cast_precision_loss, reason = "exact for the first hundred thousand years")]
        let seconds = |ticks: i64| ticks as f64 / clock_ticks_per_second() as f64;
        Some(Self {
            cpu: seconds(field(14)? + field(15)?),
            started: seconds(field(22)?),
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * i64::try_from(page_size()).ok()?,
        })
    }
}

/// When the system was booted, in Unix seconds.
fn booted() -> Option<f64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_does_not_move_the_fields() {
        let text =
            "7 (a) S 1) R 1 7 7 0 -1 4194560 5 0 0 0 300 200 0 0 20 0 9 0 4000 8192000 25 18446744073709551615 1";
        let stat = Stat::parse(text).unwrap();
        #[expect(clippy::cast_precision_loss, reason = "a hundred")]
        let tick = 1.0 / clock_ticks_per_second() as f64;
        assert!((stat.cpu - 500.0 * tick).abs() < 1e-9 && (stat.started - 4000.0 * tick).abs() < 1e-9);
        assert_eq!(stat.virtual_bytes, 8_192_000);
        assert_eq!(stat.resident_bytes, 25 * i64::try_from(page_size()).unwrap());
    }

    #[test]
    fn this_process_started_in_this_century() {
        let stat = Stat::own().unwrap();
        assert!(booted().unwrap() + stat.started > 1_000_000_000.0);
        assert!(stat.resident_bytes > 1_000_000 && stat.virtual_bytes >= stat.resident_bytes);
    }
}
