//! Signs of life for a service outside, which stop where the console hangs.

use super::support::fail;
use crate::{
    batches::support::{declare, script},
    kit::{Says, Sink, World, on_both, wait_until},
};
use std::{thread::sleep, time::Duration};

const CONFIG: &str = "[[heartbeat]]\nname = \"outside\"\nurl = \"$SINK/beat\"\nenvironments = [\"local\"]\n\
    [[route]]\nkinds = [\"*\"]\nto = [\"hook\"]";

on_both! {
    fn signs_of_life_stop_while_a_lane_hangs_and_come_back(world) {
        let sink = Sink::start();
        let world = World::start_with(world.engine, |config| {
            sink.serve_for(config, CONFIG);
            let times = (Duration::from_millis(200), Duration::from_secs(3));
            config.heartbeats = config.heartbeats.drain(..).map(|beat| beat.with_times(times.0, times.1)).collect();
            declare(config, &script("bad", "exit 3", ""));
        });
        wait_until(|| sink.sent("beat").len() > 2);
        sink.set("hook", Says::Hang);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 1);
        // The lane is given up after ten seconds; the signs stop after three.
        let mut silent = 0;
        wait_until(|| {
            let before = sink.sent("beat").len();
            sleep(Duration::from_millis(700));
            silent = if sink.sent("beat").len() == before { silent + 1 } else { 0 };
            silent == 2
        });
        let before = sink.sent("beat").len();
        sink.set("hook", Says::Ok);
        wait_until(|| sink.sent("beat").len() > before + 2);
    }
}
