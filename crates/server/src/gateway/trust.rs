//! Platform certificates: renewed every twelve hours, and when something comes that is signed with one
//! that is not known yet. Whoever has only the public key has none of this to do.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use reqwest::Method;
use wechatpay::v3::{CERTIFICATES_PATH, CertificatesError, SignedHeaders, Verifiers, VerifyError};

use super::line::{ANSWER, Line, Outgoing};
use super::unproven::{self, Unproven};
use super::v3::{self, V3};
use super::{CallError, Gateway};

/// WeChat wants certificates to be asked for at least this often. (v3 documentation: certificates)
const EVERY_MS: u64 = 12 * 60 * 60 * 1000;
/// After a try that came to nothing.
const AGAIN_MS: u64 = 10 * 60 * 1000;
/// Whatever comes in, and from whomever, they are not asked for more often.
const APART_MS: u64 = 60 * 1000;

/// Whom a merchant believes, now.
pub(super) struct Trust {
    held: RwLock<Arc<Verifiers>>,
    plan: Mutex<Plan>,
}

/// When certificates are asked for. A server asks at its start: its files may be old.
#[derive(Clone, Copy, Debug, Default)]
struct Plan {
    /// Something came that no key here is for.
    wanted: bool,
    /// The last try; `None` before the first.
    tried_ms: Option<u64>,
    /// How long after it the next one is due, if nothing comes before.
    rest_ms: u64,
}

/// Why certificates were not renewed. Those held so far go on being good.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// WeChat could not be asked, or refused.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What came is not believed.
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
}

impl Trust {
    pub(super) fn new(verifiers: Verifiers) -> Self {
        Self { held: RwLock::new(Arc::new(verifiers)), plan: Mutex::default() }
    }

    pub(super) fn verifiers(&self) -> Arc<Verifiers> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// See [`Verifiers::verify`].
    pub(super) fn verify(&self, signed: SignedHeaders<'_>, body: &[u8], now_seconds: u64) -> Result<(), VerifyError> {
        let verdict = self.verifiers().verify(signed, body, now_seconds);
        if let Err(VerifyError::UnknownSerial | VerifyError::CertificateNotGood) = verdict {
            self.plan().wanted = true;
        }
        verdict
    }

    /// Whether it is time to ask, at `now_ms`; if so, it counts as tried.
    fn take_turn(&self, now_ms: u64) -> bool {
        if !self.verifiers().has_certificates() {
            return false;
        }
        let mut plan = self.plan();
        let due = plan.tried_ms.is_none_or(|tried_ms| {
            let rest_ms = if plan.wanted { plan.rest_ms.min(APART_MS) } else { plan.rest_ms };
            // A clock that was set back must not make it wait for ever.
            now_ms.checked_sub(tried_ms).is_none_or(|age_ms| age_ms >= rest_ms)
        });
        if due {
            *plan = Plan { wanted: false, tried_ms: Some(now_ms), rest_ms: AGAIN_MS };
        }
        due
    }

    fn replace(&self, verifiers: Verifiers) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(verifiers);
        self.plan().rest_ms = EVERY_MS;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// Renews the platform certificates whose time it is, one merchant after the other; answers how many
    /// merchants' were. To be called by one task, every few seconds.
    pub async fn renew_certificates(&self) -> usize {
        let mut renewed = 0;
        for (mchid, account) in &self.accounts {
            let Some(keys) = account.v3.as_ref().filter(|keys| keys.trust.take_turn(self.clock.now_ms())) else {
                continue;
            };
            match self.renew(&account.line, keys).await {
                Ok(()) => {
                    renewed += 1;
                    tracing::info!(mchid, "platform certificates were renewed");
                }
                Err(error) => tracing::error!(
                    cause = %error,
                    mchid,
                    "ALERT: platform certificates could not be renewed; those held so far go on being good until they end"
                ),
            }
        }
        renewed
    }

    async fn renew(&self, line: &Line, keys: &v3::Account) -> Result<(), RenewError> {
        let asking = Unproven(V3 { keys, clock: &self.clock });
        let out = Outgoing { method: Method::GET, path: CERTIFICATES_PATH, body: b"", bounds: ANSWER };
        let answer = line.call(&asking, &out).await?;
        if answer.status != 200 {
            return Err(unproven::refusal(&answer).into());
        }
        // Proven by the certificates in it: so not by what is held so far.
        let signed = SignedHeaders::read(|name| answer.header(name)).map_err(CertificatesError::from)?;
        let now = self.clock.now_seconds();
        let verifiers = keys.trust.verifiers().renewed(signed, &answer.body, &keys.api_v3_key, now)?;
        keys.trust.replace(verifiers);
        Ok(())
    }
}
