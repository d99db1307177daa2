//! Where prices come from: articles in the configuration or in a file beside it, the merchant's own
//! backend, or both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wx_checkout::domain::Fen;

use super::ConfigError;
use super::file::{self, Article, CatalogueFile};
use super::parse::{Parsed, hex_keys, in_toml, key_file};
use crate::catalogue::{self, Catalogue};
use crate::order_token::OrderTokens;

pub(super) struct Prices {
    pub(super) catalogue: Catalogue,
    pub(super) order_tokens: OrderTokens,
}

impl Prices {
    pub(super) fn parse(
        directory: &Path,
        listed: Option<Vec<Article>>,
        in_file: Option<PathBuf>,
        order_tokens: Option<file::OrderTokens>,
    ) -> Parsed<Self> {
        let order_tokens = match order_tokens {
            Some(section) => OrderTokens::new(&hex_keys("order_tokens.keys", &section.keys)?),
            None => OrderTokens::default(),
        };
        let catalogue = match (listed, in_file) {
            (Some(listed), None) => articles("catalogue", listed)?,
            (None, Some(name)) => read(directory, &name)?,
            (None, None) if order_tokens.are_configured() => Catalogue::default(),
            (None, None) => {
                return Err(ConfigError::new(
                    "catalogue",
                    "prices must come from somewhere: list [[catalogue]] articles, name a catalogue_file, or give order_tokens.keys",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(ConfigError::new("catalogue_file", "there is a [[catalogue]] too: keep one of them"));
            }
        };
        Ok(Self { catalogue, order_tokens })
    }
}

/// A catalogue in a file of its own: the same `[[catalogue]]` articles, and nothing else.
fn read(directory: &Path, name: &Path) -> Parsed<Catalogue> {
    const SETTING: &str = "catalogue_file";
    let bytes = key_file(directory, SETTING, name)?;
    let text = std::str::from_utf8(bytes.expose()).map_err(|_| ConfigError::new(SETTING, "the file is not UTF-8"))?;
    let CatalogueFile { catalogue } =
        toml::from_str(text).map_err(|error| in_toml("catalogue_file, ", text, &error))?;
    articles(SETTING, catalogue)
}

fn articles(setting: &str, listed: Vec<Article>) -> Parsed<Catalogue> {
    let mut articles = BTreeMap::new();
    for Article { sku, name, price } in listed {
        let wrong = |what: &str| Err(ConfigError::new(format!("{setting}, sku {sku:?}"), what));
        if sku.is_empty() || sku.len() > 64 {
            return wrong("a sku must have 1 to 64 bytes");
        }
        // The gateway takes only what UTF-8 writes in up to three bytes.
        if name.is_empty() || name.chars().any(|c| c.is_control() || c.len_utf8() > 3) {
            return wrong("a name must not be empty, and WeChat Pay takes no emoji and no control characters");
        }
        let Some(price) = Fen::new(price) else { return wrong("a price is in fen and at least 1") };
        if articles.insert(sku.clone(), catalogue::Article { name, price }).is_some() {
            return wrong("is listed twice");
        }
    }
    if articles.is_empty() {
        return Err(ConfigError::new(
            setting,
            "must list at least one article: [[catalogue]] with sku, name and price in fen",
        ));
    }
    Ok(Catalogue::new(articles))
}
