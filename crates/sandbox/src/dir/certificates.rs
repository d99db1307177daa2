//! Keys and certificates, made once.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{CertificateParams, DnType, PKCS_RSA_SHA256, RsaKeySize, SerialNumber, date_time_ymd};

use super::DirError;
use crate::dice::Dice;

/// From the beginning of one day to the beginning of another, in UTC.
pub(super) struct Validity {
    from: Date,
    to: Date,
}

impl Validity {
    /// Yesterday and so many years on.
    pub(super) fn years(ago: i16, ahead: i16) -> Self {
        let yesterday = today().saturating_sub(1.days());
        Self { from: yesterday.saturating_sub(ago.years()), to: yesterday.saturating_add(ahead.years()) }
    }

    /// Five years, of which so many days are left.
    pub(super) fn ending_in_days(days: i16) -> Self {
        let to = today().saturating_add(days.days());
        Self { from: to.saturating_sub(5.years()), to }
    }

    /// Yesterday and so many days on.
    pub(super) fn days(ahead: i16) -> Self {
        let yesterday = today().saturating_sub(1.days());
        Self { from: yesterday, to: yesterday.saturating_add(ahead.days()) }
    }

    pub(super) fn put_in(&self, params: &mut CertificateParams) {
        let midnight =
            |date: Date| date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs());
        params.not_before = midnight(self.from);
        params.not_after = midnight(self.to);
    }

    /// Both ends as `/v3/certificates` writes them.
    pub(super) fn rfc3339(&self) -> (String, String) {
        let write = |date: Date| format!("{date}T08:00:00+08:00");
        (write(self.from), write(self.to))
    }
}

fn today() -> Date {
    Offset::UTC.to_datetime(Timestamp::now()).date()
}

/// 40 hex digits; the first keeps the certificate's number positive and its text's length fixed.
pub(super) fn serial(dice: &Dice) -> String {
    format!("4{}", dice.text(31, b"0123456789ABCDEF")) + &dice.text(8, b"0123456789ABCDEF")
}

pub(super) fn rsa_key() -> Result<rcgen::KeyPair, DirError> {
    rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|_| DirError::Crypto)
}

pub(super) fn certificate(
    key: &rcgen::KeyPair,
    name: &str,
    serial: &str,
    validity: &Validity,
) -> Result<String, DirError> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(SerialNumber::from(hex::decode(serial).map_err(|_| DirError::Crypto)?));
    validity.put_in(&mut params);
    let certificate = params.self_signed(key).map_err(|_| DirError::Crypto)?;
    Ok(certificate.pem())
}
