//! The page of everybody who works here.

use super::{
    Role, Roles,
    people::{Filter, Person, State},
    roles::box_name,
};
use crate::web::{
    link::link,
    shell::{Shell, seal::Seal, table::Pager},
};
use askama::Template;

/// `GET /staff`, and what a refused invitation comes back as.
#[derive(Debug, Template)]
#[template(path = "staff/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub filter: Filter,
    pub rows: Vec<Person>,
    pub pager: Pager,
    pub panel: Option<InvitePanel>,
}

/// `?panel=invite` → `POST /staff`. As typed.
#[derive(Clone, Debug, Default)]
pub struct InvitePanel {
    pub seal: Seal,
    pub email: String,
    pub name: String,
    pub roles: Roles,
    pub reason: String,
}

impl ListPage {
    pub fn href(filter: Filter, after: &str) -> String {
        let state = filter.state.map_or("", State::as_str);
        let role = filter.role.map_or("", Role::as_str);
        link("/staff", &[("state", state), ("role", role), ("after", after)])
    }

    pub fn with_state(&self, state: Option<&State>) -> String {
        Self::href(Filter { state: state.copied(), ..self.filter }, "")
    }

    pub fn with_role(&self, role: Option<&Role>) -> String {
        Self::href(Filter { role: role.copied(), ..self.filter }, "")
    }

    pub fn has_state(&self, state: Option<&State>) -> bool {
        self.filter.state.as_ref() == state
    }

    pub fn has_role(&self, role: Option<&Role>) -> bool {
        self.filter.role.as_ref() == role
    }

    pub fn is_filtered(&self) -> bool {
        self.filter != Filter::default()
    }

    pub fn states(&self) -> [State; 5] {
        State::ALL
    }

    pub fn all_roles(&self) -> [Role; 5] {
        Role::ALL
    }

    pub fn box_name(&self, role: &Role) -> &'static str {
        box_name(*role)
    }

    pub fn is_me(&self, person: &Person) -> bool {
        person.id == self.shell.person.id
    }
}

impl InvitePanel {
    pub fn has(&self, role: &Role) -> bool {
        self.roles.any_of(&[*role])
    }
}
