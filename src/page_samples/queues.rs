//! Topics that are read.

use super::maker::{Maker, Sample, before, html, now};
use crate::{
    audit::pages::{Changed, Row},
    gate::Change as _,
    id::{QueueRejectId, Seq},
    queues::{
        list::{Filter, QueuesPage},
        place::{Place, TOPIC},
        reject::Reject,
        set_place::SetPlace,
    },
    web::{list::ListQuery as _, shell::Section},
};
use chrono::TimeDelta;
use serde_json::json;

fn place(partition: i64) -> Place {
    Place {
        topic: "shop.batch-reports".into(),
        partition,
        next_offset: Some(48_213),
        end_offset: Some(48_213),
        moved_at: Some(before(TimeDelta::minutes(3))),
        waits_since: None,
        failing_since: None,
        error: None,
    }
}

fn places() -> Vec<Place> {
    vec![
        Place { next_offset: None, end_offset: None, moved_at: None, ..place(i64::from(TOPIC)) },
        place(0),
        Place { end_offset: Some(48_260), waits_since: Some(now()), ..place(1) },
        Place {
            failing_since: Some(before(TimeDelta::hours(2))),
            error: Some("protocol error (InvalidRecord): the batch at offset 48213 fails its check".into()),
            end_offset: Some(51_000),
            ..place(2)
        },
        Place { failing_since: Some(now()), error: Some("the cluster did not answer in time".into()), ..place(3) },
    ]
}

fn reject(id: i64, why: &str, job: Option<&str>, body: &str) -> Reject {
    Reject {
        id: QueueRejectId::new(id),
        topic: "shop.batch-reports".into(),
        partition: 2,
        record_offset: 48_000 + id,
        at: before(TimeDelta::minutes(30)),
        why: why.into(),
        job: job.map(str::to_owned),
        body: body.into(),
    }
}

impl Maker {
    /// The row of a place that was set from the host.
    fn place_row(self) -> Row {
        let (before, after) = (json!({ "next_offset": 48_213 }), json!({ "next_offset": 0 }));
        Row {
            seq: Seq::new(12_340),
            action: SetPlace::KIND.to_owned(),
            target: "queue/shop.batch-reports/2".to_owned(),
            changed: Changed::between(&before, &after),
            ..self.host_rows().remove(0)
        }
    }

    pub(super) fn queues(self, out: &mut Vec<Sample>) {
        let mut add = |name, places, set: Vec<Row>, rejects: Vec<Reject>, topic: &str| {
            let filter = Filter { topic: topic.to_owned(), ..Filter::default() };
            let pager = filter.pager(rejects.last().map(|reject| reject.id));
            let shell = self.shell(Section::Alerts);
            out.push(Sample {
                name,
                html: html(&QueuesPage { shell, places, set, rejects, pager, topic: filter.topic }),
            });
        };
        let rejects = || {
            vec![
                reject(4, "not-json", None, "<report job=\"daily-settle\" state=\"ok\"/>"),
                reject(3, "job-not-named", Some("daily-settle"), "[\"daily-settle\", \"success\"]"),
                reject(2, "deleted", None, "47000 … 47999"),
                reject(1, "no-value", None, ""),
            ]
        };
        add("queues", places(), vec![self.place_row()], rejects(), "");
        add("queues-of-a-topic", places(), vec![], rejects(), "shop.batch-reports");
        add("queues-empty", vec![], vec![], vec![], "");
    }
}
