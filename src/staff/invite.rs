//! Inviting a person, beside the list of staff.

use super::{
    Roles, invitation,
    link_page::{self, Holder},
    normal_email,
    people::StaffList,
    roles::{self, BOXES, RoleBox},
};
use crate::zone::Zone;
use crate::{
    gate::{Admits, Change, Fault, NOT_A_CHOICE, Target, Tx},
    id::StaffId,
    secret, sql,
    staff::STAFF_NO_ROLE,
    text::{composed, is_line, is_lookalike, visible},
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Opened, Opening, Panel, Unread, View},
        problem_page::Problem,
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The text is no e-mail address.
    STAFF_EMAIL = "staff-email";
    /// A member of staff has this address already.
    pub(crate) STAFF_EXISTS = "staff-exists";
    /// The address belongs to a disabled account.
    pub(crate) STAFF_LEFT = "staff-left";
    /// The name is empty, too long, or holds control characters.
    STAFF_NAME = "staff-name";
    /// The name looks like that of another person and is not the same.
    STAFF_NAME_LOOKALIKE = "staff-name-lookalike";
}

crate::gate::topics! {
    /// A person was invited.
    STAFF_INVITED = "staff.invited";
}

/// Invites a person. The token of the link is shown once, to the person who invites; only its hash is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct InviteStaff {
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub time_zone: String,
    /// Empty where the invitation waited for a second person: then a link is issued afterwards.
    #[serde(skip)]
    pub token: String,
}

/// Whether this can be a name on pages and in the log.
pub fn is_name(name: &str) -> bool {
    name.trim() == name && (1..=100).contains(&name.chars().count()) && is_line(name) && visible(name) > 0
}

/// A person who is invited once more.
#[derive(sqlx::FromRow)]
struct Earlier {
    roles: String,
    active: bool,
    has_password: bool,
}

impl Change for InviteStaff {
    const KIND: &'static str = "staff.invite";
    const ADMITS: Admits = Admits::owners();
    const CREATED_IDS: &'static [&'static str] = &["staff"];
    /// The new person's id.
    type Output = StaffId;

    /// The e-mail address: there is no id yet. The new id is noted, so that the row leads to the person.
    fn target(&self) -> Target {
        Target::new("staff", &self.email)
    }

    /// The version of a person who was invited before and never followed the link; zero where there is none, so that one who
    /// was invited meanwhile is not invited over.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        let there: Option<(i64,)> = tx
            .query(sql!(
                sqlite: "select version from staff where email = $1",
                postgres: "select version from staff where email = $1 for no key update",
            ))
            .bind(self.email.as_str())
            .optional()
            .await?;
        Ok(Some(there.map_or(0, |(version,)| version)))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<StaffId, Fault> {
        let earlier = self.validate(tx).await?;
        let now = tx.now();
        let roles = Roles::new(self.roles.iter()).to_string();
        // A person who never followed their first link is invited again.
        let (id,): (StaffId,) = tx
            .query(sql!(
                "insert into staff (email, name, roles, time_zone, created_at) values ($1, $2, $3, $4, $5)
                 on conflict (email) do update set name = excluded.name, roles = excluded.roles, version = staff.version + 1
                 where staff.password_hash is null and staff.active
                 returning id"
            ))
            .bind(self.email.as_str())
            .bind(self.name.as_str())
            .bind(roles.as_str())
            .bind(self.time_zone.as_str())
            .bind(now)
            .optional()
            .await?
            .ok_or_else(|| Fault::invalid("email", STAFF_EXISTS))?;
        if !self.token.is_empty() {
            invitation::issue(tx, id, &self.token).await?;
        }
        tx.note("staff", None::<i64>, id);
        tx.note("roles", earlier.map(|earlier| earlier.roles), roles.as_str());
        tx.emit(STAFF_INVITED, serde_json::json!({ "staff": id, "roles": roles }));
        Ok(id)
    }
}

