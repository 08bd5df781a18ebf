//! Environment isolation: the rules that keep production and everything else apart, each with its verdict.

use super::{
    DATABASE_URL, FORMER_KEY, NETWORKS, PAYMENTS_SECRET, SECRET_KEY, Settings, Source, TOPIC, batches, default_topic,
    metrics, payments,
};
use crate::{kafka::Topic, profile::Profile, secret::SecretKey};

/// One line of `ingam check`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub verdict: Result<String, String>,
}

impl Settings {
    /// Every rule of environment isolation that can be judged without the database, with its verdict.
    pub fn checks(&self) -> Vec<Check> {
        let configuration =
            Check { name: "configuration", verdict: self.config().map(|config| config.profile.to_string()) };
        let Ok(profile) = self.profile() else { return vec![configuration] };
        let mut checks = vec![Check { name: "message topic", verdict: self.topic_fits(profile) }];
        for (channel, topic) in self.channels.topics() {
            let verdict = Topic::parse(topic, profile).map(|topic| format!("{topic} of channel {channel}"));
            checks.push(Check { name: "topic", verdict: verdict.map_err(|why| format!("channel {channel:?}: {why}")) });
        }
        if let Some(verdict) = self.stripe_key_fits(profile) {
            checks.push(Check { name: "payment key", verdict });
        }
        if profile.is_production() {
            checks.push(Check { name: "deployment", verdict: self.is_deployed_to_production() });
            checks.push(Check { name: "host name", verdict: self.host_is_no_desk() });
            for (name, setting) in
                [("database URL", DATABASE_URL), ("secret key", SECRET_KEY), ("allowed networks", NETWORKS)]
            {
                checks.push(Check { name, verdict: self.comes_from_the_environment(setting) });
            }
            // Whether it is a sample is of no matter: it is on its way out, and nothing more is made with it.
            if let Some((_, Source::File)) = self.values.get(FORMER_KEY) {
                checks.push(Check { name: "former secret key", verdict: self.comes_from_the_environment(FORMER_KEY) });
            }
            if let Ok(url) = self.database_url() {
                checks.push(Check { name: "database connection", verdict: crate::store::is_private_way(&url) });
            }
            if matches!(self.payments_kind(), Ok(payments::Kind::Webhook | payments::Kind::Stripe)) {
                let verdict = self.comes_from_the_environment(PAYMENTS_SECRET);
                checks.push(Check { name: "payment secret", verdict });
            }
            if self.get(batches::SECRET).is_some() {
                checks.push(Check { name: "batch secret", verdict: self.comes_from_the_environment(batches::SECRET) });
            }
            if self.get(metrics::TOKEN).is_some() {
                checks.push(Check { name: "metrics token", verdict: self.comes_from_the_environment(metrics::TOKEN) });
            }
        }
        // Last, so that what is wrong with the environment is said before a setting that is merely missing.
        checks.push(configuration);
        checks
    }

    fn is_deployed_to_production(&self) -> Result<String, String> {
        match self.deployment_env.as_deref() {
            Some("PRODUCTION") => Ok("DEPLOYMENT_ENV is PRODUCTION".to_owned()),
            _ => Err("the profile is prod and DEPLOYMENT_ENV is not PRODUCTION".to_owned()),
        }
    }

    fn host_is_no_desk(&self) -> Result<String, String> {
        let host = self.host.to_lowercase();
        match ["local", "dev", "laptop"].iter().find(|word| host.contains(*word)) {
            Some(word) => Err(format!("the profile is prod and the host name {:?} contains {word:?}", self.host)),
            None => Ok(self.host.clone()),
        }
    }

    fn comes_from_the_environment(&self, name: &'static str) -> Result<String, String> {
        match self.values.get(name) {
            None => Err(format!("the profile is prod and {name} is missing")),
            Some((value, _)) if value.is_empty() => Err(format!("the profile is prod and {name} is missing")),
            Some((_, Source::File)) => Err(format!(
                "the profile is prod and {name} comes from a configuration file; set it in the environment or as {name}_FILE"
            )),
            Some((value, Source::Environment)) if is_sample(name, value) => {
                Err(format!("the profile is prod and {name} is a sample value"))
            }
            Some(_) => Ok("from the environment".to_owned()),
        }
    }

    fn topic_fits(&self, profile: Profile) -> Result<String, String> {
        let topic = self.get(TOPIC).unwrap_or(default_topic(profile));
        if topic.starts_with('^') {
            return Err(format!("the topic {topic:?} begins with ^, by which clients mean every topic that fits"));
        }
        match (profile, topic.starts_with("dev-")) {
            (Profile::Local | Profile::Dev, false) => {
                Err(format!("the profile is {profile} and the topic {topic:?} does not start with dev-"))
            }
            (Profile::Prod, true) => Err(format!("the profile is prod and the topic {topic:?} starts with dev-")),
            _ => Ok(topic.to_owned()),
        }
    }
}

/// Values from documentation and tutorials.
fn is_sample(name: &str, value: &str) -> bool {
    let low = value.to_lowercase();
    let worded = ["changeme", "change-me", "change_me", "example", "sample", "placeholder", "secret-key"]
        .iter()
        .any(|word| low.contains(word));
    match name {
        SECRET_KEY => worded || SecretKey::parse(value).is_some_and(|key| key.is_sample()),
        DATABASE_URL => {
            worded || ["postgres:postgres@", ":password@", ":secret@", ":ingam@"].iter().any(|part| low.contains(part))
        }
        // The networks reserved for documentation (RFC 5737, RFC 3849).
        NETWORKS => {
            worded || ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"].iter().any(|net| low.contains(net))
        }
        PAYMENTS_SECRET => worded || payments::is_sample(value),
        _ => false,
    }
}
