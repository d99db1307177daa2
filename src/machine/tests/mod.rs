//! The machine's tests: the table, the laws, the types that pages see.

mod bench;
mod docs;
mod flow;
mod table;
mod types;
