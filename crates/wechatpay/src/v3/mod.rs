//! WeChat Pay API v3: JSON over HTTPS, RSA signatures both ways, AES-256-GCM inside notifications.

mod bill;
mod certificates;
mod keys;
pub mod notification;
mod payee;
mod sign;
pub mod types;
mod verify;

pub use crate::codes::{Advice, advice, numeric_code};
pub use crate::trade::ClientParams;
pub use bill::{BillEntry, BillError, BillLine, BillReader, BillSums, Column, read_bill};
pub use certificates::{CERTIFICATES_PATH, CertificatesError, PlatformCertificate, listed_certificates};
pub use keys::KeyError;
pub use payee::{BadPayee, Close, Order, Payee, Prepay};
pub use sign::{MerchantSigner, SignError};
pub use verify::{FRESH_SECONDS, SignedHeaders, Verifiers, VerifyError};
