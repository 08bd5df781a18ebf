//! Topics: events that go out, and reports that come in.

mod placing;
mod publishing;
mod reading;
mod support;
