//! What every database must do, the same suite for each: SQLite, or PostgreSQL where
//! `WX_CHECKOUT_TEST_POSTGRES` has a server's address.

#[allow(dead_code)] // Shared with the tests in it/, which use the rest.
#[path = "../it/support/database.rs"]
mod database;

mod layout;
mod leases;
mod letters;
mod orders;
mod receipts;
mod refunds;
mod support;
