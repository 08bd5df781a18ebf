//! Evidence of access records: [bundles](bundle) of many, and receipts, in files that end in `.access-proof`: what proves that a record is in the tree of which a signed log has
//! the root, without asking the console.
//!
//! ```text
//! ingam/access-proof@v1
//! {"at":"…","customers":["5"],…}          the bytes of the record, as they are hashed for its leaf
//! {"action":"access.seal",…}              the bytes of the row of the log with size and root of the tree
//! index 7                                 the number of the leaf
//! RxCd2hTTt1Q1Ve2aWl30N3zhnyQ8yOAZ2gqnLyYQrEo=   a hash of the proof (RFC 9162, section 2.1.3) on each line
//!
//! c2sp.org/tlog-proof@v1                  the receipt of that row, to the end of the file
//! …
//! ```
//!
//! No line but those of the receipt has a space or a newline that is not here; both bodies are canonical JSON, which has none.

pub(crate) mod bundle;
mod prove;
mod record;

pub(crate) use prove::{Place, Tied, Unproven, place, provable, prove};
pub(crate) use record::{AccessReceipt, Held, Unfit, sealed_tree};

/// The kind of the change that seals a size of the tree; the slice that has it is above this one.
const SEAL: &str = "access.seal";
