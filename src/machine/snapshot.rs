//! What outlives the process: the durable part of the machine, as versioned JSON.
//!
//! Payment parameters and login codes are not in it: they are never used twice.

use core::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::desk::{Owed, Watched};
use super::effect::SnapshotText;
use super::error::Fault;
use super::state::{Order, Receipt, Sale};
use crate::domain::{Millis, SessionToken};
use crate::json::{Json, Write, Writer};
use crate::wire::CloseRequest;

/// The version that this code writes. It reads this one and every older one.
///
/// 2: `closing` was added. A version that does not know it would forget what is to be closed.
pub const VERSION: u32 = 2;

/// What the phone's storage held.
#[derive(Clone, PartialEq, Eq)]
pub enum Stored {
    /// Nothing: a first start, or the storage was purged.
    Missing,
    /// Some JSON.
    Found(Json),
    /// Something else.
    NoJson,
    /// The storage did not answer, or threw.
    Unreadable,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "Missing",
            Self::Found(_) => "Found",
            Self::NoJson => "NoJson",
            Self::Unreadable => "Unreadable",
        })
    }
}

/// The durable part of the machine.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Memory {
    pub session: Option<KeptSession>,
    pub checkout: Kept,
    pub watch: Vec<Watched>,
    pub owed: Vec<Owed>,
    pub closing: Vec<CloseRequest>,
}

/// A session as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(super) struct KeptSession {
    pub token: SessionToken,
    pub until: Millis,
}

/// The checkout as it is stored.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub(super) enum Kept {
    /// None is open.
    #[default]
    Nothing,
    /// A key: an order may have been made under it, and, where a later write failed, paid.
    Intent(Arc<Sale>),
    /// An order whose sheet may have been opened.
    Order(Order),
    /// An outcome, not acknowledged.
    Closed(Order),
    /// An outcome, not acknowledged.
    Paid(Order, Arc<Receipt>),
    /// An outcome, not acknowledged.
    Failed(Arc<Fault>),
}

/// Why a snapshot was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// A newer version of this package wrote it.
    Newer,
    /// It makes no sense.
    Damaged,
    /// The storage did not give it.
    Unread,
}

impl Memory {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Empty where there is nothing to remember.
    pub fn to_text(&self) -> SnapshotText {
        if self.is_empty() {
            return SnapshotText(String::new());
        }
        let mut out = Writer::default();
        out.raw("{");
        out.name("version");
        VERSION.write(&mut out);
        out.name("memory");
        self.write(&mut out);
        out.raw("}");
        SnapshotText(out.into_text())
    }

    pub fn from_json(json: &Json) -> Result<Self, Unusable> {
        let version: u32 = json.field("version").ok_or(Unusable::Damaged)?;
        if version > VERSION {
            return Err(Unusable::Newer);
        }
        json.field("memory").ok_or(Unusable::Damaged)
    }
}
