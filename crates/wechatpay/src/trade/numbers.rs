//! The merchant's own numbers. They are the only protection against paying or refunding twice, so a
//! malformed one is refused here and not by WeChat.

use core::fmt;

use serde::{Serialize, Serializer};

/// A number that WeChat would refuse; nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// `out_trade_no`
    #[error("an out_trade_no is 6 to 32 characters of 0-9 A-Z a-z _ - | *; nothing was sent")]
    OutTradeNo,
    /// `out_refund_no`
    #[error("an out_refund_no is 1 to 64 characters of 0-9 A-Z a-z _ - | * @; nothing was sent")]
    OutRefundNo,
}

/// The merchant's number of an order: unique per merchant, used once and never again.
/// (v3 documentation 4012525182)
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutTradeNo(String);

impl OutTradeNo {
    /// Takes 6 to 32 of `0-9A-Za-z_-|*`.
    ///
    /// # Errors
    /// When it has another form.
    pub fn new(number: &str) -> Result<Self, BadNumber> {
        let fits = (6..=32).contains(&number.len()) && number.bytes().all(|b| is_number_byte(b) && b != b'@');
        if fits { Ok(Self(number.to_owned())) } else { Err(BadNumber::OutTradeNo) }
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The merchant's number of a refund. A refund that failed or was not answered is sent again under
/// the same number: under a new one it is a second refund. (v3 documentation 4012556457)
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutRefundNo(String);

impl OutRefundNo {
    /// Takes 1 to 64 of `0-9A-Za-z_-|*@`.
    ///
    /// # Errors
    /// When it has another form.
    pub fn new(number: &str) -> Result<Self, BadNumber> {
        let fits = (1..=64).contains(&number.len()) && number.bytes().all(is_number_byte);
        if fits { Ok(Self(number.to_owned())) } else { Err(BadNumber::OutRefundNo) }
    }

    /// The number as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_number_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'|' | b'*' | b'@')
}

impl fmt::Display for OutTradeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for OutRefundNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for OutTradeNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Serialize for OutRefundNo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{BadNumber, OutRefundNo, OutTradeNo};

    #[test]
    fn an_order_number_has_6_to_32_of_its_characters() {
        for good in ["123456", "a_-|*Z", "x".repeat(32).as_str()] {
            assert_eq!(OutTradeNo::new(good).expect("a number").as_str(), good);
        }
        for bad in ["", "12345", "x".repeat(33).as_str(), "12345@", "12345 ", "12345\n", "订单号订单号"] {
            assert_eq!(OutTradeNo::new(bad), Err(BadNumber::OutTradeNo), "{bad:?}");
        }
    }

    #[test]
    fn a_refund_number_has_1_to_64_of_its_characters() {
        for good in ["1", "dup-4200000001|*@_", "x".repeat(64).as_str()] {
            assert_eq!(OutRefundNo::new(good).expect("a number").as_str(), good);
        }
        for bad in ["", "x".repeat(65).as_str(), "a/b", "a?b", "a b", "退款"] {
            assert_eq!(OutRefundNo::new(bad), Err(BadNumber::OutRefundNo), "{bad:?}");
        }
    }
}
