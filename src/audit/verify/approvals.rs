//! Requests for approval, and who decided about them, against the log.

use super::{Unfit, first_unfit, noted::at_fits};
use crate::{gate::Held, id::RequestId, sql, store::Reader};

/// The kinds of change that decide about a request.
const DECIDES: [&str; 2] = ["approvals.approve", "approvals.reject"];

/// A request holds up to two exact texts of a change.
const HELD_AT_ONCE: i64 = 200;

/// Every request was asked for by whom it says; what was approved was made, with as many other people as it needed; and every
/// vote is the decision of the person it names.
pub(super) async fn approvals_fit(reader: &Reader) -> Result<(), Unfit> {
    let request = first_unfit(
        reader,
        sql!(
            "select r.id, coalesce(a.outcome in ('requested', 'applied') and a.staff_id = r.staff_id and a.action = r.kind
                      and a.target_kind = r.target_kind and a.target_id = r.target_id and a.reason = r.reason
                      and a.approval_id = r.id and coalesce(a.reversal_of, -1) = coalesce(r.reversal_of, -1), false) as fits
               from approval_requests r left join audit a on a.change_id = r.change_id where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(request) = request {
        return Err(Unfit::Approvals(format!("the log does not name the requester of request {request}")));
    }
    let approved = first_unfit(
        reader,
        sql!(
            "select r.id, r.state <> 'approved'
                      or (r.needs <= (select count(*) from approval_votes v
                                       where v.request_id = r.id and v.verdict = 'approved' and v.staff_id <> r.staff_id)
                          and exists (select 1 from audit a where a.target_kind = r.target_kind and a.target_id = r.target_id
                                       and a.action = r.kind and a.approval_id = r.id and a.outcome = 'applied'
                                       and coalesce(a.reversal_of, -1) = coalesce(r.reversal_of, -1)
                                       and a.staff_id = r.staff_id)) as fits
               from approval_requests r where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(request) = approved {
        return Err(Unfit::Approvals(format!(
            "request {request} is marked as approved without all approvals that it needed"
        )));
    }
    requests_fit(reader).await?;
    votes_fit(reader).await
}

/// A request is what was asked for, to the byte, and as far as the log noted last. Where a rule became stricter meanwhile, the
/// refusal that says so noted it, so of requests refused rows count too.
async fn requests_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select r.id, coalesce((select a.after ->> 'request_state' from audit a
                                     where a.target_kind = 'approval' and a.target_id = cast(r.id as text)
                                       and a.after ->> 'request_state' is not null order by a.seq desc limit 1),
                                   case when asked.outcome = 'applied' then 'owed' else 'waiting' end) = r.state
                    and r.is_overdue = exists (select 1 from audit a
                                                where a.target_kind = 'approval' and a.target_id = cast(r.id as text)
                                                  and a.outcome = 'applied' and a.after ->> 'overdue' is not null)
                    and coalesce(coalesce((select a.after ->> 'approvers' from audit a
                                            where a.target_kind = 'approval' and a.target_id = cast(r.id as text)
                                              and a.after ->> 'approvers' is not null order by a.seq desc limit 1),
                                          asked.after ->> 'approvers') = cast(r.needs as text), true) as fits
               from approval_requests r join audit asked on asked.change_id = r.change_id where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(request) = odd {
        return Err(Unfit::Approvals(format!("the state of request {request} is not the one that was noted last")));
    }
    let mut after = RequestId::MIN;
    loop {
        let slice: Vec<Held> = reader
            .query(sql!(
                "select ",
                crate::held_columns!(),
                " from approval_requests where id > $1 order by id limit $2"
            ))
            .bind(after)
            .bind(HELD_AT_ONCE)
            .all()
            .await?;
        for held in &slice {
            let noted: Option<(Option<String>,)> = reader
                .query(sql!("select after ->> 'request_sha256' from audit where change_id = $1"))
                .bind(held.change_id.as_str())
                .optional()
                .await?;
            // Requests from before there were fingerprints have none.
            if noted.and_then(|(noted,)| noted).is_some_and(|noted| noted != held.fingerprint()) {
                return Err(Unfit::Approvals(format!("request {} is not what was asked for", held.id)));
            }
        }
        super::pause::between_slices().await;
        let Some(last) = slice.last() else { return Ok(()) };
        after = last.id;
    }
}

async fn votes_fit(reader: &Reader) -> Result<(), Unfit> {
    let vote = first_unfit(
        reader,
        sql!(
            "select v.request_id, min(case when a.outcome = 'applied' and a.staff_id = v.staff_id and a.target_kind = 'approval'
                      and a.staff_name = v.staff_name and a.reason = v.reason and ",
            at_fits!("v.at"),
            "
                      and a.target_id = cast(v.request_id as text)
                      and a.action = case v.verdict when 'approved' then 'approvals.approve' else 'approvals.reject' end
                    then 1 else 0 end) = 1 as fits
               from approval_votes v left join audit a on a.change_id = v.change_id
              where v.request_id > $1 group by v.request_id order by v.request_id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(request) = vote {
        return Err(Unfit::Approvals(format!("a vote on request {request} differs from the log")));
    }
    for action in DECIDES {
        let untold = first_unfit(
            reader,
            sql!(
                "select a.seq, exists (select 1 from approval_votes v
                                        where v.change_id = a.change_id and v.request_id = cast(a.target_id as bigint)) as fits
                   from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
            ),
            Some(action),
        )
        .await?;
        if let Some(seq) = untold {
            return Err(Unfit::Approvals(format!("row {seq} of the log has no matching vote")));
        }
    }
    Ok(())
}
