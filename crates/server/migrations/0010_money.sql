-- Whom and how WeChat is asked about an attempt; orders of before were all made by a merchant itself in version 3.
ALTER TABLE orders ADD COLUMN api TEXT NOT NULL DEFAULT 'v3';
ALTER TABLE orders ADD COLUMN sub_mchid TEXT;
-- What happens to money that comes after the order was closed.
ALTER TABLE orders ADD COLUMN late_payment TEXT NOT NULL DEFAULT 'refund';

-- What the action is about: WeChat's number of a payment, or our number of a refund.
ALTER TABLE outbox ADD COLUMN subject TEXT NOT NULL DEFAULT '';

-- Where the delivery came in. Bodies of v2 are not encrypted: the payer's openid stands in them, as in orders.
ALTER TABLE notifications ADD COLUMN route TEXT NOT NULL DEFAULT 'v3/payment';

-- Refunds, those made elsewhere included. A row is a task, too: what is left to do for it, and when.
CREATE TABLE refunds (
    order_id         TEXT NOT NULL REFERENCES orders (id),
    out_refund_no    TEXT NOT NULL,
    transaction_id   TEXT NOT NULL,
    amount           INTEGER NOT NULL,
    why              TEXT NOT NULL,
    reason           TEXT NOT NULL,
    stage            TEXT NOT NULL,
    asked_ms         INTEGER NOT NULL,
    contradicted     INTEGER NOT NULL,

    -- Exactly the bytes that ask for it, written before they go to WeChat; NULL until then.
    request          BLOB,
    -- When it is asked for or about next; NULL when there is nothing left to do.
    next_ms          INTEGER,
    -- How often that came to nothing in the present stage.
    tries            INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (order_id, out_refund_no)
) STRICT;

CREATE INDEX due_refunds ON refunds (next_ms) WHERE next_ms IS NOT NULL;
CREATE INDEX refunds_by_number ON refunds (out_refund_no);
