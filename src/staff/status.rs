//! Keeping somebody out, and letting them in again.

use super::{
    show::{self, Asked},
    standing::{self, Standing},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    web::{
        Answer, Desk,
        shell::field::{FieldErrors, wrong},
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Disables an account, which ends everything it is signed in with at once, or enables it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetStaffStatus {
    pub staff: i64,
    /// `active` or `disabled`.
    pub status: String,
}

impl Change for SetStaffStatus {
    const KIND: &'static str = "staff.status";
    const ADMITS: Admits = Admits::owners();
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

    /// Whoever has to be kept out is kept out at once; whoever is to come back can wait until somebody agrees.
    fn may_be_urgent(&self) -> bool {
        self.status == "disabled"
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.judge(tx).await?.active;
        let active = self.is_active()?;
        tx.query(sql!("update staff set active = $2, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(active)
            .run()
            .await?;
        tx.note("active", before, active);
        if !active {
            let ended = standing::end_sessions(tx, self.staff).await?;
            // A link that was on its way would let them in on the day they are enabled again.
            tx.query(sql!("delete from invitations where staff_id = $1")).bind(self.staff).run().await?;
            tx.note("sessions_ended", None::<i64>, ended);
        }
        tx.emit("staff.status-changed", serde_json::json!({ "staff": self.staff, "status": self.status }));
        Ok(())
    }
}

impl SetStaffStatus {
    fn is_active(&self) -> Result<bool, Fault> {
        match self.status.as_str() {
            "active" => Ok(true),
            "disabled" => Ok(false),
            _ => Err(Fault::invalid("status", "not-a-choice")),
        }
    }

    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Standing, Fault> {
        let active = self.is_active()?;
        standing::not_oneself(tx, self.staff)?;
        let standing = standing::lock(tx, self.staff).await?;
        if standing.active == active {
            return Err(Fault::conflict("staff-already"));
        }
        if !active && standing.roles().any_of(&[Role::Owner]) {
            standing::keep_an_owner(tx, self.staff).await?;
        }
        Ok(standing)
    }
}

/// `POST /staff/{id}/status`
pub async fn set_status(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let staff = path.into_inner();
    let fields: Vec<&str> = ["status"].into_iter().chain(show::SEAL).collect();
    let form = desk.form(&body, &fields).await?;
    let mut errors = FieldErrors::new();
    if !matches!(form.get("status"), "active" | "disabled") {
        errors.add("status", wrong::not_a_choice());
    }
    let change = SetStaffStatus { staff, status: form.get("status").to_owned() };
    show::submit(&desk, staff, Asked::Status, &form, errors, change).await
}
