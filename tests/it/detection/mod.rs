//! Rules that look for what people should explain: what each finds and what it does not, and how what they find is closed.

mod closing;
mod planted;
mod reading;
mod rules;
mod telling;
