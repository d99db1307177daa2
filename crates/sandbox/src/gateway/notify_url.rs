//! What notify_url must be: HTTPS, a public host, a path, no query; at most 255 characters.

use std::net::{Ipv4Addr, Ipv6Addr};

use reqwest::Url;

use crate::text::{Text, text};

/// `Err` says which rule is broken.
pub(crate) fn check(url: &str) -> Result<(), Text> {
    if url.contains(['?', '#']) {
        return Err(text("must not have a query string or a fragment", "不能带查询串或 #"));
    }
    let parsed = Url::parse(url).map_err(|_| text("must be a URL", "不是合法的 URL"))?;
    if parsed.scheme() != "https" || !url.starts_with("https://") {
        return Err(text("must begin with https://", "必须以 https:// 开头"));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(text("must not have a user name", "不能带用户名"));
    }
    if matches!(parsed.path(), "" | "/") {
        return Err(text("must have a path", "必须带路径"));
    }
    // A parser repairs what a gateway does not: what it reads must be what was sent.
    if !is_as_sent(url, &parsed) {
        return Err(text(
            "must be written as it is requested: no blanks, no backslashes, no . or .. in the path, what is not ASCII percent-encoded",
            "必须按实际请求的形式书写：不含空格和反斜杠，路径中没有 . 或 ..，非 ASCII 字符需百分号编码",
        ));
    }
    if parsed.host_str().is_some_and(is_public) {
        Ok(())
    } else {
        Err(text("must name a public host, which WeChat can reach", "必须是微信能访问到的公网域名"))
    }
}

/// Whether `url`, which begins with https://, is what `parsed` is written as. A host may have capitals, and the
/// port may be named that HTTPS has anyway.
fn is_as_sent(url: &str, parsed: &Url) -> bool {
    let rest = |url: &str| url.get("https://".len()..).map(str::to_owned).unwrap_or_default();
    let (sent, read) = (rest(url), rest(parsed.as_str()));
    let (Some(sent), Some(read)) = (sent.split_once('/'), read.split_once('/')) else { return false };
    let authority = sent.0.strip_suffix(":443").unwrap_or(sent.0);
    authority.eq_ignore_ascii_case(read.0) && sent.1 == read.1 && is_path(sent.1)
}

/// Nothing but what a path may be written with. (RFC 3986, section 3.3)
fn is_path(path: &str) -> bool {
    let is_character = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&b);
    let is_encoded = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    path.bytes().all(is_character) && path.split('%').skip(1).all(is_encoded)
}

fn is_public(host: &str) -> bool {
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return is_public_v4(ip);
    }
    if let Some(ip) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return ip.parse::<Ipv6Addr>().is_ok_and(is_public_v6);
    }
    let inner = [
        "localhost",
        "localdomain",
        "local",
        "internal",
        "intranet",
        "lan",
        "home",
        "corp",
        "test",
        "invalid",
        "onion",
        "arpa",
    ];
    let has_labels = host.len() <= 253 && host.split('.').all(is_label);
    has_labels && host.rsplit_once('.').is_some_and(|(_, top)| !inner.contains(&top))
}

/// A label of a host's name. (RFC 1123, section 2.1)
fn is_label(label: &str) -> bool {
    let is_inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(is_inside) && !label.starts_with('-') && !label.ends_with('-')
}

/// Nothing of the special-purpose registry. (RFC 6890)
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = [
        ("0.0.0.0", 8),
        ("10.0.0.0", 8),
        ("100.64.0.0", 10),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("172.16.0.0", 12),
        ("192.0.0.0", 24),
        ("192.0.2.0", 24),
        ("192.88.99.0", 24),
        ("192.168.0.0", 16),
        ("198.18.0.0", 15),
        ("198.51.100.0", 24),
        ("203.0.113.0", 24),
        // Multicast, and what is reserved behind it.
        ("224.0.0.0", 3),
    ];
    !special.into_iter().any(|(net, bits)| {
        net.parse::<Ipv4Addr>().is_ok_and(|net| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= bits)
    })
}

/// Global unicast (2000::/3), but for documentation, benchmarks, and what only wraps another address.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        [0x2001, second, ..] if second < 0x0200 || second == 0x0db8 => false,
        [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn every_rule() {
        assert_eq!(check("https://pay.example.com/notify/v3/payment"), Ok(()));
        assert_eq!(check("https://pay.example.com:8443/n"), Ok(()));
        assert_eq!(check("https://8.8.8.8/n"), Ok(()));
        assert_eq!(check("https://100.128.0.1/n"), Ok(()));
        assert_eq!(check("https://[2400:3200::1]/n"), Ok(()));
        assert_eq!(check("https://Pay.Example.com/n"), Ok(()));
        assert_eq!(check("https://pay.example.com:443/n"), Ok(()));
        assert_eq!(check("https://xn--9kq.example.com/%E8%8C%B6/a-b_c~d"), Ok(()));
        for bad in [
            "",
            "pay",
            "http://pay.example.com/n",
            "HTTPS://pay.example.com/n",
            "https://pay.example.com",
            "https://pay.example.com/",
            "https://pay.example.com/n?a=1",
            "https://pay.example.com/n?",
            "https://pay.example.com/n#a",
            "https://u:p@pay.example.com/n",
            "https://localhost/n",
            "https://shop/n",
            "https://a.localhost/n",
            "https://nas.local/n",
            "https://127.0.0.1/n",
            "https://10.1.2.3/n",
            "https://192.168.1.2/n",
            "https://172.16.0.1/n",
            "https://169.254.1.1/n",
            "https://0.0.0.0/n",
            "https://0.1.2.3/n",
            "https://100.64.0.1/n",
            "https://100.127.255.254/n",
            "https://192.0.2.1/n",
            "https://198.18.0.1/n",
            "https://198.19.255.255/n",
            "https://198.51.100.7/n",
            "https://203.0.113.7/n",
            "https://224.0.0.1/n",
            "https://240.0.0.1/n",
            "https://255.255.255.255/n",
            // 127.0.0.1 and 8.8.8.8, as browsers read them.
            "https://2130706433/n",
            "https://0x7f000001/n",
            "https://127.1/n",
            "https://134744072/n",
            "https://0x8.8.8.8/n",
            "https://010.8.8.8/n",
            "https://[::]/n",
            "https://[::ffff:127.0.0.1]/n",
            "https://[::ffff:8.8.8.8]/n",
            "https://[64:ff9b::8.8.8.8]/n",
            "https://[2002:7f00:1::]/n",
            "https://[2001:db8::1]/n",
            "https://[ff02::1]/n",
            "https://localhost./n",
            "https://shop.test/n",
            "https://1.168.192.in-addr.arpa/n",
            "https://[::1]/n",
            "https://[fe80::1]/n",
            "https://[fd00::1]/n",
            "https:///n",
        ] {
            assert!(check(bad).is_err(), "{bad} was taken");
        }
    }
}
