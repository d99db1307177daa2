-- The merchant's own name of an order that came as an order token: one sale, one order. NULL for a
-- basket, and once the order was refused: a definite refusal binds no name.
ALTER TABLE orders ADD COLUMN merchant_order_id TEXT;
CREATE UNIQUE INDEX one_order_per_merchant_order ON orders (mchid, merchant_order_id)
    WHERE merchant_order_id IS NOT NULL;
