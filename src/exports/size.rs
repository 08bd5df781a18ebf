//! How much would be in a file, asked for by its form: counting a large log takes longer than opening a form may.

use super::{Holds, count::count, selection::Count, typed::Typed};
use crate::{
    id::Seq,
    web::{Desk, PageResult, problem_page::Problem, shell::Frame, words::Message},
};
use actix_web::web;
use askama::Template;
use serde::Deserialize;

/// What the form asks with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    end: Seq,
    #[serde(default)]
    filter: String,
    #[serde(default)]
    holds: Holds,
}

/// `GET /audit/exports/size`
pub(crate) async fn show(desk: Desk, asked: web::Query<Asked>) -> PageResult {
    let filter = Typed::read(asked.holds, &asked.filter).ok_or(Problem::BadRequest)?;
    let counted = count(&desk, filter, asked.end, None).await?;
    let counted = counted.map(|(_, count)| count);
    desk.page(200, &SizeFragment { shell: desk.frame(), counted })
}

#[derive(Template)]
#[template(path = "exports/size.html")]
struct SizeFragment {
    shell: Frame,
    counted: Result<Count, Message>,
}
