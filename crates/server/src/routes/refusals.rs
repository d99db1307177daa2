//! What an OpenAPI document says about refusals: which codes a route has, by their status.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

/// Names groups of codes, for the routes' descriptions. `by_status` is the caller's: it knows its codes.
macro_rules! refusals {
    ($($name:ident: $($codes:expr),*;)*) => {
        $(
            pub(super) struct $name;

            impl utoipa::IntoResponses for $name {
                fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                    by_status(&[$($codes),*])
                }
            }
        )*
    };
}

pub(crate) use refusals;

/// The answers of these codes, each with its status and its word, as the schema of this name.
pub(crate) fn answers(
    codes: impl Iterator<Item = (StatusCode, String)>,
    schema: &str,
) -> BTreeMap<String, RefOr<Response>> {
    let mut statuses = BTreeMap::<u16, Vec<String>>::new();
    for (status, word) in codes {
        statuses.entry(status.as_u16()).or_default().push(format!("`{word}`"));
    }
    let schema = Ref::from_schema_name(schema);
    let response = |words: &[String]| {
        ResponseBuilder::new()
            .description(words.join(", "))
            .content("application/problem+json", Content::new(Some(schema.clone())))
            .build()
    };
    statuses.into_iter().map(|(status, words)| (status.to_string(), response(&words).into())).collect()
}
