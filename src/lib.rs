//! The client core of wx-checkout. (Front page to be written with the machine.)

pub mod domain;
pub mod wire;
