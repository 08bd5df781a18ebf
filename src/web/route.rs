//! What a route is: method, path, and to whom it opens. Which there are is the table of the whole console, which hands it in.

use super::session::{Stage, Visitor};
use crate::gate::Role;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub opens: Opens,
    /// Asked by the page itself and not by a person: does not keep a session alive.
    pub quiet: bool,
}

/// To whom a route opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Load balancers and such, from any network.
    Machines,
    /// Batches that report, from the networks that reports may come from. Each shows the token of its job.
    Reports,
    /// Anybody on an allowed network.
    Public,
    /// A person who has given a password and not yet a code.
    PasswordOnly,
    /// A person who gave a recovery code in place of the authenticator that they have to replace.
    RecoveryOnly,
    /// A person who is signed in, but in another browser and on another network than when they gave their last code.
    MovedOnly,
    /// A person with a session, also half way through signing in.
    Session,
    /// A person who is signed in.
    Staff,
    /// A person who is signed in with one of these roles.
    Roles(&'static [Role]),
}

impl Opens {
    pub fn to(self, visitor: Option<&Visitor>) -> bool {
        let Some(visitor) = visitor else { return matches!(self, Self::Machines | Self::Reports | Self::Public) };
        match self {
            Self::Machines | Self::Reports | Self::Public => true,
            Self::PasswordOnly => visitor.stage == Stage::Password,
            Self::RecoveryOnly => visitor.stage == Stage::Recovery,
            Self::MovedOnly => visitor.stage == Stage::Moved,
            Self::Session => !matches!(visitor.stage, Stage::Moved | Stage::Over),
            Self::Staff => visitor.is_signed(),
            Self::Roles(roles) => visitor.is_signed() && visitor.roles.any_of(roles),
        }
    }

    /// Whether it is a step of signing in, on which a person who is signed in has no business.
    pub fn is_step(self) -> bool {
        matches!(self, Self::PasswordOnly | Self::RecoveryOnly | Self::MovedOnly)
    }
}

/// The route of a request: HEAD goes where GET goes.
pub fn find(routes: &'static [Route], method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    routes.iter().find(|route| route.method == method && route.path == path)
}

/// Whether a path is asked by load balancers and such, and so from any network.
pub fn is_for_machines(routes: &[Route], path: &str) -> bool {
    routes.iter().any(|route| route.path == path && route.opens == Opens::Machines)
}

/// Whether a path takes reports of batches.
pub fn is_for_reports(routes: &[Route], path: &str) -> bool {
    routes.iter().any(|route| route.path == path && route.opens == Opens::Reports)
}

/// What a path answers to, for the `Allow` header.
pub fn methods(routes: &[Route], path: &str) -> Vec<&'static str> {
    routes
        .iter()
        .filter(|route| route.path == path)
        .flat_map(|route| if route.method == "GET" { vec!["GET", "HEAD"] } else { vec![route.method] })
        .collect()
}

/// Whether a path is a page that a person opens, and no part that pages ask for by themselves.
pub fn is_page(routes: &[Route], path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    routes.iter().any(|route| route.method == "GET" && !route.quiet && matches(route.path, path))
}

/// The nearest page above `path`: the page of a form that is posted there.
pub fn page_above<'p>(routes: &[Route], path: &'p str) -> &'p str {
    let mut above = path.split('?').next().unwrap_or_default();
    while let Some((parent, _)) = above.rsplit_once('/') {
        if routes.iter().any(|route| route.method == "GET" && matches(route.path, parent)) {
            return parent;
        }
        above = parent;
    }
    "/"
}

pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    pattern.split('/').count() == path.split('/').count()
        && pattern.split('/').zip(path.split('/')).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
}
