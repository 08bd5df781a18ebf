//! What HTTP looks like here, with no word about customers or points.

pub mod assets;
pub mod changed;
pub mod client;
pub mod console;
pub mod desk;
pub mod forgery;
pub mod form;
pub mod format;
pub mod headers;
pub mod health;
pub mod link;
pub(crate) mod list;
pub mod middleware;
pub mod number;
pub mod page_error;
pub(crate) mod panel;
pub mod problem_page;
pub mod qr;
pub mod recording;
pub mod refused;
pub mod route;
pub mod session;
pub mod shell;
pub mod visit;
pub mod words;

pub use console::Console;
pub use desk::{Desk, Guest};
pub use page_error::{PageError, PageResult};
