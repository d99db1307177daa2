// Generated from Rust; do not edit. Write it anew with
//   WX_CHECKOUT_BLESS=1 cargo test -p wx-checkout --lib types

/**
 * An amount of money that can be asked for: whole fen (1 yuan = 100 fen), at least one.
 *
 * WeChat Pay's v3 API states amounts as integer fen; so does everything here. The upper end of
 * `u32` is 42.9 million yuan, far above any limit a payer has.
 */
export type Fen = number;

/**
 * Milliseconds: a reading of the host's clock, or a length of time.
 *
 * The core only ever subtracts two readings, so the clock's origin does not matter.
 */
export type Millis = number;

/**
 * The server's name for one order. Not a secret: it may be shown to the payer and to support.
 */
export type OrderId = string;

/**
 * One sentence in two languages.
 */
export type Text = { 
/**
 * Simplified Chinese.
 */
zh: string, 
/**
 * English.
 */
en: string, };

/**
 * One line of a basket.
 */
export type Line = { 
/**
 * The article, as the server's catalogue names it.
 */
sku: string, 
/**
 * How many, 1 to [`MAX_QUANTITY`].
 */
quantity: number, };

/**
 * What is bought: the price of either comes from the server's side, never from the page.
 */
export type Basket = { "items": Array<Line> } | { "orderToken": string };

/**
 * `POST /payments/create`. In JSON the basket is a field of its own name: `items` or `orderToken`.
 */
export type Draft = { 
/**
 * What the payer saw. Another price is refused with `price_changed`, and no order is made.
 */
expectedAmount: Fen, 
/**
 * The payer said "buy again" about an order with the same lines.
 */
separate?: boolean, } & ({ "items": Array<Line> } | { "orderToken": string });

/**
 * Exactly what wx.requestPayment takes, signed by the server.
 */
export type PaymentParams = { 
/**
 * Seconds since 1970, as text: WeChat wants a string.
 */
timeStamp: string, 
/**
 * At most 32 characters.
 */
nonceStr: string, 
/**
 * `prepay_id=...`, the prefix included.
 */
package: string, 
/**
 * `RSA` with v3; `MD5` or `HMAC-SHA256` with v2.
 */
signType: string, 
/**
 * The merchant's signature over the others.
 */
paySign: string, };

/**
 * How much of a paid order went back.
 */
export type RefundState = "none" | "refunding" | "refunded";

/**
 * What is worth trying after a refusal.
 */
export type Retry = "never" | "same" | "login" | "later";

/**
 * Why a request was refused. Stable: programs may match on it.
 */
export type ProblemCode = "malformed_request" | "body_too_large" | "unsupported_media_type" | "not_found" | "method_not_allowed" | "unauthorized" | "session_expired" | "login_code_invalid" | "login_unavailable" | "order_not_found" | "price_changed" | "unknown_sku" | "invalid_order_token" | "idempotency_key_missing" | "idempotency_key_reused" | "open_order" | "in_progress" | "order_closed" | "payment_refused" | "gateway_unavailable" | "gateway_misconfigured" | "rate_limited" | "internal" | "other";

/**
 * Everything a page needs to draw the checkout.
 */
export type View = { 
/**
 * Grows with every change. `payAgain` names the one that the tap was made on.
 */
revision: number, 
/**
 * Where the checkout stands.
 */
phase: Phase, 
/**
 * The order in front, from its creation on.
 */
order?: OrderView, 
/**
 * What the payer may do now.
 */
actions: Array<Action>, 
/**
 * One sentence for the payer.
 */
message: Text, 
/**
 * How long until the server is asked again by itself; absent when that is not planned, in milliseconds.
 */
nextLookInMs?: number, 
/**
 * What the purchase came to; absent while it is under way.
 */
outcome?: Outcome, 
/**
 * With `paid`: what the server said of the payment.
 */
receipt?: ReceiptView, 
/**
 * With `failed`: why.
 */
fault?: FaultView, 
/**
 * How the phone's storage is doing.
 */
storage: StorageHealth, 
/**
 * Orders set aside, and those found on the server's list.
 */
watched: Array<WatchedView>, };

