"""Writers and readers of Kafka that are not ours, for kafka.test.mjs. Each command prints one line of JSON.

    kafka_peer.py BROKER create TOPIC PARTITIONS
    kafka_peer.py BROKER read TOPIC                    all records that are committed
    kafka_peer.py BROKER ends TOPIC                    how much its partitions hold together
    kafka_peer.py BROKER write TOPIC LIBRARY MODE      records from stdin: [{"key": …, "value": …}, …]
    kafka_peer.py - partitions COUNT                   where kafka-python puts keys from stdin
    kafka_peer.py - events FILE COUNT                  adds events to the outbox of a SQLite database

MODE is `plain`, `null-header`, `committed` or `aborted`; the last two in one transaction.
"""

import asyncio
import json
import sqlite3
import sys
import uuid


def create(broker, topic, partitions):
    from confluent_kafka.admin import AdminClient, NewTopic

    admin = AdminClient({"bootstrap.servers": broker})
    made = admin.create_topics([NewTopic(topic, int(partitions), 1)])
    for future in made.values():
        future.result(20)
    return len(made)


def read(broker, topic):
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=broker, isolation_level="read_committed", auto_offset_reset="earliest")
    partitions = [TopicPartition(topic, n) for n in sorted(consumer.partitions_for_topic(topic) or [])]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek_to_beginning(partition)
    records = []
    idle = 0
    while idle < 5 and any(consumer.position(partition) < ends[partition] for partition in partitions):
        found = consumer.poll(timeout_ms=500)
        idle = 0 if found else idle + 1
        for batch in found.values():
            for record in batch:
                ids = [value.decode() for name, value in record.headers if name == "ingam-id"]
                records.append(
                    {"partition": record.partition, "key": record.key.decode(), "ids": ids, "value": json.loads(record.value)}
                )
    consumer.close()
    return records


def ends(broker, topic):
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=broker)
    found = consumer.end_offsets([TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic) or []])
    consumer.close()
    return sum(found.values())


def headers(mode):
    return [("trace", None)] if mode == "null-header" else [("trace", b"1")]


def with_kafka_python(broker, topic, mode, records):
    from kafka import KafkaProducer

    is_transaction = mode in ("committed", "aborted")
    more = {"transactional_id": f"kafka-python-{uuid.uuid4()}"} if is_transaction else {}
    producer = KafkaProducer(bootstrap_servers=broker, acks="all", **more)
    if is_transaction:
        producer.init_transactions()
        producer.begin_transaction()
    for record in records:
        producer.send(topic, key=record["key"].encode(), value=record["value"].encode(), headers=headers(mode))
    producer.flush()
    if is_transaction:
        producer.commit_transaction() if mode == "committed" else producer.abort_transaction()
    producer.close()


def with_aiokafka(broker, topic, mode, records):
    from aiokafka import AIOKafkaProducer

    async def write():
        is_transaction = mode in ("committed", "aborted")
        more = {"transactional_id": f"aiokafka-{uuid.uuid4()}"} if is_transaction else {}
        producer = AIOKafkaProducer(bootstrap_servers=broker, acks="all", **more)
        await producer.start()
        if is_transaction:
            await producer.begin_transaction()
        for record in records:
            await producer.send_and_wait(topic, key=record["key"].encode(), value=record["value"].encode())
        if is_transaction:
            await (producer.commit_transaction() if mode == "committed" else producer.abort_transaction())
        await producer.stop()

    asyncio.run(write())


def with_confluent_kafka(broker, topic, mode, records):
    from confluent_kafka import Producer

    is_transaction = mode in ("committed", "aborted")
    settings = {"bootstrap.servers": broker, "partitioner": "murmur2_random", "compression.type": "zstd"}
    if is_transaction:
        settings["transactional.id"] = f"confluent-{uuid.uuid4()}"
    producer = Producer(settings)
    if is_transaction:
        producer.init_transactions(20)
        producer.begin_transaction()
    for record in records:
        producer.produce(topic, key=record["key"], value=record["value"], headers=headers(mode))
    producer.flush(20)
    if is_transaction:
        producer.commit_transaction(20) if mode == "committed" else producer.abort_transaction(20)


WRITERS = {"kafka-python": with_kafka_python, "aiokafka": with_aiokafka, "confluent-kafka": with_confluent_kafka}


def partitions(count):
    from kafka.partitioner.default import murmur2

    return {key: (murmur2(key.encode()) & 0x7FFFFFFF) % int(count) for key in json.load(sys.stdin)}


def events(file, count):
    """As changes of several targets would leave them behind: each names a row of the log."""
    database = sqlite3.connect(file, timeout=30)
    with database:
        database.execute(
            "insert into outbox (seq, topic, body, at) select (value % 7), 'test', json_object('n', value), "
            "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') from (with recursive n(value) as (select 1 union all select value + 1 from n "
            "where value < ?) select value from n)",
            (int(count),),
        )
    return count


def main():
    broker, command, *rest = sys.argv[1:]
    match command:
        case "create":
            answer = create(broker, *rest)
        case "ends":
            answer = ends(broker, *rest)
        case "read":
            answer = read(broker, *rest)
        case "write":
            topic, library, mode = rest
            records = json.load(sys.stdin)
            WRITERS[library](broker, topic, mode, records)
            answer = len(records)
        case "partitions":
            answer = partitions(*rest)
        case "events":
            answer = events(*rest)
        case "query":
            file, sql = rest
            answer = sqlite3.connect(file, timeout=30).execute(sql).fetchall()
    print(json.dumps(answer))


main()
