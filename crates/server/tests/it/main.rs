//! The server over HTTP, against a WeChat of the tests' own.

mod purchase;
mod support;
