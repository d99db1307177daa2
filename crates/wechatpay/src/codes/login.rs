//! `errcode` of code2session.

use super::Advice::{Never, RetryLater, RetrySame};
use super::Code::Login;
use super::{Guidance, row};

pub(super) fn find(errcode: i64) -> Option<&'static Guidance> {
    CODES.iter().find(|entry| entry.code == Login(errcode))
}

/// A code works once: for every refusal of the code itself the phone must fetch a fresh one.
pub(super) static CODES: &[Guidance] = &[
    row(
        Login(-1),
        RetrySame,
        ["微信登录接口繁忙。", "稍等片刻再试。"],
        ["WeChat's login is busy.", "Try again in a moment."],
    ),
    row(
        Login(40029),
        Never,
        [
            "登录凭证 code 无效或已过期。",
            "在小程序里重新调用 wx.login，用新的 code；确认 code 与 appid 属于同一个小程序。",
        ],
        [
            "The login code is invalid or has expired.",
            "Call wx.login again and use the fresh code; make sure that code and appid are the same mini program's.",
        ],
    ),
    row(
        Login(40163),
        Never,
        ["登录凭证 code 已经用过。", "每个 code 只用一次：重新调用 wx.login 取新的 code。"],
        ["The login code was used before.", "Use each code once: call wx.login again for a fresh one."],
    ),
    row(
        Login(45011),
        RetryLater,
        ["该用户登录过于频繁。", "放慢登录：会话未过期时不要重新登录，稍后再试。"],
        ["The user logs in too often.", "Slow down: do not log in again while a session is valid; try later."],
    ),
    row(
        Login(40226),
        Never,
        ["微信把该用户判为高风险，拒绝登录。", "请用户在微信客户端按提示解除风险后再试。"],
        ["WeChat holds the user to be high-risk.", "Ask the user to settle it in the WeChat app, then try again."],
    ),
    row(
        Login(40013),
        Never,
        ["appid 不正确。", "核对配置里的 appid 与小程序后台是否一致。"],
        ["The appid is wrong.", "Compare the configured appid with the one in the mini program's console."],
    ),
    row(
        Login(40125),
        Never,
        ["AppSecret 不正确。", "核对配置里的 AppSecret；若已重置，换成新的。"],
        ["The AppSecret is wrong.", "Check the configured AppSecret; if it was reset, configure the new one."],
    ),
    row(
        Login(41002),
        Never,
        ["请求缺少 appid。", "在配置里填写小程序的 appid。"],
        ["The request lacks the appid.", "Configure the mini program's appid."],
    ),
    row(
        Login(41004),
        Never,
        ["请求缺少 AppSecret。", "在配置里填写小程序的 AppSecret。"],
        ["The request lacks the AppSecret.", "Configure the mini program's AppSecret."],
    ),
    row(
        Login(41008),
        Never,
        ["请求缺少登录凭证 code。", "确认小程序把 wx.login 得到的 code 传给了服务器。"],
        ["The request lacks the login code.", "Make sure that the page passes on the code that wx.login gave it."],
    ),
];
