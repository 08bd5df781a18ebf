//! Whether the console is ready for production: four checklists, each line judged by what is configured and by what is proven.
//!
//! `ingam check --readiness` prints them, and owners have them as a page. What is judged is read from the configuration once
//! ([`configured`]) and from the database each time ([`proven`]); the judgement is a pure function of both ([`checklist`]).

pub(crate) mod checklist;
pub(crate) mod configured;
pub(crate) mod page;
pub(crate) mod proven;
