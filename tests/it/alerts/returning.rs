//! A channel that is declared no more, and comes back.

use super::support::{ALL, alert, fail, resolve_run};
use crate::{
    batches::support::{declare, script},
    kit::{Says, Sink, World, on_both, wait_until},
};
use ingam::{
    config::{Config, Declared, DeclaredChannels},
    profile::Profile,
};
use std::time::Duration;

/// Every alert goes to the channels that are left.
const REST: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"page\", \"hook\"]";

/// The channels but the first, `ops`.
fn without_ops(sink: &Sink, config: &mut Config) {
    let all = sink.channels(REST);
    let rest = &all[all.find("[[channel]]\nname = \"page\"").unwrap()..];
    let declared: DeclaredChannels = toml::from_str(rest).unwrap();
    config.channels = declared.channels(&Declared::default(), Profile::Local, true).unwrap();
}

fn texts(sink: &Sink) -> Vec<String> {
    sink.bodies("slack").iter().map(|body| body["text"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    fn what_was_dropped_with_its_channel_is_told_when_the_channel_is_back_and_the_alert_is_open(world) {
        let sink = Sink::start();
        let world = World::start_with(world.engine, |config| {
            without_ops(&sink, config);
            declare(config, &script("bad", "exit 3", ""));
        });
        // It has said which channels it has, before another one says that there is one more.
        wait_until(|| world.number("select count(*) from channels") == 2);
        sink.set("slack", Says::Status(503, "busy"));
        let mut with_ops = world.another(|config| sink.serve_for(config, ALL)).unwrap();
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        wait_until(|| world.number("select count(*) from deliveries where channel = 'ops' and attempts > 0 and error = 'HTTP 503: busy'") == 1);
        jun.get(&format!("/alerts/{}", alert(&world, "runs.failed"))).form_to("/acknowledgement").submit();
        wait_until(|| world.number("select count(*) from deliveries where channel = 'ops' and state = 'waiting'") == 2);
        with_ops.stop();
        let first = sink.sent("slack")[0].clone();
        let mut without = world.another(|config| without_ops(&sink, config)).unwrap();
        let dropped = "select count(*) from deliveries where channel = 'ops' and state = 'dropped' and error = 'channel-gone'";
        wait_until(|| world.number(dropped) == 2);
        without.stop();
        let page = jun.get("/deliveries?show=dropped");
        assert!(page.text().contains("its channel is not declared any more"), "{page}");
        let told_before = sink.sent("slack").len();
        sink.set("slack", Says::Ok);
        let mut with_ops = world.another(|config| sink.serve_for(config, ALL)).unwrap();
        wait_until(|| sink.sent("slack").len() == told_before + 2);
        assert_eq!(texts(&sink)[told_before..], ["[LOCAL] Run failed: Job bad", "[LOCAL] Jun Park is looking at it: Run failed: Job bad"]);
        assert_eq!(first.body["text"], "[LOCAL] Run failed: Job bad");
        wait_until(|| world.number("select count(*) from deliveries where channel = 'ops' and state = 'told'") == 2);
        wait_until(|| sink.sent("hook").len() >= 2);
        std::thread::sleep(Duration::from_millis(1300));
        assert_eq!(sink.sent("slack").len(), told_before + 2, "it is told once");
        assert_eq!(sink.sent("hook").len(), 2, "the others knew");

        // One that is over when the channel comes back is told no more.
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| sink.sent("slack").len() == told_before + 3);
        sink.set("slack", Says::Status(503, "busy"));
        let run = fail(&world, &jun);
        wait_until(|| world.number("select count(*) from deliveries where channel = 'ops' and state = 'waiting' and attempts > 0 and claimed_until is null") == 1);
        with_ops.stop();
        let mut without = world.another(|config| without_ops(&sink, config)).unwrap();
        wait_until(|| world.number(dropped) == 1);
        without.stop();
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| world.number("select count(*) from alerts where kind = 'runs.failed' and resolved_at is null") == 0);
        sink.set("slack", Says::Ok);
        let before = sink.sent("slack").len();
        let with_ops = world.another(|config| sink.serve_for(config, ALL)).unwrap();
        wait_until(|| sink.sent("slack").len() > before);
        std::thread::sleep(Duration::from_millis(1300));
        // Its opening may have arrived without an answer, so that it is over is told.
        assert_eq!(texts(&sink)[before..], ["[LOCAL] Over: Run failed: Job bad"]);
        drop(with_ops);
    }
}
