//! Making a change later, for somebody who asked for it: everything is looked at again first.

use super::{
    Actor, AtRest, Fault, Gate, Reason, Refusal, Roles, Target, Tx, admit,
    audit::{self, Ending, Line, noted},
    judge, outbox,
    policy::Need,
    tx::Traces,
};
use crate::{allowlist, sql};
use serde_json::Value;

/// Who asked for a change, from where, why, and what they had looked at.
#[derive(Clone, Debug)]
pub struct Asked {
    pub request: i64,
    pub actor: Actor,
    pub reason: Reason,
    pub seen: Option<i64>,
}

/// A change that was made for somebody else, for its row in the log.
pub(super) struct Enacted {
    pub(super) actor: Actor,
    pub(super) roles: Option<Roles>,
    pub(super) action: &'static str,
    pub(super) target: Target,
    pub(super) reason: Reason,
    pub(super) traces: Traces,
}

/// What a change would alter as things stand now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsed {
    pub before: Value,
    pub after: Value,
}

impl Tx<'_> {
    /// Whether `change` could still be made for whoever asked: they have the role and may come from where they came, the target
    /// is as they saw it, and the change makes sense.
    pub async fn resume(&mut self, asked: &Asked, change: &dyn AtRest) -> Result<(), Fault> {
        let (own, limits) = self.step_aside(asked).await?;
        let verdict = self.reconsider(asked, change, &limits).await;
        self.step_back(own);
        verdict
    }

    async fn reconsider(&mut self, asked: &Asked, change: &dyn AtRest, limits: &str) -> Result<(), Fault> {
        let wanted = change.admits();
        let may = self.roles.as_ref().is_some_and(|roles| admit::fits(roles, wanted));
        if !may {
            return Err(Fault::conflict("approval-requester"));
        }
        if !admit::is_open_to(self, &asked.actor).await? || !allowlist::within(limits, asked.actor.origin.ip) {
            return Err(Fault::conflict("approval-network"));
        }
        match (change.version(self).await?, asked.seen) {
            (Some(now), Some(seen)) if now != seen => Err(Fault::conflict("approval-stale")),
            _ => change.check(self).await,
        }
    }

    /// Makes `change` for whoever asked, with a row of its own in the log, and says whom the rules want for it now.
    pub async fn enact(&mut self, asked: &Asked, change: &dyn AtRest) -> Result<Option<Need>, Fault> {
        let (own, _) = self.step_aside(asked).await?;
        let outer = self.set_aside();
        self.approval = Some(asked.request);
        let done = self.do_for(asked, change).await;
        let traces = self.set_aside();
        self.events = self.recall(outer);
        let roles = self.roles.clone();
        self.step_back(own);
        let need = done?;
        self.enacted.push(Enacted {
            actor: asked.actor.clone(),
            roles,
            action: change.kind(),
            target: change.target(),
            reason: asked.reason.clone(),
            traces,
        });
        Ok(need)
    }

    async fn do_for(&mut self, asked: &Asked, change: &dyn AtRest) -> Result<Option<Need>, Fault> {
        change.apply(self).await?;
        let told = judge::notices(self, change, asked.actor.staff_id());
        self.events.extend(told);
        judge::judge(self, &asked.actor, change, &Vec::new()).await
    }

    /// Lets whoever asked stand in the place of whoever decides, and says which networks they alone may come from. Their row is
    /// locked: a role cannot be taken away meanwhile.
    async fn step_aside(&mut self, asked: &Asked) -> Result<(Standing, String), Fault> {
        let row: Option<(bool, String, String)> = self
            .query(sql!(
                sqlite: "select active, roles, networks from staff where id = $1",
                postgres: "select active, roles, networks from staff where id = $1 for no key update",
            ))
            .bind(asked.actor.staff_id())
            .optional()
            .await?;
        // Nobody's roles are no role, and not those of the system.
        let (roles, limits) = row
            .filter(|(active, ..)| *active)
            .map(|(_, roles, limits)| (Roles::parse(&roles), limits))
            .unwrap_or_default();
        self.decided_from = self.ip;
        let own = Standing {
            by: std::mem::replace(&mut self.by, asked.actor.who.name()),
            staff: std::mem::replace(&mut self.staff, asked.actor.staff_id()),
            ip: std::mem::replace(&mut self.ip, asked.actor.origin.ip),
            roles: self.roles.replace(roles),
        };
        Ok((own, limits))
    }

    fn step_back(&mut self, own: Standing) {
        let Standing { by, staff, ip, roles } = own;
        (self.by, self.staff, self.ip, self.roles) = (by, staff, ip, roles);
        self.decided_from = None;
    }

    /// The address of whoever makes the change, as it is now; nothing where it is nobody of the staff.
    pub async fn email(&mut self) -> sqlx::Result<String> {
        judge::email_of(self, self.staff.unwrap_or_default()).await
    }

    /// Whether the change is about whoever decides: their own account, or a customer with their address.
    pub async fn concerns(&mut self, change: &dyn AtRest) -> Result<bool, Fault> {
        let staff = self.staff.unwrap_or_default();
        judge::concerns(self, change, staff).await
    }
}

struct Standing {
    by: String,
    staff: Option<i64>,
    ip: Option<std::net::IpAddr>,
    roles: Option<Roles>,
}

impl Gate {
    /// What `change` would alter if it were made now; nothing is kept of it.
    pub async fn rehearse(&self, asked: &Asked, change: &dyn AtRest) -> Result<Rehearsed, Refusal> {
        let mut tx = self.begin(&asked.actor).await?;
        let rehearsed = async {
            tx.resume(asked, change).await?;
            tx.enact(asked, change).await
        };
        let outcome = rehearsed.await;
        let traces = tx.enacted.pop().map(|enacted| enacted.traces);
        if let Some(traces) = traces {
            tx.recall(traces);
        }
        let (before, after) = (noted(&tx.before), noted(&tx.after));
        tx.rollback().await?;
        outcome.map(|_| Rehearsed { before, after }).map_err(Refusal::from)
    }
}

/// The rows of what was made for others, after the row of what made them.
pub(super) async fn append_enacted(tx: &mut Tx<'_>) -> sqlx::Result<()> {
    for enacted in std::mem::take(&mut tx.enacted) {
        let events = tx.recall(enacted.traces);
        let line = Line {
            actor: &enacted.actor,
            roles: enacted.roles.as_ref(),
            action: enacted.action,
            target: enacted.target,
            reason: &enacted.reason,
            ending: Ending { outcome: "applied", refusal: None },
        };
        let seq = audit::append(tx, line).await?;
        outbox::write(tx, seq, &events).await?;
    }
    Ok(())
}
