//! Notifications that are owed.

use serde::{Deserialize, Serialize};

use super::order::{Api, Owner};

/// One notification: the same bytes on every try.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    /// WeChat's number of it, `EV-...`.
    pub(crate) id: String,
    pub(crate) about: About,
    pub(crate) api: Api,
    /// Whose key it is made with.
    pub(crate) mchid: String,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) progress: Progress,
}

/// What it tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum About {
    Payment { owner: Owner, out_trade_no: String },
    Refund { owner: Owner, out_refund_no: String },
}

impl About {
    /// How events name it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Payment { out_trade_no, .. } => format!("order {out_trade_no}"),
            Self::Refund { out_refund_no, .. } => format!("refund {out_refund_no}"),
        }
    }

    /// The same in Chinese.
    pub(crate) fn name_zh(&self) -> String {
        match self {
            Self::Payment { out_trade_no, .. } => format!("订单 {out_trade_no}"),
            Self::Refund { out_refund_no, .. } => format!("退款 {out_refund_no}"),
        }
    }

    /// The merchant's number.
    pub(crate) fn number(&self) -> &str {
        match self {
            Self::Payment { out_trade_no: number, .. } | Self::Refund { out_refund_no: number, .. } => number,
        }
    }
}

/// How far the tries have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    /// So many tries were made; the next one is due.
    Waiting { tries: usize, next_ms: u64 },
    /// Acknowledged, or given up.
    Over,
}
