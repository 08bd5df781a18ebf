//! What the tests of metrics have in common.

use crate::{
    batches::support::declare,
    kit::{Browser, Engine, Page, Server, World},
};
use ingam::{config::Config, metrics::Token};
use std::{collections::BTreeMap, time::Duration};

pub(crate) const TOKEN: &str = "9f1c2e7ab04d5583c6e1f7a2900b4c6d";

pub(crate) const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
pub(crate) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A console whose metrics are read with [`TOKEN`].
pub(crate) fn measured(engine: Engine) -> World {
    World::start_with(engine, open)
}

/// The same with these jobs.
pub(crate) fn working(engine: Engine, jobs: &str) -> World {
    World::start_with(engine, |config| {
        declare(config, jobs);
        open(config);
    })
}

pub(crate) fn open(config: &mut Config) {
    config.metrics.token = Some(Token::parse(TOKEN).unwrap());
}

/// As a scraper asks: no cookie, no origin.
pub(crate) fn ask(browser: &Browser, authorization: Option<&str>, accept: Option<&str>) -> Page {
    let mut request = browser.request("GET", "/metrics").without("origin").without("sec-fetch-site").without("accept");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    if let Some(accept) = accept {
        request = request.header("accept", accept);
    }
    request.send()
}

/// Every series with its value, in the text format.
#[derive(Debug)]
pub(crate) struct Scrape(pub(crate) BTreeMap<String, f64>);

impl Scrape {
    pub(crate) fn of(browser: &Browser) -> Self {
        let page = ask(browser, Some(&format!("Bearer {TOKEN}")), None);
        assert_eq!(page.status, 200, "{page}");
        let lines = page.text();
        let series = lines.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            (series.to_owned(), value.parse().unwrap())
        });
        let mut found = BTreeMap::new();
        for (series, value) in series {
            assert!(found.insert(series.clone(), value).is_none(), "{series} is there twice");
        }
        Self(found)
    }

    /// As it is now: what is remembered for five seconds is asked again.
    pub(crate) fn now(world: &World) -> Self {
        world.clock.advance(Duration::from_secs(6));
        Self::of(&world.browser())
    }

    pub(crate) fn now_at(world: &World, server: &Server) -> Self {
        world.clock.advance(Duration::from_secs(6));
        Self::of(&world.browser().at(server.address))
    }

    #[track_caller]
    pub(crate) fn number(&self, series: &str) -> f64 {
        *self.0.get(series).unwrap_or_else(|| panic!("{series} is not in {:#?}", self.0.keys()))
    }

    pub(crate) fn has(&self, family: &str) -> bool {
        self.0.keys().any(|series| series.split('{').next() == Some(family))
    }

    pub(crate) fn ended(&self, job: &str, outcome: &str) -> f64 {
        self.number(&format!("ingam_batch_runs_total{{job_name=\"{job}\",outcome=\"{outcome}\"}}"))
    }

    pub(crate) fn of_job(&self, family: &str, job: &str) -> f64 {
        self.number(&format!("{family}{{job_name=\"{job}\"}}"))
    }
}
