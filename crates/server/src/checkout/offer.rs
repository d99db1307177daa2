//! What a create asks for: a basket at the catalogue's prices, or an order that the merchant's backend
//! signed. The price never comes from the page.

use wechatpay::Secret;
use wx_checkout::domain::Fen;
use wx_checkout::wire::{Basket, Line, ProblemCode};

use super::Checkout;
use super::create::no_order;
use crate::catalogue::{Quote, QuoteError, canonical};
use crate::ledger::{Order, Sale};
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

    /// The order that was made of a signed order before, under whatever key: one sale, one order. It
    /// comes before the token's expiry, for a payer who comes back must get at what was agreed.
    pub(super) async fn made_before(
        &self,
        openid: &Secret<String>,
        wanted: &Wanted,
        expected: Fen,
    ) -> Result<Option<Order>, Refusal> {
        let Wanted::Signed(signed) = wanted else { return Ok(None) };
        match self.store.by_merchant_order(self.merchant.seller.mchid(), &signed.id).await? {
            Some(order) => agreed(order, openid, signed, expected).map(Some),
            None => Ok(None),
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

/// The order of a merchant's name, if it is what the token and the payer say.
pub(super) fn agreed(
    order: Order,
    openid: &Secret<String>,
    signed: &SignedOrder,
    expected: Fen,
) -> Result<Order, Refusal> {
    if order.terms.openid != *openid || order.terms.amount != signed.amount {
        return Err(bad_token("there is an order of this merchantOrderId, for another payer or another amount"));
    }
    if order.terms.amount != expected {
        return Err(price_changed(order.terms.amount, expected));
    }
    Ok(order)
}

pub(super) fn price_changed(amount: Fen, expected: Fen) -> Refusal {
    let detail = format!("the price is {amount} yuan now, and the payer saw {expected}: show the new one");
    no_order(ProblemCode::PriceChanged, detail)
}

fn bad_token(why: impl std::fmt::Display) -> Refusal {
    no_order(ProblemCode::InvalidOrderToken, why)
}
