//! What HTTP looks like here, with no word about customers or points.

pub(crate) mod asked;
pub(crate) mod assets;
mod binding;
mod body;
pub(crate) mod changed;
pub(crate) mod client;
pub mod connections;
pub(crate) mod console;
pub(crate) mod desk;
pub mod forgery;
pub(crate) mod form;
pub(crate) mod format;
pub(crate) mod guest;
pub(crate) mod headers;
pub(crate) mod health;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod looks;
pub(crate) mod malformed;
pub(crate) mod middleware;
pub(crate) mod number;
pub(crate) mod page_error;
pub(crate) mod panel;
pub(crate) mod problem_page;
pub(crate) mod qr;
pub(crate) mod refused;
pub mod route;
pub mod session;
pub(crate) mod shell;
mod turned_away;
pub(crate) mod visit;
pub(crate) mod words;

pub use console::Console;
pub use desk::Desk;
pub use guest::Guest;
pub use page_error::{PageError, PageResult};
