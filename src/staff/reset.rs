//! Taking a second factor away that was lost.

use super::{
    link,
    show::Asked,
    standing::{self, Standing},
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Role, Target, Tx},
    secret, sql,
    web::{Answer, Desk},
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Takes a person's authenticator and recovery codes away and gives them a new set-up link: for a phone that is lost, or
/// after ten wrong codes. Password and second factor are set anew with it, and every session ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResetSecondFactor {
    pub staff: i64,
    /// Nothing where the change waited for somebody else: then a link is issued afterwards.
    #[serde(skip)]
    pub token: String,
}

impl Change for ResetSecondFactor {
    const KIND: &'static str = "staff.reset-second-factor";
    const ADMITS: Admits = Admits::owners();
    const SECOND_IF_POSSIBLE: Option<Role> = Some(Role::Owner);
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        standing::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await?;
        let before: Option<(Instant,)> = tx
            .query(sql!("select enrolled_at from authenticators where staff_id = $1"))
            .bind(self.staff)
            .optional()
            .await?;
        for statement in [
            sql!("delete from authenticators where staff_id = $1"),
            sql!("delete from recovery_codes where staff_id = $1"),
        ] {
            tx.query(statement).bind(self.staff).run().await?;
        }
        let ended = standing::end_sessions(tx, self.staff).await?;
        standing::bump(tx, self.staff).await?;
        tx.note("authenticator_at", before.map(|(at,)| at.to_string()), None::<i64>);
        tx.note("sessions_ended", None::<i64>, ended);
        if !self.token.is_empty() {
            link::issue(tx, self.staff, &self.token).await?;
        }
        tx.emit(
            "staff.credential-changed",
            serde_json::json!({ "staff": self.staff, "credential": "second-factor-reset" }),
        );
        Ok(())
    }
}

impl ResetSecondFactor {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Standing, Fault> {
        standing::not_oneself(tx, self.staff)?;
        let standing = standing::lock(tx, self.staff).await?;
        standing.active()?;
        if !standing.has_authenticator {
            return Err(Fault::conflict("staff-no-factor"));
        }
        // On the host it is the way back in: whoever runs the command holds the link, and nobody else needs to be left.
        let is_way_back = tx.staff().is_none() && !self.token.is_empty();
        if standing.roles().any_of(&[Role::Owner]) && !is_way_back {
            standing::keep_an_owner(tx, self.staff).await?;
            standing::seen_by_another_owner(tx, self.staff).await?;
        }
        Ok(standing)
    }
}

/// `POST /staff/{id}/second-factor-reset`
pub async fn reset_second_factor(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let staff = path.into_inner();
    let token = secret::token();
    let change = ResetSecondFactor { staff, token: token.clone() };
    link::submit(&desk, staff, Asked::Reset, &body, change, &token).await
}
