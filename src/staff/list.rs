//! Everybody who works here.

use super::{
    Role,
    invitation::InviteStaff,
    list_pages::{InvitePanel, ListPage},
    people::{self, Filter, State},
};
use crate::{
    gate::Change as _,
    web::{
        Answer, Desk,
        desk::fresh_key,
        problem_page::Problem,
        shell::{Section, seal::Seal as Shape, table::Pager},
    },
};
use actix_web::web;
use serde::Deserialize;

const PAGE: usize = 100;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    state: String,
    role: String,
    after: Option<i64>,
    panel: String,
}

/// `GET /staff`
pub async fn list(desk: Desk, asked: web::Query<Asked>) -> Answer {
    let state = match asked.state.as_str() {
        "" => None,
        text => Some(State::parse(text).ok_or(Problem::BadRequest)?),
    };
    let role = match asked.role.as_str() {
        "" => None,
        text => Some(text.parse::<Role>().map_err(|_| Problem::BadRequest)?),
    };
    let panel = (asked.panel == "invite")
        .then(|| InvitePanel { seal: Shape::fresh(InviteStaff::KIND, fresh_key(), 0), ..InvitePanel::default() });
    page(&desk, Filter { state, role }, asked.after, panel, 200).await
}

pub(super) async fn page(
    desk: &Desk,
    filter: Filter,
    after: Option<i64>,
    panel: Option<InvitePanel>,
    status: u16,
) -> Answer {
    let mut rows = people::find(desk, filter, after, i64::try_from(PAGE + 1).unwrap_or(i64::MAX)).await?;
    let is_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| is_more).map(|last| ListPage::href(filter, &last.id.to_string()));
    let page = ListPage {
        shell: desk.shell(Some(Section::Staff), None).await?,
        filter,
        pager: Pager { first: after.map(|_| ListPage::href(filter, "")), previous: None, next },
        rows,
        panel,
    };
    desk.page(status, &page)
}
