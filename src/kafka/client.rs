//! The client: krafka, behind three questions. Each has a limit of its own, because a cluster that is down is asked for as long as one
//! waits.

use super::{Cluster, Failure, FailureKind, Fetched, ID, Incoming, Mechanism, Outgoing, Topic};
use futures_util::future::join_all;
use krafka::{
    CloseOptions, Kafka, KrafkaError, Record,
    auth::{AuthConfig, TlsConfig},
    consumer::{AutoOffsetReset, Consumer, IsolationLevel},
    error::ErrorCode,
    producer::Producer,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};

/// Whether the program has a client.
pub(crate) const IS_BUILT_IN: bool = true;

/// How long a broker may take to be reached, and to answer.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(5);
/// How long a record is tried to be written. Then it is known that it is not written later either, behind one that follows it.
const WRITE: Duration = Duration::from_secs(8);
/// Longer than all of these together: only what hangs takes so long.
const LONGEST: Duration = Duration::from_secs(12);
/// How long writing down what is in hand may take when a connection is given up.
const CLOSE: Duration = Duration::from_secs(2);
/// After this without an answer about a partition, it is asked whether it is there.
const SILENT: Duration = Duration::from_secs(3);
/// What is known of a topic is asked for again after this.
const AGE: Duration = Duration::from_secs(30);
/// Records that are read at once.
const AT_ONCE: i32 = 200;
/// What a batch of records may be when it is unpacked.
const UNPACKED: usize = 64 * 1024 * 1024;

/// A client of one cluster. It connects when it is first used, and again after an error that lasts.
pub(crate) struct Client {
    cluster: Arc<Cluster>,
    open: Mutex<Option<Arc<Open>>>,
}

/// A connection, with what reads and writes over it.
struct Open {
    kafka: Kafka,
    producer: Mutex<Option<Arc<Producer>>>,
    readers: Mutex<HashMap<(String, i32), Arc<Consumer>>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({:?})", self.cluster)
    }
}

impl Client {
    pub(crate) fn new(cluster: Arc<Cluster>) -> Self {
        Self { cluster, open: Mutex::default() }
    }

    /// Writes records, all at once, and says of each whether it is written. Records with one key stay in order only if they are written
    /// one after the other.
    pub(crate) async fn publish(&self, topic: &Topic, records: &[Outgoing]) -> Vec<Result<(), Failure>> {
        let all = |failure: &Failure| records.iter().map(|_| Err(failure.clone())).collect();
        let opened = async {
            let open = self.open().await?;
            let producer = open.producer().await?;
            Ok((open, producer))
        };
        let (open, producer) = match within(opened).await {
            Ok(opened) => opened,
            Err(failure) => return all(&failure),
        };
        let write = async |record: &Outgoing| {
            let record =
                Record::new(topic.as_str(), record.value.clone()).key(record.key.clone()).header(ID, record.id.clone());
            // Queued in the order of the calls.
            match producer.enqueue(record).await {
                Ok(handle) => handle.await.map(drop),
                Err(error) => Err(error),
            }
        };
        let Ok(answers) = timeout(LONGEST, join_all(records.iter().map(write))).await else {
            self.give_up(&open).await;
            return all(&Failure::later("the cluster did not answer in time"));
        };
        if answers.iter().any(|answer| answer.as_ref().is_err_and(|error| !is_about_a_record(error))) {
            self.give_up(&open).await;
        }
        answers.into_iter().map(|answer| answer.map_err(|error| failure(&error, topic))).collect()
    }

    /// The partitions of a topic.
    pub(crate) async fn partitions(&self, topic: &Topic) -> Result<Vec<i32>, Failure> {
        let asked = async {
            let open = self.open().await?;
            let reader = open.reader(topic, None).await?;
            let metadata = reader.fetch_metadata(Some(topic.as_str())).await?;
            let found = metadata.topics.into_iter().find(|found| found.name == topic.as_str());
            let mut partitions: Vec<i32> =
                found.iter().flat_map(|found| found.partitions_iter().map(|partition| partition.partition)).collect();
            partitions.sort_unstable();
            Ok(partitions)
        };
        match self.asked(topic, asked).await {
            Ok(partitions) if partitions.is_empty() => Err(no_topic(topic)),
            answer => answer,
        }
    }

    /// Where a partition begins and ends.
    pub(crate) async fn bounds(&self, topic: &Topic, partition: i32) -> Result<(i64, i64), Failure> {
        let asked = async {
            let open = self.open().await?;
            let reader = open.reader(topic, Some(partition)).await?;
            reader.fetch_watermarks(topic.as_str(), partition).await
        };
        self.asked(topic, asked).await
    }

