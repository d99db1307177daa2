//! Where notifications for a host really go.

use std::collections::BTreeMap;
use std::str::FromStr;

use reqwest::Url;

/// Where notifications for one host really go: `https://HOST=http://127.0.0.1:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    host: String,
    target: String,
}

impl FromStr for Route {
    type Err = BadRoute;

    fn from_str(text: &str) -> Result<Self, BadRoute> {
        let (host, target) = text.split_once('=').ok_or(BadRoute)?;
        let host = Url::parse(host).ok().filter(|url| url.scheme() == "https" && is_bare(url)).ok_or(BadRoute)?;
        let target = Url::parse(target)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && is_bare(url))
            .ok_or(BadRoute)?;
        Ok(Self { host: authority(&host).ok_or(BadRoute)?, target: target.as_str().trim_end_matches('/').to_owned() })
    }
}

fn is_bare(url: &Url) -> bool {
    matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

/// Host and port, the scheme's own port left out.
pub(super) fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Not `https://HOST=http://TARGET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write it as https://HOST=http://127.0.0.1:PORT, both without a path")]
pub struct BadRoute;

/// All routes, by host.
pub(super) fn by_host(routes: Vec<Route>) -> BTreeMap<String, String> {
    routes.into_iter().map(|route| (route.host, route.target)).collect()
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn a_route_names_a_host_and_a_target() {
        assert!("https://pay.example.com=http://127.0.0.1:8790".parse::<Route>().is_ok());
        for bad in [
            "",
            "pay.example.com",
            "http://a.com=http://b",
            "https://a.com=b",
            "https://a.com/x=http://b",
            "https://a.com=ftp://b",
        ] {
            assert!(bad.parse::<Route>().is_err(), "{bad}");
        }
    }
}
