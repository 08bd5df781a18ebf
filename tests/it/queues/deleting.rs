//! Records that the broker deleted before they were read.

use super::support::{TOPIC, is_read, reader, report, rid, started};
use crate::kit::{Broker, World, assert_sound, on_both, wait_until};
use krafka::{
    error::ErrorCode,
    testing::{ApiKey, Control},
};

/// Deletes what lies before an offset, as the retention of a topic does.
fn delete(broker: &Broker, partition: i64, before: i64) {
    broker.fake.with_state(|state| {
        let partition = state.partition_mut(TOPIC, i32::try_from(partition).unwrap()).unwrap();
        // A batch begins with the offset of its first record, and each record here is a batch.
        partition.log.retain(|batch| i64::from_be_bytes(batch[..8].try_into().unwrap()) >= before);
        partition.log_start_offset = before;
    });
}

fn write(broker: &Broker, numbers: std::ops::RangeInclusive<usize>) {
    for n in numbers {
        broker.write(TOPIC, "sync", &report("success", &rid(n), ""));
    }
}

fn succeeded(world: &World) -> i64 {
    world.number("select count(*) from batch_runs where state = 'succeeded'")
}

fn deleted(world: &World) -> Vec<Option<String>> {
    world.rows("select body from queue_rejects where why = 'deleted' order by id").concat()
}

on_both! {
    fn what_was_deleted_while_no_console_read_is_named_and_the_rest_is_read(world) {
        let broker = started();
        let mut reads = reader(world, &broker);
        write(&broker, 0..=1);
        wait_until(|| is_read(world, &broker));
        let partition = world.number("select partition from queue_offsets where next_offset = 2");
        reads.stop();
        write(&broker, 2..=6);
        delete(&broker, partition, 5);
        let reads = reader(world, &broker);
        wait_until(|| is_read(world, &broker));
        assert_eq!((succeeded(world), deleted(world)), (4, vec![Some("2 … 4".to_owned())]));
        let rejects = world.signed_in("jun").get("/queues").says("section[aria-labelledby='rejects-title'] tbody");
        assert!(rejects.contains("Deleted before it was read") && rejects.contains("2 … 4"), "{rejects}");
        assert!(rejects.contains(&format!("partition {partition}, offset 4")), "{rejects}");
        assert_eq!(world.number("select count(*) from alerts where kind = 'queue.stuck'"), 0);
        drop(reads);
        assert_sound(world);
    }

    fn what_was_deleted_under_a_console_that_reads_is_named_too(world) {
        let broker = started();
        let reads = reader(world, &broker);
        write(&broker, 0..=1);
        wait_until(|| is_read(world, &broker));
        let partition = world.number("select partition from queue_offsets where next_offset = 2");
        // As a broker answers that has no such place any more. What is asked already would still bring what is written.
        broker.fake.on(ApiKey::Fetch, |_| Control::Error(ErrorCode::OffsetOutOfRange));
        let fails = format!("select count(*) from queue_offsets where partition = {partition} and error is not null");
        wait_until(|| world.number(&fails) == 1);
        write(&broker, 2..=6);
        delete(&broker, partition, 4);
        wait_until(|| deleted(world) == [Some("2 … 3".to_owned())]);
        broker.fake.clear_hooks();
        wait_until(|| is_read(world, &broker));
        assert_eq!((succeeded(world), deleted(world).len()), (5, 1));
        drop(reads);
    }
}
