//! `orders`: lists them, or shows one.

use serde_json::Value;

use super::client::{Client, Failure, Where};
use super::show;

/// Of `orders`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
    /// One order: its orderId, out_trade_no, the merchant's own name, WeChat's transaction id or a refund's number.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Which are listed, newest first.
    #[arg(long, value_name = "STATE", default_value = "any", value_parser = ["any", "unresolved", "paid", "closed", "frozen", "stopped"])]
    state: String,
    /// At most so many, 1 to 200.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    /// Where the list goes on: `next` of a list before.
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// The API's own JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<String, Failure> {
    let Arguments { place, id, state, limit, after, json } = arguments;
    let client = Client::new(&place)?;
    if let Some(word) = id {
        let id = client.order(&word).await?;
        let order = client.get(&format!("orders/{id}"), &[]).await?;
        return Ok(if json { order.to_string() } else { show::detail(&order) });
    }
    let limit = limit.to_string();
    let mut query = vec![("state", state.as_str()), ("limit", limit.as_str())];
    query.extend(after.as_deref().map(|after| ("after", after)));
    let page = client.get("orders", &query).await?;
    Ok(if json { page.to_string() } else { listed(&page) })
}

fn listed(page: &Value) -> String {
    let orders = show::items(&page["orders"]);
    if orders.is_empty() {
        return "no such orders".to_owned();
    }
    let more = page["next"].as_str().map_or_else(String::new, |next| format!("\nmore: --after {next}"));
    format!("{}{more}", show::list(orders))
}
