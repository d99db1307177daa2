//! What WeChat is told about goods.

use serde::Deserialize;

use super::ConfigError;
use super::parse::Parsed;
use crate::outbox::shipping::{DESCRIPTION_CHARS, Goods, Logistics};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    upload: bool,
    logistics: Option<String>,
    item_desc: Option<String>,
}

/// `None` where nothing is to be uploaded; what stands beside it is checked all the same.
pub(super) fn parse(section: Section) -> Parsed<Option<Goods>> {
    let Section { upload, logistics, item_desc } = section;
    let logistics = logistics.as_deref().map(way).transpose()?;
    let description = item_desc.map(description).transpose()?;
    if !upload {
        return Ok(None);
    }
    let missing = |setting: &str, what: &str| ConfigError::new(setting, format!("is missing: {what}"));
    Ok(Some(Goods {
        logistics: logistics.ok_or_else(|| missing("shipping.logistics", WAYS))?,
        description: description.ok_or_else(|| missing("shipping.item_desc", DESCRIPTION))?,
    }))
}

const WAYS: &str =
    "say \"city\" (delivered within the city), \"virtual\" (nothing is carried) or \"pickup\" (the payer fetches it)";

const DESCRIPTION: &str = "say in 1 to 120 characters what is sold, for orders that do not say it themselves";

fn way(word: &str) -> Parsed<Logistics> {
    match word {
        "city" => Ok(Logistics::City),
        "virtual" => Ok(Logistics::Virtual),
        "pickup" => Ok(Logistics::Pickup),
        "express" => Err(ConfigError::new(
            "shipping.logistics",
            "a courier's parcel has a number, which this server does not know: say upload = false, and upload from the system that has it",
        )),
        _ => Err(ConfigError::new("shipping.logistics", WAYS)),
    }
}

fn description(text: String) -> Parsed<String> {
    let fits = (1..=DESCRIPTION_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits { Ok(text) } else { Err(ConfigError::new("shipping.item_desc", DESCRIPTION)) }
}
