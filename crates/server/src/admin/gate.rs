//! Who may pass: the operator, by a token that no browser sends by itself, under a name that is this port's.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Desk;
use super::problem::{Code, Refusal};
use crate::config::{Admin, AdminTokens, Proxy};
use crate::limits::{Buckets, Network};
use crate::routes::limit::{Addresses, client};

/// Wrong tokens that an address may show in a minute.
const WRONG_TOKENS: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// Who may pass.
#[derive(Debug)]
pub struct Gate {
    tokens: AdminTokens,
    names: Names,
    addresses: Addresses,
    wrong: Buckets<Network>,
}

/// What the port may be called.
#[derive(Debug)]
enum Names {
    /// On this machine only: whatever the browser believes another name to be, it is not this port. A page
    /// of somebody else's that had its own name pointed at 127.0.0.1 gets no further (DNS rebinding).
    Loopback(Vec<String>),
    /// These.
    Listed(Vec<String>),
    /// Any: certificate and proxy know their own.
    Any,
}

impl Gate {
    /// As the configuration says.
    #[must_use]
    pub fn new(admin: &Admin) -> Self {
        let hosts: Vec<String> = admin.hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let names = if admin.listen.ip().is_loopback() {
            Names::Loopback(hosts)
        } else if hosts.is_empty() {
            Names::Any
        } else {
            Names::Listed(hosts)
        };
        let addresses = match admin.proxy {
            Proxy::None => Addresses::OfPeers,
            Proxy::InFront => Addresses::Forwarded,
        };
        Self { tokens: admin.tokens.clone(), names, addresses, wrong: Buckets::new(WRONG_TOKENS) }
    }

    fn is_called(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let own =
            || host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        match &self.names {
            Names::Loopback(hosts) => own() || hosts.contains(&host),
            // An address is nobody's name: it cannot be pointed elsewhere. Commands and probes come by it.
            Names::Listed(hosts) => {
                host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() || hosts.contains(&host)
            }
            Names::Any => true,
        }
    }

    fn passes(&self, headers: &HeaderMap, peer: Option<IpAddr>, now_ms: u64) -> Result<(), Refusal> {
        let network = Network::from(client(self.addresses, peer, headers));
        self.wrong.peek(&network, now_ms).map_err(|wait| {
            Refusal::new(
                Code::RateLimited,
                format!("Too many wrong tokens came from this address. Nothing was changed; wait {} ms.", wait.ms),
            )
            .after(wait.ms)
        })?;
        match shown(headers) {
            Some(token) if self.tokens.admit(token) => Ok(()),
            Some(_) => {
                // The next one finds out whether there is none left.
                let _ = self.wrong.take(&network, now_ms);
                tracing::warn!("a wrong token was shown on the operator's port");
                Err(unauthorized("is not the one in the configuration's [admin]"))
            }
            None => Err(unauthorized("is missing: send Authorization: Bearer TOKEN")),
        }
    }
}

fn unauthorized(what: &str) -> Refusal {
    Refusal::new(Code::Unauthorized, format!("The operator's token {what}. Nothing was changed; sign in again."))
}

fn shown(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Without its port: a tunnel may have another one.
fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> &'a str {
    let named = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(|a| a.as_str()));
    let named = named.unwrap_or_default();
    match named.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => named,
    }
}

/// Every request, the page included.
pub(super) async fn by_name(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    if desk.gate.is_called(host(request.headers(), request.uri())) {
        return next.run(request).await;
    }
    Refusal::new(
        Code::HostNotAllowed,
        "The operator's port is not called by this name. Nothing was changed; open it as 127.0.0.1 or localhost, or list \
         the name in [admin] hosts.",
    )
    .into_response()
}

/// Every request but the page, which holds nothing.
pub(super) async fn by_token(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    match desk.gate.passes(request.headers(), peer, desk.checkout.clock.now_ms()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, text.parse().expect("a value"));
        host(&headers, &Uri::from_static("/")).to_owned()
    }

    #[test]
    fn a_host_is_compared_without_its_port() {
        assert_eq!(named("127.0.0.1:8791"), "127.0.0.1");
        assert_eq!(named("[::1]:8791"), "[::1]");
        assert_eq!(named("[::1]"), "[::1]");
        assert_eq!(named("desk.example.com"), "desk.example.com");
    }
}
