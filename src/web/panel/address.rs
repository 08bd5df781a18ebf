//! How subjects and their parts are named: in a path, and in the query of a page.

use super::{Panel, Subject};
use crate::{
    id::Id,
    web::{Desk, PageError, problem_page::Problem},
};
use actix_web::HttpRequest;
use std::{fmt::Display, str::FromStr};

/// A segment of a path that names a subject.
pub(crate) trait Segment: Sized {
    /// The number of segments it takes.
    const COUNT: usize;

    fn read(segment: Option<&str>) -> Option<Self>;
}

impl Segment for () {
    const COUNT: usize = 0;

    fn read(_: Option<&str>) -> Option<Self> {
        Some(())
    }
}

impl<I: Id> Segment for I {
    const COUNT: usize = 1;

    fn read(segment: Option<&str>) -> Option<Self> {
        segment?.parse().ok()
    }
}

impl Segment for String {
    const COUNT: usize = 1;

    fn read(segment: Option<&str>) -> Option<Self> {
        segment.map(str::to_owned)
    }
}

/// Which part of a subject a panel is about, named in the query of the page and in the path of the form.
pub(crate) trait Part: Segment + 'static {
    /// Reads it from the query of a page; `None` where the query asks for another panel.
    fn asked(name: &'static str, query: &Query) -> Option<Self>;

    /// As it is in a path.
    fn segment(&self) -> String;

    /// The query of the page with the panel open, as [`asked`](Self::asked) reads it.
    fn query(&self, name: &'static str) -> String {
        format!("panel={}", self.open_name(name))
    }

    /// What the page calls the open panel: `retry`, `change-12`.
    fn open_name(&self, name: &'static str) -> String {
        name.to_owned()
    }
}

/// A row of the list that a panel is about: `?panel=change-12`.
pub(crate) trait RowPart: Segment + Display + 'static {}

impl<R: RowPart> Part for R {
    fn asked(name: &'static str, query: &Query) -> Option<Self> {
        let row = query.get("panel").strip_prefix(name)?.strip_prefix('-')?;
        Self::read(Some(row))
    }

    fn segment(&self) -> String {
        self.to_string()
    }

    fn open_name(&self, name: &'static str) -> String {
        format!("{name}-{self}")
    }
}

impl Part for () {
    fn asked(name: &'static str, query: &Query) -> Option<Self> {
        (query.get("panel") == name).then_some(())
    }

    fn segment(&self) -> String {
        String::new()
    }
}

/// The query of a page with panels.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of the page that is shown; of a form that came back there is none.
    pub(crate) fn of(desk: &Desk) -> Self {
        let query = desk.visit().path.split_once('?').map_or("", |(_, query)| query);
        Self(serde_urlencoded::from_str(query).unwrap_or_default())
    }

    /// The value of a key; empty where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The names of all its values.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).parse().ok()
    }
}

/// The address of a form: its subject, and the part of it.
pub(super) struct Address<P: Panel> {
    pub(super) id: <P::On as Subject>::Id,
    pub(super) part: P::Part,
}

impl<P: Panel> Address<P> {
    /// 404 where the path names nothing.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, PageError> {
        let mut segments = request.match_info().iter().map(|(_, value)| value);
        let mut next = |count: usize| if count == 0 { None } else { segments.next() };
        let id = Segment::read(next(<<P::On as Subject>::Id as Segment>::COUNT));
        let part = Segment::read(next(<P::Part as Segment>::COUNT));
        match (id, part) {
            (Some(id), Some(part)) => Ok(Self { id, part }),
            _ => Err(Problem::NotFound.into()),
        }
    }
}

/// Where a panel posts to: its route with the names filled in.
pub(super) fn action<P: Panel>(on: &P::On, part: &P::Part) -> String {
    let rest = P::ROUTE.strip_prefix(P::On::PAGE).unwrap_or(P::ROUTE);
    let mut path = on.path();
    for segment in rest.split('/').filter(|segment| !segment.is_empty()) {
        path.push('/');
        if segment.starts_with('{') { path.push_str(&part.segment()) } else { path.push_str(segment) }
    }
    path
}
