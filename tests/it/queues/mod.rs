//! Topics: events that go out, and reports that come in.

mod publishing;
mod reading;
