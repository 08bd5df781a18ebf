//! Orders, tried through HTTP on both engines: what a refund comes to, who is first when many refund at once, and what
//! becomes of the money when providers or processes die.

pub(crate) mod support;

mod cancelling;
mod crashes;
mod currencies;
mod dismissing;
mod failing;
mod finding;
mod noting;
mod providers;
mod races;
mod refunding;
mod replay;
mod sample;
mod shipping;
mod verify;
