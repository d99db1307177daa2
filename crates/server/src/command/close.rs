//! `close`: closes an order at WeChat.

use super::client::{Client, Failure, Where};
use super::show;

/// Of `close`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The order: its orderId, out_trade_no, or the merchant's own name.
    #[arg(value_name = "ORDER")]
    order: String,
}

pub(super) async fn run(Arguments { place, order: word }: Arguments) -> Result<String, Failure> {
    let client = Client::new(&place)?;
    let id = client.order(&word).await?;
    let order = client.post(&format!("orders/{id}/close"), &serde_json::json!({})).await.map_err(|failure| {
        let Failure::Unknown(what) = failure else { return failure };
        Failure::Unknown(format!("{what}. Whether order {id} is being closed is not known: repeat the command"))
    })?;
    let state = show::state(&order["summary"]);
    let refused =
        |detail: String| Err(Failure::Refused { code: format!("order_{state}"), detail, request: "-".to_owned() });
    match state {
        "closed" => Ok(format!("order {id} is closed: nobody can pay it any more")),
        "paid" => refused(format!("Order {id} is paid, and stays so. No money moved; to give it back, refund it.")),
        "frozen" => refused(format!("A payment came for order {id} that does not fit it. No money moved; look at it.")),
        _ => refused(format!(
            "WeChat has not said yet that order {id} is closed. No money moved; no parameters leave any more, and the server goes on closing it."
        )),
    }
}
