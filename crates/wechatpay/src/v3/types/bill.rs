//! The trade bill of a day. (v3 documentation: tradebill)

use core::fmt;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use serde::Deserialize;

use crate::Secret;
use crate::v3::payee::encode;

/// Which bill. It can be had from 10:00 of the next day on, Beijing's time; a day without trades has
/// none (NO_STATEMENT_EXIST).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRequest {
    /// `2026-01-31`, Beijing's day.
    pub bill_date: String,
    /// Which lines.
    pub bill_type: BillType,
    /// One sub-merchant's, in partner mode; without it, all of them.
    pub sub_mchid: Option<String>,
}

/// Which lines a bill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BillType {
    /// Payments and refunds.
    All,
    /// Payments.
    Success,
    /// Refunds.
    Refund,
}

impl BillRequest {
    /// Where it is asked for; the file is compressed with gzip.
    #[must_use]
    pub fn path(&self) -> String {
        let bill_type = match self.bill_type {
            BillType::All => "ALL",
            BillType::Success => "SUCCESS",
            BillType::Refund => "REFUND",
        };
        let date = encode(&self.bill_date);
        let mut path = format!("/v3/bill/tradebill?bill_date={date}&bill_type={bill_type}&tar_type=GZIP");
        if let Some(sub_mchid) = &self.sub_mchid {
            path.push_str(&format!("&sub_mchid={}", encode(sub_mchid)));
        }
        path
    }
}

/// The answer to a [`BillRequest`]: where the file is, and its digest.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BillAnswer {
    /// `SHA1`.
    pub hash_type: String,
    /// Of the uncompressed file, in hex.
    pub hash_value: String,
    /// Good for minutes, for whoever has it. The request for it is signed, the file is not: it counts only once
    /// [`BillAnswer::check`] has passed, since this answer is signed and names the digest.
    pub download_url: Secret<String>,
}

/// A file that is not the bill that the answer told of. Nothing in it may be compared with the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadBill {
    /// Another digest than SHA-1.
    #[error("the bill's hash_type is not SHA1")]
    UnknownHash,
    /// Cut off, changed, or still compressed.
    #[error("the bill's digest is not the one that WeChat Pay announced: uncompress it first, or ask for it again")]
    WrongHash,
}

impl BillAnswer {
    /// Whether this is the file, uncompressed.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, uncompressed: &[u8]) -> Result<(), BadBill> {
        let mut check = self.checker()?;
        check.take(uncompressed);
        check.end()
    }

    /// The same, piece by piece.
    ///
    /// # Errors
    /// When the digest is one that nobody can check.
    pub fn checker(&self) -> Result<BillCheck, BadBill> {
        if self.hash_type != "SHA1" {
            return Err(BadBill::UnknownHash);
        }
        let announced = hex::decode(&self.hash_value).map_err(|_| BadBill::WrongHash)?;
        Ok(BillCheck { announced, so_far: Context::new(&SHA1_FOR_LEGACY_USE_ONLY) })
    }
}

/// A file on its way, to be held to the digest that a [`BillAnswer`] announced.
#[derive(Clone)]
pub struct BillCheck {
    announced: Vec<u8>,
    so_far: Context,
}

impl BillCheck {
    /// The next piece of the uncompressed file.
    pub fn take(&mut self, piece: &[u8]) {
        self.so_far.update(piece);
    }

    /// Whether the pieces are the file.
    ///
    /// # Errors
    /// When they are not.
    pub fn end(self) -> Result<(), BadBill> {
        let same = self.so_far.finish().as_ref() == self.announced;
        if same { Ok(()) } else { Err(BadBill::WrongHash) }
    }
}

impl fmt::Debug for BillCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BillCheck")
    }
}