impl InviteStaff {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<Option<Earlier>, Fault> {
        if normal_email(&self.email).as_ref() != Some(&self.email) {
            return Err(Fault::invalid("email", STAFF_EMAIL));
        }
        if !is_name(&self.name) {
            return Err(Fault::invalid("name", STAFF_NAME));
        }
        // Those who read the log tell people by their names.
        let names: Vec<(String,)> =
            tx.query(sql!("select name from staff where email <> $1")).bind(self.email.as_str()).all().await?;
        if names.iter().any(|(name,)| is_lookalike(name, &self.name)) {
            return Err(Fault::invalid("name", STAFF_NAME_LOOKALIKE));
        }
        if self.roles.is_empty() {
            return Err(Fault::invalid("roles", STAFF_NO_ROLE));
        }
        roles::no_mixed_duties(tx, &self.roles)?;
        if self.time_zone.parse::<Zone>().is_err() {
            return Err(Fault::invalid("time_zone", NOT_A_CHOICE));
        }
        let there: Option<Earlier> = tx
            .query(sql!("select roles, active, password_hash is not null as has_password from staff where email = $1"))
            .bind(self.email.as_str())
            .optional()
            .await?;
        match there {
            Some(Earlier { active: false, .. }) => Err(Fault::invalid("email", STAFF_LEFT)),
            Some(Earlier { has_password: true, .. }) => Err(Fault::invalid("email", STAFF_EXISTS)),
            there => Ok(there),
        }
    }
}

/// The form, as it was typed.
#[derive(Default)]
pub(crate) struct InvitePanel {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) roles: Roles,
}

impl Panel for InvitePanel {
    type On = StaffList;
    type Part = ();
    type Asks = InviteStaff;
    const NAME: &'static str = "invite";
    const ROUTE: &'static str = "/staff";
    const FIELDS: &'static [&'static str] = &{
        let [a, b, c, d, e] = BOXES;
        ["email", "name", a, b, c, d, e]
    };

    fn button(desk: &Desk, _: &StaffList) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "plus", label: desk.words().get("invite.title").to_owned() })
    }

    async fn open(_: &Desk, _: &StaffList, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self {
            email: opening.typed("email", ""),
            name: opening.typed("name", ""),
            roles: opening.form().map(roles::ticked).unwrap_or_default(),
        }))
    }

    async fn read(desk: &Desk, _: &StaffList, (): &(), form: &Form) -> Result<InviteStaff, Unread> {
        let mut errors = FieldErrors::new();
        let email = normal_email(form.get("email")).unwrap_or_else(|| {
            let is_empty = form.trimmed("email").is_empty();
            errors.add("email", if is_empty { wrong::required() } else { wrong::refused(STAFF_EMAIL) });
            String::new()
        });
        let name = composed(form.trimmed("name"));
        let name = name.as_str();
        if name.is_empty() {
            errors.add("name", wrong::required());
        } else if !is_name(name) {
            let is_long = name.chars().count() > 100;
            errors.add("name", if is_long { wrong::too_long(100) } else { wrong::control_characters() });
        }
        let roles = roles::chosen(form, &mut errors);
        if !errors.is_empty() {
            return Err(errors.into());
        }
        let time_zone = desk.console().zone.to_string();
        Ok(InviteStaff { email, name: name.to_owned(), roles, time_zone, token: secret::token() })
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        InviteForm { shell, panel: self, boxes: roles::boxes(&self.roles), seal }.render()
    }

    async fn answer(desk: &Desk, _: &StaffList, made: Made<InviteStaff>) -> PageResult {
        let InviteStaff { name, email, token, .. } = &made.asks;
        let staff = *made.outputs.first().ok_or(Problem::Internal)?;
        link_page::show(desk, &made, Holder { staff, name: name.clone(), email: email.clone() }, token).await
    }
}

#[derive(Template)]
#[template(path = "staff/invite.html")]
struct InviteForm<'a> {
    shell: &'a Shell,
    panel: &'a InvitePanel,
    boxes: [RoleBox; 5],
    seal: &'a SealForm,
}
