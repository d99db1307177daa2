-- A frozen payment that the operator has settled elsewhere, and why: it wants nobody any more.
ALTER TABLE unmatched_payments ADD COLUMN settled_ms BIGINT;
ALTER TABLE unmatched_payments ADD COLUMN settled_why TEXT;