/**
 * The state's name for pages.
 */
export type Phase = "idle" | "recording" | "signingIn" | "creatingOrder" | "saving" | "paying" | "confirming" | "unpaid" | "unconfirmed" | "closed" | "paid" | "failed";

/**
 * What the payer may do.
 */
export type Action = "pay" | "payAgain" | "checkAgain" | "sheetClosed" | "abandon" | "setAside" | "acknowledge" | "buyAgain";

/**
 * What a purchase came to.
 */
export type Outcome = "paid" | "unpaid" | "unconfirmed" | "failed";

/**
 * An order as pages see it.
 */
export type OrderView = { 
/**
 * The server's name for it; may be shown to the payer and to support.
 */
orderId: OrderId, 
/**
 * What it costs, in fen.
 */
amount: Fen, };

/**
 * A payment as pages see it.
 */
export type ReceiptView = { 
/**
 * How much went back.
 */
refund: RefundState, 
/**
 * How many fen went back.
 */
refundedAmount: number, 
/**
 * WeChat's number of the payment; empty where unknown.
 */
wechatTransactionId: string, 
/**
 * When, RFC 3339; empty where unknown.
 */
paidAt: string, };

/**
 * Why a purchase failed. No money moved.
 */
export type FaultView = { 
/**
 * What programs decide by.
 */
code: FaultCode, 
/**
 * Names the refusal in the server's log; empty where the server was not reached.
 */
requestId: string, 
/**
 * With `open_order`: the order that stands in the way; empty otherwise.
 */
openOrderId: string, };

/**
 * The stable code of a [`FaultView`]: the server's, or one of the client's own.
 */
export type FaultCode = ProblemCode | ClientCode;

/**
 * The client's own codes.
 */
export type ClientCode = "login_failed" | "unreachable" | "amount_differs";

/**
 * How the phone's storage is doing.
 */
export type StorageHealth = "working" | "failing" | "damaged" | "newer";

/**
 * A watched order as pages see it.
 */
export type WatchedView = { 
/**
 * The order.
 */
order: OrderView, 
/**
 * `paid`, or `unconfirmed` while there is no verdict.
 */
outcome: Outcome, };

/**
 * A command that was not taken, as pages see it. Nothing has changed.
 */
export type Refusal = { 
/**
 * What programs decide by.
 */
code: RefusalCode, 
/**
 * For the payer.
 */
message: Text, 
/**
 * With `bad_draft`: the field that is wrong, and its rule; empty otherwise.
 */
detail: string, 
/**
 * What is worth trying.
 */
retry: Retry, 
/**
 * The order that stands in the way; empty where there is none.
 */
orderId: string, 
/**
 * What can be done now, that order's way out among it.
 */
actions: Array<Action>, };

/**
 * The stable code of a [`Refusal`].
 */
export type RefusalCode = "not_restored" | "already_restored" | "busy" | "order_open" | "not_acknowledged" | "old_view" | "not_now" | "unknown_order" | "watch_list_full" | "bad_draft";

/**
 * One step of the machine, or where the log begins. As a type this is the documentation of the lines.
 */
export type TraceLine = { 
/**
 * The host's clock.
 */
at: Millis, 
/**
 * What happened: a command, an answer, or `Checkpoint` where older lines were dropped. Among them the
 * package puts `Host`: what a function of `wx` said in its own words.
 */
event: string, 
/**
 * With an answer: the number of the effect that it answers.
 */
id?: number, 
/**
 * What it said, redacted.
 */
about: unknown, 
/**
 * The state after it.
 */
state: string, 
/**
 * Whether it was taken.
 */
taken: Taken, 
/**
 * What was asked of the world.
 */
effects: Array<string>, };

/**
 * Whether an event changed anything.
 */
export type Taken = "yes" | "stale" | "rejected";
