-- Who may do a duty alone, and until when by this database's own clock.
CREATE TABLE leases (
    -- The fencing number: later leases have larger ones, and none is used twice.
    fence            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    duty             TEXT NOT NULL UNIQUE,
    until_ms         BIGINT NOT NULL
);
