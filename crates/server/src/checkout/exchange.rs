//! A login code against a session.

use wx_checkout::wire::{ExchangeAnswer, ProblemCode, Retry};

use super::Checkout;
use crate::login::LoginError;
use crate::problem::Refusal;

/// WeChat's codes are 32 characters; nothing of another kind is passed on.
const CODE_CHARS: usize = 128;

impl Checkout {
    /// Logs the holder of a fresh wx.login code in.
    ///
    /// # Errors
    /// When the code is none, or WeChat refuses it or cannot be asked.
    pub async fn exchange(&self, code: &str) -> Result<ExchangeAnswer, Refusal> {
        let plausible = (1..=CODE_CHARS).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic());
        if !plausible {
            return Err(refused(LoginError::CodeInvalid));
        }
        let openid = self.login.openid(code).await.map_err(refused)?;
        let expires_ms = self.clock.now_ms().saturating_add(self.session_ms);
        let token = self.tokens.session(&openid, expires_ms).map_err(|error| Refusal::internal(&error))?;
        Ok(ExchangeAnswer { token, expires_in_ms: self.session_ms, user_open_id: openid.into_exposed() })
    }
}

fn refused(error: LoginError) -> Refusal {
    let again = "Nobody was logged in and no money moved.";
    match error {
        LoginError::CodeInvalid => Refusal::new(
            ProblemCode::LoginCodeInvalid,
            format!(
                "WeChat does not know this login code, or it was used before. {again} Call wx.login for a fresh one."
            ),
        ),
        LoginError::UserBlocked => Refusal::new(
            ProblemCode::LoginCodeInvalid,
            format!("WeChat does not let this user log in for now. {again} The user has to settle that with WeChat."),
        )
        .retry(Retry::Never, 0),
        LoginError::Unavailable => Refusal::new(
            ProblemCode::LoginUnavailable,
            format!("WeChat's login did not answer or asks to slow down. {again} Try again with a fresh code."),
        )
        .retry(Retry::Later, 1_000),
        LoginError::Misconfigured(_) => {
            tracing::error!(cause = %error, "ALERT: nobody can log in");
            Refusal::new(
                ProblemCode::GatewayMisconfigured,
                format!(
                    "WeChat refuses the server's appid or secret. {again} The operator has to correct the server's configuration."
                ),
            )
        }
    }
}
