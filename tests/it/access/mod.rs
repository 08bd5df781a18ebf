//! Access records: whom each of them names.

mod shown;
