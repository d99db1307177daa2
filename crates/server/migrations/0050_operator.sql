-- What happened to each order, for the operator to read: written in the transaction of what it tells of,
-- and never read by the books. The same thing said again goes into the row that said it last.
CREATE TABLE facts (
    arrival          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id         TEXT NOT NULL REFERENCES orders (id),
    at_ms            INTEGER NOT NULL,
    -- When it was last said, and how often it was.
    last_ms          INTEGER NOT NULL,
    times            INTEGER NOT NULL DEFAULT 1,
    what             TEXT NOT NULL,
    -- Who said it: wechat, notify/ROUTE, payer, server or operator.
    source           TEXT NOT NULL,
    -- WeChat's number of a payment, or our number of a refund.
    subject          TEXT NOT NULL,
    amount           INTEGER NOT NULL
) STRICT;

CREATE INDEX facts_of_order ON facts (order_id, arrival);

-- When it was first told of; 0 for those of before.
ALTER TABLE unmatched_payments ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;

CREATE INDEX orders_by_age ON orders (created_ms, id);
CREATE INDEX orders_by_merchant_order ON orders (merchant_order_id) WHERE merchant_order_id IS NOT NULL;
CREATE INDEX payments_by_transaction ON payments (transaction_id);
CREATE INDEX unmatched_by_transaction ON unmatched_payments (transaction_id);
CREATE INDEX unmatched_by_age ON unmatched_payments (seen_ms, transaction_id);
