//! Topics: events that go out, and reports that come in.

mod deleting;
mod placing;
mod publishing;
mod reading;
mod securing;
mod support;
