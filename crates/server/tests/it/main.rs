//! The server over HTTP, against a WeChat of the tests' own.

mod admin;
mod close;
mod commands;
mod conformance;
mod create;
mod evidence;
mod full_disk;
mod gateway;
mod http;
mod limits;
mod listening;
mod noise;
mod notify;
mod openapi;
mod order_tokens;
mod program;
mod purchase;
mod refunds;
mod servers;
mod sessions;
mod support;
mod versions;
mod webhooks;
mod webhooks_operated;
