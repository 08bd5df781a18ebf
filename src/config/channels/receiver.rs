//! What a channel of each kind is made of: the keys of a `[[channel]]` that belong to its kind.

use super::{
    super::{kafka::topic, signing_secret},
    ChannelConfig,
    keys::{Keys, check_name, is_used},
};
use crate::{
    notify::{
        Channel,
        channel::{Address, Influx, Mail, Place, Receiver, Secret},
    },
    profile::Profile,
    web::words::Lang,
};
use serde::Deserialize;
use std::fs;

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Slack,
    PagerDuty,
    Webhook,
    Email,
    InfluxDb,
    Kafka,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
            Self::Webhook => "webhook",
            Self::Email => "email",
            Self::InfluxDb => "influxdb",
            Self::Kafka => "kafka",
        }
    }

    /// The keys that belong to it, beside those of every channel.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Slack => &["url"],
            Self::PagerDuty => &["routing_key", "url"],
            Self::Webhook => &["url", "secret"],
            Self::Email => &["smtp", "login", "from", "to", "ca"],
            Self::InfluxDb => &["url", "database", "login", "organization", "bucket", "token"],
            Self::Kafka => &["brokers", "topic", "tls", "ca", "mechanism", "login", "password"],
        }
    }
}

impl ChannelConfig {
    pub(super) fn channel(&self, profile: Profile) -> Result<Channel, String> {
        check_name(&self.name)?;
        let lang = match self.lang.as_deref() {
            None => Lang::default(),
            Some(text) => text.parse().map_err(|_| "lang must be \"ko\" or \"en\"".to_owned())?,
        };
        let of_kind = format!("a channel of the kind {}", self.kind.name());
        self.keys.only(&of_kind, self.kind.keys(), "name, kind, lang, environments and weekly_test")?;
        let receiver = self.receiver(profile)?;
        // No person is paged from a laptop.
        let usual = || self.kind != Kind::PagerDuty || profile.is_production();
        let is_on = is_used(self.environments.as_deref(), profile, usual)?;
        Ok(Channel { name: self.name.clone(), receiver, lang, is_on, is_tested: false })
    }

    fn receiver(&self, profile: Profile) -> Result<Receiver, String> {
        let keys = &self.keys;
        match self.kind {
            Kind::Slack => Ok(Receiver::Slack { url: address(keys.required_secret("url", profile)?)? }),
            Kind::PagerDuty => Ok(Receiver::PagerDuty {
                url: address(keys.text("url")?.unwrap_or(PAGERDUTY))?,
                routing_key: Secret::new(keys.required_secret("routing_key", profile)?.to_owned()),
            }),
            Kind::Webhook => {
                let secret = signing_secret(keys.required_secret("secret", profile)?);
                let secret = secret.map_err(|error| format!("its secret {error}"))?;
                Ok(Receiver::Webhook { url: address(keys.required("url")?)?, secret })
            }
            Kind::Email => {
                let ca = keys.text("ca")?;
                let ca =
                    ca.map(|path| fs::read(path).map_err(|error| format!("its ca: {path}: {error}"))).transpose()?;
                let login = keys.secret("login", profile)?;
                Mail::new(
                    keys.required("smtp")?,
                    login,
                    keys.required("from")?,
                    keys.required_texts("to")?,
                    ca.as_deref(),
                )
                .map(Receiver::Email)
            }
            Kind::InfluxDb => influx(keys, profile).map(Receiver::InfluxDb),
            Kind::Kafka => topic(keys, profile),
        }
    }
}

fn influx(keys: &Keys, profile: Profile) -> Result<Influx, String> {
    let (database, bucket) = (keys.text("database")?, keys.text("bucket")?);
    let (login, token) = (keys.secret("login", profile)?, keys.secret("token", profile)?);
    let (organization, url) = (keys.text("organization")?, keys.required("url")?);
    let place = match (database, bucket) {
        (Some(database), None) if organization.is_none() && token.is_none() => Place::Database { database, login },
        (None, Some(bucket)) if login.is_none() => Place::Bucket {
            organization: organization.ok_or("organization is missing")?,
            bucket,
            token: token.ok_or("token is missing")?,
        },
        _ => {
            return Err("it needs database, with a login where InfluxDB 1.x asks for one, or organization, bucket and token for \
                        InfluxDB 2.x and 3.x"
                .to_owned());
        }
    };
    let influx = Influx::new(url, &place).map_err(|error| format!("its url {error}"))?;
    encrypted(influx.address())?;
    Ok(influx)
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    let address = Address::parse(text).map_err(|error| format!("its url {error}"))?;
    encrypted(&address)?;
    Ok(address)
}

fn encrypted(address: &Address) -> Result<(), String> {
    if address.is_readable() {
        return Err("its url must begin with https://, for others could read what is sent".to_owned());
    }
    Ok(())
}
