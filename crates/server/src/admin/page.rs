//! The page: files that lie in the program itself.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use super::Desk;

macro_rules! file {
    ($router:expr, $path:literal, $name:literal, $kind:literal) => {
        $router.route($path, get(|| async { ([(CONTENT_TYPE, $kind)], include_str!(concat!("page/", $name))) }))
    };
}

/// The page's files; none of them holds anything of anybody's.
pub(super) fn files() -> Router<Desk> {
    let to_page = || async { Redirect::to("/admin/").into_response() };
    let router = Router::new().route("/", get(to_page)).route("/admin", get(to_page));
    let router = file!(router, "/admin/", "index.html", "text/html; charset=utf-8");
    let router = file!(router, "/admin/style.css", "style.css", "text/css; charset=utf-8");
    let router = file!(router, "/admin/icon.svg", "icon.svg", "image/svg+xml");
    let router = file!(router, "/admin/main.js", "main.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/api.js", "api.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/dom.js", "dom.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/words.js", "words.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/words-zh.js", "words-zh.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/words-en.js", "words-en.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/orders.js", "orders.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/order.js", "order.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/refund.js", "refund.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/letters.js", "letters.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/reports.js", "reports.js", "text/javascript; charset=utf-8");
    let router = file!(router, "/admin/shell.js", "shell.js", "text/javascript; charset=utf-8");
    file!(router, "/admin/views.js", "views.js", "text/javascript; charset=utf-8")
}
