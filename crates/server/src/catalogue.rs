//! What the shop sells and for how much: the only source of a price.

use std::collections::BTreeMap;

use wx_checkout::domain::Fen;
use wx_checkout::wire::{Line, MAX_LINES, MAX_QUANTITY};

/// WeChat takes a description of at most 127 characters.
const DESCRIPTION_CHARS: usize = 127;

/// The articles, by sku.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    articles: BTreeMap<String, Article>,
}

/// One article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// What the payer reads in the payment sheet.
    pub name: String,
    /// Fen for one.
    pub price: Fen,
}

/// A basket with its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What it costs.
    pub amount: Fen,
    /// What the payer reads in the payment sheet.
    pub description: String,
}

/// Why a basket has no price. No order was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// The catalogue does not have it.
    #[error("line {line} names an article that the catalogue does not have")]
    UnknownSku {
        /// Counted from 1.
        line: usize,
    },
    /// More than an order can cost.
    #[error("the basket costs more than 42949672.95 yuan, the most that one order can")]
    TooExpensive,
}

/// Why a list of lines is no basket. No order was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BasketError {
    /// None, or too many.
    #[error("items must have 1 to {MAX_LINES} lines")]
    LineCount,
    /// Zero, or too many.
    #[error("the quantity of line {line} must be 1 to {MAX_QUANTITY}")]
    Quantity {
        /// Counted from 1.
        line: usize,
    },
}

/// A basket in its one written form: skus in order, each once. Two baskets are the same when their
/// written forms are, however the page listed them.
///
/// # Errors
/// When there are no lines or too many, or a quantity is out of range.
pub fn canonical(lines: &[Line]) -> Result<Vec<Line>, BasketError> {
    if lines.is_empty() || lines.len() > MAX_LINES {
        return Err(BasketError::LineCount);
    }
    let mut sums = BTreeMap::<&str, u32>::new();
    for (index, line) in lines.iter().enumerate() {
        let bad = BasketError::Quantity { line: index + 1 };
        let sum = sums.entry(&line.sku).or_default();
        // Both are checked against MAX_QUANTITY first, so that the sum cannot overflow.
        if line.quantity == 0 || line.quantity > MAX_QUANTITY || *sum + line.quantity > MAX_QUANTITY {
            return Err(bad);
        }
        *sum += line.quantity;
    }
    Ok(sums.into_iter().map(|(sku, quantity)| Line { sku: sku.to_owned(), quantity }).collect())
}

impl Catalogue {
    /// Takes the articles by sku.
    #[must_use]
    pub const fn new(articles: BTreeMap<String, Article>) -> Self {
        Self { articles }
    }

    /// How many articles there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.articles.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.articles.is_empty()
    }

    /// What an article is called, if it is still there.
    #[must_use]
    pub fn name(&self, sku: &str) -> Option<&str> {
        self.articles.get(sku).map(|article| article.name.as_str())
    }

    /// The price of a basket in its canonical form.
    ///
    /// # Errors
    /// When an article is unknown or the sum too large.
    pub fn quote(&self, lines: &[Line]) -> Result<Quote, QuoteError> {
        let mut sum = 0u64;
        let mut names = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let article = self.articles.get(&line.sku).ok_or(QuoteError::UnknownSku { line: index + 1 })?;
            sum += u64::from(article.price.get()) * u64::from(line.quantity);
            names.push(match line.quantity {
                1 => article.name.clone(),
                n => format!("{}×{n}", article.name),
            });
        }
        let amount = u32::try_from(sum).ok().and_then(Fen::new).ok_or(QuoteError::TooExpensive)?;
        Ok(Quote { amount, description: shortened(&names.join(", ")) })
    }
}

/// At most what WeChat takes, cut at a character.
fn shortened(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_CHARS {
        return text.to_owned();
    }
    text.chars().take(DESCRIPTION_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(sku: &str, quantity: u32) -> Line {
        Line { sku: sku.to_owned(), quantity }
    }

    fn catalogue(price: u32) -> Catalogue {
        let price = Fen::new(price).expect("positive");
        Catalogue::new(BTreeMap::from([("tea".to_owned(), Article { name: "西湖龙井 50g".to_owned(), price })]))
    }

    #[test]
    fn the_same_basket_has_one_form() {
        let one = canonical(&[line("b", 1), line("a", 2), line("b", 3)]);
        assert_eq!(one, canonical(&[line("a", 2), line("b", 4)]));
        assert_eq!(one, Ok(vec![line("a", 2), line("b", 4)]));
    }

    #[test]
    fn baskets_out_of_range_are_refused() {
        assert_eq!(canonical(&[]), Err(BasketError::LineCount));
        assert_eq!(canonical(&vec![line("a", 1); 51]), Err(BasketError::LineCount));
        assert_eq!(canonical(&[line("a", 0)]), Err(BasketError::Quantity { line: 1 }));
        assert_eq!(canonical(&[line("a", u32::MAX)]), Err(BasketError::Quantity { line: 1 }));
        assert_eq!(canonical(&[line("a", 999), line("a", 1)]), Err(BasketError::Quantity { line: 2 }));
    }

    #[test]
    fn prices_come_from_the_catalogue_and_never_wrap() {
        let quote = catalogue(6800).quote(&[line("tea", 2)]).expect("known");
        assert_eq!((quote.amount.get(), quote.description.as_str()), (13_600, "西湖龙井 50g×2"));
        assert_eq!(catalogue(1).quote(&[line("tea?", 1)]), Err(QuoteError::UnknownSku { line: 1 }));
        assert_eq!(catalogue(u32::MAX).quote(&[line("tea", 2)]), Err(QuoteError::TooExpensive));
    }

    #[test]
    fn a_description_fits_what_wechat_takes() {
        assert_eq!(shortened(&"茶".repeat(127)).chars().count(), 127);
        assert_eq!(shortened(&"茶".repeat(128)).chars().count(), 127);
    }
}
