//! Where messages go: `[[channel]]`, `[[route]]`, `[[heartbeat]]` and the `to` of a `[[notice]]`.

mod heartbeat;
pub(super) mod keys;
mod receiver;

use super::{approvals::Declared as Rules, kafka::ConsumeConfig};
use crate::{
    alerts::kind::AlertKind,
    gate::covers,
    notify::{Channel, Channels, Severity, route::Route},
    profile::Profile,
};
pub(super) use heartbeat::HeartbeatConfig;
use keys::Keys;
use receiver::Kind;
use serde::Deserialize;

/// `[[channel]]`, `[[route]]` and `[[heartbeat]]` of the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeclaredChannels {
    pub channel: Vec<ChannelConfig>,
    pub route: Vec<RouteConfig>,
    pub(super) heartbeat: Vec<HeartbeatConfig>,
    /// `[[consume]]`
    pub consume: Vec<ConsumeConfig>,
}

/// `[[channel]]`. What may be secret is given as `$NAME`, a variable of the environment.
#[derive(Clone, Debug, Deserialize)]
pub struct ChannelConfig {
    name: String,
    kind: Kind,
    /// In which its messages are written.
    #[serde(default)]
    lang: Option<String>,
    /// The profiles in which it is used; in others its messages are written to the server's log.
    environments: Option<Vec<String>>,
    /// Whether it is tested by itself after a week in which nothing was sent over it.
    weekly_test: Option<bool>,
    /// Whether each person has an address of their own in it, and the channel none.
    people: Option<bool>,
    #[serde(flatten)]
    keys: Keys,
}

/// `[[route]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteConfig {
    kinds: Vec<String>,
    #[serde(default)]
    jobs: Vec<String>,
    to: Vec<String>,
}

impl DeclaredChannels {
    /// Fills in what refers to the environment, or to a mounted file that `NAME_FILE` names.
    ///
    /// # Errors
    /// A variable is not set, or is set twice, or its file cannot be read.
    pub fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        for channel in &mut self.channel {
            let name = channel.name.clone();
            channel.keys.resolve(&env).map_err(|error| format!("channel {name:?}: {error}"))?;
        }
        for heartbeat in &mut self.heartbeat {
            heartbeat.resolve(&env)?;
        }
        Ok(())
    }

    /// What it holds that is secret, for hiding it in the logs of runs.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let channels = self.channel.iter().flat_map(|channel| channel.keys.secrets());
        channels.chain(self.heartbeat.iter().flat_map(HeartbeatConfig::secrets))
    }

    /// The names of topics that it holds, each after that of its channel.
    pub(super) fn topics(&self) -> impl Iterator<Item = (&str, &str)> {
        let written =
            self.channel.iter().filter_map(|channel| Some((channel.name.as_str(), channel.keys.written("topic")?)));
        written.chain(self.consume.iter().map(ConsumeConfig::topic))
    }

    /// The channels, or what is wrong with them.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line that names the channel or the route.
    pub fn channels(&self, rules: &Rules, profile: Profile, has_origin: bool) -> Result<Channels, String> {
        let mut channels: Vec<Channel> = Vec::new();
        for declared in &self.channel {
            if channels.iter().any(|channel| channel.name == declared.name) {
                return Err(format!("channel {:?} is declared twice", declared.name));
            }
            channels.push(declared.channel(profile).map_err(|error| format!("channel {:?}: {error}", declared.name))?);
        }
        if !channels.is_empty() && !has_origin {
            return Err("channels need INGAM_PUBLIC_ORIGIN: their messages link to pages of the console".to_owned());
        }
        // A topic takes events and a database measurements, so nothing else is sent there.
        let takes_alerts = |channel: &Channel| channel.receiver.takes_alerts();
        let known = |name: &String| match channels.iter().find(|channel| channel.name == *name) {
            Some(channel) if takes_alerts(channel) => Ok(()),
            Some(channel) if channel.receiver.personal().is_some() => Err(format!(
                "{name:?} has people = true: messages over it go to the people who are called, and none by itself"
            )),
            _ => Err(format!("{name:?} is not the name of a channel that tells people")),
        };
        let mut routes = Vec::new();
        for route in &self.route {
            routes.push(route.route(known).map_err(|error| format!("route of {}: {error}", route.kinds.join(", ")))?);
        }
        let notices = rules.told();
        for notice in &notices {
            if let Some(error) = notice.to.iter().find_map(|name| known(name).err()) {
                return Err(format!("notice of {:?}: {error}", notice.change));
            }
        }
        let untold = AlertKind::NAMES.iter().find(|kind| {
            // Those of others go where a route takes them, where any are received.
            let is_own = ![AlertKind::ChannelFailing.as_str(), AlertKind::Received.as_str()].contains(*kind);
            is_own && !routes.iter().any(|route| route.takes_all_of(kind))
        });
        if let Some(kind) = untold.filter(|_| channels.iter().any(takes_alerts)) {
            return Err(format!(
                "no route takes every alert of the kind {kind}, so some would be told to no channel; add a [[route]] with \
                 kinds = [\"*\"]"
            ));
        }
        for (channel, declared) in channels.iter_mut().zip(&self.channel) {
            channel.is_tested = declared.weekly_test.unwrap_or_else(|| is_critical(&channel.name, &routes));
        }
        Ok(Channels::new(channels, routes, notices))
    }
}

/// Whether a channel is told of something that a person has to look at now.
fn is_critical(name: &String, routes: &[Route]) -> bool {
    let mut critical = AlertKind::ALL.iter().filter(|kind| kind.severity() == Severity::Critical);
    critical.any(|kind| {
        let takes = |route: &Route| route.kinds.iter().any(|pattern| covers(pattern, kind.as_str()));
        routes.iter().any(|route| route.to.contains(name) && takes(route))
    })
}

impl RouteConfig {
    fn route(&self, known: impl Fn(&String) -> Result<(), String>) -> Result<Route, String> {
        if self.to.is_empty() {
            return Err("`to` must name something".to_owned());
        }
        let route = route_of(&self.kinds, &self.jobs)?;
        self.to.iter().try_for_each(known)?;
        Ok(Route { to: self.to.clone(), ..route })
    }
}

/// What takes these kinds of alerts, of these jobs.
pub(super) fn route_of(kinds: &[String], jobs: &[String]) -> Result<Route, String> {
    if kinds.is_empty() {
        return Err("`kinds` must name something".to_owned());
    }
    if let Some(pattern) = kinds.iter().find(|pattern| !AlertKind::NAMES.iter().any(|kind| covers(pattern, kind))) {
        return Err(format!("{pattern:?} is no kind of alert; the kinds are {}", AlertKind::NAMES.join(", ")));
    }
    Ok(Route { kinds: kinds.to_vec(), jobs: jobs.to_vec(), to: Vec::new() })
}

#[cfg(test)]
#[path = "channels/tests.rs"]
mod tests;
