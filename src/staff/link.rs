//! Issuing a set-up link, which is shown once to the person who asked for it.

use super::{
    account_state::{self, AccountState},
    invitation,
    link_page::{self, Holder},
    people::Member,
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::StaffId,
    secret,
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
    /// A set-up link is shown to its requester alone, so it cannot wait for approval.
    LINK_UNSEEN = "link-unseen";
    /// The account is set up already.
    STAFF_SET_UP = "staff-set-up";
}

crate::gate::topics! {
    /// A new set-up link was issued.
    STAFF_LINK_ISSUED = "staff.link-issued";
}

/// Issues a new set-up link for a person who has not set up what they sign in with, or whose second factor was reset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IssueSetupLink {
    pub staff: StaffId,
    #[serde(skip)]
    pub token: String,
}

impl Change for IssueSetupLink {
    const KIND: &'static str = "staff.issue-link";
    const ADMITS: Admits = Admits::owners();
    // A link that is made later could not be shown to the person who asked for it.
    const MAY_WAIT: bool = false;
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
        // The token is not stored, so a link that waited could not be shown.
        if self.token.is_empty() {
            return Err(Fault::conflict(LINK_UNSEEN));
        }
        invitation::issue(tx, self.staff, &self.token).await?;
        account_state::bump(tx, self.staff).await?;
        tx.emit(STAFF_LINK_ISSUED, serde_json::json!({ "staff": self.staff }));
        Ok(())
    }
}

impl IssueSetupLink {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<AccountState, Fault> {
        let account = account_state::lock(tx, self.staff).await?;
        account.require_active()?;
        if account.is_set_up() { Err(Fault::conflict(STAFF_SET_UP)) } else { Ok(account) }
    }
}

/// The form.
pub(crate) struct LinkPanel;

impl Panel for LinkPanel {
    type On = Member;
    type Part = ();
    type Asks = IssueSetupLink;
    const NAME: &'static str = "link";
    const ROUTE: &'static str = "/staff/{id}/setup-link";

    fn button(desk: &Desk, on: &Member) -> Option<Button> {
        let label = desk.words().get("new-link.title").to_owned();
        why_not(on).is_none().then_some(Button { name: Self::NAME, icon: "key", label })
    }

    async fn open(desk: &Desk, on: &Member, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(match why_not(on).filter(|_| opening.form().is_none()) {
            Some(why) => Opened::Closed(desk.words().get(why).to_owned()),
            None => Opened::Form(Self),
        })
    }

    async fn read(_: &Desk, on: &Member, (): &(), _: &Form) -> Result<IssueSetupLink, Unread> {
        Ok(IssueSetupLink { staff: on.person.id, token: secret::token() })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        LinkForm { shell, seal }.render()
    }

    async fn answer(desk: &Desk, on: &Member, made: Made<IssueSetupLink>) -> PageResult {
        link_page::show(desk, &made, Holder::of(&on.person), &made.asks.token).await
    }
}

/// The sentence that says why no link is needed.
fn why_not(on: &Member) -> Option<&'static str> {
    if on.person.is_disabled() {
        Some("refused-state.staff-disabled")
    } else if on.person.needs_link() {
        None
    } else {
        Some("refused-state.staff-set-up")
    }
}

#[derive(Template)]
#[template(path = "staff/new_link.html")]
struct LinkForm<'a> {
    shell: &'a Shell,
    seal: &'a SealForm,
}