    /// Reads a partition from an offset, or from its first record. Without news it waits that long. Only what is committed is read.
    pub(crate) async fn fetch(
        &self,
        topic: &Topic,
        partition: i32,
        from: Option<i64>,
        wait: Duration,
    ) -> Result<Fetched, Failure> {
        let name = topic.as_str();
        let asked = async {
            let open = self.open().await?;
            let reader = open.reader(topic, Some(partition)).await?;
            let place = reader.position(name, partition).await;
            let mut begun = place.unwrap_or_default();
            if from.is_none() || place != from {
                let (first, end) = reader.fetch_watermarks(name, partition).await?;
                let from = from.unwrap_or(first);
                begun = from;
                // Brokers do not agree on what they answer to an offset that they do not have.
                if from < first || from > end.max(first) {
                    return Ok(Err((first, end)));
                }
                reader.seek(name, partition, from).await?;
            }
            let records = match reader.poll(wait).await {
                Ok(records) => records,
                Err(error) if is_out_of_range(&error) => {
                    let (first, end) = reader.fetch_watermarks(name, partition).await?;
                    return Ok(Err((first, end)));
                }
                Err(error) => return Err(error),
            };
            let next = reader.position(name, partition).await;
            let lag = reader.lag().await.into_iter().find(|(of, _)| of.topic == name && of.partition == partition);
            let mut end = lag.as_ref().and_then(|(_, lag)| lag.high_watermark);
            // Where nothing comes it is not said whether there is nothing or no answer, so it is asked for.
            if records.is_empty() && lag.is_none_or(|(_, lag)| lag.stale) {
                let (_, seen) = reader.fetch_watermarks(name, partition).await?;
                end = end.max(Some(seen));
            }
            let records: Vec<Incoming> = records
                .into_iter()
                .map(|record| Incoming {
                    offset: record.offset,
                    key: record.key.map(|key| key.to_vec()),
                    value: record.value.map(|value| value.to_vec()),
                })
                .collect();
            let after = records.last().map(|record| record.offset.saturating_add(1));
            Ok(Ok(Fetched { from: begun, next: next.or(after).unwrap_or(begun), records, end }))
        };
        match self.asked(topic, asked).await? {
            Ok(fetched) => Ok(fetched),
            Err((first, end)) => {
                let why = match from {
                    Some(from) => format!("offset {from} is not there: the partition has {first} to {end}"),
                    None => "the place to begin was not found".to_owned(),
                };
                Err(Failure { kind: FailureKind::Gone { first, end }, why })
            }
        }
    }

    /// Ends the connection; what is in hand is written first.
    pub(crate) async fn close(&self) {
        let open = self.open.lock().await.take();
        if let Some(open) = open {
            open.close().await;
        }
    }

    async fn asked<T>(&self, topic: &Topic, asked: impl Future<Output = Result<T, KrafkaError>>) -> Result<T, Failure> {
        let answer = match timeout(LONGEST, asked).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => failure(&error, topic),
            Err(_) => Failure::later("the cluster did not answer in time"),
        };
        let open = self.open.lock().await.clone();
        if let Some(open) = open {
            self.give_up(&open).await;
        }
        Err(answer)
    }

    async fn open(&self) -> Result<Arc<Open>, KrafkaError> {
        let mut open = self.open.lock().await;
        if let Some(open) = open.as_ref() {
            return Ok(Arc::clone(open));
        }
        let kafka = Kafka::builder(self.cluster.brokers.join(","))
            .client_id("ingam")
            .connect_timeout(CONNECT)
            .request_timeout(ANSWER)
            // So that partitions that are added are seen.
            .metadata_max_age(AGE)
            .security(security(&self.cluster))
            .connect()
            .await?;
        let opened = Arc::new(Open { kafka, producer: Mutex::default(), readers: Mutex::default() });
        *open = Some(Arc::clone(&opened));
        Ok(opened)
    }

    /// Lets go of a connection that does not work, unless another call has done so.
    async fn give_up(&self, given_up: &Arc<Open>) {
        let mut open = self.open.lock().await;
        if open.as_ref().is_some_and(|open| Arc::ptr_eq(open, given_up)) {
            *open = None;
            drop(open);
            given_up.close().await;
        }
    }
}

impl Open {
    async fn producer(&self) -> Result<Arc<Producer>, KrafkaError> {
        let mut producer = self.producer.lock().await;
        if let Some(producer) = producer.as_ref() {
            return Ok(Arc::clone(producer));
        }
        let built = self
            .kafka
            .producer()
            .delivery_timeout(WRITE)
            .max_block(ANSWER)
            // A round waits for its records, so none of them waits for others.
            .linger(Duration::ZERO)
            .metrics_push(false)
            .build()
            .await?;
        Ok(Arc::clone(producer.insert(Arc::new(built))))
    }

