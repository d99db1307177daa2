//! wechatpay
