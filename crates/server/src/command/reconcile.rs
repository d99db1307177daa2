//! `reconcile`: compares a day with WeChat's bill, or reads what was compared.

use serde_json::{Value, json};

use super::client::{Client, Failure, Where, text};
use super::show::{self, yuan};

/// Of `reconcile`.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    place: Where,
    /// Which day, Beijing's. Without it, the last one whose bill can be had (from 10:00 of the next day on).
    #[arg(long, value_name = "YYYY-MM-DD")]
    day: Option<String>,
    /// Only read that day's report.
    #[arg(long, requires = "day", conflicts_with = "list")]
    read: bool,
    /// Only list the days.
    #[arg(long, conflicts_with = "day")]
    list: bool,
    /// The API's own JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(Arguments { place, day, read, list, json }: Arguments) -> Result<String, Failure> {
    let client = Client::new(&place)?;
    if list {
        let page = client.get("comparisons", &[]).await?;
        let lines: Vec<String> = show::items(&page["reports"]).iter().map(line).collect();
        return Ok(if json {
            page.to_string()
        } else if lines.is_empty() {
            "no day was compared yet".to_owned()
        } else {
            lines.join("\n")
        });
    }
    let day = match (day, read) {
        (Some(day), true) => day,
        (day, _) => compare(&client, day).await?,
    };
    let answer = client.get(&format!("comparisons/{day}"), &[]).await?;
    let reports = show::items(&answer["reports"]);
    if reports.is_empty() {
        return Err(differs(format!("Day {day} was never to be compared.")));
    }
    println(&if json { answer.to_string() } else { reports.iter().map(whole).collect::<Vec<_>>().join("\n") });
    let wrong = |report: &&Value| {
        let report = &report["report"];
        report["standing"] != 0 || report["unlisted"] != 0 || !matches!(text(&report["state"]), "compared" | "no_bill")
    };
    match reports.iter().filter(wrong).count() {
        0 => Ok(format!("{day}: the books say what WeChat's bill says")),
        count => Err(differs(format!("{day}: {count} of {} reports differ, or are not at their end.", reports.len()))),
    }
}

/// Asks for it, and answers which day it was.
async fn compare(client: &Client, day: Option<String>) -> Result<String, Failure> {
    let answer = client.post("comparisons", &json!({"day": day})).await.map_err(|failure| match failure {
        Failure::Unknown(what) => Failure::Unknown(format!(
            "{what}. The comparison may be under way: read its report with --day and --read, or repeat the command: \
             that does no harm"
        )),
        failure => failure,
    })?;
    let day = text(&answer["day"]).to_owned();
    if answer["ended"] == false {
        return Err(differs(format!(
            "The bill of {day} is large and still being compared: read it with --day {day} --read."
        )));
    }
    match show::items(&answer["problems"]) {
        [] => Ok(day),
        problems => Err(differs(
            problems
                .iter()
                .map(|one| format!("{}: {}", text(&one["mchid"]), text(&one["detail"])))
                .collect::<Vec<_>>()
                .join("; "),
        )),
    }
}

fn differs(detail: String) -> Failure {
    Failure::Refused { code: "not_reconciled".to_owned(), detail, request: "-".to_owned() }
}

fn println(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

fn line(report: &Value) -> String {
    let line = format!(
        "{}  {}  {:<8} {} lines, {} of orders here, {} differences, {} of them stand  {}",
        text(&report["day"]),
        text(&report["mchid"]),
        text(&report["state"]),
        report["lines"],
        report["ours"],
        report["differences"],
        report["standing"],
        text(&report["problem"])
    );
    line.trim_end().to_owned()
}

fn whole(day: &Value) -> String {
    let difference = |one: &Value| {
        let (state, numbers) =
            (&one["hereState"], format!("{} here, {} there", yuan(&one["here"]), yuan(&one["there"])));
        let word = |value: &Value| if text(value).is_empty() { "-".to_owned() } else { text(value).to_owned() };
        format!(
            "  {} {} {}: {numbers} yuan; {} here, {} there{}  order {}",
            text(&one["what"]),
            text(&one["about"]),
            text(&one["number"]),
            word(state),
            word(&one["thereState"]),
            if one["mended"] == true { " (mended)" } else { "" },
            one["orderId"].as_str().unwrap_or("-")
        )
    };
    std::iter::once(line(&day["report"]))
        .chain(show::items(&day["differences"]).iter().map(difference))
        .collect::<Vec<_>>()
        .join("\n")
}
