//! Who may read metrics, where, and in which form.

use super::support::{OPENMETRICS, Scrape, TEXT, TOKEN, ask, measured, open, working};
use crate::{
    batches::support::script,
    kit::{World, free_address, on_both},
};

const BEARER: &str = "Bearer 9f1c2e7ab04d5583c6e1f7a2900b4c6d";

on_both! {
    fn metrics_are_not_there_without_a_token_or_a_listener(world) {
        let page = ask(&world.browser(), Some(BEARER), None);
        assert_eq!(page.status, 404, "{page}");
        assert!(page.location().is_none());
    }

    fn only_the_token_opens_them_and_never_a_redirect(world) {
        let world = measured(world.engine);
        for shown in [None, Some(""), Some("Bearer"), Some("Bearer wrong"), Some("Basic YTpi"), Some(&BEARER[..BEARER.len() - 1])] {
            let page = ask(&world.browser(), shown, None);
            assert_eq!(page.status, 401, "{shown:?}: {page}");
            assert_eq!(page.header("www-authenticate"), Some("Bearer"));
            assert!(page.location().is_none() && page.header("set-cookie").is_none());
            assert!(!page.text().contains("ingam_"), "{page}");
        }
        // A person who is signed in is no scraper.
        assert_eq!(world.signed_in("owner").get("/metrics").status, 401);
        let page = ask(&world.browser(), Some(BEARER), None);
        assert_eq!(page.status, 200, "{page}");
        assert!(page.text().contains("ingam_build_info{version="), "{page}");
        assert!(!page.text().contains(TOKEN));
        assert_eq!(ask(&world.browser(), Some(&BEARER.replace("Bearer", "bearer")), None).status, 200);
    }

    fn a_listener_of_their_own_serves_them_and_nothing_else(world) {
        let address = free_address();
        let world = World::start_with(world.engine, |config| config.metrics.listen = Some(address));
        let there = world.browser().at(address);
        let page = ask(&there, None, None);
        assert_eq!(page.status, 200, "{page}");
        assert!(page.text().contains("ingam_database_reachable 1\n"), "{page}");
        for path in ["/", "/login", "/healthz", "/users/1", "/static/x/y", "/metrics/"] {
            let page = there.get(path);
            assert_eq!((page.status, page.text().as_str()), (404, "only /metrics is here\n"), "{path}");
        }
        assert_eq!(there.request("POST", "/metrics").send().status, 404);
        assert_eq!(there.request("HEAD", "/metrics").send().status, 200);
        assert_eq!(ask(&world.browser(), None, None).status, 404, "not where people's pages are");
    }

    fn with_a_token_both_listeners_ask_for_it(world) {
        let address = free_address();
        let world = World::start_with(world.engine, |config| {
            config.metrics.listen = Some(address);
            open(config);
        });
        for browser in [world.browser(), world.browser().at(address)] {
            assert_eq!(ask(&browser, None, None).status, 401);
            assert_eq!(ask(&browser, Some(BEARER), None).status, 200);
        }
    }

    fn the_form_is_the_one_that_the_reader_likes_best(world) {
        let world = working(world.engine, &script("dawn", "true", "").replace("Job dawn", "정산 \\\"야간\\\" \\\\ 1"));
        let prometheus = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let newer = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,/;q=0.1";
        let native = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5";
        for (accept, wanted) in [
            (None, TEXT),
            (Some("*/*"), TEXT),
            (Some("text/html"), TEXT),
            (Some("no such ; thing"), TEXT),
            (Some("text/plain"), TEXT),
            (Some("text/plain, application/openmetrics-text;q=0.5"), TEXT),
            (Some("application/openmetrics-text"), OPENMETRICS),
            (Some(prometheus), OPENMETRICS),
            (Some(native), OPENMETRICS),
            (Some(newer), OPENMETRICS),
        ] {
            let page = ask(&world.browser(), Some(BEARER), accept);
            assert_eq!(page.header("content-type"), Some(wanted), "{accept:?}");
            let text = page.text();
            assert!(text.ends_with('\n') && text.lines().all(|line| !line.is_empty()), "{text}");
            assert_eq!(text.ends_with("# EOF\n"), wanted == OPENMETRICS);
            assert_eq!(text.matches("# EOF").count(), usize::from(wanted == OPENMETRICS));
            assert!(text.contains(r#"ingam_batch_info{job_name="dawn",title="정산 \"야간\" \\ 1",owner="tests"} 1"#), "{text}");
            for word in ["Inf ", " inf", " NaN"] {
                assert!(!text.contains(word), "{word} is in {text}");
            }
        }
    }

    fn what_is_asked_for_makes_no_new_series(world) {
        let world = measured(world.engine);
        let mina = world.signed_in("mina");
        mina.get("/nothing");
        let before = Scrape::of(&world.browser());
        for n in 0..30 {
            assert_eq!(mina.get(&format!("/nothing/{n}?x={n}")).status, 404);
            mina.request(&format!("M{n}"), "/login").send();
        }
        let after = Scrape::of(&world.browser());
        let class = |scrape: &Scrape, route: &str| scrape.number(&format!("ingam_http_requests_total{{route=\"{route}\",class=\"4xx\"}}"));
        assert!((class(&after, "unknown") - class(&before, "unknown") - 30.0).abs() < 0.1);
        assert!((class(&after, "/login") - class(&before, "/login") - 30.0).abs() < 0.1);
        let names = |scrape: &Scrape| scrape.0.keys().filter(|key| !key.contains("\"/metrics\"")).cloned().collect::<Vec<_>>();
        assert_eq!(names(&before), names(&after));
    }

    fn a_request_that_fails_is_a_server_error_of_its_route(world) {
        let world = measured(world.engine);
        let mina = world.signed_in("mina");
        let series = "ingam_http_requests_total{route=\"/orders\",class=\"5xx\"}";
        assert!(Scrape::of(&world.browser()).number(series).abs() < 0.1);
        world.database().tamper("alter table orders rename to gone").unwrap();
        assert!(mina.get("/orders").status >= 500);
        assert!((Scrape::of(&world.browser()).number(series) - 1.0).abs() < 0.1);
    }
}
