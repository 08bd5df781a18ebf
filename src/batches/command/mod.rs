//! One command of a batch job: started without a shell, watched, and ended with everything it started.

mod allowed;
pub mod log;

pub use allowed::{Allowed, BadEntry, Refused};
pub use log::{Gap, Limits, Line, Log, New, Stream};
