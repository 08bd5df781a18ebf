//! The access records: chains of hashes, with their length and last hash in one row each.

use super::{AT_ONCE, Unfit};
use crate::{
    access_columns,
    gate::access::{AccessRecord, LANES, subjects},
    sql,
    store::Reader,
};

/// The kind of the change that lifts a first limit; the slice that has it is above this one.
const CONTINUE: &str = "access.continue";

#[derive(sqlx::FromRow)]
struct Link {
    id: i64,
    #[sqlx(flatten)]
    record: AccessRecord,
    hash: Vec<u8>,
}

/// Each chain gives its head, no record is in none but those from before there were chains, and none is beyond a head.
pub(super) async fn access_fits(reader: &Reader) -> Result<(), Unfit> {
    for lane in 0..LANES {
        chain_fits(reader, lane).await?;
    }
    subjects_fit(reader).await?;
    let (fits,): (bool,) = reader
        .query(sql!(
            "select (select count(*) from access_records where lane is null)
                      = coalesce((select size from access_heads where lane = -1), -1)
                and not exists (select 1 from access_records r join access_heads h on h.lane = r.lane where r.place >= h.size)
                and not exists (select 1 from access_records where lane < 0 or lane > 15 or place < 0)
                and not exists (select 1 from access_sealed s cross join access_records r
                                 where r.lane = s.lane and r.place >= s.starts and r.place < s.kept)
                and (select count(*) from access_heads) = 17"
        ))
        .one()
        .await?;
    if fits { Ok(()) } else { Err(Unfit::Access("records were added or taken away beside the chains".to_owned())) }
}

/// Each record names as many customers as it says; who they are is in its hash. One from before they were named names none but
/// the one that it is about.
async fn subjects_fit(reader: &Reader) -> Result<(), Unfit> {
    let statement = sql!(
        "select r.id, case when r.shown is not null
                           then r.shown = (select count(*) from access_subjects s where s.record_id = r.id)
                           else not exists (select 1 from access_subjects s
                                             where s.record_id = r.id
                                               and 'user/' || cast(s.customer as text) <> coalesce(r.subject, '')) end as fits
           from access_records r where r.id > $1 order by r.id limit $2"
    );
    if let Some(id) = super::first_unfit(reader, statement, None).await? {
        return Err(Unfit::Access(format!("the customers whom record {id} names were altered")));
    }
    let (stray,): (Option<i64>,) = reader
        .query(sql!(
            "select min(s.record_id) from access_subjects s
              where not exists (select 1 from access_records r where r.id = s.record_id)"
        ))
        .one()
        .await?;
    stray.map_or(Ok(()), |id| Err(Unfit::Access(format!("customers are named by record {id}, which is not there"))))
}

/// The counts of looks are what their access records are, and each limit that was lifted has its change in the log. Processes that are
/// configured for different zones count different days, each a part of the records that both have.
pub(super) async fn looks_fit(reader: &Reader) -> Result<(), Unfit> {
    let statement = sql!(
        "select l.id, (l.seen = l.records or (l.seen < l.records and exists (
                       select 1 from looks o where o.staff_id = l.staff_id and o.kind = l.kind and o.span = l.span and o.id <> l.id
                          and o.first_at <= l.last_at and o.last_at >= l.first_at)))
                  and (l.lifted_by is null or exists (
                       select 1 from audit a where a.change_id = l.lifted_by and a.action = $3
                          and a.staff_id = l.staff_id and a.outcome = 'applied')) as fits
           from (select k.*, (select count(*) from access_records r
                               where r.staff_id = k.staff_id and r.at >= k.first_at and r.at <= k.last_at
                                 and ((k.kind = 'reveals' and r.task = 'reveal') or (k.kind = 'searches' and r.task = 'search')
                                      or (k.kind = 'opened' and r.task in ('view', 'view-order')))) as records
                   from looks k where k.id > $1 order by k.id limit $2) l order by l.id"
    );
    match super::first_unfit(reader, statement, Some(CONTINUE)).await? {
        Some(id) => Err(Unfit::Access(format!("the count of looks {id} is not that of the records"))),
        None => Ok(()),
    }
}

/// What is appended while this runs is left for the next time: the head is read first.
async fn chain_fits(reader: &Reader, lane: i64) -> Result<(), Unfit> {
    let head: Option<(i64, Vec<u8>)> =
        reader.query(sql!("select size, hash from access_heads where lane = $1")).bind(lane).optional().await?;
    let Some((size, last)) = head else { return Err(Unfit::Access(format!("chain {lane} has no head"))) };
    let (mut next, mut hash) = (0, Vec::new());
    while next < size {
        let slice: Vec<Link> = reader
            .query(sql!(
                "select id, ",
                access_columns!(),
                ", hash from access_records where lane = $1 and place >= $2 and place < $3 order by place"
            ))
            .bind(lane)
            .bind(next)
            .bind(size.min(next + AT_ONCE))
            .all()
            .await?;
        let mut subjects = subjects(&mut &*reader, lane, next, size.min(next + AT_ONCE)).await?;
        let is_there = !slice.is_empty();
        let end = size.min(next + AT_ONCE);
        for link in slice {
            let customers = subjects.remove(&link.id).unwrap_or_default();
            let given = link.record.hash(&hash, &customers);
            if link.record.place != next || given.as_slice() != link.hash {
                break;
            }
            hash = link.hash;
            next += 1;
        }
        if next < end {
            (next, hash) = match removed(reader, lane, next).await? {
                Some(kept) => kept,
                None if is_there => {
                    return Err(Unfit::Access(format!("record {next} of chain {lane} was altered or taken away")));
                }
                None => return Err(Unfit::Access(format!("record {next} of chain {lane} is missing"))),
            };
        }
        super::pause::between_slices().await;
    }
    if hash == last { Ok(()) } else { Err(Unfit::Access(format!("chain {lane} does not give its head"))) }
}

/// Where a chain goes on after the records whose time was over, if the one at this place is of them, and the hash of the last of those.
/// Whether they were to go is a question to their tree.
async fn removed(reader: &Reader, lane: i64, place: i64) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
    reader
        .query(sql!(
            "select kept, coalesce(kept_hash, hash) from access_sealed s join access_heads h on h.lane = s.lane
              where s.lane = $1 and s.starts <= $2 and s.kept > $2"
        ))
        .bind(lane)
        .bind(place)
        .optional()
        .await
}
