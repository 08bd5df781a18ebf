//! To which browser a session is bound.
//!
//! A session remembers a pair: the network and the user agent that its last code came from. A request that comes from another
//! network *and* with another user agent is asked for a fresh code before anything is read or changed; a right code gives the
//! session a new token and binds it to the new pair. One of the two alone changes every day, on a phone that leaves the Wi-Fi or
//! in a browser that updates itself, and passes.
//!
//! Both are held against the pair of the last code, which no request moves. If each request that passes moved it, a thief with
//! the cookie would come in two steps: with the owner's user agent from their own network, and after that with their own user
//! agent. As it is, the thief has to keep what they copied; a person whose network changed and whose browser updates itself a
//! day later is asked once.
//!
//! A user agent is no secret: a thief who sends the one of the browser that they took the cookie from is not noticed here.

use super::{
    session::{Stage, Visitor},
    visit::Visit,
};
use crate::allowlist::network_of;
use std::net::IpAddr;

/// The visitor as their session is good for this request.
pub(super) fn bound(visitor: Visitor, visit: &Visit) -> Visitor {
    if is_moved(&visitor, visit) {
        let stage = match visitor.stage {
            Stage::Signed => Stage::Moved,
            Stage::Recovery => Stage::Over,
            // The code is still to come.
            stage @ (Stage::Password | Stage::Moved | Stage::Over) => stage,
        };
        Visitor { stage, ..visitor }
    } else {
        visitor
    }
}

/// Whether a request comes from another network and another browser than the session's last code. Of IPv6 the /64 counts,
/// within which a device changes its address by itself.
fn is_moved(visitor: &Visitor, visit: &Visit) -> bool {
    let network = visitor.ip.parse::<IpAddr>().ok().map(network_of);
    network != visit.ip().map(network_of) && visitor.user_agent != visit.user_agent
}
