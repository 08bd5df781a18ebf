//! How people are reached, through HTTP: adding, proving and removing addresses, and what becomes of messages to them.

mod proving;
mod secrecy;
mod telling;
