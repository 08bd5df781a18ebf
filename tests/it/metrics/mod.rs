//! What Prometheus reads: who may, in which forms, and whether it is true.

mod counting;
mod documented;
mod figures;
mod reading;
mod support;
