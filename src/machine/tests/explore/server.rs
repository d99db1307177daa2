//! The companion server and WeChat behind it, as far as a client can tell: orders, keys and money.

use crate::machine::effect::{Call, Reader};
use crate::machine::event::Answer;
use crate::machine::tests::bench::{PRICE, problem, reply};
use crate::wire::CloseRequest;

/// One order and its money.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sold {
    /// The key that made it.
    pub key: String,
    /// Money that WeChat took for it.
    pub payments: u8,
    /// WeChat says closed.
    pub closed: bool,
    /// The payer has acknowledged the outcome.
    pub acknowledged: bool,
}

/// The server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Server {
    /// By number: `ord-0`, `ord-1`.
    pub orders: Vec<Sold>,
}

/// When every session of the model ends, by the phone's clock: one moment, so that time passing
/// makes no new states.
pub const SESSIONS_END_MS: u64 = 2_000_000_000_000;

impl Server {
    pub fn name(at: usize) -> String {
        format!("ord-{at}")
    }

    pub fn at(name: &str) -> Option<usize> {
        name.strip_prefix("ord-")?.parse().ok()
    }

    fn state(&self, at: usize) -> &'static str {
        let order = &self.orders[at];
        match (order.payments, order.closed) {
            (0, false) => "payable",
            (0, true) => "closed",
            _ => "paid",
        }
    }

    fn is_open(&self, at: usize) -> bool {
        let order = &self.orders[at];
        if order.payments > 0 { !order.acknowledged } else { !order.closed }
    }

    /// Carries a call out and answers it.
    pub fn call(&mut self, call: &Call, now_ms: u64) -> Answer {
        match call {
            Call::Exchange { .. } => {
                let left = SESSIONS_END_MS - now_ms;
                reply(200, format!(r#"{{"token":"s1.t","expiresInMs":{left},"userOpenId":"o"}}"#))
            }
            Call::CreateOrder { key, .. } => self.create(key.as_str()),
            Call::Verify { order_id, reader } => {
                debug_assert!(matches!(reader, Reader::Status(_) | Reader::Session(_)));
                match Self::at(order_id.as_str()).filter(|at| *at < self.orders.len()) {
                    Some(at) => verdict(at, self.state(at), "wechat"),
                    None => problem(404, "order_not_found", "never"),
                }
            }
            Call::Close { request, .. } => {
                let at = match request {
                    CloseRequest::OrderId(order_id) => Self::at(order_id.as_str()),
                    CloseRequest::IdempotencyKey(key) => self.orders.iter().position(|o| o.key == key.as_str()),
                };
                let Some(at) = at else { return problem(404, "order_not_found", "never") };
                if self.orders[at].payments == 0 {
                    self.orders[at].closed = true;
                }
                reply(200, format!(r#"{{"state":"{}"}}"#, self.state(at)))
            }
            Call::ListOrders { .. } => {
                let listed = (0..self.orders.len()).filter(|at| self.is_open(*at)).map(|at| {
                    let (name, state) = (Self::name(at), self.state(at));
                    format!(r#"{{"orderId":"{name}","state":"{state}","amount":{PRICE},"statusToken":"o1.{at}"}}"#)
                });
                reply(200, format!(r#"{{"orders":[{}]}}"#, listed.collect::<Vec<_>>().join(",")))
            }
            Call::Acknowledge { order_id, .. } => {
                if let Some(at) = Self::at(order_id.as_str()) {
                    self.orders[at].acknowledged = true;
                }
                reply(204, "")
            }
        }
    }

    fn create(&mut self, key: &str) -> Answer {
        let at = match self.orders.iter().position(|order| order.key == key) {
            Some(at) => at,
            None => {
                // Every sale of the model has the same lines.
                if let Some(at) = (0..self.orders.len()).find(|at| self.is_open(*at)) {
                    let (name, state) = (Self::name(at), self.state(at));
                    return reply(
                        409,
                        format!(
                            r#"{{"code":"open_order","retry":"never","openOrder":{{"orderId":"{name}","state":"{state}"}}}}"#
                        ),
                    );
                }
                let made = Sold { key: key.to_owned(), payments: 0, closed: false, acknowledged: false };
                self.orders.push(made);
                self.orders.len() - 1
            }
        };
        let (name, state) = (Self::name(at), self.state(at));
        let payment = if state == "payable" {
            format!(
                r#","payment":{{"timeStamp":"1","nonceStr":"n","package":"prepay_id={at}","signType":"RSA","paySign":"s"}}"#
            )
        } else {
            String::new()
        };
        reply(
            200,
            format!(
                r#"{{"orderId":"{name}","state":"{state}","amount":{PRICE},"statusToken":"o1.{at}","payableForMs":1{payment}}}"#
            ),
        )
    }
}

/// An answer of verify.
pub fn verdict(at: usize, state: &str, source: &str) -> Answer {
    let (name, valid) = (Server::name(at), state == "paid");
    reply(
        200,
        format!(
            r#"{{"orderId":"{name}","isValid":{valid},"state":"{state}","amount":{PRICE},"evidence":{{"source":"{source}","ageMs":0}},"retryAfterMs":0}}"#
        ),
    )
}
