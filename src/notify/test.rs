//! A test of a channel: a message that people look for at the other end.

use super::{
    CHANNEL, CHANNEL_PERSONAL, Facts, Message, Severity, What,
    again::MENDS,
    deliver::{About, enqueue},
    health::{self, Health},
    list::Deliveries,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::DeliveryId,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, RowPart, Segment, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Sends a message over a channel that says that it is a test.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestChannel {
    pub channel: String,
}

impl Change for TestChannel {
    const KIND: &'static str = "channels.test";
    const ADMITS: Admits = Admits { host: true, ..Admits::sealed(MENDS) };
    /// The messages: one for each who gets them.
    type Output = Vec<DeliveryId>;

    fn target(&self) -> Target {
        Target::new("channel", &self.channel)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        match health::all(tx).await?.iter().find(|channel| channel.name == self.channel) {
            None => Err(Fault::missing(CHANNEL)),
            Some(channel) if channel.is_personal() => Err(Fault::conflict(CHANNEL_PERSONAL)),
            Some(_) => Ok(()),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, Fault> {
        tx.note("channel", None::<&str>, self.channel.as_str());
        let channels = health::all(tx).await?;
        let Some(channel) = channels.iter().find(|channel| channel.name == self.channel) else { return Ok(Vec::new()) };
        let by = tx.by().to_owned();
        Ok(send_test(tx, channel, Some(by)).await?)
    }
}

/// Writes a test down for everyone who gets messages over a channel.
pub(super) async fn send_test(tx: &mut Tx<'_>, channel: &Health, by: Option<String>) -> sqlx::Result<Vec<DeliveryId>> {
    let now = tx.now();
    let message = Message {
        what: What::Test,
        kind: TestChannel::KIND.to_owned(),
        severity: Severity::Warning,
        // Each of its own: a test that hangs holds back no other.
        key: format!("ingam:test:{}:{now}", channel.name),
        title: channel.name.clone(),
        since: now,
        at: now,
        n: 1,
        path: "/deliveries".to_owned(),
        facts: Facts { by, ..Facts::default() },
    };
    let mut ids = Vec::new();
    for to in channel.recipients() {
        ids.extend(enqueue(tx, &to, About::Channel, &message).await?);
    }
    Ok(ids)
}

/// The name of a channel in an address: `?panel=test-ops`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChannelName(pub String);

impl Segment for ChannelName {
    const COUNT: usize = 1;

    fn read(segment: Option<&str>) -> Option<Self> {
        segment.map(|name| Self(name.to_owned()))
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RowPart for ChannelName {}

/// The form.
pub(crate) struct TestPanel(pub(crate) Health);

impl Panel for TestPanel {
    type On = Deliveries;
    type Part = ChannelName;
    type Asks = TestChannel;
    const NAME: &'static str = "test";
    const ROUTE: &'static str = "/deliveries/channels/{channel}/tests";

    async fn open(desk: &Desk, on: &Deliveries, name: &ChannelName, _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        match on.channels.iter().find(|channel| channel.name == name.0) {
            Some(channel) if channel.is_personal() => {
                Ok(Opened::Closed(desk.words().get("refused-state.channel-personal").to_owned()))
            }
            Some(channel) => Ok(Opened::Form(Self(channel.clone()))),
            None => Ok(Opened::Closed(desk.words().get("refused-state.channel").to_owned())),
        }
    }

    async fn read(_: &Desk, _: &Deliveries, name: &ChannelName, _: &Form) -> Result<TestChannel, Unread> {
        Ok(TestChannel { channel: name.0.clone() })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        TestForm { shell, channel: &self.0, seal }.render()
    }
}

#[derive(Template)]
#[template(path = "notify/test.html")]
struct TestForm<'a> {
    shell: &'a Shell,
    channel: &'a Health,
    seal: &'a SealForm,
}
