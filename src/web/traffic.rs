//! How many requests there were and how long they took, by the matched route: what is asked for never makes a new series.

use super::route::Route;
use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{MetricType, counter::Counter, histogram::Histogram},
};
use std::{collections::BTreeMap, fmt, time::Duration};

/// Upper bounds in seconds. Rules ask about three seconds, and a quantile is never above the largest bound: so there are some above it.
const BOUNDS: [f64; 13] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0];
/// The classes of statuses that a request ends with.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
/// What no route matched.
const UNKNOWN: &str = "unknown";

/// The requests of this process.
#[derive(Debug)]
pub(crate) struct Traffic(BTreeMap<&'static str, Measured>);

#[derive(Debug)]
struct Measured {
    /// In the order of [`CLASSES`].
    answered: [Counter; CLASSES.len()],
    took: Histogram,
}

impl Traffic {
    /// Each route at zero: a counter that is first seen at one has not grown.
    pub(crate) fn new(routes: &'static [Route]) -> Self {
        let fresh = || Measured { answered: Default::default(), took: Histogram::new(BOUNDS) };
        let paths = routes.iter().map(|route| route.path).chain([UNKNOWN]);
        Self(paths.map(|path| (path, fresh())).collect())
    }

    /// Counts a request. `pattern` is the path of its route.
    pub(super) fn count(&self, pattern: &str, status: u16, took: Duration) {
        let Some(measured) = self.0.get(pattern).or_else(|| self.0.get(UNKNOWN)) else { return };
        measured.took.observe(took.as_secs_f64());
        if let Some(answered) = measured.answered.get(usize::from(status / 100).saturating_sub(2)) {
            answered.inc();
        }
    }

    pub(crate) fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let mut family = encoder.encode_descriptor(
            "ingam_http_requests",
            "Requests that were answered, by the matched route and the class of the status",
            None,
            MetricType::Counter,
        )?;
        for (route, measured) in &self.0 {
            for (class, answered) in CLASSES.iter().zip(&measured.answered) {
                answered.encode(family.encode_family(&[("route", *route), ("class", class)])?)?;
            }
        }
        let mut family = encoder.encode_descriptor(
            "ingam_http_request_duration_seconds",
            "From the head of a request to its answer, by the matched route",
            None,
            MetricType::Histogram,
        )?;
        // Most routes are asked for rarely: what never was is left out, or it would be most of what is sent.
        for (route, measured) in
            self.0.iter().filter(|(_, measured)| measured.answered.iter().any(|answered| answered.get() > 0))
        {
            measured.took.encode(family.encode_family(&[("route", *route)])?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::ROUTES;
    use prometheus_client::{collector::Collector, encoding::prometheus_text, registry::Registry};

    #[derive(Debug)]
    struct Alone(Traffic);

    impl Collector for Alone {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
            self.0.encode(&mut encoder)
        }
    }

    #[test]
    fn what_is_asked_for_makes_no_new_series() {
        let traffic = Traffic::new(ROUTES);
        for n in 0..1_000 {
            traffic.count(&format!("/nothing/{n}"), 404, Duration::from_millis(1));
            traffic.count("/users/{id}", 200 + n, Duration::from_secs(4));
        }
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Alone(traffic)));
        let mut text = String::new();
        prometheus_text::encode(&mut text, &registry).unwrap();
        assert!(text.contains("ingam_http_requests_total{route=\"unknown\",class=\"4xx\"} 1000\n"), "{text}");
        assert!(text.contains("ingam_http_requests_total{route=\"/login\",class=\"5xx\"} 0\n"), "{text}");
        assert!(text.contains("seconds_bucket{route=\"/users/{id}\",le=\"3\"} 0\n"), "{text}");
        assert!(text.contains("seconds_bucket{route=\"/users/{id}\",le=\"5\"} 1000\n"), "{text}");
        assert_eq!(text.matches("seconds_count").count(), 2, "{text}");
    }
}
