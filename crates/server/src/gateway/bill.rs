//! Asking for a day's trade bill, in version 3. It has the trades of the merchant in either version.
//! Version 2 has a bill of its own, which nothing proves: neither is its answer signed, nor does a
//! signed one announce its digest. It is not asked for, because a bill's lines go into the books.

use reqwest::{Method, Url};
use wechatpay::v3::types::{BillAnswer, BillRequest, BillType};

use super::line::{FILE, Outgoing};
use super::v3::V3;
use super::{CallError, Gateway};
use crate::bills::BillOf;

/// What WeChat says of a bill.
#[derive(Debug)]
pub enum BillSaid {
    /// Where it is, and its digest.
    Ready(BillAnswer),
    /// It is still being made.
    Creating,
    /// There is none.
    None,
}

impl Gateway {
    /// The merchants that a bill can be asked for: those with keys of version 3.
    pub fn billed(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().filter(|(_, account)| account.v3.is_some()).map(|(mchid, _)| mchid.as_str())
    }

    /// The merchants that have keys of version 2 alone.
    pub fn unbilled(&self) -> impl Iterator<Item = &str> {
        self.accounts.iter().filter(|(_, account)| account.v3.is_none()).map(|(mchid, _)| mchid.as_str())
    }

    /// Asks for the bill of a day.
    ///
    /// # Errors
    /// When there is no answer to go by.
    pub async fn bill(&self, bill: &BillOf) -> Result<BillSaid, CallError> {
        let (line, v3) = self.speak_v3(&bill.account.mchid)?;
        let request = BillRequest {
            bill_date: bill.day.to_string(),
            bill_type: BillType::All,
            sub_mchid: bill.account.sub_mchid.clone(),
        };
        let answer = v3.get(line, &request.path()).await?;
        match answer.said_code().replace('_', "").as_str() {
            // It can end a day, so it has to be WeChat's word.
            "NOSTATEMENTEXIST" => answer.proven().map(|()| BillSaid::None),
            "STATEMENTCREATING" => Ok(BillSaid::Creating),
            _ => answer.read().map(BillSaid::Ready),
        }
    }

    /// Downloads the file that an answer tells of, compressed. It comes without a signature: what proves
    /// it is the digest in the answer.
    ///
    /// # Errors
    /// When it does not come, or not whole.
    pub async fn bill_file(&self, bill: &BillOf, answer: &BillAnswer) -> Result<Vec<u8>, CallError> {
        let (line, v3) = self.speak_v3(&bill.account.mchid)?;
        let url = Url::parse(answer.download_url.expose()).map_err(|_| CallError::Nonsense)?;
        // Over the configured hosts: the merchant's signature goes nowhere else, whatever an address says.
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let out = Outgoing { method: Method::GET, path: &path, body: &[], bounds: FILE };
        line.call(&v3, &out).await?.unsigned()
    }

    fn speak_v3(&self, mchid: &str) -> Result<(&super::Line, V3<'_>), CallError> {
        let no_keys = || CallError::NoKeys { mchid: mchid.to_owned() };
        let account = self.accounts.get(mchid).ok_or_else(no_keys)?;
        let keys = account.v3.as_ref().ok_or_else(no_keys)?;
        Ok((&account.line, V3 { keys, clock: &self.clock }))
    }
}
