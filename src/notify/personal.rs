//! Channels in which each person has an address of their own. What a person gives is held against what the configuration declares: no
//! page makes the console call a host that it does not name.

use super::{
    channel::{Receiver, Secret, Takes},
    email::{self, Mail},
    post::Address,
    send::Answer,
};
use crate::{mask, payments::SigningSecret};
use serde::{Deserialize, Serialize};

/// Characters of an address.
const LONGEST: usize = 500;
/// Characters of a key of PagerDuty.
const KEY: std::ops::RangeInclusive<usize> = 8..=64;
/// Characters of the end of an address that its owner is shown.
const END: usize = 4;
/// A part of an address that is shorter is no sign of it.
const TELLING: usize = 4;

/// How the messages of a channel of people are sent.
#[derive(Clone)]
pub(crate) enum Service {
    Slack,
    PagerDuty { url: Address },
    Webhook { secret: SigningSecret },
    Email(Mail),
}

/// A channel in which each person has an address of their own.
#[derive(Clone)]
pub(crate) struct Personal {
    service: Service,
    rule: AddressRule,
    /// The hosts that are called.
    shown: String,
}

/// What an address of a person must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddressRule {
    form: Form,
    /// The hosts, with a port where it is not the usual one, that an address may name, where it names one.
    hosts: Vec<String>,
}

/// What kind of thing an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    Url,
    Key,
    Mailbox,
}

/// What is wrong with what a person gave as an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressFault {
    /// It is none of this kind of channel.
    Form,
    /// It names a host that the configuration does not.
    Host,
}

impl AddressRule {
    /// An address as it is stored.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn address(&self, typed: &str) -> Result<String, AddressFault> {
        let typed = typed.trim();
        if typed.chars().count() > LONGEST || typed.chars().any(char::is_control) {
            return Err(AddressFault::Form);
        }
        match self.form {
            Form::Mailbox => email::address(typed).ok_or(AddressFault::Form),
            Form::Key => {
                let is_key = KEY.contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_alphanumeric());
                is_key.then(|| typed.to_owned()).ok_or(AddressFault::Form)
            }
            Form::Url => {
                let address = Address::parse(typed).map_err(|_| AddressFault::Form)?;
                if address.is_readable() || address.has_login() {
                    return Err(AddressFault::Form);
                }
                let named = address.authority();
                let is_allowed = self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&named));
                is_allowed.then(|| typed.to_owned()).ok_or(AddressFault::Host)
            }
        }
    }

    /// The hosts that an address may name.
    pub(crate) fn hosts(&self) -> String {
        self.hosts.join(", ")
    }

    /// Enough of an address for its owner to tell it from another one.
    pub(crate) fn hint(&self, address: &str) -> String {
        let end = || -> String { address.chars().skip(address.chars().count().saturating_sub(END)).collect() };
        match self.form {
            Form::Mailbox => mask::email(address),
            Form::Key => format!("…{}", end()),
            Form::Url => {
                let host = Address::parse(address).map(|address| address.host().to_owned()).unwrap_or_default();
                format!("{host}/…{}", end())
            }
        }
    }
}

impl Personal {
    pub(crate) fn new(service: Service, hosts: Vec<String>) -> Self {
        let (form, shown) = match &service {
            Service::Slack | Service::Webhook { .. } => (Form::Url, hosts.join(", ")),
            Service::PagerDuty { url } => (Form::Key, url.host().to_owned()),
            Service::Email(mail) => (Form::Mailbox, mail.host().to_owned()),
        };
        Self { service, rule: AddressRule { form, hosts }, shown }
    }

    /// As in `kind =`.
    pub(crate) const fn kind(&self) -> &'static str {
        match &self.service {
            Service::Slack => "slack",
            Service::PagerDuty { .. } => "pagerduty",
            Service::Webhook { .. } => "webhook",
            Service::Email(_) => "email",
        }
    }

    pub(crate) const fn takes(&self) -> Takes {
        match &self.service {
            Service::Slack | Service::Email(_) => Takes::Joined,
            Service::PagerDuty { .. } | Service::Webhook { .. } => Takes::Each,
        }
    }

    /// The hosts that are called.
    pub(crate) fn host(&self) -> &str {
        &self.shown
    }

    pub(crate) const fn rule(&self) -> &AddressRule {
        &self.rule
    }

    /// What takes the messages of the person with this address; nothing where the configuration does not allow it any more.
    pub(super) fn receiver(&self, address: &str) -> Option<Receiver> {
        // Once more: the hosts may be others since it was given.
        let address = self.rule.address(address).ok()?;
        let url = || Address::parse(&address).ok();
        Some(match &self.service {
            Service::Slack => Receiver::Slack { url: url()? },
            Service::Webhook { secret } => Receiver::Webhook { url: url()?, secret: secret.clone() },
            Service::PagerDuty { url } => {
                Receiver::PagerDuty { url: url.clone(), routing_key: Secret::new(address.clone()) }
            }
            Service::Email(mail) => Receiver::Email(mail.clone()),
        })
    }

    /// What an answer means here: that an address is not taken is the fault of the address and not of the channel.
    pub(super) fn judge(&self, answer: Answer, address: &str) -> Answer {
        let is_of_address = match (&self.service, &answer) {
            (Service::Slack | Service::Webhook { .. }, Answer::Misconfigured(_)) => true,
            (Service::PagerDuty { .. }, Answer::Refused(why)) => why.to_lowercase().contains("routing key"),
            // A server that refuses to relay says so of every address.
            (Service::Email(_), Answer::Refused(why)) => {
                ["SMTP 550", "SMTP 551", "SMTP 553"].iter().any(|code| why.starts_with(code)) && !why.contains("5.7.")
            }
            _ => false,
        };
        match answer {
            Answer::Misconfigured(why) | Answer::Refused(why) if is_of_address => {
                Answer::Unreachable(masked(&why, address))
            }
            Answer::Misconfigured(why) => Answer::Misconfigured(masked(&why, address)),
            Answer::Refused(why) => Answer::Refused(masked(&why, address)),
            Answer::Later { why, after } => Answer::Later { why: masked(&why, address), after },
            answer @ (Answer::Taken | Answer::Gone | Answer::Unreachable(_)) => answer,
        }
    }
}

/// What a receiver said without the address that it may repeat, whole or in parts.
fn masked(why: &str, address: &str) -> String {
    let mut parts: Vec<&str> = address.split(['/', '@', '?', '&', '=']).collect();
    parts.push(address);
    // The scheme and the host say nothing of a person.
    let host = Address::parse(address).map(|address| address.host().to_owned()).unwrap_or_default();
    parts.retain(|part| part.len() >= TELLING && !part.ends_with(':') && *part != host);
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let mut shown = why.to_owned();
    for part in parts {
        shown = shown.replace(part, "…");
    }
    shown
}

#[cfg(test)]
#[path = "personal/tests.rs"]
mod tests;
