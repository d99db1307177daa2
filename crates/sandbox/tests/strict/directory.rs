//! The directory: made once, reused, refused when it is damaged.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use wx_checkout_sandbox::{DirError, Identity, Options, StartError, bind};

async fn start(dir: &Path) -> Result<String, StartError> {
    let bound = bind(Options { dir: dir.to_owned(), port: 0, seed: None, routes: vec![], store: None }).await?;
    Ok(bound.base_url().to_owned())
}

fn read(dir: &Path, name: &str) -> String {
    fs::read_to_string(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[tokio::test]
async fn a_directory_is_made_whole_and_reused_with_its_keys() {
    let parent = TempDir::new().expect("a temporary directory");
    let dir = parent.path().join("made/when/missing");
    let first = start(&dir).await.expect("starts");
    let kept = ["merchant_key.pem", "merchant_cert.pem", "wechatpay_public_key.pem", "platform_cert.pem"];
    let before = kept.map(|name| read(&dir, name));
    let server = read(&dir, "server.toml");
    let identity: Identity = serde_json::from_str(&read(&dir, "sandbox.json")).expect("JSON");
    assert_eq!(identity.base_url, first);
    assert_eq!((identity.api_v3_key.len(), identity.api_v2_key.len(), identity.users.len()), (32, 32, 3));
    assert!(server.contains(&format!("api_base_urls = [\"{first}\"]")), "{server}");
    assert!(server.contains("西湖龙井 50g"), "{server}");

    let second = start(&dir).await.expect("starts again");
    assert_eq!(kept.map(|name| read(&dir, name)), before);
    assert_eq!(read(&dir, "server.toml"), server.replace(&first, &second));
    let again: Identity = serde_json::from_str(&read(&dir, "sandbox.json")).expect("JSON");
    assert_eq!((again.base_url, again.mchid, again.api_v3_key), (second, identity.mchid, identity.api_v3_key));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_secret_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().expect("a temporary directory");
    start(dir.path()).await.expect("starts");
    for (name, mode) in [
        ("merchant_key.pem", 0o600),
        ("wechatpay_private_key.pem", 0o600),
        ("sandbox.json", 0o600),
        ("server.toml", 0o600),
        ("tls_key.pem", 0o600),
        ("merchant_cert.pem", 0o644),
        ("ca.pem", 0o644),
        ("wechatpay_public_key.pem", 0o644),
    ] {
        let metadata = fs::metadata(dir.path().join(name)).expect("is there");
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{name}");
    }
    let left_over: Vec<_> =
        fs::read_dir(dir.path()).expect("readable").map(|file| file.expect("readable").file_name()).collect();
    assert_eq!(left_over.len(), 16, "{left_over:?}");
}

#[tokio::test]
async fn a_damaged_directory_is_named_and_left_as_it_is() {
    let dir = TempDir::new().expect("a temporary directory");
    start(dir.path()).await.expect("starts");

    fs::write(dir.path().join("merchant_key.pem"), "nonsense").expect("writable");
    let error = start(dir.path()).await.expect_err("damaged");
    assert!(matches!(error, StartError::Dir(DirError::Damaged { .. })), "{error}");
    assert!(error.to_string().contains("merchant_key.pem"), "{error}");

    fs::write(dir.path().join("sandbox.json"), "{}").expect("writable");
    let error = start(dir.path()).await.expect_err("damaged");
    assert!(error.to_string().contains("sandbox.json"), "{error}");
    assert_eq!(read(dir.path(), "sandbox.json"), "{}");
}

#[tokio::test]
async fn somebody_elses_key_is_never_written_over() {
    let dir = TempDir::new().expect("a temporary directory");
    fs::write(dir.path().join("merchant_key.pem"), "a real merchant's").expect("writable");
    let error = start(dir.path()).await.expect_err("occupied");
    assert!(matches!(error, StartError::Dir(DirError::Occupied { .. })), "{error}");
    assert_eq!(read(dir.path(), "merchant_key.pem"), "a real merchant's");
    assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1, "nothing was added");
}

#[tokio::test]
async fn a_directory_of_a_sandbox_that_knew_one_merchant_is_completed() {
    let dir = TempDir::new().expect("a temporary directory");
    start(dir.path()).await.expect("starts");
    let mut old: serde_json::Value = serde_json::from_str(&read(dir.path(), "sandbox.json")).expect("JSON");
    for name in ["merchants", "apps"] {
        old.as_object_mut().expect("an object").remove(name);
    }
    fs::write(dir.path().join("sandbox.json"), old.to_string()).expect("writable");
    for name in
        ["merchant2_key.pem", "merchant2_cert.pem", "platform_key.pem", "platform_key_next.pem", "forger_key.pem"]
    {
        fs::remove_file(dir.path().join(name)).expect("was there");
    }
    let key = read(dir.path(), "merchant_key.pem");
    start(dir.path()).await.expect("starts");
    let identity: Identity = serde_json::from_str(&read(dir.path(), "sandbox.json")).expect("JSON");
    assert_eq!(read(dir.path(), "merchant_key.pem"), key);
    assert_eq!(
        (identity.merchants[0].mchid.as_str(), identity.apps[0].appid.as_str()),
        (identity.mchid.as_str(), identity.appid.as_str())
    );
    assert_eq!((identity.merchants.len(), identity.apps.len()), (2, 3));
    assert!(dir.path().join("merchant2_key.pem").exists());
}
