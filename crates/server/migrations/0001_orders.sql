-- Amounts are fen, times milliseconds since 1970 unless a name says otherwise.

CREATE TABLE orders (
    id               TEXT PRIMARY KEY,
    openid           TEXT NOT NULL,
    -- NULL once the order was refused: a definite refusal binds no key.
    bound_key        TEXT,
    idempotency_key  TEXT NOT NULL,
    -- The basket in its canonical JSON, compared as text.
    lines            TEXT NOT NULL,
    amount           INTEGER NOT NULL CHECK (amount > 0),
    created_ms       INTEGER NOT NULL,
    payable_until_ms INTEGER NOT NULL,

    -- The attempt: written before it goes to WeChat, and never changed.
    out_trade_no     TEXT NOT NULL UNIQUE,
    mchid            TEXT NOT NULL,
    appid            TEXT NOT NULL,
    request          BLOB NOT NULL,

    -- The book: these only ever go from 0 to 1, or up.
    refund_asked     INTEGER NOT NULL DEFAULT 0,
    closed_seen      INTEGER NOT NULL DEFAULT 0,
    absent_seen      INTEGER NOT NULL DEFAULT 0,
    close_asked      INTEGER NOT NULL DEFAULT 0,
    parameters_left  INTEGER NOT NULL DEFAULT 0,
    refused          INTEGER NOT NULL DEFAULT 0,
    acknowledged     INTEGER NOT NULL DEFAULT 0,
    evidence_ms      INTEGER NOT NULL DEFAULT 0,

    -- Derived from the book, for the indexes below.
    is_open          INTEGER NOT NULL,
    is_unresolved    INTEGER NOT NULL,
    -- When a job last tried to ask WeChat about it.
    looked_ms        INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX one_order_per_key ON orders (openid, bound_key);
CREATE INDEX open_orders ON orders (openid, created_ms) WHERE is_open = 1;
CREATE INDEX unresolved_orders ON orders (looked_ms) WHERE is_unresolved = 1;

CREATE TABLE payments (
    -- In the order of arrival: the first payment of an order keeps it.
    arrival          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id         TEXT NOT NULL REFERENCES orders (id),
    transaction_id   TEXT NOT NULL,
    -- RFC 3339, as WeChat states it.
    paid_at          TEXT NOT NULL,
    UNIQUE (order_id, transaction_id)
) STRICT;

CREATE TABLE unmatched_payments (
    out_trade_no     TEXT NOT NULL,
    transaction_id   TEXT NOT NULL,
    -- NULL when no order has the number.
    order_id         TEXT REFERENCES orders (id),
    total            INTEGER NOT NULL,
    misfit           TEXT NOT NULL,
    PRIMARY KEY (out_trade_no, transaction_id)
) STRICT;

CREATE INDEX unmatched_of_order ON unmatched_payments (order_id);

-- Every delivery as it came in: the body is still encrypted under the APIv3 key.
CREATE TABLE notifications (
    arrival          INTEGER PRIMARY KEY AUTOINCREMENT,
    received_ms      INTEGER NOT NULL,
    headers          TEXT NOT NULL,
    body             BLOB NOT NULL
) STRICT;

-- What must be done because of a fact, in the transaction of the fact.
CREATE TABLE outbox (
    arrival          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id         TEXT REFERENCES orders (id),
    action           TEXT NOT NULL,
    created_ms       INTEGER NOT NULL
) STRICT;
