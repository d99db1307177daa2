//! The payment sheet in the payer's phone: it takes what wx.requestPayment takes, and is particular.

use serde_json::Value;

use super::Wechat;
use super::v2;

impl Wechat {
    /// The payer confirms the sheet that these parameters open.
    pub fn pay(&self, appid: &str, parameters: &Value) -> Result<(), &'static str> {
        let text = |name: &str| parameters[name].as_str().ok_or("a parameter is missing or no string");
        let (time, nonce, package) = (text("timeStamp")?, text("nonceStr")?, text("package")?);
        let prepay_id = package.strip_prefix("prepay_id=").ok_or("the package has no prefix")?;
        let seconds: u64 = time.parse().map_err(|_| "timeStamp is no number of seconds")?;
        if seconds.abs_diff(self.time.seconds()) > 300 {
            return Err("timeStamp is not seconds of now");
        }
        let signed = match text("signType")? {
            "RSA" => self.merchant_signed(&format!("{appid}\n{time}\n{nonce}\n{package}\n"), text("paySign")?),
            word @ ("MD5" | "HMAC-SHA256") => {
                let fields = [
                    ("appId", appid),
                    ("timeStamp", time),
                    ("nonceStr", nonce),
                    ("package", package),
                    ("signType", word),
                ];
                let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
                v2::sign(&fields, word == "MD5") == text("paySign")?
            }
            _ => false,
        };
        if !signed {
            return Err("paySign does not verify");
        }
        let number = self.payable(prepay_id)?;
        if self.trades.lock().expect("lock")[&number].appid != appid {
            return Err("the order is another mini program's");
        }
        self.set(&number, "SUCCESS");
        Ok(())
    }
}
