//! How the operator's commands reach the server: the same API as the page, with the token of the
//! configuration.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use reqwest::{Method, Url};
use serde_json::Value;
use wechatpay::Secret;

use crate::config::Access;

/// More than the server takes for any request.
const PATIENCE: Duration = Duration::from_secs(35);

/// Where the server is, and who asks.
#[derive(clap::Args)]
pub struct Where {
    /// The server's configuration: its [admin] says where the operator's port is, and has the token.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the operator's port is, if not where the configuration says: https://HOST:PORT, or http:// on this machine.
    #[arg(long, value_name = "URL")]
    at: Option<String>,
}

/// A server that can be asked.
pub(super) struct Client {
    http: reqwest::Client,
    url: Url,
    token: Secret<String>,
}

/// Why a command did not get to its end. One line each; what scripts see of it is [`Failure::code`].
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Nobody was asked, or nobody who could answer: configuration, usage, no server.
    #[error("{0}")]
    NotAsked(String),
    /// The server refused. No money moves.
    #[error("{code}: {detail} (request {request})")]
    Refused {
        /// Why, in a word.
        code: String,
        /// Why, in a sentence.
        detail: String,
        /// Its name in the server's log.
        request: String,
    },
    /// Asked, and no answer that says what became of it.
    #[error("{0}")]
    Unknown(String),
}

impl Failure {
    /// 1: refused, money untouched. 2: nobody was asked. 3: nobody knows.
    pub(super) fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused { .. } => 1,
            Self::NotAsked(_) => 2,
            Self::Unknown(_) => 3,
        })
    }
}

/// What a request does at the server, should its answer get lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing.
    Asks,
    /// Something, perhaps.
    Changes,
}

impl Client {
    /// From what the command line says.
    pub(super) fn new(Where { config, at }: &Where) -> Result<Self, Failure> {
        let access =
            Access::read(config).map_err(|error| Failure::NotAsked(format!("{}: {error}", config.display())))?;
        let url = match (at, access.url) {
            (Some(text), _) => address(text)?,
            (None, Some(text)) => Url::parse(&text).map_err(|error| Failure::NotAsked(format!("{text}: {error}")))?,
            (None, None) => {
                return Err(Failure::NotAsked(
                    "the configuration does not say how the operator's port is reached (a certificate's name, or a port that was free): say --at https://HOST:PORT. Nothing was asked for"
                        .to_owned(),
                ));
            }
        };
        let http = reqwest::Client::builder()
            .user_agent(concat!("wx-checkout-server/", env!("CARGO_PKG_VERSION"), " command"))
            .connect_timeout(Duration::from_secs(3))
            .timeout(PATIENCE)
            // The token goes where it was meant to go, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| Failure::NotAsked(format!("the HTTP client could not be set up ({error})")))?;
        Ok(Self { http, url, token: access.token })
    }

    /// Asks; nothing changes by it.
    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let mut url = self.path(path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(Method::GET, url, None, Kind::Asks).await
    }

    /// Asks with a body; nothing changes by it.
    pub(super) async fn ask(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, self.path(path)?, Some(body), Kind::Asks).await
    }

    /// Changes something.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.send(Method::POST, self.path(path)?, Some(body), Kind::Changes).await
    }

    /// The order that a word names: its id, its number at WeChat, a payment's or a refund's.
    pub(super) async fn order(&self, word: &str) -> Result<String, Failure> {
        let found = self.get("orders", &[("find", word)]).await?;
        let orders = found["orders"].as_array().map(Vec::as_slice).unwrap_or_default();
        match orders {
            [one] => Ok(text(&one["orderId"]).to_owned()),
            [] => Err(Failure::Refused {
                code: "order_not_found".to_owned(),
                detail: format!("No order is called {word:?}. Nothing was changed; no money moves."),
                request: "-".to_owned(),
            }),
            several => Err(Failure::NotAsked(format!(
                "{word:?} names {} orders: say which by its orderId. Nothing was asked for",
                several.len()
            ))),
        }
    }

    fn path(&self, path: &str) -> Result<Url, Failure> {
        let mut url = self.url.clone();
        let parts = ["admin", "api"].into_iter().chain(path.split('/'));
        url.path_segments_mut()
            .map_err(|()| Failure::NotAsked(format!("{} is no address of a server", self.url)))?
            .pop_if_empty()
            .extend(parts);
        Ok(url)
    }

    async fn send(&self, method: Method, url: Url, body: Option<&Value>, kind: Kind) -> Result<Value, Failure> {
        let mut request = self.http.request(method, url).bearer_auth(self.token.expose());
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let lost = |error: &reqwest::Error| {
            let server = self.url.as_str().trim_end_matches('/');
            let cause = cause(error);
            if error.is_connect() {
                return Failure::NotAsked(format!(
                    "no server answers at {server} ({cause}): start it, or say --at where it is. Nothing happened to any money"
                ));
            }
            match kind {
                Kind::Asks => Failure::NotAsked(format!(
                    "{server} did not answer ({cause}): try again. Nothing happened to any money"
                )),
                Kind::Changes => Failure::Unknown(format!("the answer of {server} was lost ({cause})")),
            }
        };
        let answer = request.send().await.map_err(|error| lost(&error))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|error| lost(&error))?;
        let Ok(body) = serde_json::from_slice::<Value>(&body) else {
            let what = format!("{} answered {status} and no JSON: that is not the operator's port", self.url);
            return Err(match kind {
                Kind::Asks => Failure::NotAsked(what),
                Kind::Changes => Failure::Unknown(what),
            });
        };
        if status == 200 { Ok(body) } else { Err(refused(status, &body, kind)) }
    }
}

fn refused(status: u16, problem: &Value, kind: Kind) -> Failure {
    let (code, detail) = (text(&problem["code"]).to_owned(), text(&problem["detail"]).to_owned());
    match (status, problem["money"].as_str()) {
        // Of the configuration: it has another token, or another name, than the server.
        (401 | 421, _) => Failure::NotAsked(format!("{code}: {detail}")),
        (_, Some("untouched")) => Failure::Refused { code, detail, request: text(&problem["requestId"]).to_owned() },
        _ if kind == Kind::Asks => Failure::NotAsked(format!(
            "{code}: {detail} (status {status}: is it the operator's port?). Nothing happened to any money"
        )),
        _ => Failure::Unknown(format!("{code}: {detail}")),
    }
}

/// The innermost cause: the outer ones repeat the address.
fn cause(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("nothing within {} s", PATIENCE.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The token is only sent where nobody on the way can read it.
fn address(text: &str) -> Result<Url, Failure> {
    let fix = || {
        Failure::NotAsked(format!(
            "--at: {text:?} must be https://HOST:PORT, or http:// with an address of this machine"
        ))
    };
    let url = Url::parse(text).map_err(|_| fix())?;
    let near = match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        None => return Err(fix()),
    };
    let safe = url.scheme() == "https" || (url.scheme() == "http" && near);
    if safe && url.path() == "/" && url.query().is_none() && url.username().is_empty() { Ok(url) } else { Err(fix()) }
}

/// A field's text; empty when it has none.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
