//! The environment of a console: what it must hold before the console serves.

mod channels;
mod environment;
mod isolation;
mod isolation_payments;
mod letters;
mod metrics;
mod zones;
