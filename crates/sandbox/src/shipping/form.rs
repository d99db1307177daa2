//! What is uploaded about goods, and every rule about its fields.

use serde::Deserialize;

use super::{Fault, fault};
use crate::time;

const MOST_PARCELS: usize = 15;
const ITEM_DESC_CHARS: usize = 120;
const NUMBER_BYTES: usize = 128;

#[derive(Clone, PartialEq, Deserialize)]
pub(super) struct Form {
    pub(super) order_key: OrderKey,
    pub(super) logistics_type: i64,
    pub(super) delivery_mode: i64,
    pub(super) is_all_delivered: Option<bool>,
    pub(super) shipping_list: Vec<Parcel>,
    pub(super) upload_time: String,
    pub(super) payer: Payer,
}

#[derive(Clone, PartialEq, Deserialize)]
pub(super) struct OrderKey {
    order_number_type: i64,
    transaction_id: Option<String>,
    mchid: Option<String>,
    out_trade_no: Option<String>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub(super) struct Parcel {
    pub(super) item_desc: Option<String>,
    pub(super) tracking_no: Option<String>,
    pub(super) express_company: Option<String>,
}

#[derive(Clone, PartialEq, Deserialize)]
pub(super) struct Payer {
    pub(super) openid: Option<String>,
}

/// Which order is meant.
pub(super) enum Which {
    Transaction(String),
    Number { mchid: String, out_trade_no: String },
}

fn given(value: Option<&String>) -> Option<String> {
    value.filter(|value| !value.is_empty()).cloned()
}

impl OrderKey {
    pub(super) fn which(&self) -> Result<Which, Fault> {
        match self.order_number_type {
            1 => {
                let mchid = given(self.mchid.as_ref()).ok_or_else(|| missing(268_485_196, "order_key.mchid"))?;
                let number = given(self.out_trade_no.as_ref());
                let out_trade_no = number.ok_or_else(|| missing(268_485_197, "order_key.out_trade_no"))?;
                Ok(Which::Number { mchid, out_trade_no })
            }
            2 => given(self.transaction_id.as_ref())
                .map(Which::Transaction)
                .ok_or_else(|| missing(268_485_195, "order_key.transaction_id")),
            _ => Err(fault(
                268_485_194,
                "订单单号类型非法",
                "order_number_type must be 1 (mchid and out_trade_no) or 2 (transaction_id)",
                "order_number_type 只能为 1 或 2",
            )),
        }
    }
}

fn missing(errcode: i64, name: &str) -> Fault {
    fault(errcode, "字段不能为空", &format!("{name} must not be empty"), &format!("{name} 不能为空"))
}

impl Form {
    /// Whether this is the last upload about the order, if nothing changes.
    pub(super) fn finishes(&self) -> bool {
        self.delivery_mode == 1 || self.is_all_delivered == Some(true)
    }

    /// What can be wrong whatever the order is. Answers the time of the upload.
    pub(super) fn check(&self) -> Result<u64, Fault> {
        let is_express = self.logistics_type == 1;
        if !(1..=4).contains(&self.logistics_type) {
            let en = "logistics_type must be 1 (express), 2 (city), 3 (virtual) or 4 (pickup)";
            return Err(fault(10_060_005, "物流类型有误", en, "logistics_type 只能为 1 至 4"));
        }
        match (self.delivery_mode, self.shipping_list.len()) {
            (1, 1) => {}
            (1, _) => {
                let en = "unified delivery has exactly one entry in shipping_list";
                return Err(fault(
                    268_485_228,
                    "统一发货模式下，物流信息列表长度必须为 1",
                    en,
                    "统一发货时 shipping_list 长度必须为 1",
                ));
            }
            (2, _) if !is_express => {
                let en = "only express goods are delivered in parts";
                return Err(fault(10_060_006, "非快递发货时不允许分拆发货", en, "非快递发货时不允许分拆发货"));
            }
            (2, _) if self.is_all_delivered.is_none() => {
                let en = "delivery in parts says is_all_delivered";
                return Err(fault(
                    10_060_007,
                    "分拆发货模式下必须填写 is_all_delivered",
                    en,
                    "分拆发货必须填写 is_all_delivered",
                ));
            }
            (2, 1..=MOST_PARCELS) => {}
            (2, 0) => return Err(missing(10_060_014, "shipping_list")),
            (2, _) => {
                let en = "shipping_list has at most 15 entries";
                return Err(fault(10_060_024, "物流信息列表太长", en, "shipping_list 最多 15 项"));
            }
            _ => {
                let en = "delivery_mode must be 1 (unified) or 2 (in parts)";
                return Err(fault(268_485_224, "发货模式非法", en, "delivery_mode 只能为 1 或 2"));
            }
        }
        self.shipping_list.iter().try_for_each(|parcel| parcel.check(is_express))?;
        given(self.payer.openid.as_ref()).ok_or_else(|| missing(10_060_014, "payer.openid"))?;
        time::parse_rfc3339(&self.upload_time).ok_or_else(|| {
            let en = "upload_time must be RFC 3339, for example 2022-12-15T13:29:35.120+08:00";
            fault(268_485_216, "上传时间非法，请按照 RFC 3339 格式填写", en, "upload_time 应为 RFC 3339 格式")
        })
    }

    /// Whether it says the same about the goods; when it was said does not count.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        let without_time = |form: &Self| Self { upload_time: String::new(), ..form.clone() };
        without_time(self) == without_time(other)
    }
}

impl Parcel {
    fn check(&self, is_express: bool) -> Result<(), Fault> {
        let description = given(self.item_desc.as_ref()).ok_or_else(|| missing(10_060_008, "item_desc"))?;
        if description.chars().count() > ITEM_DESC_CHARS {
            let en = "item_desc has at most 120 characters";
            return Err(fault(10_060_009, "商品描述 item_desc 字段太长", en, "item_desc 最多 120 个字"));
        }
        for (value, name, empty, long) in [
            (&self.tracking_no, "tracking_no", 268_485_226, 10_060_026),
            (&self.express_company, "express_company", 268_485_227, 10_060_025),
        ] {
            let value = given(value.as_ref());
            if is_express && value.is_none() {
                return Err(missing(empty, name));
            }
            if value.is_some_and(|value| value.len() > NUMBER_BYTES) {
                let en = format!("{name} has at most 128 bytes");
                return Err(fault(long, "字段太长", &en, &format!("{name} 最多 128 字节")));
            }
        }
        Ok(())
    }
}
