-- Letters: what the merchant's own system, or WeChat's shipping desk, is told. Each belongs to a stream, where
-- letters go one after the other: an order's webhooks are a stream, so are those about a payment that no order knows.
ALTER TABLE outbox ADD COLUMN stream TEXT NOT NULL DEFAULT '';
-- 1, 2, 3 ... within the stream.
ALTER TABLE outbox ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
-- The name that a receiver knows it by; NULL for letters of before this layout, which were never sent.
ALTER TABLE outbox ADD COLUMN letter_id TEXT;
-- The bytes that are sent, written with the fact; NULL where they are made when they are sent.
ALTER TABLE outbox ADD COLUMN body BLOB;
-- What became of the tries.
ALTER TABLE outbox ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN tried_ms INTEGER;
ALTER TABLE outbox ADD COLUMN status INTEGER;
ALTER TABLE outbox ADD COLUMN error TEXT;
-- delivered, skipped, or passed over because nobody was to be told; NULL until then.
ALTER TABLE outbox ADD COLUMN outcome TEXT;
ALTER TABLE outbox ADD COLUMN ended_ms INTEGER;
ALTER TABLE outbox ADD COLUMN skipped_by TEXT;
ALTER TABLE outbox ADD COLUMN skipped_why TEXT;

UPDATE outbox SET outcome = 'passed_over', ended_ms = created_ms,
    stream = coalesce(order_id, CASE WHEN subject = '' THEN 'payment ' || arrival ELSE 'payment ' || subject END);
UPDATE outbox SET sequence = numbered.sequence
    FROM (SELECT arrival, row_number() OVER (PARTITION BY stream ORDER BY arrival) AS sequence FROM outbox) AS numbered
    WHERE numbered.arrival = outbox.arrival;

CREATE UNIQUE INDEX letters_in_order ON outbox (stream, sequence);
CREATE UNIQUE INDEX letters_by_id ON outbox (letter_id) WHERE letter_id IS NOT NULL;
CREATE INDEX letters_of_order ON outbox (order_id);

CREATE TABLE streams (
    stream           TEXT PRIMARY KEY,
    -- webhook or shipping: who is told.
    channel          TEXT NOT NULL,
    -- The number of the last letter, and of the last one that is done with.
    last             INTEGER NOT NULL,
    done             INTEGER NOT NULL,
    -- The next letter is dead: nothing of this stream is sent until somebody replays or skips it.
    stopped          INTEGER NOT NULL DEFAULT 0,
    -- When the next letter is due, and how often it was tried in vain.
    next_ms          INTEGER NOT NULL,
    tries            INTEGER NOT NULL DEFAULT 0,
    -- Who sends it may do so until then, by this database's own clock; whoever took it last has the largest number.
    held_until_ms    INTEGER NOT NULL DEFAULT 0,
    fence            INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX unsent_streams ON streams (channel, stopped, next_ms) WHERE done < last;

INSERT INTO streams (stream, channel, last, done, next_ms)
    SELECT stream, 'webhook', max(sequence), max(sequence), 0 FROM outbox GROUP BY stream;

-- The channels that were ever opened: from then on their letters wait, whoever is there to send them.
CREATE TABLE channels (
    channel          TEXT PRIMARY KEY,
    since_ms         INTEGER NOT NULL
) STRICT;
