//! Where messages go: the channels and routes that the configuration declares.

use super::{deliver::Recipient, route::Route};
pub(crate) use super::{
    email::Mail,
    influx::{Influx, Place},
    personal::{Personal, Service},
    post::Address,
};
use crate::{
    gate::covers,
    kafka::{Cluster, Topic},
    payments::SigningSecret,
    web::words::Lang,
};
use chrono::TimeDelta;
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
    /// Whether it is tested by itself where nothing was sent over it for a week.
    pub is_tested: bool,
}

impl Channel {
    /// Those who get each message of it: none where each person has an address of their own.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = Recipient> {
        let addresses = self.receiver.recipients();
        let itself = (addresses.is_empty() && self.receiver.personal().is_none()).then(String::new);
        addresses.iter().cloned().chain(itself).map(|address| Recipient { channel: self.name.clone(), address })
    }
}

/// How many messages a receiver takes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Each by itself, several side by side.
    Each,
    /// Each by itself, one after the other; where many wait for one person, one that names them all.
    Joined,
    /// Many in one call.
    Many,
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
    Email(Mail),
    /// Takes measurements, and no alerts.
    InfluxDb(Influx),
    /// Takes every event, and no alerts.
    Kafka {
        cluster: Arc<Cluster>,
        topic: Topic,
    },
    /// Takes what people are told one by one, and no alerts by itself.
    Personal(Personal),
}

impl Receiver {
    /// As in `kind =`.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Slack { .. } => "slack",
            Self::PagerDuty { .. } => "pagerduty",
            Self::Webhook { .. } => "webhook",
            Self::Email(_) => "email",
            Self::InfluxDb(_) => "influxdb",
            Self::Kafka { .. } => "kafka",
            Self::Personal(personal) => personal.kind(),
        }
    }

    /// The host, which is no secret.
    pub(crate) fn host(&self) -> &str {
        match self {
            Self::Slack { url } | Self::PagerDuty { url, .. } | Self::Webhook { url, .. } => url.host(),
            Self::Email(mail) => mail.host(),
            Self::InfluxDb(influx) => influx.host(),
            Self::Kafka { cluster, .. } => cluster.host(),
            Self::Personal(personal) => personal.host(),
        }
    }

    /// How its messages are sent, where each person has an address of their own.
    pub(crate) const fn personal(&self) -> Option<&Personal> {
        match self {
            Self::Personal(personal) => Some(personal),
            _ => None,
        }
    }

    /// The addresses that each get their own messages; none where the receiver itself is the only one.
    pub(crate) fn recipients(&self) -> &[String] {
        match self {
            Self::Email(mail) => mail.to(),
            _ => &[],
        }
    }

    /// Whether it is told what is wrong; the others take what they are for by themselves.
    pub(crate) const fn takes_alerts(&self) -> bool {
        !self.takes_points() && !self.takes_events() && self.personal().is_none()
    }

    /// Whether it is told of runs that ended, and of nothing else.
    pub(crate) const fn takes_points(&self) -> bool {
        matches!(self, Self::InfluxDb(_))
    }

    /// Whether a person looks at what it is sent.
    pub(crate) const fn reaches_a_person(&self) -> bool {
        matches!(self, Self::Slack { .. } | Self::PagerDuty { .. } | Self::Email(_))
    }

    pub(crate) const fn takes(&self) -> Takes {
        match self {
            Self::Slack { .. } | Self::Email(_) => Takes::Joined,
            Self::PagerDuty { .. } | Self::Webhook { .. } => Takes::Each,
            Self::Personal(personal) => personal.takes(),
            Self::InfluxDb(_) | Self::Kafka { .. } => Takes::Many,
        }
    }

    /// Between two messages: Slack takes one a second, and a person reads no more than twenty mails a minute.
    pub(crate) fn pace(&self) -> Duration {
        match self {
            Self::Slack { .. } => Duration::from_secs(1),
            Self::Email(mail) => Duration::from_secs(3) / u32::try_from(mail.to().len()).unwrap_or(1).max(1),
            // Each has a limit of their own.
            Self::Personal(_) => Duration::from_millis(200),
            Self::PagerDuty { .. } | Self::Webhook { .. } | Self::InfluxDb(_) | Self::Kafka { .. } => Duration::ZERO,
        }
    }

    /// How long a claim of its messages lasts: longer than it may take to send them.
    pub(crate) const fn claim(&self) -> TimeDelta {
        match self {
            Self::Email(_) | Self::Personal(_) => TimeDelta::seconds(60),
            _ => TimeDelta::seconds(30),
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
    pub(crate) fn told_of(&self, kind: &str, job: Option<&str>) -> Vec<Recipient> {
        self.told_where(|channel| {
            self.0.routes.iter().any(|route| route.takes(kind, job) && route.to.contains(&channel.name))
        })
    }

    /// Those that are told of a change of this kind because of this quantity.
    pub(crate) fn told_of_change(&self, change: &str, quantity: &str) -> Vec<Recipient> {
        self.told_where(|channel| {
            let mut notices = self.0.notices.iter().filter(|notice| notice.to.contains(&channel.name));
            notices.any(|notice| notice.quantity == quantity && covers(&notice.change, change))
        })
    }

    /// Those that are told that this one fails: all others that take alerts.
    pub(crate) fn beside(&self, name: &str) -> Vec<Recipient> {
        self.told_where(|channel| channel.name != name && channel.receiver.takes_alerts())
    }

    /// Those that get messages over this one, where it takes alerts.
    pub(crate) fn over(&self, name: &str) -> Vec<Recipient> {
        self.told_where(|channel| channel.name == name && channel.receiver.takes_alerts())
    }

    /// All that take alerts.
    pub(crate) fn of_alerts(&self) -> Vec<Recipient> {
        self.told_where(|channel| channel.receiver.takes_alerts())
    }

    /// Those that take every event.
    pub(crate) fn of_events(&self) -> Vec<Recipient> {
        self.told_where(|channel| channel.receiver.takes_events())
    }

    /// Those that are told of runs that ended.
    pub(crate) fn told_of_runs(&self) -> Vec<Recipient> {
        self.told_where(|channel| channel.receiver.takes_points())
    }

    fn told_where(&self, is_told: impl Fn(&Channel) -> bool) -> Vec<Recipient> {
        self.iter().filter(|channel| is_told(channel)).flat_map(Channel::recipients).collect()
    }
}
