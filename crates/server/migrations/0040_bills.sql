-- Bills of WeChat's, a day of a merchant each: how far their comparison with the books has come.
CREATE TABLE bill_days (
    mchid            TEXT NOT NULL,
    -- Empty outside partner mode.
    sub_mchid        TEXT NOT NULL,
    -- Beijing's, as 2026-01-31.
    day              TEXT NOT NULL,
    -- open, compared, no_bill or given_up.
    state            TEXT NOT NULL,
    -- Which comparison this is: the operator may ask for another one.
    run              INTEGER NOT NULL,
    -- Of the file that lines were fed from; empty before the first.
    digest           TEXT NOT NULL,
    -- Lines that are in the books, in the order of the file.
    fed              INTEGER NOT NULL,
    ours             INTEGER NOT NULL,
    others           INTEGER NOT NULL,
    others_paid      INTEGER NOT NULL,
    others_refunded  INTEGER NOT NULL,
    unlisted         INTEGER NOT NULL,
    -- How often it came to nothing, why the last time, and when it is tried next.
    tries            INTEGER NOT NULL,
    problem          TEXT NOT NULL,
    next_ms          INTEGER NOT NULL,
    -- When it ended.
    ended_ms         INTEGER NOT NULL,
    PRIMARY KEY (mchid, sub_mchid, day)
) STRICT;

CREATE INDEX open_bill_days ON bill_days (next_ms) WHERE state = 'open';
CREATE INDEX bill_days_by_day ON bill_days (day);

-- What the two say differently. A row stays, also when the books took the bill's word.
CREATE TABLE bill_differences (
    mchid            TEXT NOT NULL,
    sub_mchid        TEXT NOT NULL,
    day              TEXT NOT NULL,
    -- payment or refund, and its number: WeChat's of a payment, the merchant's of a refund.
    about            TEXT NOT NULL,
    number           TEXT NOT NULL,
    out_trade_no     TEXT NOT NULL,
    -- NULL when no order has the number.
    order_id         TEXT,
    -- missing_here, missing_there, amount, state or misfit.
    what             TEXT NOT NULL,
    here             INTEGER NOT NULL,
    there            INTEGER NOT NULL,
    here_state       TEXT NOT NULL,
    there_state      TEXT NOT NULL,
    found_ms         INTEGER NOT NULL,
    -- The comparison that saw it last.
    run              INTEGER NOT NULL,
    mended           INTEGER NOT NULL,
    PRIMARY KEY (mchid, sub_mchid, day, about, number)
) STRICT;

CREATE INDEX standing_differences ON bill_differences (mchid, sub_mchid, what) WHERE NOT mended;

-- The day of the bill that showed it; NULL before one did.
ALTER TABLE payments ADD COLUMN billed_day TEXT;
ALTER TABLE refunds ADD COLUMN billed_day TEXT;
CREATE INDEX payments_by_day ON payments (substr(paid_at, 1, 10));
CREATE INDEX unbilled_refunds ON refunds (asked_ms) WHERE billed_day IS NULL;
