//! How rules are written: `{"fault": "delay", "ms": 300, "path": "/v3/pay/*", "count": 2}`.

use serde::{Deserialize, Serialize};

use super::{AnswerFault, Case, DeliveryFault, Event, Fault, RefundFault, Rule, Told, documented};
use crate::book::Api;
use crate::keyring::Dress;

/// The longest answer that is worth waiting for.
const LONGEST_DELAY_MS: u64 = 120_000;
/// Later than this no notification is waited for, on WeChat's clock: thirty days.
const LATEST_MS: u64 = 30 * 24 * 60 * 60 * 1000;
const MOST_TIMES: u64 = 50;

/// A rule as it is posted, and listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleForm {
    fault: Name,
    /// The path of the request, or of notify_url; one `*` stands for anything.
    pub(super) path: Option<String>,
    pub(super) method: Option<String>,
    /// So many matching ones pass before.
    #[serde(default)]
    pub(super) after: u64,
    /// After so many times it is over.
    pub(super) count: Option<u64>,
    #[serde(default = "always")]
    pub(super) probability: f64,
    pub(super) seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    forgery: Option<Forgery>,
}

const fn always() -> f64 {
    1.0
}

/// Every fault by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Delay,
    DropRequest,
    DropAnswer,
    RateLimited,
    ErrorAfter,
    BadGateway,
    Refuse,
    UnsignedAnswer,
    StaleTimestamp,
    UnknownSerial,
    WrongKey,
    Probe,
    NotPaidYet,
    RefundAbnormal,
    RefundClosed,
    SwitchToPublicKey,
    NotificationLost,
    NotificationLate,
    NotificationDuplicated,
    NotificationConcurrent,
    NotificationOutOfOrder,
    NotificationBeforePayer,
    NotificationForged,
}

/// A notification that must be refused, or must not be taken for the order's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Forgery {
    /// Signed by a key that is nobody's, under a known serial.
    WrongKey,
    /// Signed by a key that is nobody's, under its own serial.
    UnknownSerial,
    /// Not signed.
    Unsigned,
    /// Signed ten minutes ago.
    Stale,
    /// A genuine signature, and the body written anew.
    ReEncodedBody,
    /// Genuine, and about another merchant.
    OtherMerchant,
    /// Genuine, and about another amount.
    OtherAmount,
    /// A genuine signature over a ciphertext that does not open.
    BadCiphertext,
    /// The probe that WeChat Pay sends itself.
    Probe,
    /// v2: a document type with an external entity.
    Doctype,
}

impl Forgery {
    /// Whether the receiver must refuse it. What is genuine but does not fit the order must be kept and
    /// looked into, so it may be acknowledged.
    pub(crate) const fn must_be_refused(self) -> bool {
        !matches!(self, Self::OtherMerchant | Self::OtherAmount)
    }

    /// Whether there is such a forgery of this kind of notification.
    pub(super) const fn is_of(self, Told { about, api }: Told) -> bool {
        match (api, about) {
            (Api::V3, _) => !matches!(self, Self::Doctype),
            (Api::V2(_), Event::Payment) => {
                !matches!(self, Self::UnknownSerial | Self::Stale | Self::BadCiphertext | Self::Probe)
            }
            // Encrypted, and signed by nobody.
            (Api::V2(_), Event::Refund) => false,
        }
    }

