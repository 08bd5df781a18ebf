//! The program on the command line: from nothing to a console that serves, and the demo.

mod checking;
mod commands;
mod demo;
mod key;
pub(crate) mod program;
mod rotating;
