//! A Kafka cluster in this process, which the client under test brings along for tests.

use super::tls::TlsFront;
use ingam::{
    config::{Config, Declared, DeclaredChannels},
    profile::Profile,
};
use krafka::{
    Kafka, Record,
    auth::{AuthConfig, TlsConfig},
    testing::FakeBroker,
};
use tokio::runtime::Runtime;

/// Runs until the test ends.
pub(crate) struct Broker {
    pub(crate) fake: FakeBroker,
    pub(crate) runtime: Runtime,
    /// Where it is behind TLS and asks for a login.
    pub(crate) front: Option<TlsFront>,
    login: Option<(String, String)>,
}

/// A record as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) partition: i32,
    pub(crate) key: String,
    /// The header `ingam-id`.
    pub(crate) id: String,
    pub(crate) value: serde_json::Value,
}

impl Broker {
    /// With topics, each of three partitions.
    pub(crate) fn start(topics: &[&str]) -> Self {
        let runtime = Runtime::new().unwrap();
        let fake = runtime.block_on(FakeBroker::start()).unwrap();
        for topic in topics {
            assert!(fake.create_topic(topic, 3));
        }
        Self { fake, runtime, front: None, login: None }
    }

    /// The same behind TLS, and only for this login.
    pub(crate) fn start_secured(topics: &[&str], login: &str, password: &str) -> Self {
        let plain = Self::start(topics);
        let front = TlsFront::start(&plain.runtime, plain.fake.broker_addr(0).unwrap());
        plain.fake.require_sasl_plain(login, password);
        // Clients go where the cluster says that its brokers are.
        plain.fake.with_state(|state| state.brokers[0].port = front.address.port().into());
        Self { front: Some(front), login: Some((login.to_owned(), password.to_owned())), ..plain }
    }

    fn servers(&self) -> String {
        self.front.as_ref().map_or_else(|| self.fake.bootstrap_servers(), |front| front.address.to_string())
    }

    /// A channel that is a topic of this cluster, as a configuration file declares it.
    pub(crate) fn channel(&self, topic: &str) -> String {
        let brokers = self.servers();
        let security = match (&self.front, &self.login) {
            (Some(front), Some((login, password))) => format!(
                "ca = \"{}\"\nlogin = \"{login}\"\npassword = \"{password}\"\nmechanism = \"plain\"\n",
                front.authority().display()
            ),
            _ => "tls = false\n".to_owned(),
        };
        format!(
            "[[channel]]\nname = \"events\"\nkind = \"kafka\"\nbrokers = [\"{brokers}\"]\ntopic = \"{topic}\"\n{security}"
        )
    }

    /// Makes a console in this process publish here.
    pub(crate) fn serve_for(&self, config: &mut Config, topic: &str) {
        let declared: DeclaredChannels = toml::from_str(&self.channel(topic)).unwrap();
        config.channels = declared.channels(&Declared::default(), Profile::Local, true).unwrap();
    }

    /// Writes a record, as a program elsewhere does.
    pub(crate) fn write(&self, topic: &str, key: &str, value: &str) {
        self.send(Record::new(topic, value.to_owned()).key(key.to_owned()));
    }

    /// Writes a record without a value.
    pub(crate) fn write_nothing(&self, topic: &str, key: &str) {
        self.send(Record::tombstone(topic, key.to_owned()));
    }

    pub(crate) fn write_with_null_header(&self, topic: &str, key: &str, value: &str) {
        self.send(Record::new(topic, value.to_owned()).key(key.to_owned()).null_header("trace"));
    }

    /// Writes a record in a transaction of its own, which is committed or not.
    pub(crate) fn transaction(&self, topic: &str, key: &str, value: &str, is_committed: bool) {
        let record = Record::new(topic, value.to_owned()).key(key.to_owned());
        self.runtime.block_on(async {
            let kafka = self.connect().await;
            let producer = kafka.producer().build_transactional("elsewhere").await.unwrap();
            producer.begin().unwrap();
            let _ = producer.send(record).await.unwrap();
            if is_committed {
                producer.commit().await.unwrap();
            } else {
                producer.abort().await.unwrap();
            }
            producer.close().await.unwrap();
        });
    }

    async fn connect(&self) -> Kafka {
        let security = match (&self.front, &self.login) {
            (Some(front), Some((login, password))) => {
                let tls = TlsConfig::new().with_ca_cert(front.authority().to_str().unwrap());
                AuthConfig::sasl_plain(login, password).with_tls(tls)
            }
            _ => AuthConfig::plaintext(),
        };
        Kafka::builder(self.servers()).security(security).connect().await.unwrap()
    }

    fn send(&self, record: Record) {
        self.runtime.block_on(async {
            let kafka = self.connect().await;
            let producer = kafka.producer().build().await.unwrap();
            let _ = producer.send(record).await.unwrap();
            producer.close().await.unwrap();
        });
    }

    /// All that a topic holds, partition by partition in order.
    pub(crate) fn written(&self, topic: &str) -> Vec<Written> {
        let records = self.fake.committed_records(topic).unwrap();
        let written = records.into_iter().map(|record| Written {
            partition: record.partition,
            key: record.key_str().unwrap_or_default().to_owned(),
            id: record.header_str("ingam-id").unwrap_or_default().to_owned(),
            value: serde_json::from_slice(record.value.as_deref().unwrap_or_default()).unwrap(),
        });
        written.collect()
    }
}
