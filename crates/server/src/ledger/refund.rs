//! A refund: what was decided here, and how far WeChat says that it has come.

/// A refund of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// WeChat's number of the payment that it is of; empty while only its number is known.
    pub transaction_id: String,
    /// Fen that go back; 0 while only its number is known.
    pub amount: u32,
    /// Why money goes back.
    pub why: Why,
    /// What the payer reads about it; empty for refunds that were not asked for here.
    pub reason: String,
    /// How far it has come.
    pub stage: Stage,
    /// When it was asked for here, or first told of; milliseconds since 1970.
    pub asked_ms: u64,
    /// It was told of with another amount or payment than before: the operator must look.
    pub contradicted: bool,
}

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The order was paid before: it keeps one payment only.
    Second,
    /// The order was closed before.
    Late,
    /// The operator asked for it.
    Operator,
    /// It was not asked for here: on the merchant platform, say.
    Foreign,
}

/// How far a refund has come. A later word wins over an earlier one of this list in whatever order
/// they arrive, so that facts commute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Named by somebody who proved nothing: WeChat has to be asked whether there is such a refund.
    Rumoured,
    /// Decided here; WeChat may or may not have heard of it.
    Due,
    /// WeChat refused it for good, and a query found no such refund: no money moved, none will.
    Refused,
    /// WeChat accepted it.
    Processing,
    /// The money did not reach the payer; the operator has to settle it on the merchant platform.
    Abnormal,
    /// WeChat gave it up: the money stayed with the merchant.
    Closed,
    /// The money went back.
    Success,
}

impl Why {
    /// Its word, in the database and in what others are told.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Late => "late",
            Self::Operator => "operator",
            Self::Foreign => "foreign",
        }
    }
}

impl Stage {
    /// Its word, in the database and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rumoured => "rumoured",
            Self::Due => "due",
            Self::Refused => "refused",
            Self::Processing => "processing",
            Self::Abnormal => "abnormal",
            Self::Closed => "closed",
            Self::Success => "success",
        }
    }

    /// Whether WeChat itself said so.
    #[must_use]
    pub const fn is_told(self) -> bool {
        match self {
            Self::Processing | Self::Abnormal | Self::Closed | Self::Success => true,
            Self::Rumoured | Self::Due | Self::Refused => false,
        }
    }

    /// Whether its amount has gone back, or may still.
    #[must_use]
    pub const fn holds_money(self) -> bool {
        match self {
            Self::Due | Self::Processing | Self::Abnormal | Self::Success => true,
            Self::Rumoured | Self::Refused | Self::Closed => false,
        }
    }

    /// Whether its end is not known yet.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            Self::Due | Self::Processing | Self::Abnormal => true,
            Self::Rumoured | Self::Refused | Self::Closed | Self::Success => false,
        }
    }

    /// Whether the server itself goes on with it: asks for it, or asks about it.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        match self {
            Self::Rumoured | Self::Due | Self::Processing => true,
            Self::Refused | Self::Abnormal | Self::Closed | Self::Success => false,
        }
    }
}

impl Refund {
    /// This, and what is said of the same refund elsewhere: in either order the outcome is the same.
    #[must_use]
    pub(super) fn merge(self, other: Self) -> Self {
        let stage = self.stage.max(other.stage);
        let asked_ms = self.asked_ms.min(other.asked_ms);
        let contradicted = self.contradicted
            || other.contradicted
            || !(self.is_bare() || other.is_bare())
                && (self.amount != other.amount || self.transaction_id != other.transaction_id);
        // What was decided here wins over what others say, and what says more over what says less.
        let rank = |refund: &Self| (refund.is_bare(), refund.why);
        let (first, second) = if rank(&self) <= rank(&other) { (self, other) } else { (other, self) };
        let transaction_id = if second.is_bare() || first.transaction_id <= second.transaction_id {
            first.transaction_id
        } else {
            second.transaction_id
        };
        let amount = first.amount.max(second.amount);
        Self { transaction_id, amount, stage, asked_ms, contradicted, why: first.why, reason: first.reason }
    }

    /// Of which payment it is, is not known.
    fn is_bare(&self) -> bool {
        self.transaction_id.is_empty()
    }
}
