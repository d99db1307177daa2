//! `GET /_sandbox/`: a page for whoever integrates, in Chinese and English. It asks for the same JSON
//! that anybody can have.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;

/// `GET /_sandbox`: what it fetches is relative to the slash.
pub(crate) async fn to_page() -> impl IntoResponse {
    axum::response::Redirect::permanent("/_sandbox/")
}

pub(crate) async fn page() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        // What a merchant sends is shown here, and must stay text.
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
        ),
    ];
    (headers, include_str!("page.html"))
}
