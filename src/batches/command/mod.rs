//! One command of a batch job: started without a shell, watched, and ended with everything it started.

mod allowed;

pub use allowed::{Allowed, BadEntry, Refused};
