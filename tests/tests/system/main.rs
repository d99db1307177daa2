//! The server and the sandbox as programs of their own, with a plain HTTP client for a phone:
//! nothing is shared between them but the wire.

mod bill;
mod doctor;
mod phone;
mod programs;
mod purchase;
mod trouble;
mod world;
