//! Records that could not be taken, set aside.

use crate::{clock::Instant, gate::Tx, id::QueueRejectId, kafka::Incoming, sql, store::Reader};

/// The number of characters of a record that are kept.
const KEPT: usize = 400;

/// A record that was set aside.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Reject {
    pub id: QueueRejectId,
    pub topic: String,
    pub partition: i64,
    pub record_offset: i64,
    pub at: Instant,
    pub why: String,
    pub job: Option<String>,
    pub body: String,
}

/// Sets a record aside. What was set aside at its place before gives way: the topic was made again, or it is read again.
pub(super) async fn keep(
    tx: &mut Tx<'_>,
    (topic, partition, offset): (&str, i32, i64),
    why: &str,
    job: Option<&str>,
    body: &str,
) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!("delete from queue_rejects where topic = $1 and partition = $2 and record_offset = $3"))
        .bind(topic.to_owned())
        .bind(i64::from(partition))
        .bind(offset)
        .run()
        .await?;
    tx.query(sql!(
        "insert into queue_rejects (topic, partition, record_offset, at, why, job, body) values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(topic.to_owned())
    .bind(i64::from(partition))
    .bind(offset)
    .bind(now)
    .bind(why.to_owned())
    .bind(job.map(str::to_owned))
    .bind(body.to_owned())
    .run()
    .await
    .map(drop)
}

/// The newest, from one on.
pub(super) async fn newest(
    reader: &Reader,
    topic: Option<&str>,
    before: Option<QueueRejectId>,
    limit: i64,
) -> sqlx::Result<Vec<Reject>> {
    let before = before.unwrap_or(QueueRejectId::MAX);
    let Some(topic) = topic else {
        return reader
            .query(sql!(
                "select id, topic, partition, record_offset, at, why, job, body from queue_rejects
                  where id < $1 order by id desc limit $2"
            ))
            .bind(before)
            .bind(limit)
            .all()
            .await;
    };
    reader
        .query(sql!(
            "select id, topic, partition, record_offset, at, why, job, body from queue_rejects
              where id < $1 and topic = $3 order by id desc limit $2"
        ))
        .bind(before)
        .bind(limit)
        .bind(topic.to_owned())
        .all()
        .await
}

/// What is kept of a record: its beginning, without what may name a person. A record that is not for the console may hold anything.
pub(super) fn shown(record: &Incoming) -> String {
    let text = String::from_utf8_lossy(record.value.as_deref().unwrap_or_default());
    // A record can be large, and of it only the beginning is shown.
    let beginning: String = text.chars().take(2 * KEPT).collect();
    let mut shown: String =
        masked(&beginning).chars().map(|c| if c.is_control() { ' ' } else { c }).take(KEPT).collect();
    if text.chars().count() > KEPT {
        shown.push('…');
    }
    shown
}

/// Hides digits of longer numbers and the names before an `@`.
fn masked(text: &str) -> String {
    const DIGITS: usize = 6;
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | '+' | '%');
    let end = |word: &mut String, out: &mut String, next: Option<char>| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if next == Some('@') {
            out.push_str(&"•".repeat(word.chars().count()));
        } else if digits >= DIGITS {
            out.extend(word.chars().map(|c| if c.is_ascii_digit() { '•' } else { c }));
        } else {
            out.push_str(word);
        }
        word.clear();
    };
    for c in text.chars() {
        if is_of_word(c) {
            word.push(c);
        } else {
            end(&mut word, &mut out, Some(c));
            out.push(c);
        }
    }
    end(&mut word, &mut out, None);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_name_a_person_is_left_out_and_what_a_report_says_is_not() {
        assert_eq!(
            masked(
                "{\"job\":\"daily-settle\",\"count\":4120,\"to\":\"seoyeon.k@naver.com\",\"tel\":\"010-4821-4821\"}"
            ),
            "{\"job\":\"daily-settle\",\"count\":4120,\"to\":\"•••••••••@naver.com\",\"tel\":\"•••-••••-••••\"}"
        );
        let record = Incoming { offset: 0, key: None, value: Some(vec![0xff; 2000]) };
        assert_eq!(shown(&record).chars().count(), KEPT + 1);
        assert_eq!(shown(&Incoming { offset: 0, key: None, value: None }), "");
    }
}
