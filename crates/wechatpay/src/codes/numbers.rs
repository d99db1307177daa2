//! The numeric codes that merchants meet most; they end v3's `Request-ID`.

use super::Advice::{Never, Query, RetryLater};
use super::Code::Number;
use super::{Guidance, row};

pub(super) fn find(number: u64) -> Option<&'static Guidance> {
    NUMBERS.iter().find(|entry| entry.code == Number(number))
}

pub(super) static NUMBERS: &[Guidance] = &[
    row(
        Number(268_512_771),
        Never,
        ["微信支付没有这个订单。", "核对 out_trade_no 与 mchid；下单可能根本没有成功。"],
        ["WeChat Pay has no such order.", "Check out_trade_no and mchid; the prepay may never have succeeded."],
    ),
    row(
        Number(268_447_840),
        RetryLater,
        ["超出调用频率限制。", "放慢后用相同的参数重试；长期不够用时申请提高额度。"],
        [
            "The rate limit was exceeded.",
            "Back off and repeat the same request; ask for more quota if it keeps happening.",
        ],
    ),
    row(
        Number(268_435_461),
        Never,
        ["某个参数不合法。", "核对单位（分）、RFC 3339 时间、枚举值，以及有没有看不见的字符。"],
        [
            "A parameter is not legal.",
            "Check units (fen), times (RFC 3339), enumerated words, and invisible characters.",
        ],
    ),
    row(
        Number(268_449_538),
        Query,
        ["订单已经支付。", "下单或关单之前先查询；不再需要的订单用退款，而不是关单。"],
        [
            "The order is paid already.",
            "Query before creating or closing; refund what is not wanted instead of closing it.",
        ],
    ),
    row(
        Number(268_498_689),
        Query,
        ["订单已经支付，不能再次下单。", "先查询订单，按已支付处理；要退钱请退款。"],
        [
            "The order is paid already and cannot be asked for again.",
            "Query it and treat it as paid; to give the money back, refund it.",
        ],
    ),
    row(
        Number(270_924_358),
        Never,
        ["请求里有接口没有定义的参数。", "删去文档里没有的字段。"],
        ["The request has a parameter that the API does not define.", "Remove the fields that are not documented."],
    ),
    row(
        Number(268_443_715),
        Never,
        ["商户号不可用或已注销。", "在商户平台查看商户号状态。"],
        ["The merchant is unusable or closed.", "Check the merchant's status on the merchant platform."],
    ),
    row(
        Number(268_447_843),
        Never,
        ["商户号与订单不匹配。", "用当初下单的 mchid 操作这个订单。"],
        ["The merchant and the order do not match.", "Use the mchid that created the order."],
    ),
    row(
        Number(268_443_705),
        Never,
        ["服务商模式下 sub_mchid 填成了自己的商户号。", "改填特约商户（子商户）的商户号。"],
        ["In partner mode, sub_mchid is the service provider's own number.", "Send the sub-merchant's number instead."],
    ),
    row(
        Number(268_447_914),
        Query,
        ["订单已失效。", "先查询并关闭旧订单，再用新的 out_trade_no 下单。"],
        ["The order has lapsed.", "Query it and close it, then order anew under a new out_trade_no."],
    ),
    row(
        Number(268_443_704),
        Never,
        ["服务商模式下缺少子商户号。", "在请求里带上 sub_mchid。"],
        ["In partner mode, the sub-merchant's number is missing.", "Send sub_mchid."],
    ),
    row(
        Number(268_448_010),
        Never,
        ["商户的收款功能受限。", "登录商户平台查看风险提示，按要求处理后再收款。"],
        [
            "The merchant's receiving of money is restricted.",
            "See the risk page of the merchant platform and do what it asks for.",
        ],
    ),
    row(
        Number(268_449_641),
        Never,
        ["这笔交易不能关闭，只能撤销。", "只有付款码支付会遇到：核对订单是不是用错了接口。"],
        [
            "This trade cannot be closed, only reversed.",
            "Only payments by payment code are like that: check whether the order came through another product.",
        ],
    ),
    row(
        Number(268_447_845),
        Never,
        ["子商户号与订单不匹配。", "用当初下单的 sub_mchid 操作这个订单。"],
        ["The sub-merchant and the order do not match.", "Use the sub_mchid that the order was created with."],
    ),
    row(
        Number(268_443_699),
        Never,
        ["请求签名不正确。", "核对证书序列号、私钥与证书是否成对、待签名串的格式，以及服务器时钟。"],
        [
            "The request's signature is wrong.",
            "Check the certificate's serial number, that key and certificate are a pair, the signed message's layout, and the clock.",
        ],
    ),
    row(
        Number(268_501_013),
        Never,
        ["缺少 openid。", "先让用户登录取得 openid，再下单。"],
        ["The openid is missing.", "Log the user in first; the order needs the openid."],
    ),
    row(
        Number(268_443_701),
        Never,
        ["服务商与子商户没有绑定关系。", "在服务商平台绑定该子商户后再试。"],
        ["The sub-merchant is not bound to the service provider.", "Bind it on the partner platform, then try again."],
    ),
    row(
        Number(268_498_688),
        Query,
        ["同一个 out_trade_no 换了参数重复下单。", "用原来的参数重试；要改参数，先关闭旧订单，再换新单号。"],
        [
            "The out_trade_no was sent again with other parameters.",
            "Send the original parameters; to change them, close the order and use a new number.",
        ],
    ),
    row(
        Number(268_445_527),
        Never,
        ["appid 与商户号没有绑定。", "在商户平台把小程序 appid 与商户号绑定。"],
        ["appid and mchid do not match.", "Bind the mini program to the merchant on the merchant platform."],
    ),
    row(
        Number(268_435_464),
        Never,
        ["某个参数超出范围。", "核对各字段的长度与取值上下限。"],
        ["A parameter is out of range.", "Check the limits of length and value of every field."],
    ),
];
