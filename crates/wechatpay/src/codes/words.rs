//! `code` of v3 and `err_code` of v2. (v3 documentation 4012525182, 4012556457 and their neighbours;
//! v2 documentation: unifiedorder, orderquery, closeorder, refund, refundquery)

use super::Advice::{Never, Query, RetryLater, RetrySame};
use super::Code::Word;
use super::{Guidance, row};

pub(super) fn find(word: &str) -> Option<&'static Guidance> {
    WORDS.iter().find(|entry| matches!(entry.code, Word(known) if same(known, word)))
}

/// Whether two spellings are the same word: the older one lacks underscores.
pub(super) fn same(known: &str, word: &str) -> bool {
    known.bytes().filter(|b| *b != b'_').eq(word.bytes().filter(|b| *b != b'_'))
}

pub(super) static WORDS: &[Guidance] = &[
    // The order has moved on, or may have.
    row(
        Word("USER_PAYING"),
        Query,
        ["用户正在支付。", "等 5 秒左右再查询订单，以查询结果为准。"],
        ["The payer is paying just now.", "Query the order after about 5 s and go by what it says."],
    ),
    row(
        Word("ORDER_PAID"),
        Query,
        ["订单已经支付。", "查询订单并按已支付处理；要退钱请退款，不要关单。"],
        ["The order is paid already.", "Query it and treat it as paid; to give the money back, refund it."],
    ),
    row(
        Word("ORDER_CLOSED"),
        Query,
        ["订单已经关闭。", "查询确认后，用新的 out_trade_no 重新下单。"],
        ["The order is closed already.", "Query it to be sure, then order anew under a new out_trade_no."],
    ),
    row(
        Word("OUT_TRADE_NO_USED"),
        Query,
        ["out_trade_no 已被使用。", "先查询这个单号；重试要用原来的全部参数，新订单要用新单号。"],
        [
            "The out_trade_no is used already.",
            "Query it first; repeat an order with all its parameters unchanged, and give a new order a new number.",
        ],
    ),
    row(
        Word("TRADE_ERROR"),
        Query,
        ["交易出错，原因不在错误码里。", "查询订单，看清状态再决定；用户侧的原因请用户处理后重试。"],
        [
            "Something about the trade stopped it; the code does not say what.",
            "Query the order and decide by its state; what lies with the payer, the payer must settle.",
        ],
    ),
    // Once more, with the same bytes. A wrong serial number or mchid surfaces like this at times
    // (wechatpay-java, issue 302).
    row(
        Word("SYSTEM_ERROR"),
        RetrySame,
        [
            "微信支付系统错误，请求可能已经生效。",
            "用相同的单号和参数重试；一直出现时，核对证书序列号与商户号是否写错。",
        ],
        [
            "WeChat Pay failed inside; the request may have taken effect.",
            "Repeat it with the same number and parameters; if it stays, check the certificate's serial number and the mchid.",
        ],
    ),
    row(
        Word("BANK_ERROR"),
        RetrySame,
        ["银行系统异常，结果不明。", "用相同的单号和参数重试，或稍后查询。"],
        [
            "The bank's system failed; the outcome is not known.",
            "Repeat with the same number and parameters, or query later.",
        ],
    ),
    row(
        Word("BIZERR_NEED_RETRY"),
        RetrySame,
        ["退款与另一个操作冲突，未能执行。", "用相同的 out_refund_no 和参数重试，不要换号。"],
        [
            "The refund collided with another operation and was not done.",
            "Repeat it under the same out_refund_no and parameters, never under a new number.",
        ],
    ),
    // Once more, later.
    row(
        Word("FREQUENCY_LIMITED"),
        RetryLater,
        ["调用过于频繁。", "放慢后用相同的参数重试；长期不够用时申请提高额度。"],
        [
            "The calls come too fast.",
            "Slow down and repeat the same request; ask for more quota if it keeps happening.",
        ],
    ),
    row(
        Word("FREQUENCY_LIMIT_EXCEED"),
        RetryLater,
        ["超出接口的频率上限。", "放慢后用相同的参数重试。"],
        ["The frequency limit was exceeded.", "Slow down and repeat the same request."],
    ),
    row(
        Word("RATELIMIT_EXCEEDED"),
        RetryLater,
        ["超出调用频率限制。", "放慢后用相同的参数重试；检查有没有重复的定时查询。"],
        [
            "The rate limit was exceeded.",
            "Slow down and repeat the same request; look for jobs that query the same order twice.",
        ],
    ),
    row(
        Word("INVALID_REQ_TOO_MUCH"),
        RetryLater,
        ["无效请求过多，暂时被限制。", "先修正出错的请求，过几分钟用相同的单号重试。"],
        [
            "Too many invalid requests; calls are held back for a while.",
            "Correct what was wrong, then repeat under the same number after some minutes.",
        ],
    ),
    row(
        Word("NOT_ENOUGH"),
        RetryLater,
        ["商户可用余额不足，退款没有执行。", "给商户账户充值，然后用相同的 out_refund_no 重试。"],
        [
            "The merchant's balance does not cover the refund; nothing was refunded.",
            "Top up the merchant's account, then repeat under the same out_refund_no.",
        ],
    ),
    row(
        Word("ORDER_NOT_READY"),
        RetryLater,
        ["订单还在处理中，暂时不能退款。", "过几分钟用相同的 out_refund_no 重试。"],
        [
            "The order is still being processed and cannot be refunded yet.",
            "Repeat after some minutes under the same out_refund_no.",
        ],
    ),
    row(
        Word("SERVICE_UNAVAILABLE"),
        RetryLater,
        ["微信支付服务暂不可用。", "稍后用相同的参数重试。"],
        ["WeChat Pay's service is unavailable for the moment.", "Repeat the same request later."],
    ),
    row(
        Word("STATEMENT_CREATING"),
        RetryLater,
        ["账单还在生成。", "次日 10 点以后再下载。"],
        ["The bill is still being made.", "Ask for it after 10:00 of the next day."],
    ),
    // Never again like this: the request.
    row(
        Word("PARAM_ERROR"),
        Never,
        ["参数不正确。", "按返回的 detail 修正字段：类型、长度、字符集。"],
        ["A parameter is wrong.", "Correct the field that detail names: its type, length or characters."],
    ),
    row(
        Word("INVALID_REQUEST"),
        Never,
        ["请求不符合接口规则。", "核对必填字段和请求头；重复下单时核对参数是否与第一次完全一致。"],
        [
            "The request breaks a rule of the API.",
            "Check required fields and headers; for a repeated order, check that its parameters are the first one's.",
        ],
    ),
    row(
        Word("OPENID_MISMATCH"),
        Never,
        ["openid 不属于这个 appid。", "用同一个小程序登录得到的 openid 下单。"],
        ["The openid does not belong to the appid.", "Use the openid from a login in the same mini program."],
    ),
    row(
        Word("INVALID_TRANSACTIONID"),
        Never,
        ["微信支付订单号不正确。", "核对 transaction_id，或改用 out_trade_no。"],
        ["The transaction_id is not valid.", "Check it, or use the out_trade_no."],
    ),
    row(
        Word("LACK_PARAMS"),
        Never,
        ["缺少必填参数。", "按 err_code_des 补上缺少的字段。"],
        ["A required parameter is missing.", "Add the field that err_code_des names."],
    ),
    row(
        Word("XML_FORMAT_ERROR"),
        Never,
        ["XML 格式不正确。", "检查请求体：一个 xml 根元素、转义正确、UTF-8 编码。"],
        ["The XML is malformed.", "Check the body: one xml root, values escaped, UTF-8."],
    ),
    row(
        Word("POST_DATA_EMPTY"),
        Never,
        ["请求体为空。", "检查代理或客户端有没有丢掉请求体。"],
        ["The request's body is empty.", "Check whether a proxy or the client dropped it."],
    ),
    row(
        Word("REQUIRE_POST_METHOD"),
        Never,
        ["没有使用 POST。", "改用 POST 方法。"],
        ["The request was not a POST.", "Send it as a POST."],
    ),
    row(
        Word("NOT_UTF8"),
        Never,
        ["请求不是 UTF-8 编码。", "把请求体改为 UTF-8 编码。"],
        ["The request is not UTF-8.", "Encode the body in UTF-8."],
    ),
    row(
        Word("REFUND_FEE_MISMATCH"),
        Never,
        ["退款金额与同一退款单号的前一次请求不一致。", "用第一次的金额重试；另一笔退款要用新的 out_refund_no。"],
        [
            "The amounts differ from the first request under this out_refund_no.",
            "Repeat with the first amounts; another refund needs a number of its own.",
        ],
    ),
    // Never again like this: the merchant.
    row(
        Word("SIGN_ERROR"),
        Never,
        ["签名不正确。", "核对密钥或证书序列号、签名算法、待签名串的格式，以及服务器时钟（误差 5 分钟内）。"],
        [
            "The signature is wrong.",
            "Check the key or the certificate's serial number, the algorithm, the signed message's layout, and the clock (within 5 minutes).",
        ],
    ),
    row(
        Word("APPID_MCHID_NOT_MATCH"),
        Never,
        ["appid 与商户号不匹配。", "在商户平台把小程序 appid 与商户号绑定。"],
        ["appid and mchid do not match.", "Bind the mini program to the merchant on the merchant platform."],
    ),
    row(
        Word("APPID_NOT_EXIST"),
        Never,
        ["appid 不存在。", "核对配置里的 appid。"],
        ["The appid does not exist.", "Check the configured appid."],
    ),
    row(
        Word("MCH_NOT_EXISTS"),
        Never,
        ["商户号不存在。", "核对配置里的 mchid 与商户平台是否一致。"],
        ["The merchant does not exist.", "Compare the configured mchid with the merchant platform's."],
    ),
    row(
        Word("MCHID_NOT_EXIST"),
        Never,
        ["商户号不存在。", "核对配置里的 mch_id 与商户平台是否一致。"],
        ["The merchant does not exist.", "Compare the configured mch_id with the merchant platform's."],
    ),
    row(
        Word("NO_AUTH"),
        Never,
        ["商户没有这个接口的权限，或收款权限被限制。", "在商户平台开通产品权限，并查看有无风险限制。"],
        [
            "The merchant may not use this API, or its receiving is restricted.",
            "Enable the product on the merchant platform, and look there for restrictions.",
        ],
    ),
    row(
        Word("ACCOUNT_ERROR"),
        Never,
        ["账户异常。", "若是用户账户，请用户换账户或联系微信支付；若是商户账户，登录商户平台查看。"],
        [
            "An account is not in order.",
            "If it is the payer's, the payer must settle it with WeChat Pay; if the merchant's, see the merchant platform.",
        ],
    ),
    row(
        Word("RULE_LIMIT"),
        Never,
        ["触发业务规则限制，例如限额或风控。", "登录商户平台查看限额与风险提示；个别用户被限时请其换一种支付方式。"],
        [
            "A rule of WeChat Pay stopped it, a limit or risk control.",
            "See limits and warnings on the merchant platform; a payer who is limited may choose another way to pay.",
        ],
    ),
    row(
        Word("CERT_ERROR"),
        Never,
        ["API 证书校验失败。", "退款要用本商户号的 API 证书：核对证书文件、私钥与有效期。"],
        [
            "The API certificate was not taken.",
            "Refunds of v2 need this merchant's API certificate: check file, key and expiry.",
        ],
    ),
    // Never again like this: there is nothing of the kind.
    row(
        Word("ORDER_NOT_EXIST"),
        Never,
        ["微信支付没有这个订单。", "核对 out_trade_no（区分大小写）与商户号；下单可能没有成功。"],
        [
            "WeChat Pay has no such order.",
            "Check the out_trade_no (its case counts) and the merchant; the prepay may never have succeeded.",
        ],
    ),
    row(
        Word("RESOURCE_NOT_EXISTS"),
        Never,
        [
            "所查询的对象不存在。",
            "核对单号；刚支付的订单退款请稍后用同一单号重试；只有公钥的商户不要下载平台证书，改用微信支付公钥。",
        ],
        [
            "What was asked for does not exist.",
            "Check the number; repeat the refund of a payment just made a little later under the same number; without platform certificates, configure the WeChat Pay public key.",
        ],
    ),
    row(
        Word("REFUND_NOT_EXIST"),
        Never,
        ["微信支付没有这笔退款。", "核对 out_refund_no；退款申请可能没有成功，用原来的单号和参数重新提交。"],
        [
            "WeChat Pay has no such refund.",
            "Check the out_refund_no; the request may never have succeeded: send it again under its number.",
        ],
    ),
    row(
        Word("NO_STATEMENT_EXIST"),
        Never,
        ["这一天没有账单。", "核对 bill_date；当天没有交易就没有账单。"],
        ["There is no bill for this day.", "Check bill_date; a day without trades has no bill."],
    ),
    // Never again at all: the refund.
    row(
        Word("TRADE_OVERDUE"),
        Never,
        ["已超过可退款的期限（支付后一年）。", "通过其他方式把钱退给用户。"],
        ["The time for refunds (a year after the payment) is over.", "Give the money back in another way."],
    ),
    row(
        Word("USER_ACCOUNT_ABNORMAL"),
        Never,
        ["用户账户注销或异常，不能原路退回。", "与用户商定其他退款方式。"],
        [
            "The payer's account is closed or not in order, and takes no refund.",
            "Agree with the payer on another way to give the money back.",
        ],
    ),
    row(
        Word("ERROR"),
        Never,
        ["退款业务出错，具体原因在 err_code_des。", "按 err_code_des 处理；需要重试时用相同的 out_refund_no。"],
        [
            "The refund failed for the reason in err_code_des.",
            "Do what it says; if it is worth repeating, repeat it under the same out_refund_no.",
        ],
    ),
];
