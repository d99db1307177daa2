//! wx-checkout-sandbox