    /// As rules write it.
    pub(crate) fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl RuleForm {
    /// The rule, or what is wrong with it.
    pub(crate) fn read(self) -> Result<Rule, String> {
        let name = serde_json::to_value(self.fault).ok().and_then(|name| name.as_str().map(str::to_owned));
        let name = name.unwrap_or_default();
        self.check_reach()?;
        self.check_details(&name)?;
        let fault = self.fault()?;
        Ok(Rule { fault, name, form: self })
    }

    /// A rule that nothing could ever match was meant otherwise.
    fn check_reach(&self) -> Result<(), String> {
        if self.probability <= 0.0 || self.probability > 1.0 || self.probability.is_nan() {
            return Err("probability is more than 0, and 1 at most".to_owned());
        }
        match self.path.as_deref() {
            Some(path) if path.matches('*').count() > 1 => return Err("path takes one * at most".to_owned()),
            Some(path) if !path.starts_with(['/', '*']) => {
                return Err("path begins with / (or with *), as the path of a request does".to_owned());
            }
            _ => {}
        }
        if self.method.as_deref().is_some_and(|method| !matches!(method, "GET" | "POST")) {
            return Err("method is GET or POST, in capitals".to_owned());
        }
        if self.count == Some(0) {
            return Err("count is 1 or more: after so many times the rule is over".to_owned());
        }
        Ok(())
    }

    /// A detail that the fault does not have was meant for something.
    fn check_details(&self, name: &str) -> Result<(), String> {
        let takes = match self.fault {
            Name::Delay | Name::NotificationLate => "ms",
            Name::NotificationLost | Name::NotificationDuplicated | Name::NotificationConcurrent => "times",
            Name::Refuse => "code",
            Name::NotificationForged => "forgery",
            _ => "",
        };
        let given = [
            ("ms", self.ms.is_some()),
            ("times", self.times.is_some()),
            ("code", self.code.is_some()),
            ("forgery", self.forgery.is_some()),
        ];
        match given.into_iter().find(|(detail, given)| *given && *detail != takes) {
            Some((detail, _)) => Err(format!("{name} does not take {detail}")),
            None => Ok(()),
        }
    }

    fn fault(&self) -> Result<Fault, String> {
        let ms = |most: u64| match self.ms {
            Some(ms) if (1..=most).contains(&ms) => Ok(ms),
            _ => Err(format!("ms is required: how many milliseconds, from 1 to {most}")),
        };
        let times = |default| match self.times {
            None => Ok(default),
            Some(times @ 1..=MOST_TIMES) => Ok(usize::try_from(times).unwrap_or(default)),
            Some(_) => Err(format!("times goes from 1 to {MOST_TIMES}")),
        };
        Ok(match self.fault {
            Name::Delay => Fault::Answer(AnswerFault::Delay { ms: ms(LONGEST_DELAY_MS)? }),
            Name::DropRequest => Fault::Answer(AnswerFault::DropRequest),
            Name::DropAnswer => Fault::Answer(AnswerFault::DropAnswer),
            Name::RateLimited => Fault::Answer(AnswerFault::Refuse(named("FREQUENCY_LIMITED")?)),
            Name::ErrorAfter => Fault::Answer(AnswerFault::ErrorAfter),
            Name::BadGateway => Fault::Answer(AnswerFault::BadGateway),
            Name::Refuse => Fault::Answer(AnswerFault::Refuse(named(self.code.as_deref().unwrap_or_default())?)),
            Name::UnsignedAnswer => Fault::Answer(AnswerFault::Dress(Dress::Unsigned)),
            Name::StaleTimestamp => Fault::Answer(AnswerFault::Dress(Dress::Stale)),
            Name::UnknownSerial => Fault::Answer(AnswerFault::Dress(Dress::UnknownSerial)),
            Name::WrongKey => Fault::Answer(AnswerFault::Dress(Dress::WrongKey)),
            Name::Probe => Fault::Answer(AnswerFault::Dress(Dress::Probe)),
            Name::NotPaidYet => Fault::Answer(AnswerFault::NotPaidYet),
            Name::RefundAbnormal => Fault::Refund(RefundFault::Abnormal),
            Name::RefundClosed => Fault::Refund(RefundFault::Closed),
            Name::SwitchToPublicKey => Fault::SwitchToPublicKey,
            Name::NotificationLost => Fault::Delivery(DeliveryFault::Lost { tries: times(usize::MAX)? }),
            Name::NotificationLate => Fault::Delivery(DeliveryFault::Late { ms: ms(LATEST_MS)? }),
            Name::NotificationDuplicated => Fault::Delivery(DeliveryFault::Duplicated { times: times(1)? }),
            Name::NotificationConcurrent => Fault::Delivery(DeliveryFault::Concurrent { times: times(2)? }),
            Name::NotificationOutOfOrder => Fault::Delivery(DeliveryFault::OutOfOrder),
            Name::NotificationBeforePayer => Fault::Delivery(DeliveryFault::BeforePayer),
            Name::NotificationForged => Fault::Delivery(DeliveryFault::Forged(
                self.forgery.ok_or("forgery is required: which kind of forgery")?,
            )),
        })
    }
}

fn named(code: &str) -> Result<Case, String> {
    Case::named(code).ok_or_else(|| format!("code must be a documented one: {}", documented()))
}
