//! `refund`: sends money back, after it was said twice.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::num::NonZeroU32;

use serde_json::{Value, json};

use super::client::{Client, Failure, Where, text};
use super::show::yuan;
use crate::random;

/// Of `refund`.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("how much").required(true))]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The order: its orderId, out_trade_no, the merchant's own name or a payment's number.
    #[arg(value_name = "ORDER")]
    order: String,
    /// How much goes back, in fen: 100 is one yuan.
    #[arg(long, value_name = "FEN", group = "how much")]
    amount: Option<NonZeroU32>,
    /// All that is left of the payment.
    #[arg(long, group = "how much")]
    all: bool,
    /// Of which payment, by WeChat's number: a frozen one, say. Without it, of the one that keeps the order.
    #[arg(long, value_name = "TRANSACTION_ID")]
    transaction: Option<String>,
    /// The refund's number (out_refund_no). Asked for again under the same number, it is the same refund.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// What the payer reads: at most 80 bytes.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Do not ask again: for scripts.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(arguments: Arguments) -> Result<String, Failure> {
    let Arguments { place, order: word, amount, all: _, transaction, number, reason, yes } = arguments;
    let client = Client::new(&place)?;
    let id = client.order(&word).await?;
    let number = match number {
        Some(number) => number,
        None => format!("op-{}", random::hex::<12>().map_err(|error| Failure::NotAsked(error.to_string()))?),
    };
    let asked = json!({"transactionId": transaction, "amount": amount, "outRefundNo": number, "reason": reason});
    let preview = client.ask(&format!("orders/{id}/refunds/preview"), &asked).await?;
    // Before anything is asked for: with the number, whatever happens next can be asked for again.
    let _ = writeln!(std::io::stdout().lock(), "{}", words(&id, &preview));
    let before = preview["planned"] == "before";
    if !before && !yes {
        confirmed(&preview["amount"].to_string())?;
    }
    let wanted = json!({
        "outRefundNo": number,
        "transactionId": preview["transactionId"],
        "amount": preview["amount"],
        "reason": reason,
    });
    let answer = client.post(&format!("orders/{id}/refunds"), &wanted).await.map_err(|failure| {
        let Failure::Unknown(what) = failure else { return failure };
        let (payment, fen) = (text(&preview["transactionId"]), &preview["amount"]);
        Failure::Unknown(format!(
            "{what}. Unknown: the refund may have been written down, or not. Repeat the same command with --number {number} \
             --transaction {payment} --amount {fen}: it will not refund twice"
        ))
    })?;
    Ok(format!(
        "refund {number} is {}: {}",
        text(&answer["refund"]["stage"]),
        if answer["planned"] == "before" {
            "it was asked for before, and nothing more goes back"
        } else {
            "it is written down, and the server sees it through; its order says how far it has come"
        }
    ))
}

fn words(id: &str, preview: &Value) -> String {
    format!(
        "order    {id}\npayment  {}: {} yuan taken, {} left\nrefund   {} yuan ({} fen)\nnumber   {}",
        text(&preview["transactionId"]),
        yuan(&preview["total"]),
        yuan(&preview["left"]),
        yuan(&preview["amount"]),
        preview["amount"],
        text(&preview["outRefundNo"])
    )
}

/// The amount, typed once more: what is pressed without being read sends nothing back.
fn confirmed(amount: &str) -> Result<(), Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::NotAsked(
            "nobody is there to confirm it: say --yes to refund without being asked again. No money moves".to_owned(),
        ));
    }
    print!("To send it back, type the amount in fen: ");
    let mut line = String::new();
    let read = std::io::stdout().flush().and_then(|()| stdin.lock().read_line(&mut line));
    match read {
        Ok(_) if line.trim() == amount => Ok(()),
        _ => Err(Failure::NotAsked("not confirmed. No money moves".to_owned())),
    }
}