    /// What reads a partition, or asks about the topic.
    async fn reader(&self, topic: &Topic, partition: Option<i32>) -> Result<Arc<Consumer>, KrafkaError> {
        let place = (topic.as_str().to_owned(), partition.unwrap_or(-1));
        let mut readers = self.readers.lock().await;
        if let Some(reader) = readers.get(&place) {
            return Ok(Arc::clone(reader));
        }
        let reader = self
            .kafka
            .consumer_without_group()
            // A place that is not there is an error, and never an excuse to begin elsewhere.
            .auto_offset_reset(AutoOffsetReset::None)
            .isolation_level(IsolationLevel::ReadCommitted)
            .enable_auto_commit(false)
            .max_poll_records(AT_ONCE)
            .max_decompressed_size(UNPACKED)
            .lag_staleness_threshold(SILENT)
            .metrics_push(false)
            .build()
            .await?;
        if let Some(partition) = partition {
            reader.assign(topic.as_str(), vec![partition]).await?;
        }
        let reader = Arc::new(reader);
        readers.insert(place, Arc::clone(&reader));
        Ok(reader)
    }

    async fn close(&self) {
        let options = CloseOptions::new().timeout(CLOSE);
        if let Some(producer) = self.producer.lock().await.take() {
            // One that cannot write any more says so, and there is nothing to be done.
            drop(producer.close_with(options).await);
        }
        for reader in std::mem::take(&mut *self.readers.lock().await).into_values() {
            drop(reader.close_with(options).await);
        }
    }
}

async fn within<T>(asked: impl Future<Output = Result<T, KrafkaError>>) -> Result<T, Failure> {
    match timeout(LONGEST, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failure_of(&error)),
        Err(_) => Err(Failure::later("the cluster did not answer in time")),
    }
}

fn security(cluster: &Cluster) -> AuthConfig {
    let login = match &cluster.login {
        None => AuthConfig::plaintext(),
        Some(login) => match login.mechanism {
            Mechanism::Plain => AuthConfig::sasl_plain(&login.name, &login.password),
            Mechanism::ScramSha256 => AuthConfig::sasl_scram_sha256(&login.name, &login.password),
            Mechanism::ScramSha512 => AuthConfig::sasl_scram_sha512(&login.name, &login.password),
        },
    };
    if !cluster.is_encrypted {
        return login;
    }
    let tls = TlsConfig::new();
    login.with_tls(match &cluster.authorities {
        Some(path) => tls.with_ca_cert(path),
        None => tls,
    })
}

/// Whether it is an error of one record, and the connection is good.
fn is_about_a_record(error: &KrafkaError) -> bool {
    matches!(failure_of(error).kind, FailureKind::Refused)
}

fn is_out_of_range(error: &KrafkaError) -> bool {
    matches!(error, KrafkaError::NoOffset { .. })
        || matches!(error, KrafkaError::Broker { code: ErrorCode::OffsetOutOfRange, .. })
}

fn no_topic(topic: &Topic) -> Failure {
    Failure::misconfigured(format!("the topic {topic} is not there"))
}

fn failure(error: &KrafkaError, topic: &Topic) -> Failure {
    match error {
        KrafkaError::UnknownTopic { .. } => no_topic(topic),
        KrafkaError::Broker { code: ErrorCode::UnknownTopicOrPartition | ErrorCode::UnknownTopicId, .. } => {
            no_topic(topic)
        }
        error => failure_of(error),
    }
}

/// The library's words hold no part of a record and no password.
fn failure_of(error: &KrafkaError) -> Failure {
    let kind = match error {
        KrafkaError::Auth { .. } | KrafkaError::Config { .. } | KrafkaError::UnknownTopic { .. } => {
            FailureKind::Misconfigured
        }
        KrafkaError::Serialization { .. } => FailureKind::Refused,
        KrafkaError::Broker { code, .. } => match code {
            ErrorCode::MessageTooLarge | ErrorCode::RecordListTooLarge | ErrorCode::InvalidRecord => {
                FailureKind::Refused
            }
            ErrorCode::TopicAuthorizationFailed
            | ErrorCode::ClusterAuthorizationFailed
            | ErrorCode::SaslAuthenticationFailed
            | ErrorCode::UnknownTopicOrPartition
            | ErrorCode::InvalidTopic => FailureKind::Misconfigured,
            _ => FailureKind::Later,
        },
        _ => FailureKind::Later,
    };
    Failure { kind, why: shortly(&error.to_string()) }
}

/// The number of characters of an error that are kept.
const SHOWN: usize = 200;

fn shortly(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect()
}
