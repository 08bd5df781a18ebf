//! The list of suspicions, the newest first.

use super::{
    FALSE_ALARM,
    record::{Suspicion, suspicions},
    rule::Rule,
    run::last,
};
use crate::{
    audit::list::{record_look, staff},
    clock::Instant,
    id::{StaffId, SuspicionId},
    list_query, sql,
    store::Reader,
    web::{
        Desk, PageResult,
        list::{Back, ListQuery as _, Page, read},
        problem_page::Problem,
        shell::{
            Section, Shell,
            field::{FieldErrors, wrong},
            table::{Choice, Pager},
        },
    },
};
use actix_web::web;
use askama::Template;

pub(crate) const PATH: &str = "/audit/suspicions";
const PAGE: usize = 50;
/// What the filter of states calls those that no person closed.
const OPEN: &str = "open";

list_query! {
    /// The filters of the list of suspicions as they were typed.
    typed Filter at "/audit/suspicions" from "before";
    /// What the filters of the list of suspicions mean.
    meant Wanted;
    rule: Rule = |text, _| text.parse().map_err(|()| wrong::not_a_choice());
    /// `open`, or how it ended.
    state: String = |text, _| read::choice(text, STATES.into_iter());
    staff: StaffId = read::staff;
}

/// What the list can be filtered by; the names are under `suspicion-outcome.`
pub(crate) const STATES: [&str; 4] = [OPEN, "explained", FALSE_ALARM, "confirmed"];

/// `GET /audit/suspicions`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>, back: web::Query<Back<SuspicionId>>) -> PageResult {
    let filter = filter.into_inner();
    let before = filter.place::<SuspicionId>()?;
    if before.is_some_and(|before| before.get() < 0) {
        return Err(Problem::BadRequest.into());
    }
    let (wanted, errors) = match filter.read(desk.zone()) {
        Ok(wanted) => (Some(wanted), FieldErrors::new()),
        Err(errors) => (None, errors),
    };
    let found = match (&wanted, back.after) {
        (Some(wanted), Some(after)) => {
            let place = previous(desk.reader(), wanted, after).await?;
            return Ok(desk.see_other(&filter.href(&place.map(|place| place.to_string()).unwrap_or_default())));
        }
        (Some(wanted), None) => {
            record_look(&desk, "view-log", None, Some("audit/suspicions".to_owned())).await?;
            let before = before.unwrap_or(SuspicionId::MAX);
            let rows = async |limit| newest(desk.reader(), wanted, before, limit).await;
            Page::read(PAGE, rows, |suspicion: &Suspicion| suspicion.id).await?
        }
        (None, _) => Page::default(),
    };
    let page = ListPage {
        shell: desk.shell(Some(Section::Audit), None).await?,
        staff: staff(desk.reader()).await?,
        pager: Pager {
            previous: filter.previous_href(found.rows.first().map(|suspicion| suspicion.id)),
            ..filter.pager(found.next)
        },
        rows: found.rows,
        looked_at: last(&mut desk.reader()).await?.looked_at,
        filter,
        errors,
    };
    desk.page(page.errors.status_of_list(), &page)
}

/// What fits the filters, as SQL with `$2` to `$5` of `bound!`.
macro_rules! fits {
    ($columns:expr, $place:literal, $order:literal) => {
        concat!(
            $columns,
            $place,
            " and (cast($2 as text) is null or s.rule = $2)
                and (cast($3 as text) is null or s.state = $3)
                and (cast($4 as text) is null or s.outcome = $4)
                and (cast($5 as bigint) is null or s.staff_id = $5 or s.other_id = $5)
              order by s.id ",
            $order,
            " limit $6"
        )
    };
}

/// Binds `$2` to `$5`.
macro_rules! bound {
    ($query:expr, $wanted:expr) => {{
        let state = $wanted.state.as_deref();
        $query
            .bind($wanted.rule.map(Rule::as_str))
            .bind(state.map(|state| if state == OPEN { OPEN } else { "closed" }))
            .bind(state.filter(|state| *state != OPEN))
            .bind($wanted.staff)
    }};
}

async fn newest(reader: &Reader, wanted: &Wanted, before: SuspicionId, limit: usize) -> sqlx::Result<Vec<Suspicion>> {
    let statement = reader.query(sql!(fits!(suspicions!(), "s.id < $1", "desc"))).bind(before);
    bound!(statement, wanted).bind(i64::try_from(limit).unwrap_or(i64::MAX)).all().await
}

/// Where the page before the one that begins with `after` begins: the one that it does not hold any more. `None` where that is the first page.
async fn previous(reader: &Reader, wanted: &Wanted, after: SuspicionId) -> sqlx::Result<Option<SuspicionId>> {
    let statement = reader.query(sql!(fits!("select s.id from suspicions s where ", "s.id > $1", "asc"))).bind(after);
    let rows: Vec<(SuspicionId,)> =
        bound!(statement, wanted).bind(i64::try_from(PAGE.saturating_add(1)).unwrap_or(i64::MAX)).all().await?;
    Ok(rows.get(PAGE).map(|(id,)| *id))
}

/// `GET /audit/suspicions`
#[derive(Debug, Template)]
#[template(path = "detection/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    /// Everybody who can be filtered by: the staff id as text, and the name.
    pub(crate) staff: Vec<Choice>,
    pub(crate) errors: FieldErrors,
    pub(crate) rows: Vec<Suspicion>,
    pub(crate) pager: Pager,
    pub(crate) looked_at: Option<Instant>,
}

impl ListPage {
    /// The rules by name.
    fn rules() -> Vec<String> {
        Rule::ALL.iter().map(|rule| rule.as_str().to_owned()).collect()
    }
}
