//! What is known of a day's comparison, as the operator reads it.

use serde::Serialize;
use wx_checkout::domain::OrderId;

use super::Day;

/// Whose bill: one is asked for every merchant that has keys here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The merchant; in partner mode the service provider.
    pub mchid: String,
    /// In partner mode, the merchant that receives the money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_mchid: Option<String>,
}

/// The bill of one account's day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BillOf {
    /// Whose.
    #[serde(flatten)]
    pub account: Account,
    /// Which day, Beijing's.
    pub day: Day,
}

/// How far a day's comparison has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DayReport {
    /// Which bill.
    #[serde(flatten)]
    pub bill: BillOf,
    /// Where it stands.
    #[serde(flatten)]
    pub state: DayState,
    /// How often it was asked for by the operator, and once by itself.
    pub run: u32,
    /// What was counted so far.
    pub counts: Counts,
    /// How many differences were found.
    pub differences: u64,
    /// How many of them still stand: neither mended by what the bill said, nor gone since.
    pub standing: u64,
}

/// Where a day's comparison stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum DayState {
    /// Not compared yet, or not to its end.
    Open {
        /// When it is tried next, milliseconds since 1970.
        next_ms: u64,
        /// How often it came to nothing.
        tries: u32,
        /// Why, the last time; empty before the first.
        problem: String,
    },
    /// Every line was compared and taken into the books.
    Compared {
        /// When, milliseconds since 1970.
        at_ms: u64,
    },
    /// WeChat has no bill of the day, and the books have no payment of it.
    NoBill {
        /// When it said so, milliseconds since 1970.
        at_ms: u64,
    },
    /// WeChat keeps bills for three months; this one was never had.
    GivenUp {
        /// When, milliseconds since 1970.
        at_ms: u64,
        /// Why the last try came to nothing.
        problem: String,
    },
}

/// The lines of a bill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Lines so far, of whatever kind.
    pub lines: u64,
    /// Those of orders here.
    pub ours: u64,
    /// Those of other systems of the same merchant: their numbers are not of our form. They are no differences.
    pub others: u64,
    /// What the others took, in fen.
    pub others_paid: u64,
    /// What the others sent back, in fen.
    pub others_refunded: u64,
    /// Lines with numbers of our form and no order here, beyond those that are listed.
    pub unlisted: u64,
}

/// Something that WeChat's books and ours say differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// Of what kind of thing.
    pub about: About,
    /// WeChat's number of the payment, or the merchant's number of the refund.
    pub number: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// The order here, if one has that number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// What differs.
    #[serde(flatten)]
    pub what: What,
}

/// A difference as it stands in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// What differs.
    #[serde(flatten)]
    pub difference: Difference,
    /// When it was found, milliseconds since 1970.
    pub found_ms: u64,
    /// The books agree by now: they took the bill's word, or a later bill or comparison shows no difference.
    pub mended: bool,
}

/// What a line or a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum About {
    /// Money that came.
    Payment,
    /// Money that went back.
    Refund,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum What {
    /// The bill has it, the books do not.
    MissingHere {
        /// Fen, by the bill.
        there: u32,
        /// The bill's word for it.
        there_state: String,
    },
    /// The books have it, the bill does not.
    MissingThere {
        /// Fen, by the books.
        here: u32,
        /// The books' word for it.
        here_state: String,
    },
    /// Both have it, with different amounts.
    Amount {
        /// Fen, by the books.
        here: u32,
        /// Fen, by the bill.
        there: u32,
    },
    /// Both have it, and one is further.
    State {
        /// The books' word.
        here_state: String,
        /// The bill's word.
        there_state: String,
    },
    /// Both have it, and another thing does not fit: it is frozen.
    Misfit {
        /// Which: `order`, `currency`, `mchid`, `appid` or `payer`.
        here_state: String,
    },
}
