//! One command of a batch job: started without a shell, watched, and ended with everything it started.

mod allowed;
mod group;
mod identity;
mod lines;
pub mod log;
mod mask;
mod output;
mod report;

pub use allowed::{Allowed, BadEntry, Refused};
pub use identity::{Alive, Identity, is_alive};
pub use log::{Gap, Limits, Line, Log, New, Stream};
pub use output::{News, Output};
pub use report::Counts;
