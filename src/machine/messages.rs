//! What the payer and the developer are told, in Chinese and in English.
//!
//! Every sentence about a purchase says what happened to the money, and what to do.

use serde::Serialize;

use super::error::{Reason, Rejected};
use super::state::{Rest, Silence, State, Subject, Then};
use crate::wire::ProblemCode;

/// One sentence in two languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(ts_rs::TS))]
pub struct Text {
    /// Simplified Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

/// What the payer reads in a state. That nothing was charged is said only where no sheet can have been
/// opened for the purchase, or where the server has the last word.
#[must_use]
pub fn of(state: &State) -> Text {
    match state {
        State::Idle(Rest::Fresh) => text("可以下单。", "Ready to order."),
        State::Idle(Rest::Abandoned) => text(
            "已放弃本次购买，目前没有查到付款。如已付款，钱不会丢失，我们会继续查询。",
            "You gave this purchase up. No payment was seen so far; if there was one, it is looked up and not lost.",
        ),
        State::Idle(Rest::SetAside) => text(
            "已放到一边，我们会继续查询结果，请勿重复付款。",
            "Set aside. We keep looking; no second payment is needed.",
        ),
        State::Recording { .. }
        | State::SigningIn { subject: Subject::Fresh { then: Then::OpenSheet, .. }, .. }
        | State::CreatingOrder { subject: Subject::Fresh { then: Then::OpenSheet, .. }, .. } => {
            text("正在准备订单，尚未扣款。", "Preparing your order. Nothing has been charged.")
        }
        State::SigningIn { subject: Subject::Fresh { then: Then::Look, .. }, .. }
        | State::CreatingOrder { subject: Subject::Fresh { then: Then::Look, .. }, .. } => text(
            "正在查询上次的订单，请稍候，无需再次付款。",
            "Looking up your last order. One moment; no second payment is needed.",
        ),
        State::SigningIn { subject: Subject::Known(_), .. }
        | State::CreatingOrder { subject: Subject::Known(_), .. }
        | State::Saving { .. } => {
            text("正在核对订单，请稍候，不会重复扣款。", "Checking the order. One moment; it cannot be charged twice.")
        }
        State::Paying { silence: Silence::Short(_), .. } => {
            text("请在微信支付窗口中完成付款。", "Please pay in the WeChat Pay window.")
        }
        State::Paying { silence: Silence::Long, .. } => text(
            "请完成付款；如果支付窗口已经关闭，请点“我已关闭支付窗口”。",
            "Please pay. If the payment window is gone, tap \"I closed the payment window\".",
        ),
        State::Confirming(_) => {
            text("正在向微信支付确认结果，请稍候。", "Asking WeChat Pay for the result. One moment.")
        }
        State::Unpaid { .. } => text(
            "目前没有查到付款，可以继续支付这笔订单，不会重复扣款。",
            "No payment was seen so far. You can pay this same order; it cannot be charged twice.",
        ),
        State::Unconfirmed { .. } => text(
            "暂时无法确认结果。如已付款，钱不会丢失，请稍后再查，无需再次付款。",
            "The result is not known yet. If you paid, the money is safe: check later, no second payment is needed.",
        ),
        State::Closed { .. } => text("订单已关闭，没有扣款。", "The order was closed. Nothing was charged."),
        State::Paid { .. } => text("付款成功。", "Paid."),
        State::Failed { fault } => of_reason(&fault.reason),
    }
}

/// What the payer reads where nothing is bought, and an order that was left is found to be paid.
pub const LEFT_AND_PAID: Text =
    text("您之前的一笔订单已付款成功，请查看。", "An earlier order of yours was paid. Please have a look at it.");

fn of_reason(reason: &Reason) -> Text {
    match reason {
        Reason::LoginFailed | Reason::Unauthorized => {
            text("登录没有成功，没有扣款。请重试。", "Signing in did not work. Nothing was charged. Please try again.")
        }
        Reason::Unreachable => text(
            "连不上商家服务器，没有扣款。请检查网络后重试。",
            "The shop could not be reached. Nothing was charged. Check the network and try again.",
        ),
        Reason::AmountDiffers | Reason::Refused(ProblemCode::PriceChanged) => text(
            "价格已变动，没有下单也没有扣款。请刷新后重新确认。",
            "The price has changed. Nothing was charged. Please look at the new price.",
        ),
        Reason::OpenOrder(_) | Reason::Refused(ProblemCode::OpenOrder) => text(
            "您有一笔相同的订单还没有结束。请先处理它，或选择“再买一份”。本次没有扣款。",
            "You have an open order for the same goods. Finish it first, or choose \"buy again\". Nothing was charged this time.",
        ),
        Reason::Refused(ProblemCode::UnknownSku) => {
            text("商品已下架，没有扣款。", "This article is no longer sold. Nothing was charged.")
        }
        Reason::Refused(ProblemCode::InvalidOrderToken) => text(
            "订单信息无效或已过期，没有扣款。请返回重新下单。",
            "The order is not valid any more. Nothing was charged. Please order again.",
        ),
        Reason::Refused(ProblemCode::OrderClosed) => {
            text("订单已关闭，没有扣款。请重新下单。", "The order was closed. Nothing was charged. Please order again.")
        }
        Reason::Refused(
            ProblemCode::MalformedRequest
            | ProblemCode::BodyTooLarge
            | ProblemCode::UnsupportedMediaType
            | ProblemCode::NotFound
            | ProblemCode::MethodNotAllowed
            | ProblemCode::Unauthorized
            | ProblemCode::SessionExpired
            | ProblemCode::LoginCodeInvalid
            | ProblemCode::LoginUnavailable
            | ProblemCode::OrderNotFound
            | ProblemCode::IdempotencyKeyMissing
            | ProblemCode::IdempotencyKeyReused
            | ProblemCode::InProgress
            | ProblemCode::PaymentRefused
            | ProblemCode::GatewayUnavailable
            | ProblemCode::GatewayMisconfigured
            | ProblemCode::RateLimited
            | ProblemCode::Internal
            | ProblemCode::Other,
        ) => text(
            "暂时无法下单，没有扣款。请稍后再试或联系商家。",
            "The order could not be made. Nothing was charged. Try later, or ask the shop.",
        ),
    }
}

/// What the developer, or the payer, reads when a command was not taken.
#[must_use]
pub fn of_rejection(rejected: &Rejected) -> Text {
    match rejected {
        Rejected::NotRestored => text("收银台还在读取存储。", "The checkout is still reading its storage."),
        Rejected::AlreadyRestored => text("收银台已经恢复过。", "The checkout was restored before."),
        Rejected::Busy => text("正在下单，请稍候。", "A purchase is under way. One moment."),
        Rejected::OrderOpen(_) => text(
            "还有一笔订单没有结束：请先完成支付、再查一次，或放到一边。",
            "Another order is open. Finish it, check it again or set it aside first.",
        ),
        Rejected::NotAcknowledged(_) => {
            text("上一笔已付款的订单还没有确认收到。", "The last order is paid, and its outcome was not acknowledged.")
        }
        Rejected::OldView => text("页面已更新，请再看一眼。", "The page has changed. Please look again."),
        Rejected::NotNow => text("现在不能这样做。", "This is not possible now."),
        Rejected::UnknownOrder(_) => text("没有待确认的这笔订单。", "No outcome of this order is waiting."),
        Rejected::WatchListFull => {
            text("放到一边的订单太多，请先处理其中一笔。", "Too many orders are set aside. Finish one of them first.")
        }
    }
}

/// What is said of a draft that cannot be read; the field is named beside it.
#[must_use]
pub fn of_bad_draft() -> Text {
    text("购买内容不正确。", "The purchase is not valid.")
}
