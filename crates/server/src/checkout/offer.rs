//! What a create asks for: a basket at the catalogue's prices, or an order that the merchant's backend
//! signed. The price never comes from the page.

use wechatpay::Secret;
use wx_checkout::domain::Fen;
use wx_checkout::wire::{Basket, Line, ProblemCode};

use super::Checkout;
use super::create::no_order;
use crate::catalogue::{Quote, QuoteError, canonical};
use crate::ledger::Sale;
use crate::order_token::SignedOrder;
use crate::problem::Refusal;
use crate::store::SameLines;

/// What is wanted, read and not yet priced.
pub(super) enum Wanted {
    /// Articles of the catalogue, in their canonical form.
    Lines(Vec<Line>, SameLines),
    /// An order of the merchant's, signed for this payer.
    Signed(SignedOrder),
}

impl Wanted {
    /// What it is the sale of.
    pub(super) fn sale(&self) -> Sale {
        match self {
            Self::Lines(lines, _) => Sale::Basket(lines.clone()),
            Self::Signed(order) => Sale::MerchantOrder(order.id.clone()),
        }
    }

    /// What to do about an order of the same sale.
    pub(super) const fn rule(&self) -> SameLines {
        match self {
            Self::Lines(_, rule) => *rule,
            Self::Signed(_) => SameLines::Refuse,
        }
    }
}

impl Checkout {
    /// Reads the basket of a create by `openid`.
    pub(super) fn wanted(&self, openid: &Secret<String>, basket: &Basket, rule: SameLines) -> Result<Wanted, Refusal> {
        match basket {
            Basket::Items(lines) => {
                let lines = canonical(lines).map_err(|error| no_order(ProblemCode::MalformedRequest, error))?;
                Ok(Wanted::Lines(lines, rule))
            }
            Basket::OrderToken(token) => {
                let order = self.order_tokens.open(token).map_err(bad_token)?;
                if order.openid != *openid {
                    return Err(bad_token("the order token is for another payer"));
                }
                Ok(Wanted::Signed(order))
            }
        }
    }

    /// What it costs now.
    pub(super) fn quote(&self, wanted: &Wanted, now_ms: u64) -> Result<Quote, Refusal> {
        match wanted {
            Wanted::Lines(lines, _) => self.catalogue.quote(lines).map_err(|error| match error {
                QuoteError::UnknownSku { .. } => no_order(ProblemCode::UnknownSku, error),
                QuoteError::TooExpensive => no_order(ProblemCode::MalformedRequest, error),
            }),
            Wanted::Signed(order) if now_ms >= order.expires_ms => {
                Err(bad_token("the order token has expired: fetch a fresh one from the merchant's backend"))
            }
            Wanted::Signed(order) => Ok(Quote { amount: order.amount, description: order.description.clone() }),
        }
    }
}

/// Whether a create is about what an order was made for, at its price.
pub(super) fn same(sale: &Sale, amount: Fen, wanted: &Wanted, expected: Fen) -> bool {
    let signed_the_same = match wanted {
        Wanted::Lines(..) => true,
        Wanted::Signed(order) => order.amount == amount,
    };
    *sale == wanted.sale() && amount == expected && signed_the_same
}

pub(super) fn bad_token(why: impl std::fmt::Display) -> Refusal {
    no_order(ProblemCode::InvalidOrderToken, why)
}
