//! Access records: whom each of them names, and the tree that they are sealed in.

mod sealing;
mod shown;
