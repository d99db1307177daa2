//! `server.toml`: what the companion server needs, as it is.

use super::{DirError, MERCHANT_KEY, PUBLIC_KEY, random_hex};
use crate::identity::Identity;

/// A new file.
pub(super) fn server_toml(identity: &Identity) -> Result<String, DirError> {
    let Identity { mchid, appid, app_secret, merchant_serial, api_v3_key, public_key_id, base_url, .. } = identity;
    let session_key = random_hex::<32>()?;
    let admin_token = random_hex::<24>()?;
    Ok(format!(
        r#"# Written by wx-checkout-sandbox for wx-checkout-server. The secrets in it are good here only.
# On every start the sandbox sets api_base_urls and login_base_url to its address; other lines stay.
listen = "127.0.0.1:8790"
database = "wx-checkout.db"
notify_base_url = "https://pay.example.com"

[session]
keys = ["{session_key}"]
lifetime_minutes = 120

[merchant]
mchid = "{mchid}"
appid = "{appid}"
app_secret = "{app_secret}"
serial = "{merchant_serial}"
private_key_file = "{MERCHANT_KEY}"
api_v3_key = "{api_v3_key}"

[admin]
listen = "127.0.0.1:8791"
token = "{admin_token}"

[wechatpay]
api_base_urls = ["{base_url}"]
login_base_url = "{base_url}"
public_key_id = "{public_key_id}"
public_key_file = "{PUBLIC_KEY}"
{catalogue}"#,
        catalogue = catalogue(),
    ))
}

/// The demo's tea shop: prices in fen.
fn catalogue() -> String {
    let articles = [
        ("longjing-50g", "西湖龙井 50g", 6800),
        ("biluochun-50g", "洞庭碧螺春 50g", 5800),
        ("tieguanyin-100g", "安溪铁观音 100g", 8800),
        ("dahongpao-50g", "武夷大红袍 50g", 12800),
        ("puer-cake-357g", "云南普洱茶饼 357g", 19800),
        ("jasmine-100g", "福州茉莉花茶 100g", 4200),
        ("sample-5g", "试饮装 5g", 1),
    ];
    let entry = |(sku, name, price)| format!("\n[[catalogue]]\nsku = \"{sku}\"\nname = \"{name}\"\nprice = {price}\n");
    articles.map(entry).concat()
}

/// Sets the sandbox's address and leaves everything else as somebody may have edited it.
pub(super) fn readdress(server_toml: &str, base_url: &str) -> String {
    let line = |line: &str| match line.split_once('=').map(|(name, _)| name.trim()) {
        Some("api_base_urls") => format!("api_base_urls = [\"{base_url}\"]\n"),
        Some("login_base_url") => format!("login_base_url = \"{base_url}\"\n"),
        _ => format!("{line}\n"),
    };
    server_toml.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::readdress;

    #[test]
    fn a_new_port_changes_the_addresses_and_nothing_else() {
        let before = "listen = \"127.0.0.1:9\" # mine\n[wechatpay]\napi_base_urls = [\"http://a\"]\nlogin_base_url = \"http://a\"\nx = 1\n";
        let after = "listen = \"127.0.0.1:9\" # mine\n[wechatpay]\napi_base_urls = [\"http://b\"]\nlogin_base_url = \"http://b\"\nx = 1\n";
        assert_eq!(readdress(before, "http://b"), after);
    }
}
