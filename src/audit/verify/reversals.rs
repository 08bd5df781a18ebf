//! Rows that take others back, against those.

use super::{Unfit, first_unfit};
use crate::{sql, store::Reader};

/// Every applied row that names another one takes back what that one changed: it comes after it, is about the same, of the kind that is the
/// opposite, gives back what was before, and is the only one. Points are not what they were before, so their sum is held instead.
pub(super) async fn reversals_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select a.reversal_of, coalesce(o.seq < a.seq and o.outcome = 'applied' and o.reversal_of is null
                 and a.target_kind = o.target_kind
                 and a.target_id = case o.action when 'networks.change' then coalesce(o.after ->> 'net', o.target_id) else o.target_id end
                 and a.action = case o.action when 'networks.add' then 'networks.remove' when 'networks.remove' then 'networks.add'
                                              else o.action end
                 and case o.action
                       when 'points.adjust' then cast(o.after ->> 'points' as bigint) - cast(o.before ->> 'points' as bigint)
                                               + cast(a.after ->> 'points' as bigint) - cast(a.before ->> 'points' as bigint) = 0
                       when 'users.status' then a.after ->> 'status' = o.before ->> 'status'
                       when 'staff.roles' then a.after ->> 'roles' = o.before ->> 'roles'
                       when 'staff.status' then a.after ->> 'active' = o.before ->> 'active'
                       when 'staff.networks' then coalesce(a.after ->> 'networks', '') = coalesce(o.before ->> 'networks', '')
                       when 'networks.add' then a.before ->> 'net' = o.after ->> 'net'
                       when 'networks.remove' then a.after ->> 'net' = o.before ->> 'net'
                       when 'networks.change' then coalesce(a.after ->> 'net', '') = coalesce(o.before ->> 'net', '')
                                               and coalesce(a.after ->> 'note', '') = coalesce(o.before ->> 'note', '')
                                               and coalesce(a.after ->> 'expires_at', '') = coalesce(o.before ->> 'expires_at', '')
                       else o.action in ('orders.note', 'users.note') end
                 and not exists (select 1 from audit b where b.reversal_of = a.reversal_of and b.outcome = 'applied' and b.seq <> a.seq),
                 false) as fits
               from audit a left join audit o on o.seq = a.reversal_of
              where a.reversal_of > $1 and a.outcome = 'applied' order by a.reversal_of limit $2"
        ),
        None,
    )
    .await?;
    match odd {
        Some(of) => Err(Unfit::Reversals(format!("what takes row {of} back is not its opposite, or not the only one"))),
        None => Ok(()),
    }
}
