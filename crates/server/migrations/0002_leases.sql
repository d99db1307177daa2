-- Predicates without "= 1", so that one query text uses these indexes here and PostgreSQL's there.
DROP INDEX open_orders;
DROP INDEX unresolved_orders;
CREATE INDEX open_orders ON orders (openid, created_ms) WHERE is_open;
CREATE INDEX unresolved_orders ON orders (looked_ms) WHERE is_unresolved;

-- Who may do a duty alone, and until when by this database's own clock.
CREATE TABLE leases (
    -- The fencing number: later leases have larger ones, and none is used twice.
    fence            INTEGER PRIMARY KEY AUTOINCREMENT,
    duty             TEXT NOT NULL UNIQUE,
    until_ms         INTEGER NOT NULL
) STRICT;
