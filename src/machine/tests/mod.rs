//! The machine's tests: the table, the laws, the types that pages see.

mod bench;
mod docs;
mod explore;
mod flow;
mod laws;
mod random;
mod reading;
mod recovery;
mod snapshots;
mod table;
mod traces;
mod types;
mod wishes;
