//! What receivers are told, and in which form.

use super::support::{ALL, alert, alerting, fail, resolve_run};
use crate::kit::{SINK_SECRET, Sink, is_signed, on_both, wait_for, wait_until};
use std::time::Duration;

on_both! {
    fn slack_pagerduty_and_a_signed_webhook_are_told_in_their_own_forms(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        let slack = wait_for(|| sink.bodies("slack").pop());
        let head = slack["blocks"][0]["text"]["text"].as_str().unwrap();
        assert_eq!(head, "🔴 [LOCAL] Run failed: Job bad");
        assert_eq!(slack["text"], "[LOCAL] Run failed: Job bad");
        let fields = slack["blocks"][1]["fields"].to_string();
        assert!(fields.contains(&format!("*Run*\\n#{run}")) && fields.contains("*Exit code*\\n3") && fields.contains("KST"), "{slack}");
        let links = slack["blocks"][2]["elements"][0]["text"].as_str().unwrap();
        assert!(links.contains(&format!("/alerts/{alert}|Open in Ingam>")) && links.contains(&format!("/runs/{run}|Run>")), "{links}");
        assert!(links.contains("<https://wiki.example.com/bad|Runbook>"), "{links}");

        let page = wait_for(|| sink.bodies("pagerduty").pop());
        assert_eq!(page["routing_key"], "R0UT1NGK3Y");
        assert_eq!((page["event_action"].as_str(), page["dedup_key"].as_str()), (Some("trigger"), Some("ingam:local:runs.failed:bad")));
        assert_eq!((page["payload"]["severity"].as_str(), page["payload"]["summary"].as_str()), (Some("critical"), Some("[LOCAL] Run failed: Job bad")));
        assert_eq!(page["payload"]["custom_details"]["Exit code"], "3");

        let hook = wait_for(|| sink.sent("hook").pop());
        assert!(is_signed(&hook.headers, &hook.raw, SINK_SECRET), "{hook:?}");
        assert!(hook.headers["webhook-id"].starts_with("msg_local_"), "{hook:?}");
        assert_eq!(hook.body["type"], "alert.opened");
        assert_eq!(hook.body["data"]["text"], "[LOCAL] 배치 실행 실패: Job bad");
        assert_eq!((&hook.body["data"]["facts"]["run"], &hook.body["data"]["facts"]["exit_code"]), (&run.into(), &3.into()));

        // Who looks at it and that it is over are told those who know of it, under the same key.
        jun.get(&format!("/alerts/{alert}")).form_to("/acknowledgement").submit();
        wait_until(|| ["pagerduty", "slack", "hook"].iter().all(|path| sink.sent(path).len() == 2));
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| sink.sent("pagerduty").len() == 3 && sink.sent("slack").len() == 3 && sink.sent("hook").len() == 3);
        let actions: Vec<_> = sink.bodies("pagerduty").iter().map(|body| body["event_action"].as_str().unwrap().to_owned()).collect();
        assert_eq!(actions, ["trigger", "acknowledge", "resolve"]);
        assert!(sink.bodies("pagerduty").iter().all(|body| body["dedup_key"] == "ingam:local:runs.failed:bad"));
        let heads: Vec<_> = sink.bodies("slack").iter().map(|body| body["text"].as_str().unwrap().to_owned()).collect();
        assert_eq!(heads, ["[LOCAL] Run failed: Job bad", "[LOCAL] Jun Park is looking at it: Run failed: Job bad", "[LOCAL] Over: Run failed: Job bad"]);
    }

    fn a_further_failure_is_told_at_most_every_five_minutes_with_the_count(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]");
        let jun = world.signed_in("jun");
        for _ in 0..3 {
            fail(&world, &jun);
        }
        wait_until(|| sink.sent("hook").len() == 1);
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!(sink.sent("hook").len(), 1, "what happened within five minutes waits");
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| sink.sent("hook").len() == 2);
        let again = &sink.bodies("hook")[1];
        assert_eq!((again["type"].as_str(), again["data"]["count"].as_i64()), (Some("alert.again"), Some(3)));
        assert_eq!(again["data"]["text"], "[LOCAL] 계속: 배치 실행 실패: Job bad (3회)");
    }

    fn routes_decide_by_kind_and_job(world) {
        let sink = Sink::start();
        let routes = "[[route]]\nkinds = [\"runs.failed\"]\njobs = [\"go*\"]\nto = [\"page\"]\n[[route]]\nkinds = [\"*\"]\nto = [\"ops\"]";
        let world = alerting(world.engine, &sink, routes);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.sent("slack").len() == 1);
        assert_eq!(world.number("select count(*) from deliveries where channel <> 'ops'"), 0);
    }

    fn a_job_with_a_title_that_means_something_to_a_receiver_is_shown_as_it_is(world) {
        let sink = Sink::start();
        let world = crate::kit::World::start_with(world.engine, |config| {
            sink.serve_for(config, ALL);
            let job = crate::batches::support::script("bad", "exit 3", "").replace("Job bad", "<!channel> & *정산*  실패 <https://evil.example|x>");
            crate::batches::support::declare(config, &job);
        });
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        let slack = wait_for(|| sink.bodies("slack").pop());
        assert_eq!(slack["text"], "[LOCAL] Run failed: &lt;!channel&gt; &amp; *정산* 실패 &lt;https://evil.example|x&gt;");
        // A header is plain text, in which nothing is read.
        assert_eq!(slack["blocks"][0]["text"]["type"], "plain_text");
    }
}
