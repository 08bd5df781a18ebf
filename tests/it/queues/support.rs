//! What the tests of topics that are read have in common.

use crate::{
    batches::support::declare,
    kit::{Broker, Engine, Server, World, wait_until},
};
use ingam::{
    config::{Config, Declared, DeclaredChannels},
    notify::Channels,
    profile::Profile,
};
pub(crate) const EVENTS: &str = "dev-ingam.events";
pub(crate) const TOPIC: &str = "dev-shop.batch-reports";
pub(crate) const RID: &str = "0b5e8a9c-1111-4222-8333-444455556666";

pub(crate) fn job(name: &str) -> String {
    format!(
        "[[job]]\nname = \"{name}\"\ntitle = \"Job {name}\"\nowner = \"warehouse\"\nexternal = true\ntimeout_seconds = 600\n"
    )
}

/// A console that reads the topic, in which `sync` may be reported and `other` may not.
pub(crate) fn read_by(broker: &Broker, config: &mut Config) {
    read_over(&broker.channel(EVENTS), config);
}

/// A console that reads, beside that of the world, which has said by then that it reads no topic.
pub(crate) fn reader(world: &World, broker: &Broker) -> Server {
    has_declared(world);
    world.another(|config| read_by(broker, config)).unwrap()
}

/// Waits until the console of the world has said what it reads, which it does before it judges for the first time what is wrong.
fn has_declared(world: &World) {
    let judged = || world.number("select count(*) from alerts where kind = 'received.firing'") == 1;
    if judged() {
        return;
    }
    let (now, no) = (world.clock.now(), if world.engine == Engine::Postgres { "false" } else { "0" });
    let columns =
        "subject, source, fingerprint, starts_at, title, severity, labels, first_at, heard_at, stale_at, is_suppressed";
    let row = format!(
        "('am:a1:x', 'am', 'a1', '{now}', 'HighLatency', 'warning', '{{}}', '{now}', '{now}', '2099-01-01T00:00:00.000000Z', {no})"
    );
    world.database().tamper(&format!("insert into received_alerts ({columns}) values {row}")).unwrap();
    wait_until(judged);
}

/// The same over a channel that was declared like this.
pub(crate) fn read_over(channel: &str, config: &mut Config) -> Channels {
    declare(config, &[job("sync"), job("other")].concat());
    let consume =
        format!("[[consume]]\nchannel = \"events\"\ntopic = \"{TOPIC}\"\nas = \"reports\"\njobs = [\"sync\"]\n");
    let declared: DeclaredChannels = toml::from_str(&(channel.to_owned() + &consume)).unwrap();
    let channels = declared.channels(&Declared::default(), Profile::Local, true).unwrap();
    config.consumers = declared.consumers(&channels, &config.batches.jobs, Profile::Local).unwrap();
    channels
}

pub(crate) fn reading(engine: Engine, broker: &Broker) -> World {
    World::start_with(engine, |config| read_by(broker, config))
}

pub(crate) fn started() -> Broker {
    Broker::start(&[EVENTS, TOPIC])
}

pub(crate) fn rid(n: usize) -> String {
    format!("0b5e8a9c-1111-4222-8333-{n:012}")
}

/// A report of `sync`, with more of it.
pub(crate) fn report(what: &str, rid: &str, more: &str) -> String {
    format!("{{\"job\":\"sync\",\"report\":\"{what}\",\"rid\":\"{rid}\"{more}}}")
}

/// Whether every partition has been read to its end.
pub(crate) fn is_read(world: &World, broker: &Broker) -> bool {
    let end: i64 = (0..3).map(|partition| broker.fake.next_offset(TOPIC, partition).unwrap()).sum();
    world.number("select coalesce(sum(next_offset), 0) from queue_offsets where partition >= 0") == end
}
