//! Every run that ends is a point for those who keep measurements.

use super::support::fail;
use crate::{
    batches::support::{becomes, declare, run, script},
    kit::{Says, Sink, World, on_both, wait_for, wait_until},
};
use std::time::Duration;

const INFLUX: &str = "[[channel]]\nname = \"points\"\nkind = \"influxdb\"\nurl = \"$SINK/influx\"\ndatabase = \"app\"\nlogin = \"ingam:s3cret\"\n\
    [[route]]\nkinds = [\"*\"]\nto = [\"hook\"]";
const PATH: &str = "influx/write?db=app";

fn measured(world: &World, sink: &Sink) -> World {
    World::start_with(world.engine, |config| {
        sink.serve_for(config, INFLUX);
        declare(config, &[script("bad", "exit 3", ""), script("good", "true", "")].concat());
    })
}

fn lines(sink: &Sink) -> Vec<String> {
    let bodies = sink.sent(PATH).into_iter().map(|sent| String::from_utf8(sent.raw).unwrap());
    bodies.flat_map(|body| body.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

on_both! {
    fn a_run_that_ended_is_one_line_with_its_outcome_and_time(world) {
        let sink = Sink::start();
        let world = measured(world, &sink);
        let jun = world.signed_in("jun");
        let bad = fail(&world, &jun);
        let good = run(&world, &jun, "jun", "good");
        becomes(&world, good, "succeeded");
        wait_until(|| lines(&sink).len() == 2);
        let lines = lines(&sink);
        assert!(lines[0].starts_with(&format!("batch_run,environment=local,job_name=bad,outcome=failed run={bad}i,duration_ms=")), "{lines:?}");
        assert!(lines[0].contains(",exit_code=3i,attempt=1i "), "{lines:?}");
        assert!(lines[1].starts_with(&format!("batch_run,environment=local,job_name=good,outcome=succeeded run={good}i")), "{lines:?}");
        // Nanoseconds that end in the number of the run.
        let times: Vec<i64> = lines.iter().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(times.iter().map(|time| time % 1_000_000).collect::<Vec<_>>(), [bad, good]);
        let sent = sink.sent(PATH).remove(0);
        assert_eq!(sent.headers["authorization"], "Basic aW5nYW06czNjcmV0");
        // It is told of no alerts, and the pages and logs hold no login.
        assert_eq!(world.number("select count(*) from deliveries where channel = 'points' and what <> 'point'"), 0);
        let page = jun.get("/deliveries");
        assert!(page.text().contains("InfluxDB") && !page.text().contains("s3cret"), "{page}");
    }

    fn a_point_that_is_refused_stops_no_other(world) {
        let sink = Sink::start();
        sink.set(PATH, Says::Status(503, ""));
        let world = measured(world, &sink);
        let jun = world.signed_in("jun");
        for _ in 0..3 {
            let id = run(&world, &jun, "jun", "good");
            becomes(&world, id, "succeeded");
        }
        wait_until(|| world.number("select count(*) from deliveries where channel = 'points' and attempts > 0 and claimed_until is null") == 3);
        let before = sink.sent(PATH).len();
        // InfluxDB says this of a whole call of which it may have taken some.
        sink.set(PATH, Says::Status(400, "partial write: field type conflict dropped=1"));
        world.clock.advance(Duration::from_mins(30));
        wait_until(|| world.number("select count(*) from deliveries where channel = 'points' and state = 'failed'") == 3);
        let calls: Vec<usize> = sink.sent(PATH)[before..].iter().map(|sent| String::from_utf8(sent.raw.clone()).unwrap().lines().count()).collect();
        assert!(calls.contains(&1), "each is sent by itself after they were refused together: {calls:?}");
        sink.set(PATH, Says::Ok);
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "good");
        becomes(&world, id, "succeeded");
        wait_for(|| lines(&sink).into_iter().find(|line| line.contains(&format!("run={id}i"))));
    }

    fn a_test_is_a_line_too(world) {
        let sink = Sink::start();
        let world = measured(world, &sink);
        let jun = world.signed_in("jun");
        wait_until(|| world.number("select count(*) from channels") == 4);
        let form = jun.get("/deliveries?panel=test-points").form_to("/tests").set("reason", "Does it write?");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        let line = wait_for(|| lines(&sink).pop());
        assert!(line.starts_with("ingam_test,environment=local,channel=points value=1i "), "{line}");
    }
}
