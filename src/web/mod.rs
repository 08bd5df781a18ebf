//! What HTTP looks like here, with no word about customers or points.

pub mod assets;
pub mod changed;
pub mod client;
pub mod console;
pub mod desk;
pub mod door;
pub mod forgery;
pub mod form;
pub mod format;
pub mod headers;
pub mod health;
pub mod link;
pub(crate) mod list;
pub mod number;
pub(crate) mod panel;
pub mod problem_page;
pub mod qr;
pub mod recording;
pub mod refused;
pub mod route;
pub mod session;
pub mod shell;
pub mod stop;
pub mod visit;
pub mod words;

pub use console::Console;
pub use desk::{Desk, Lobby};
pub use stop::{Answer, Stop};
