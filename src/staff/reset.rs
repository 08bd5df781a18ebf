//! Taking away a second factor that was lost.

use super::{
    account_state::{self, AccountState},
    invitation,
    link_page::{self, Holder},
    people::Member,
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::StaffId,
    secret, sql,
    staff::STAFF_CREDENTIAL_CHANGED,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The account has no authenticator.
    STAFF_NO_FACTOR = "staff-no-factor";
}

/// Takes a person's authenticator and recovery codes away and gives them a new set-up link: for a phone that is lost, or
/// after ten wrong codes. Password and second factor are set again with it, and every session ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ResetSecondFactor {
    pub staff: StaffId,
    /// Empty where the change waited for a second person: then a link is issued afterwards.
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
        account_state::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await?;
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
        let ended = account_state::end_sessions(tx, self.staff).await?;
        account_state::bump(tx, self.staff).await?;
        tx.note("authenticator_at", before.map(|(at,)| at.to_string()), None::<i64>);
        tx.note("sessions_ended", None::<i64>, ended);
        if !self.token.is_empty() {
            invitation::issue(tx, self.staff, &self.token).await?;
        }
        tx.emit(
            STAFF_CREDENTIAL_CHANGED,
            serde_json::json!({ "staff": self.staff, "credential": "second-factor-reset" }),
        );
        Ok(())
    }
}

impl ResetSecondFactor {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<AccountState, Fault> {
        account_state::not_oneself(tx, self.staff)?;
        let account = account_state::lock(tx, self.staff).await?;
        account.require_active()?;
        if !account.has_authenticator {
            return Err(Fault::conflict(STAFF_NO_FACTOR));
        }
        // On the host it is the way back in: the person who runs the command holds the link, and no other owner is needed.
        let is_way_back = tx.staff().is_none() && !self.token.is_empty();
        if account.roles().any_of(&[Role::Owner]) && !is_way_back {
            account_state::keep_an_owner(tx, self.staff).await?;
            account_state::seen_by_another_owner(tx, self.staff).await?;
        }
        Ok(account)
    }
}

/// The form.
pub(crate) struct ResetPanel;

impl Panel for ResetPanel {
    type On = Member;
    type Part = ();
    type Asks = ResetSecondFactor;
    const NAME: &'static str = "reset";
    const ROUTE: &'static str = "/staff/{id}/second-factor-reset";

    fn button(desk: &Desk, on: &Member) -> Option<Button> {
        let label = desk.words().get("reset.title").to_owned();
        why_not(on).is_none().then_some(Button { name: Self::NAME, icon: "phone", label })
    }

    async fn open(desk: &Desk, on: &Member, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(match why_not(on).filter(|_| opening.form().is_none()) {
            Some(why) => Opened::Closed(desk.words().get(why).to_owned()),
            None => Opened::Form(Self),
        })
    }

    async fn read(_: &Desk, on: &Member, (): &(), _: &Form) -> Result<ResetSecondFactor, Unread> {
        Ok(ResetSecondFactor { staff: on.person.id, token: secret::token() })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        ResetForm { shell, seal }.render()
    }

    async fn answer(desk: &Desk, on: &Member, made: Made<ResetSecondFactor>) -> PageResult {
        link_page::show(desk, &made, Holder::of(&on.person), &made.asks.token).await
    }
}

/// The sentence that says why there is nothing to reset.
fn why_not(on: &Member) -> Option<&'static str> {
    if on.person.is_disabled() {
        Some("refused-state.staff-disabled")
    } else if on.person.has_factor() {
        None
    } else {
        Some("refused-state.staff-no-factor")
    }
}

#[derive(Template)]
#[template(path = "staff/reset.html")]
struct ResetForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
