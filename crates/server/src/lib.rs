//! wx-checkout-server
