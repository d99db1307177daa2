//! v2's signature: empty values and `sign` left out, names in byte order, `&key=KEY` at the end. (v2
//! documentation 4011985891)

use super::xml::Fields;
use crate::book::SignType;
use crate::crypto::{hmac_sha256_hex, md5_hex};
use crate::diagnosis::Comparison;
use crate::text::text;

/// The string that is signed, without the key.
pub(crate) fn string(fields: &Fields) -> String {
    // A map of texts is in byte order, capitals before small letters, as it must be.
    let signed = fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty());
    signed.map(|(name, value)| format!("{name}={value}&")).collect()
}

/// The signature, in capitals.
pub(crate) fn sign(fields: &Fields, kind: SignType, key: &str) -> String {
    digest(&format!("{}key={key}", string(fields)), kind, key)
}

fn digest(message: &str, kind: SignType, key: &str) -> String {
    let hex = match kind {
        SignType::Md5 => md5_hex(message.as_bytes()),
        SignType::HmacSha256 => hmac_sha256_hex(key.as_bytes(), message.as_bytes()),
    };
    hex.to_ascii_uppercase()
}

/// Which mistake explains a signature that does not verify. The key is not shown.
pub(crate) fn explain(fields: &Fields, kind: SignType, key: &str, other_key: &str, given: &str) -> Comparison {
    const HIDDEN: &str = "key=…";
    let whole = string(fields);
    let expected = format!("{whole}{HIDDEN}");
    let with_empty: String =
        fields.iter().filter(|(name, _)| *name != "sign").map(|(name, value)| format!("{name}={value}&")).collect();
    let mut unordered: Vec<_> = fields.iter().filter(|(name, value)| *name != "sign" && !value.is_empty()).collect();
    unordered.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    let unordered: String = unordered.into_iter().map(|(name, value)| format!("{name}={value}&")).collect();
    let other_kind = match kind {
        SignType::Md5 => SignType::HmacSha256,
        SignType::HmacSha256 => SignType::Md5,
    };
    let unkeyed = whole.trim_end_matches('&').to_owned();
    let suspects = [
        (
            with_empty.clone(),
            digest(&format!("{with_empty}key={key}"), kind, key),
            text("empty values are not signed", "空值不参与签名"),
        ),
        (
            unordered.clone(),
            digest(&format!("{unordered}key={key}"), kind, key),
            text("the names are sorted byte by byte, capitals first", "参数名按字节序排序，大写字母在前"),
        ),
        (unkeyed.clone(), digest(&unkeyed, kind, key), text("&key=KEY is missing at the end", "末尾缺少 &key=密钥")),
        (
            whole.clone(),
            sign(fields, other_kind, key),
            text(
                format!("it is {}: sign_type says {} (without it, MD5)", other_kind.name(), kind.name()),
                format!("用的是 {}，而 sign_type 是 {}（不传为 MD5）", other_kind.name(), kind.name()),
            ),
        ),
        (
            whole.clone(),
            sign(fields, kind, other_key),
            text("the API v3 key was used: v2 has a key of its own", "用了 APIv3 密钥：v2 接口要用 APIv2 密钥"),
        ),
    ];
    for (signed, signature, finding) in suspects {
        if signature.eq_ignore_ascii_case(given) {
            return Comparison::new(expected, Some(format!("{signed}{HIDDEN}")), finding);
        }
    }
    if sign(fields, kind, key).eq_ignore_ascii_case(given) {
        return Comparison::new(
            expected.clone(),
            Some(expected),
            text("the signature must be in capitals", "签名结果要转为大写"),
        );
    }
    let finding = text(
        "no usual mistake explains it: compare the string, then the key",
        "不属于常见错误：请先核对待签名串，再核对密钥",
    );
    Comparison::new(expected, None, finding)
}
