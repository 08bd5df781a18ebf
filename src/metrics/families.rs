//! The names of what is measured besides requests: one line each, which docs/metrics.md explains.

use prometheus_client::{
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
};
use std::fmt;

/// A family of series. The text is one plain line: the encoder of OpenMetrics writes it as it is.
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) kind: MetricType,
    pub(super) help: &'static str,
}

macro_rules! families {
    ($($name:ident $kind:ident $text:literal $help:literal;)*) => {
        $(pub(super) const $name: Family = Family { name: $text, kind: MetricType::$kind, help: $help };)*
    };
}

// A counter is named without `_total`, which the encoder adds.
families! {
    BUILD Gauge "ingam_build_info" "The version, environment and database of this process; always 1";
    REACHABLE Gauge "ingam_database_reachable" "Whether the database gave the figures below in time: where it did not, they are left out";
    POOL_OPEN Gauge "ingam_database_pool_connections" "Open connections of this process";
    POOL_IDLE Gauge "ingam_database_pool_idle_connections" "Open connections that nothing uses now";
    POOL_MOST Gauge "ingam_database_pool_max_connections" "As many connections as may be open";

    CHANGES Counter "ingam_changes" "Rows of the audit log, by kind of change and outcome";
    SESSIONS Gauge "ingam_active_sessions" "People who are signed in, once for each browser";
    ORDERS Gauge "ingam_pending_orders" "Orders that are paid and neither shipped nor cancelled";
    OUTBOX_OLDEST Gauge "ingam_outbox_oldest_seconds" "Age of the oldest event that waits to be delivered; 0 where none waits";
    OUTBOX_WAITING Gauge "ingam_outbox_waiting" "Events that wait to be delivered";
    SHIPMENTS_WAITING Gauge "ingam_shipments_waiting" "Checkpoints that wait for a target, once for each target";
    SHIPMENTS_OLDEST Gauge "ingam_shipments_oldest_seconds" "For how long the oldest of them has waited; 0 where none waits";
    CHANNEL_FAILS Gauge "ingam_channel_failing" "Whether a channel takes no messages";
    MESSAGES_WAITING Gauge "ingam_messages_waiting" "Messages that wait for a channel";
    MESSAGES_OLDEST Gauge "ingam_messages_oldest_seconds" "Age of the oldest message that waits for a channel; 0 where none waits";
    SILENCES Gauge "ingam_active_silences" "Silences in force, by what they silence";
    CALLS Counter "ingam_escalation_calls" "Steps of escalations, by outcome, and alerts that came back because they were left alone";
    UNREACHED Gauge "ingam_unreached_alerts" "Open alerts about which no person was reached";
    ALERTS Gauge "ingam_open_alerts" "Alerts that are open, by kind";

    JOB Gauge "ingam_batch_info" "The title and owner of a job; always 1";
    RUNS Counter "ingam_batch_runs" "Runs that have ended, by job and by how they ended";
    RUN_SECONDS Counter "ingam_batch_run_seconds" "What runs that succeeded took together";
    UNRESOLVED Gauge "ingam_batch_unresolved_failures" "Runs that failed, timed out or were lost, and wait for a person";
    RUNNING Gauge "ingam_batch_running" "Runs under way";
    QUEUED Gauge "ingam_batch_queued" "Runs that wait for their turn";
    LOST Gauge "ingam_batch_lost" "Runs whose outcome is unknown until a person states it";
    LAST_SUCCESS Gauge "ingam_batch_last_success_timestamp_seconds" "When the newest successful run ended; left out where there is none";
    LAST_FAILURE Gauge "ingam_batch_last_failure_timestamp_seconds" "When the newest run that failed or timed out ended; left out where there is none";
    LAST_DURATION Gauge "ingam_batch_last_duration_seconds" "How long the newest successful run took";
    LAST_PROCESSED Gauge "ingam_batch_last_processed" "What the newest successful run processed; left out where it did not say";
    LAPSES Gauge "ingam_batch_open_lapses" "How often something did not happen to a job since it was last settled";

    CPU Counter "process_cpu_seconds" "Time that this process has spent on processors";
    OPEN_FILES Gauge "process_open_fds" "Files that this process has open";
    MOST_FILES Gauge "process_max_fds" "As many files as it may have open";
    VIRTUAL Gauge "process_virtual_memory_bytes" "Address space of this process";
    RESIDENT Gauge "process_resident_memory_bytes" "Memory that this process really has";
    STARTED Gauge "process_start_time_seconds" "When this process started";
}

/// A number of either kind. It is never infinite: one of the encoders would write it wrongly.
#[derive(Clone, Copy)]
pub(super) enum Value {
    Whole(i64),
    Real(f64),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Whole(value)
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Whole(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Whole(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

/// Writes a family with its series, or nothing where it has none.
pub(super) fn write<'l, const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    family: &Family,
    series: impl IntoIterator<Item = ([(&'static str, &'l str); N], impl Into<Value>)>,
) -> fmt::Result {
    let mut series = series.into_iter().peekable();
    if series.peek().is_none() {
        return Ok(());
    }
    let mut written = encoder.encode_descriptor(family.name, family.help, None, family.kind)?;
    for (labels, value) in series {
        let mut one = written.encode_family(&labels)?;
        match (family.kind, value.into()) {
            (MetricType::Counter, Value::Whole(value)) => {
                one.encode_counter::<NoLabelSet, _, u64>(&u64::try_from(value).unwrap_or_default(), None)
            }
            (MetricType::Counter, Value::Real(value)) => one.encode_counter::<NoLabelSet, _, u64>(&value, None),
            (_, Value::Whole(value)) => one.encode_gauge(&value),
            (_, Value::Real(value)) => one.encode_gauge(&value),
        }?;
    }
    Ok(())
}

/// The same for a family of one series.
pub(super) fn write_one(encoder: &mut DescriptorEncoder<'_>, family: &Family, value: impl Into<Value>) -> fmt::Result {
    write(encoder, family, [([], value)])
}
