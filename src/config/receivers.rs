//! Who may post alerts: `[[receive]]`.

use super::{
    Check,
    batches::NETWORKS,
    channels::keys::{Keys, check_name},
};
use crate::{
    alerts::{
        kind::AlertKind,
        receive::{Kind, Receiver, Receivers},
    },
    allowlist::Allowlist,
    notify::{Channels, channel::Address},
    profile::Profile,
    web::bearer::Token,
};
use chrono::TimeDelta;
use serde::Deserialize;

/// How long nothing may be heard of an alert, where nothing else is said: as Alertmanager repeats by itself.
const REPEAT: TimeDelta = TimeDelta::hours(4);
const LONGEST: TimeDelta = TimeDelta::days(30);

/// `[[receive]]` of the configuration file.
#[derive(Clone, Debug, Deserialize)]
pub struct ReceiverConfig {
    name: String,
    kind: Sender,
    #[serde(flatten)]
    keys: Keys,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sender {
    Alertmanager,
    Grafana,
}

impl ReceiverConfig {
    /// Fills in what refers to the environment, or to a mounted file that `NAME_FILE` names.
    ///
    /// # Errors
    /// A variable is not set, or is set twice, or its file cannot be read.
    pub fn resolve(&mut self, env: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        self.keys.resolve(env).map_err(|error| format!("receive {:?}: {error}", self.name))
    }

    /// What it holds that is secret, for hiding it in the logs of runs.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.keys.secrets()
    }

    fn receiver(&self, profile: Profile) -> Result<Receiver, String> {
        check_name(&self.name)?;
        self.keys.only("a receiver", &["token", "networks", "url", "repeat_interval"], "name and kind")?;
        let token =
            Token::parse(self.keys.required_secret("token", profile)?).map_err(|error| format!("its token {error}"))?;
        let url = self.keys.text("url")?;
        let kind = match self.kind {
            Sender::Alertmanager => Kind::Alertmanager,
            Sender::Grafana => Kind::Grafana,
        };
        if url.is_some() && kind == Kind::Grafana {
            return Err("an url belongs to the kind alertmanager, which is asked there what is open".to_owned());
        }
        if let Some(url) = url {
            let address = Address::parse(url).map_err(|error| format!("its url {error}"))?;
            if address.is_readable() && url.contains('@') {
                return Err("its url holds a login that others could read; it must begin with https://".to_owned());
            }
        }
        let repeat = match self.keys.text("repeat_interval")? {
            None => REPEAT,
            Some(text) => {
                duration(text).filter(|it| (TimeDelta::zero()..=LONGEST).contains(it) && !it.is_zero()).ok_or(
                    "repeat_interval must be a number with s, m, h or d, as the repeat_interval of the sender: \"4h\"",
                )?
            }
        };
        let networks = self.keys.texts("networks")?.map(networks).transpose()?;
        Ok(Receiver { name: self.name.clone(), kind, token, networks, url: url.map(str::to_owned), repeat })
    }
}

fn networks(texts: &[String]) -> Result<Allowlist, String> {
    let networks = Allowlist::parse(&texts.join(" ")).map_err(|error| format!("its networks: {error}"))?;
    if networks.is_empty() {
        return Err(format!(
            "its networks are empty, so it could be posted to from nowhere; without the key those of {NETWORKS} hold"
        ));
    }
    Ok(networks)
}

/// `90s`, `30m`, `4h`, `1d`
fn duration(text: &str) -> Option<TimeDelta> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: i64 = number.parse().ok()?;
    match unit {
        "s" => TimeDelta::try_seconds(number),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    }
}

/// The receivers, or what is wrong with them.
///
/// # Errors
/// The first thing that is wrong, in one line that names the receiver.
pub fn receivers(declared: &[ReceiverConfig], channels: &Channels, profile: Profile) -> Result<Receivers, String> {
    let mut receivers: Vec<Receiver> = Vec::new();
    for one in declared {
        if receivers.iter().any(|receiver| receiver.name == one.name) {
            return Err(format!("receive {:?} is declared twice", one.name));
        }
        receivers.push(one.receiver(profile).map_err(|error| format!("receive {:?}: {error}", one.name))?);
    }
    let kind = AlertKind::Received.as_str();
    if !receivers.is_empty() && channels.iter().next().is_some() && channels.told_of(kind, None).is_empty() {
        return Err(format!(
            "no route takes alerts of the kind {kind}, so what is received would be told to no channel; add it to a [[route]]"
        ));
    }
    Ok(Receivers::new(receivers))
}

impl Receivers {
    /// The lines of `ingam check`.
    pub(crate) fn check(&self) -> Vec<Check> {
        let said = |receiver: &Receiver| {
            let asked = match &receiver.url {
                // The address may hold a password.
                Some(url) => format!("asks {} what is open", Address::parse(url).as_ref().map_or("", Address::host)),
                None => format!(
                    "what is not repeated is shown as stale after {} minutes and some",
                    receiver.repeat.num_minutes()
                ),
            };
            let from = receiver.networks.as_ref().map_or_else(String::new, |networks| format!(" in {networks}"));
            Ok(format!("{} from {}{from}; {asked}", receiver.path(), receiver.kind.as_str()))
        };
        self.iter().map(|receiver| Check { name: "receive", verdict: said(receiver) }).collect()
    }
}

#[cfg(test)]
#[path = "receivers/tests.rs"]
mod tests;
