//! `webhooks`: letters to the merchant's own system that could not be delivered.

use serde_json::{Value, json};

use super::client::{Client, Failure, Where, text};
use super::show;

/// Of `webhooks`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// List the dead letters, the oldest first: each stops what follows about its order.
    List {
        /// Whose letters.
        #[arg(long, default_value = "webhook", value_parser = ["webhook", "shipping"])]
        channel: String,
        /// Where the list goes on: `next` of a list before.
        #[arg(long, value_name = "PLACE")]
        after: Option<String>,
        /// The API's own JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send a letter again, under the name and number that it has.
    Replay {
        /// The letter's name.
        #[arg(value_name = "LETTER")]
        letter: String,
    },
    /// Make every letter due that was not delivered: after the receiver was mended.
    ReplayAll {
        /// Whose letters.
        #[arg(long, default_value = "webhook", value_parser = ["webhook", "shipping"])]
        channel: String,
    },
    /// Give a letter up: its stream goes on with the next, and the receiver never hears of it.
    Skip {
        /// The letter's name.
        #[arg(value_name = "LETTER")]
        letter: String,
        /// Why, for whoever looks at it later.
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
}

pub(super) async fn run(Arguments { place, what }: Arguments) -> Result<String, Failure> {
    let client = Client::new(&place)?;
    match what {
        What::List { channel, after, json } => {
            let mut query = vec![("channel", channel.as_str())];
            query.extend(after.as_deref().map(|after| ("after", after)));
            let page = client.get("letters", &query).await?;
            Ok(if json { page.to_string() } else { listed(&page) })
        }
        What::Replay { letter } => {
            let answer = client.post(&format!("letters/{letter}/replay"), &json!({})).await.map_err(again)?;
            Ok(if answer["outcome"] == "due" {
                format!("letter {letter} is due: the server sends it by itself")
            } else {
                format!("letter {letter} was delivered before, and the receiver has taken it once more")
            })
        }
        What::ReplayAll { channel } => {
            let answer = client.post("replays", &json!({"channel": channel})).await.map_err(again)?;
            Ok(format!("{} streams go on", answer["streams"]))
        }
        What::Skip { letter, why } => {
            client.post(&format!("letters/{letter}/skip"), &json!({"why": why})).await.map_err(again)?;
            Ok(format!("letter {letter} is given up: its stream goes on with the next"))
        }
    }
}

/// No money depends on letters, and a receiver knows each by its name.
fn again(failure: Failure) -> Failure {
    match failure {
        Failure::Unknown(what) => Failure::Unknown(format!("{what}. Repeat the command: that does no harm")),
        failure => failure,
    }
}

fn listed(page: &Value) -> String {
    let letters = show::items(&page["letters"]);
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    let line = |letter: &Value| {
        format!(
            "{}  {}  order {}  {} {}  {} behind it\n    last try {}: {} {}",
            text(&letter["id"]),
            show::time(&letter["createdMs"]),
            letter["orderId"].as_str().unwrap_or("-"),
            letter["sequence"],
            text(&letter["action"]),
            letter["behind"],
            show::time(&letter["last"]["atMs"]),
            letter["last"]["status"],
            text(&letter["last"]["error"])
        )
    };
    let more = page["next"].as_i64().map_or_else(String::new, |next| format!("\nmore: --after {next}"));
    format!("{}{more}", letters.iter().map(line).collect::<Vec<_>>().join("\n"))
}
