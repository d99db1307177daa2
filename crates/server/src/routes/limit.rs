//! M13: who asks too often waits. `/orders/verify` is limited per order only, so that a payer always
//! learns what became of the money; notifications are never limited.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wechatpay::Secret;
use wx_checkout::domain::OrderId;
use wx_checkout::wire::{ProblemCode, Retry};

use super::App;
use crate::checkout::Caller;
use crate::limits::Wait;
use crate::problem::Refusal;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whose word about the client's address counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// The connection's: the header could say anything.
    OfPeers,
    /// The last entry of `X-Forwarded-For`: the proxy in front wrote it.
    Forwarded,
}

/// Where a request that was let through came from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client(pub(super) IpAddr);

/// Lets a request through while its address has not used up its minute.
pub(super) async fn by_address(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let address = client(app.front.addresses, peer, request.headers());
    match app.front.limits.addresses.take(&address.into(), app.checkout.clock.now_ms()) {
        Ok(()) => {
            request.extensions_mut().insert(Client(address));
            next.run(request).await
        }
        Err(wait) => {
            app.checkout.meters.limited("address");
            too_many(wait, "from this address").into_response()
        }
    }
}

/// The same for a payer.
pub(super) fn by_caller(app: &App, openid: &Secret<String>) -> Result<(), Refusal> {
    let taken = app.front.limits.callers.take(openid.expose(), app.checkout.clock.now_ms());
    taken.map_err(|wait| {
        app.checkout.meters.limited("payer");
        too_many(wait, "by this payer")
    })
}

/// The same for the looks at one order.
pub(super) fn by_order(app: &App, caller: &Caller, order: &OrderId) -> Result<(), Refusal> {
    let openid = match caller {
        Caller::Payer(openid) => Some(openid.expose().clone()),
        Caller::Holder(_) => None,
    };
    let taken = app.front.limits.orders.take(&(openid, order.as_str().to_owned()), app.checkout.clock.now_ms());
    taken.map_err(|wait| {
        app.checkout.meters.limited("order");
        too_many(wait, "about this order")
    })
}

fn too_many(wait: Wait, which: &str) -> Refusal {
    let detail = format!(
        "There are too many requests {which}. This one changed nothing; repeat it after {} ms, a create under the same key.",
        wait.ms
    );
    Refusal::new(ProblemCode::RateLimited, detail).retry(Retry::Later, wait.ms)
}

/// The address that a request came from.
pub(crate) fn client(addresses: Addresses, peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
    let forwarded = match addresses {
        Addresses::OfPeers => None,
        // A client can send the header too: what it sent stands before what the proxy added.
        Addresses::Forwarded => headers
            .get_all(FORWARDED_FOR)
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok())
            .and_then(|list| list.rsplit(',').next())
            .and_then(|entry| address(entry.trim())),
    };
    forwarded.or(peer).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_matches(['[', ']']).parse().ok();
    bare.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(addresses: Addresses, headers: &[&str]) -> String {
        let mut map = HeaderMap::new();
        for value in headers {
            map.append(FORWARDED_FOR, value.parse().expect("a header"));
        }
        client(addresses, Some(IpAddr::from([192, 0, 2, 1])), &map).to_string()
    }

    #[test]
    fn only_what_the_proxy_wrote_is_believed_and_only_behind_one() {
        assert_eq!(seen(Addresses::OfPeers, &["198.51.100.9"]), "192.0.2.1");
        assert_eq!(seen(Addresses::Forwarded, &["198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen(Addresses::Forwarded, &["203.0.113.5, 198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen(Addresses::Forwarded, &["203.0.113.5", "203.0.113.6,198.51.100.9"]), "198.51.100.9");
        assert_eq!(seen(Addresses::Forwarded, &["198.51.100.9:4711"]), "198.51.100.9");
        assert_eq!(seen(Addresses::Forwarded, &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(seen(Addresses::Forwarded, &["2001:db8::1"]), "2001:db8::1");
        for nonsense in ["", "unknown", "198.51.100.9, _hidden"] {
            assert_eq!(seen(Addresses::Forwarded, &[nonsense]), "192.0.2.1", "{nonsense:?}");
        }
        assert_eq!(seen(Addresses::Forwarded, &[]), "192.0.2.1");
    }
}
