-- Amounts are fen, times milliseconds since 1970 unless a name says otherwise.

CREATE TABLE orders (
    id               TEXT PRIMARY KEY,
    openid           TEXT NOT NULL,
    -- NULL once the order was refused: a definite refusal binds no key.
    bound_key        TEXT,
    idempotency_key  TEXT NOT NULL,
    -- The basket in its canonical JSON, compared as text.
    lines            TEXT NOT NULL,
    amount           BIGINT NOT NULL CHECK (amount > 0),
    created_ms       BIGINT NOT NULL,
    payable_until_ms BIGINT NOT NULL,

    -- The attempt: written before it goes to WeChat, and never changed.
    out_trade_no     TEXT NOT NULL UNIQUE,
    mchid            TEXT NOT NULL,
    appid            TEXT NOT NULL,
    request          BYTEA NOT NULL,

    -- The book: these only ever go from false to true, or up.
    refund_asked     BOOLEAN NOT NULL DEFAULT FALSE,
    closed_seen      BOOLEAN NOT NULL DEFAULT FALSE,
    absent_seen      BOOLEAN NOT NULL DEFAULT FALSE,
    close_asked      BOOLEAN NOT NULL DEFAULT FALSE,
    parameters_left  BOOLEAN NOT NULL DEFAULT FALSE,
    refused          BOOLEAN NOT NULL DEFAULT FALSE,
    acknowledged     BIGINT NOT NULL DEFAULT 0,
    evidence_ms      BIGINT NOT NULL DEFAULT 0,

    -- Derived from the book, for the indexes below.
    is_open          BOOLEAN NOT NULL,
    is_unresolved    BOOLEAN NOT NULL,
    -- When a job last tried to ask WeChat about it.
    looked_ms        BIGINT NOT NULL
);

CREATE UNIQUE INDEX one_order_per_key ON orders (openid, bound_key);
CREATE INDEX open_orders ON orders (openid, created_ms) WHERE is_open;
CREATE INDEX unresolved_orders ON orders (looked_ms) WHERE is_unresolved;

CREATE TABLE payments (
    -- In the order of arrival: the first payment of an order keeps it.
    arrival          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id         TEXT NOT NULL REFERENCES orders (id),
    transaction_id   TEXT NOT NULL,
    -- RFC 3339, as WeChat states it.
    paid_at          TEXT NOT NULL,
    UNIQUE (order_id, transaction_id)
);

CREATE TABLE unmatched_payments (
    out_trade_no     TEXT NOT NULL,
    transaction_id   TEXT NOT NULL,
    -- NULL when no order has the number.
    order_id         TEXT REFERENCES orders (id),
    total            BIGINT NOT NULL,
    misfit           TEXT NOT NULL,
    PRIMARY KEY (out_trade_no, transaction_id)
);

CREATE INDEX unmatched_of_order ON unmatched_payments (order_id);

-- Every delivery as it came in: the body is still encrypted under the APIv3 key.
CREATE TABLE notifications (
    arrival          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_ms      BIGINT NOT NULL,
    headers          TEXT NOT NULL,
    body             BYTEA NOT NULL
);

-- What must be done because of a fact, in the transaction of the fact.
CREATE TABLE outbox (
    arrival          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id         TEXT REFERENCES orders (id),
    action           TEXT NOT NULL,
    created_ms       BIGINT NOT NULL
);
