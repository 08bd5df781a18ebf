//! `[[channel]]` with `kind = "kafka"`: a topic of a cluster; and `[[consume]]`: a topic of it that is read.

use super::channels::{DeclaredChannels, keys::Keys};
use crate::{
    batches::{definition::Definition, kind::Kind},
    kafka::{Cluster, IS_BUILT_IN, Login, Mechanism, Topic},
    notify::{Channels, channel::Receiver},
    profile::Profile,
    queues::{Consumed, Consumers},
};
use serde::Deserialize;
use std::sync::Arc;

/// The topic that a channel is.
pub(super) fn topic(keys: &Keys, profile: Profile) -> Result<Receiver, String> {
    if !IS_BUILT_IN {
        return Err("this program was built without Kafka (the feature `kafka`)".to_owned());
    }
    let topic = Topic::parse(keys.required("topic")?, profile)?;
    let brokers = keys.required_texts("brokers")?;
    if brokers.is_empty() {
        return Err("brokers is missing, such as [\"kafka-1.example.com:9093\"]".to_owned());
    }
    if let Some(broker) = brokers.iter().find(|broker| !is_address(broker)) {
        return Err(format!("the broker {broker:?} is not a host and a port, such as kafka-1.example.com:9093"));
    }
    let cluster = Cluster {
        brokers: brokers.to_vec(),
        is_encrypted: keys.flag("tls")?.unwrap_or(true),
        authorities: keys.text("ca")?.map(str::to_owned),
        login: login(keys, profile)?,
    };
    let is_at_home = cluster.is_here() || matches!(profile, Profile::Local | Profile::Dev);
    if !cluster.is_encrypted && !is_at_home {
        return Err("tls = false is for this machine and for developers: others could read what is sent".to_owned());
    }
    if cluster.authorities.is_some() && !cluster.is_encrypted {
        return Err("ca belongs to tls = true".to_owned());
    }
    Ok(Receiver::Kafka { cluster: Arc::new(cluster), topic })
}

fn login(keys: &Keys, profile: Profile) -> Result<Option<Login>, String> {
    let mechanism = keys.text("mechanism")?.map(Mechanism::parse).transpose()?;
    match (keys.text("login")?, keys.secret("password", profile)?) {
        (None, None) if mechanism.is_none() => Ok(None),
        (Some(login), Some(password)) => Ok(Some(Login {
            name: login.to_owned(),
            password: password.to_owned(),
            mechanism: mechanism.unwrap_or(Mechanism::ScramSha512),
        })),
        _ => Err("login and password go together, and mechanism with them".to_owned()),
    }
}

fn is_address(broker: &str) -> bool {
    broker.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && !broker.contains([' ', ',', '/', '@']) && port.parse::<u16>().is_ok_and(|port| port != 0)
    })
}

/// `[[consume]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumeConfig {
    /// The channel whose cluster and login it is read with.
    channel: String,
    topic: String,
    #[serde(rename = "as")]
    form: String,
    /// The jobs that may be reported there.
    jobs: Vec<String>,
}

impl ConsumeConfig {
    /// The channel and the topic.
    pub(super) fn topic(&self) -> (&str, &str) {
        (&self.channel, &self.topic)
    }

    fn consumed(&self, channels: &Channels, jobs: &[Definition], profile: Profile) -> Result<Option<Consumed>, String> {
        if self.form != "reports" {
            return Err(format!("as = {:?} is unknown; it must be \"reports\"", self.form));
        }
        let topic = Topic::parse(&self.topic, profile)?;
        let of_name = |channel: &&crate::notify::Channel| channel.name == self.channel;
        let Some(Receiver::Kafka { cluster, .. }) = channels.iter().find(of_name).map(|channel| &channel.receiver)
        else {
            return Err(format!("{:?} is not the name of a channel of the kind kafka", self.channel));
        };
        if self.jobs.is_empty() {
            return Err("jobs must name the jobs that may be reported there".to_owned());
        }
        for name in &self.jobs {
            match jobs.iter().find(|job| job.name == *name) {
                None => return Err(format!("{name:?} is not the name of a job")),
                Some(job) if job.kind() != Kind::External => {
                    return Err(format!(
                        "the console runs job {name:?} itself; only a job with external = true is reported"
                    ));
                }
                Some(_) => {}
            }
        }
        let is_on = channels.iter().find(of_name).is_some_and(|channel| channel.is_on);
        Ok(is_on.then(|| Consumed { cluster: Arc::clone(cluster), topic, jobs: self.jobs.clone() }))
    }
}

impl DeclaredChannels {
    /// The topics that are read, or what is wrong with them. Where a channel is not used, its cluster is not read either.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line that names the topic.
    pub fn consumers(&self, channels: &Channels, jobs: &[Definition], profile: Profile) -> Result<Consumers, String> {
        let mut consumed: Vec<Consumed> = Vec::new();
        for declared in &self.consume {
            let found = declared.consumed(channels, jobs, profile);
            let found = found.map_err(|error| format!("consume {:?}: {error}", declared.topic))?;
            if consumed.iter().any(|other| Some(&other.topic) == found.as_ref().map(|found| &found.topic)) {
                return Err(format!("consume {:?} is declared twice", declared.topic));
            }
            consumed.extend(found);
        }
        Ok(Consumers::new(consumed))
    }
}
