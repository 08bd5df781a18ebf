//! Access records: whom each of them names, and the tree that they are sealed in, from which each is proven.

mod proving;
mod sealing;
mod shown;
