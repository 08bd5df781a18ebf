//! Where messages go: the channels and routes that the configuration declares.

pub(crate) use super::post::Address;
use super::route::Route;
use crate::{
    gate::covers,
    kafka::{Cluster, Topic},
    payments::SigningSecret,
    web::words::Lang,
};
use std::{fmt, sync::Arc, time::Duration};

/// `[[channel]]`
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    pub name: String,
    pub receiver: Receiver,
    /// In which its messages are written.
    pub lang: Lang,
    /// Whether it is used in this environment. Where it is not, its messages are written to the server's log.
    pub is_on: bool,
}

/// Who takes the messages of a channel.
#[derive(Clone)]
pub(crate) enum Receiver {
    Slack {
        url: Address,
    },
    PagerDuty {
        url: Address,
        routing_key: Secret,
    },
    Webhook {
        url: Address,
        secret: SigningSecret,
    },
    /// Takes every event, and no alerts.
    Kafka {
        cluster: Arc<Cluster>,
        topic: Topic,
    },
}

impl Receiver {
    /// As in `kind =`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Slack { .. } => "slack",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Webhook { .. } => "webhook",
            Self::Kafka { .. } => "kafka",
        }
    }

    /// The host, which is no secret.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Slack { url } | Self::PagerDuty { url, .. } | Self::Webhook { url, .. } => url.host(),
            Self::Kafka { cluster, .. } => cluster.host(),
        }
    }

    /// Between two messages: Slack takes one a second.
    pub(crate) const fn pace(&self) -> Duration {
        match self {
            Self::Slack { .. } => Duration::from_secs(1),
            Self::PagerDuty { .. } | Self::Webhook { .. } | Self::Kafka { .. } => Duration::ZERO,
        }
    }

    /// Whether it takes every event, for programs; the others take what people are told.
    pub(crate) const fn takes_events(&self) -> bool {
        matches!(self, Self::Kafka { .. })
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}/…)", self.kind(), self.host())
    }
}

/// A key that is sent along.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// All channels and what goes to them.
#[derive(Clone, Debug, Default)]
pub struct Channels(Arc<Declared>);

#[derive(Debug, Default)]
struct Declared {
    channels: Vec<Channel>,
    routes: Vec<Route>,
    notices: Vec<NoticeRoute>,
}

/// Who is told of changes because of their size: the `to` of a `[[notice]]`.
#[derive(Clone, Debug)]
pub(crate) struct NoticeRoute {
    pub change: String,
    pub quantity: String,
    pub to: Vec<String>,
}

impl Channels {
    pub(crate) fn new(channels: Vec<Channel>, routes: Vec<Route>, notices: Vec<NoticeRoute>) -> Self {
        Self(Arc::new(Declared { channels, routes, notices }))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.0.channels.iter()
    }

    #[cfg(test)]
    pub(crate) fn find(&self, name: &str) -> Option<&Channel> {
        self.iter().find(|channel| channel.name == name)
    }

    /// Those that are told of an alert of this kind, of this job where it is of one, in the order in which they are declared.
    pub(crate) fn told_of(&self, kind: &str, job: Option<&str>) -> Vec<&str> {
        let takes = |channel: &&Channel| {
            self.0.routes.iter().any(|route| route.takes(kind, job) && route.to.contains(&channel.name))
        };
        self.iter().filter(takes).map(|channel| channel.name.as_str()).collect()
    }

    /// Those that are told of a change of this kind because of this quantity.
    pub(crate) fn told_of_change(&self, change: &str, quantity: &str) -> Vec<&str> {
        let takes = |channel: &&Channel| {
            let mut notices = self.0.notices.iter().filter(|notice| notice.to.contains(&channel.name));
            notices.any(|notice| notice.quantity == quantity && covers(&notice.change, change))
        };
        self.iter().filter(takes).map(|channel| channel.name.as_str()).collect()
    }

    /// Those that are told that this one fails: all others at which people look.
    pub(crate) fn beside(&self, name: &str) -> Vec<&str> {
        let others = self.iter().filter(|channel| !channel.receiver.takes_events());
        others.map(|channel| channel.name.as_str()).filter(|other| *other != name).collect()
    }

    /// Those that take every event.
    pub(crate) fn of_events(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|channel| channel.receiver.takes_events()).map(|channel| channel.name.as_str())
    }
}
