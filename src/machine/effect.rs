//! What the machine asks of the world. Each effect has an id, and its answer carries it back.

use core::fmt;
use std::sync::Arc;

use crate::domain::{Fen, IdempotencyKey, Millis, OrderId, SessionToken, StatusToken};
use crate::json::written;
use crate::wire::{AcknowledgeRequest, Basket, CloseRequest, CreateRequest, ExchangeRequest, PaymentParams};

/// Names one effect of one machine; never used twice by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectId(pub u32);

/// A code of wx.login. It works once: the machine moves it into the one exchange it is good for.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginCode(pub String);

impl fmt::Debug for LoginCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

/// The machine's whole memory as text, for the phone's storage.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SnapshotText(pub String);

impl fmt::Debug for SnapshotText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<hidden>")
    }
}

/// Something to be done outside the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `wx.login`: fetch a fresh code.
    Login {
        /// Carried by the answer.
        id: EffectId,
    },
    /// `wx.request`: ask the companion server.
    Call {
        /// Carried by the answer.
        id: EffectId,
        /// What is asked.
        call: Call,
    },
    /// `wx.requestPayment`: open the payment sheet. Money can move from here on.
    Pay {
        /// Carried by the answer.
        id: EffectId,
        /// As the server signed them a moment ago.
        params: Arc<PaymentParams>,
    },
    /// Write the snapshot. Writes are carried out in the order they were asked for.
    Save {
        /// Carried by the answer.
        id: EffectId,
        /// What to write.
        snapshot: SnapshotText,
    },
    /// Put what the storage held at launch in a place of its own: this version cannot use it, and a next
    /// write would be its end. In order with the writes.
    Preserve {
        /// Carried by the answer.
        id: EffectId,
    },
    /// Remove the snapshot: nothing is left to remember. In order with the writes.
    Forget {
        /// Carried by the answer.
        id: EffectId,
    },
    /// Wait.
    Sleep {
        /// Carried by the answer.
        id: EffectId,
        /// How long.
        length: Millis,
    },
}

impl Effect {
    /// The effect's name, without contents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Login { .. } => "Login",
            Self::Call { call, .. } => call.name(),
            Self::Pay { .. } => "Pay",
            Self::Save { .. } => "Save",
            Self::Preserve { .. } => "Preserve",
            Self::Forget { .. } => "Forget",
            Self::Sleep { .. } => "Sleep",
        }
    }

    /// The id that the answer will carry.
    #[must_use]
    pub const fn id(&self) -> EffectId {
        match self {
            Self::Login { id }
            | Self::Call { id, .. }
            | Self::Pay { id, .. }
            | Self::Save { id, .. }
            | Self::Preserve { id }
            | Self::Forget { id }
            | Self::Sleep { id, .. } => *id,
        }
    }
}

/// Who may read an order: the payer's session, or whoever holds the order's own token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The payer.
    Session(SessionToken),
    /// The order's token.
    Status(StatusToken),
}

/// A question to the companion server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// A login code for a session.
    Exchange {
        /// Used up by this call, whatever becomes of it.
        code: LoginCode,
    },
    /// The order under the key: made now, or found.
    CreateOrder {
        /// The payer.
        session: SessionToken,
        /// The same for every repeat of one checkout.
        key: IdempotencyKey,
        /// What is bought.
        basket: Basket,
        /// What the payer saw.
        expected_amount: Fen,
        /// The payer said "buy again".
        separate: bool,
    },
    /// The truth about one order.
    Verify {
        /// The order.
        order_id: OrderId,
        /// Who asks.
        reader: Reader,
    },
    /// Close an order that the payer gave up.
    Close {
        /// The payer.
        session: SessionToken,
        /// Which order.
        request: CloseRequest,
    },
    /// The payer's unresolved orders, and those paid but not acknowledged.
    ListOrders {
        /// The payer.
        session: SessionToken,
    },
    /// The payer has seen the outcome.
    Acknowledge {
        /// The order.
        order_id: OrderId,
        /// Permission for this order.
        token: StatusToken,
    },
}

impl Call {
    /// The call's name, without contents.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Exchange { .. } => "Call(Exchange)",
            Self::CreateOrder { .. } => "Call(CreateOrder)",
            Self::Verify { .. } => "Call(Verify)",
            Self::Close { .. } => "Call(Close)",
            Self::ListOrders { .. } => "Call(ListOrders)",
            Self::Acknowledge { .. } => "Call(Acknowledge)",
        }
    }

    /// The call as HTTP, for the host to send.
    #[must_use]
    pub fn into_http(self) -> HttpRequest {
        match self {
            Self::Exchange { code } => {
                HttpRequest::post("/auth/exchange", String::new(), written(&ExchangeRequest { credential: code.0 }))
            }
            Self::CreateOrder { session, key, basket, expected_amount, separate } => HttpRequest {
                idempotency_key: key.into(),
                ..HttpRequest::post(
                    "/payments/create",
                    session.into(),
                    written(&CreateRequest { basket, expected_amount, separate }),
                )
            },
            Self::Verify { order_id, reader } => HttpRequest::get(
                ["/orders/verify?transactionId=", &percent_encoded(order_id.as_str())].concat(),
                match reader {
                    Reader::Session(token) => token.into(),
                    Reader::Status(token) => token.into(),
                },
            ),
            Self::Close { session, request } => HttpRequest::post("/orders/close", session.into(), written(&request)),
            Self::ListOrders { session } => HttpRequest::get("/orders".into(), session.into()),
            Self::Acknowledge { order_id, token } => {
                HttpRequest::post("/orders/acknowledge", token.into(), written(&AcknowledgeRequest { order_id }))
            }
        }
    }
}

/// One request as wx.request needs it; the host adds the base address.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Shown as `Authorization: Bearer`; empty for none.
    pub token: String,
    /// The header [`crate::wire::IDEMPOTENCY_KEY`]; empty for none.
    pub idempotency_key: String,
    /// JSON; empty for none.
    pub body: String,
}

impl HttpRequest {
    fn get(path: String, token: String) -> Self {
        Self { method: "GET", path, token, idempotency_key: String::new(), body: String::new() }
    }

    fn post(path: &str, token: String, body: String) -> Self {
        Self { method: "POST", path: path.into(), token, idempotency_key: String::new(), body }
    }
}

/// An order id may hold any printable character; in a query only the unreserved ones stand for themselves.
fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::wire::Line;

    #[test]
    fn create_order_is_sent_as_the_server_reads_it() {
        let http = Call::CreateOrder {
            session: SessionToken::try_from("s".to_owned()).expect("fits"),
            key: IdempotencyKey::try_from("k".to_owned()).expect("fits"),
            basket: Basket::Items(vec![Line { sku: "longjing-50g".into(), quantity: 1 }]),
            expected_amount: Fen::new(6800).expect("positive"),
            separate: false,
        }
        .into_http();
        assert_eq!((http.method, http.path.as_str()), ("POST", "/payments/create"));
        assert_eq!((http.token.as_str(), http.idempotency_key.as_str()), ("s", "k"));
        assert_eq!(
            http.body,
            r#"{"items":[{"sku":"longjing-50g","quantity":1}],"expectedAmount":6800,"separate":false}"#
        );
    }

    #[test]
    fn an_odd_order_id_stays_one_parameter() {
        assert_eq!(percent_encoded("a-b_c.1~"), "a-b_c.1~");
        assert_eq!(percent_encoded("a&b=#%"), "a%26b%3D%23%25");
    }
}
