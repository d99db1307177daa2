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
    let host = parsed.host_str().unwrap_or_default();
    if is_public(host) {
        Ok(())
    } else {
        Err(text("must name a public host, which WeChat can reach", "必须是微信能访问到的公网域名"))
    }
}

fn is_public(host: &str) -> bool {
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return !(ip.is_private()
            || ip.is_loopback()
            || ip.is_link_local()
            || ip.is_unspecified()
            || ip.is_broadcast());
    }
    if let Some(ip) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return ip.parse::<Ipv6Addr>().is_ok_and(|ip| {
            !(ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local())
        });
    }
    let inner = ["localhost", "local", "internal", "lan"];
    host.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && !top.is_empty() && !inner.contains(&top))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn every_rule() {
        assert_eq!(check("https://pay.example.com/notify/v3/payment"), Ok(()));
        assert_eq!(check("https://pay.example.com:8443/n"), Ok(()));
        assert_eq!(check("https://8.8.8.8/n"), Ok(()));
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
            "https://[::1]/n",
            "https://[fe80::1]/n",
            "https://[fd00::1]/n",
            "https:///n",
        ] {
            assert!(check(bad).is_err(), "{bad} was taken");
        }
    }
}
