//! Who may do what: the matrix of routes and roles, and the same at the gate.

mod counts;
mod matrix;
mod table;
