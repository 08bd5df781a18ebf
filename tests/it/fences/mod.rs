//! The fences around the one door, each tried from outside: what the engines refuse, what the lints are told, and that
//! both engines get the same schema and understand the same statements; also the words that comments and texts avoid.
//! That forging a `Tx` does not compile is shown in the documentation of `ingam::gate::Tx`.

mod features;
mod layers;
mod lint;
mod pooler;
mod reader;
mod schema;
mod statements;
mod vocabulary;
mod wording;
