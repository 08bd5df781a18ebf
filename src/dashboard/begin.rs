//! What an owner of a console that begins has to do before others can work with it, each with how far it is. It is on their first page
//! until all of it is done.

use crate::{can_decide, sql, web::Desk};

/// Something to do, by the name of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub key: &'static str,
    pub is_done: bool,
    /// Where it is done.
    pub href: &'static str,
}

impl Task {
    pub(crate) fn icon(&self) -> &'static str {
        if self.is_done { "ok" } else { "wait" }
    }
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing to do")]
struct State {
    has_approver: bool,
    has_second_owner: bool,
    has_network: bool,
    has_codes: bool,
    has_job: bool,
    has_customer: bool,
}

/// What is to be done; nothing where all of it is.
pub(super) async fn tasks(desk: &Desk) -> sqlx::Result<Vec<Task>> {
    let state: State = desk
        .reader()
        .query(sql!(
            "select exists (select 1 from staff s where s.id <> $1 and ' ' || s.roles || ' ' like '% approver %' and ",
            can_decide!(),
            ") as has_approver,
                    exists (select 1 from staff s where s.id <> $1 and ' ' || s.roles || ' ' like '% owner %' and ",
            can_decide!(),
            ") as has_second_owner,
                    exists (select 1 from networks) as has_network,
                    exists (select 1 from recovery_codes where staff_id = $1 and used_at is null) as has_codes,
                    exists (select 1 from batch_jobs where not is_retired) as has_job,
                    exists (select 1 from users) as has_customer"
        ))
        .bind(desk.person().id)
        .one()
        .await?;
    // The environment of the process opens networks too.
    let environment = desk.console().gate.networks();
    let has_network = state.has_network || environment.iter().any(|net| !net.addr().is_loopback());
    let tasks = [
        ("approver", state.has_approver, "/staff?panel=invite"),
        ("owner", state.has_second_owner, "/staff?panel=invite"),
        ("network", has_network, "/networks?panel=add"),
        ("codes", state.has_codes, "/account?panel=recovery-codes"),
        ("job", state.has_job, "/batches"),
        ("data", state.has_customer, "/users"),
    ];
    let tasks = tasks.map(|(key, is_done, href)| Task { key, is_done, href });
    Ok(if tasks.iter().all(|task| task.is_done) { Vec::new() } else { tasks.into() })
}
