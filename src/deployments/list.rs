//! The page of deployments, and of what else the console saw change.

use super::{
    configuration::{self, Configuration},
    record::{BEFORE, Deployment, Source, Span, newest},
};
use crate::{
    clock::Instant,
    id::{AlertId, DeploymentId},
    list_query, sql,
    store::Reader,
    web::{
        Desk, PageResult,
        list::{ListQuery as _, Page, read},
        shell::{Section, Shell, field::wrong, table::Pager},
    },
};
use actix_web::web;
use askama::Template;

const PAGE: usize = 50;
/// As many configurations and definitions as are shown.
const BESIDE: i64 = 20;

list_query! {
    /// The filters of the list of deployments as they were chosen.
    typed Filter at "/deployments" from "before";
    /// What the filters of the list of deployments mean.
    meant Wanted;
    service: String = read::name;
    /// The alert in the day before which they were.
    alert: AlertId = |text, _| text.parse().map_err(|_| wrong::not_a_choice());
}

/// A definition of a job that the console took over.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Defined {
    pub job: String,
    pub title: String,
    pub n: i64,
    pub at: Instant,
}

/// The alert in the day before which deployments are shown.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct BeforeAlert {
    pub id: AlertId,
    pub title: String,
    #[sqlx(rename = "opened_at")]
    pub at: Instant,
}

/// `GET /deployments`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let Wanted { service, alert } = filter.chosen(desk.zone())?;
    let before: Option<DeploymentId> = filter.place()?;
    let alert = match alert {
        Some(id) => opened(desk.reader(), id).await?,
        None => None,
    };
    let (from, until) = match &alert {
        Some(alert) => (alert.at.minus(BEFORE), alert.at),
        None => (Instant::earliest(), Instant::latest()),
    };
    let span = Span { service, from, until };
    let rows = async |limit| newest(desk.reader(), &span, before, i64::try_from(limit).unwrap_or(i64::MAX)).await;
    let found = Page::read(PAGE, rows, |deployment: &Deployment| deployment.id).await?;
    let configurations = configuration::newest(desk.reader(), from, until, BESIDE).await?;
    let defined = defined(desk.reader(), from, until).await?;
    let pager = filter.pager(found.next);
    let shell = desk.shell(Some(Section::Alerts), None).await?;
    desk.page(200, &DeploymentsPage { shell, filter, alert, rows: found.rows, pager, configurations, defined })
}

async fn opened(reader: &Reader, id: AlertId) -> sqlx::Result<Option<BeforeAlert>> {
    reader.query(sql!("select id, title, opened_at from alerts where id = $1")).bind(id).optional().await
}

async fn defined(reader: &Reader, from: Instant, until: Instant) -> sqlx::Result<Vec<Defined>> {
    reader
        .query(sql!(
            "select v.job, j.title, v.n, v.at from batch_versions v join batch_jobs j on j.name = v.job
              where v.at >= $1 and v.at <= $2 order by v.at desc, v.job limit $3"
        ))
        .bind(from)
        .bind(until)
        .bind(BESIDE)
        .all()
        .await
}

#[derive(Debug, Template)]
#[template(path = "deployments/list.html")]
pub(crate) struct DeploymentsPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) alert: Option<BeforeAlert>,
    pub(crate) rows: Vec<Deployment>,
    pub(crate) pager: Pager,
    pub(crate) configurations: Vec<Configuration>,
    pub(crate) defined: Vec<Defined>,
}

impl DeploymentsPage {
    /// The same list, of one service.
    fn of_service(&self, service: &str) -> String {
        Filter { service: service.to_owned(), ..self.filter.clone() }.href("")
    }

    /// The same list, of all services.
    fn of_all(&self) -> String {
        self.of_service("")
    }

    fn is_from_host(deployment: &Deployment) -> bool {
        deployment.source == Source::Host.as_str()
    }
}
