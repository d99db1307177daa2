//! Backup while the server serves, restore into another one, and what is learnt again. With the program
//! itself; of SQLite, whatever the other tests use.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};
use tokio::process::Command;

use crate::support::process::{PROGRAM, Server, client};
use crate::support::{PAYER, World, tea};

/// A world whose configuration names a SQLite file, `books.db`, that no server has opened.
async fn world() -> (World, PathBuf) {
    let world = World::new().await;
    let config = world.directory.path().join("server.toml");
    let text = std::fs::read_to_string(&config).expect("readable");
    let setting = format!("database = \"{}\"", world.database.setting());
    assert!(text.contains(&setting));
    std::fs::write(&config, text.replace(&setting, "database = \"books.db\"")).expect("written");
    (world, config)
}

async fn back_up(config: &Path, to: &Path) -> Output {
    Command::new(PROGRAM).args(["backup", "--config"]).arg(config).arg("--to").arg(to).output().await.expect("runs")
}

async fn number(file: &Path, query: &'static str) -> i64 {
    let mut db = SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.expect("opens");
    sqlx::query_scalar(query).fetch_one(&mut db).await.expect("a number")
}

#[tokio::test]
async fn a_backup_beside_a_running_server_restores_and_the_rest_is_learnt_again() {
    let (world, config) = world().await;
    let directory = world.directory.path();
    let server = Server::start(&config).await;
    let token = server.login(PAYER).await;
    let paid = server.post("/payments/create", &token, "key-paid", &tea()).await;
    let paid_number = world.wechat.number();
    world.wechat.set(&paid_number, "SUCCESS");
    assert_eq!(server.verify(&paid).await["state"], "paid");
    let open = server.post("/payments/create", &server.login("oPayerTwo").await, "key-open", &tea()).await;

    // Purchases go on while the copy is made.
    let buying = async {
        for at in 0..20 {
            let token = server.login(&format!("oPayer-{at}")).await;
            let order = server.post("/payments/create", &token, &format!("key-{at}"), &tea()).await;
            assert!(order["payment"].is_object(), "{order}");
        }
    };
    let copy = directory.join("backup.db");
    let (output, ()) = tokio::join!(back_up(&config, &copy), buying);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("bytes, checked"));
    let kept = number(&copy, "SELECT count(*) FROM orders").await;
    assert!((2..=22).contains(&kept), "{kept}");
    assert_eq!(number(&copy, "SELECT count(*) FROM orders WHERE out_trade_no = ''").await, 0);

    // After the backup: the open order is paid and nobody hears of it, and another one is made and paid.
    let before: Vec<String> = world.wechat.trades.lock().expect("lock").keys().cloned().collect();
    let lost = server.post("/payments/create", &server.login("oPayerLost").await, "key-lost", &tea()).await;
    let trades: Vec<String> = world.wechat.trades.lock().expect("lock").keys().cloned().collect();
    let lost_number = trades.iter().find(|number| !before.contains(number)).expect("a new one").clone();
    let open_number = {
        let trades = world.wechat.trades.lock().expect("lock");
        trades.iter().find(|(_, trade)| trade.openid == "oPayerTwo").expect("there").0.clone()
    };
    world.wechat.set(&open_number, "SUCCESS");
    world.wechat.set(&lost_number, "SUCCESS");
    assert_eq!(server.verify(&lost).await["state"], "paid");
    server.kill().await;

    // The machine is gone. The operator puts the file in the place of the old one and of what belongs to it.
    for name in ["books.db", "books.db-wal", "books.db-shm"] {
        let _ = std::fs::remove_file(directory.join(name));
    }
    std::fs::rename(&copy, directory.join("books.db")).expect("renamed");
    let server = Server::start(&config).await;
    assert_eq!(server.verify(&paid).await["state"], "paid", "what was in the backup is there");
    let view = server.verify(&open).await;
    assert_eq!((&view["state"], &view["isValid"]), (&json!("paid"), &json!(true)), "WeChat is asked: {view}");

    // What the books have lost: the order, not the money. Its notification is frozen for the operator.
    assert_eq!(server.verify(&lost).await["code"], "order_not_found");
    let (headers, body) = world.wechat.notification(&world.wechat.transaction(&lost_number));
    let mut request = client().post(format!("{}/notify/v3/payment", server.url)).body(body);
    for (name, value) in &headers {
        request = request.header(name.as_str(), value.to_str().expect("ascii"));
    }
    assert_eq!(request.send().await.expect("an answer").status().as_u16(), 204);
    let frozen = "SELECT count(*) FROM unmatched_payments WHERE misfit = 'order'";
    assert_eq!(number(&directory.join("books.db"), frozen).await, 1);

    // The payer's app asks again under its key: a new order with a number that was never used.
    let again = server.post("/payments/create", &server.login("oPayerLost").await, "key-lost", &tea()).await;
    assert!(again["payment"].is_object(), "{again}");
    assert_ne!(again["orderId"], lost["orderId"]);
    let known = trades.len();
    assert_eq!(world.wechat.trades.lock().expect("lock").len(), known + 1, "a number of its own");
}

#[tokio::test]
async fn a_backup_writes_over_nothing_and_leaves_nothing_when_it_fails() {
    let (world, config) = world().await;
    let directory = world.directory.path();
    let refused = async |to: &Path, named: &str| {
        let output = back_up(&config, to).await;
        let line = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), line.lines().count(), output.stdout.len()), (Some(2), 1, 0), "{line}");
        assert!(line.contains(named), "{named} is not in: {line}");
    };
    refused(&directory.join("backup.db"), "no database").await;
    assert!(!directory.join("books.db").exists(), "and none was made");
    Server::start(&config).await.kill().await;
    std::fs::write(directory.join("there.db"), "something").expect("written");
    refused(&directory.join("there.db"), "exists already").await;
    assert_eq!(std::fs::read_to_string(directory.join("there.db")).expect("readable"), "something");
    std::os::unix::fs::symlink(directory.join("nowhere"), directory.join("link.db")).expect("made");
    refused(&directory.join("link.db"), "exists already").await;
    refused(&directory.join("no/such/backup.db"), "cannot be written").await;
    std::fs::write(directory.join("cut.db.part"), "").expect("written");
    refused(&directory.join("cut.db"), "cut off").await;
    // A database that is none: the copy must not look like a backup.
    for name in ["books.db-wal", "books.db-shm"] {
        let _ = std::fs::remove_file(directory.join(name));
    }
    std::fs::write(directory.join("books.db"), "not a database at all, and long enough to look like one".repeat(100))
        .expect("written");
    refused(&directory.join("bad.db"), "could not be copied").await;
    assert!(!directory.join("bad.db").exists() && !directory.join("bad.db.part").exists());

    let text = std::fs::read_to_string(&config).expect("readable");
    let postgres = text.replace("database = \"books.db\"", "database = \"postgres://u:p@127.0.0.1:9/books\"");
    std::fs::write(&config, postgres).expect("written");
    refused(&directory.join("backup.db"), "pg_dump").await;
}

/// One byte in an index: SQLite copies it, and only its own check knows.
#[tokio::test]
async fn a_copy_of_a_damaged_database_is_no_backup() {
    let (world, config) = world().await;
    let directory = world.directory.path();
    let server = Server::start(&config).await;
    let order = server.post("/payments/create", &server.login(PAYER).await, "key-1", &tea()).await;
    assert!(order["payment"].is_object(), "{order}");
    server.kill().await;
    let books = directory.join("books.db");
    // What is in the log of writes goes into the file.
    number(&books, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    let page_bytes = number(&books, "PRAGMA page_size").await;
    let index =
        "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% ON orders (openid, bound_key)%'";
    let page = usize::try_from((number(&books, index).await - 1) * page_bytes).expect("fits");
    let mut bytes = std::fs::read(&books).expect("readable");
    let at = bytes[page..].windows(PAYER.len()).position(|text| text == PAYER.as_bytes()).expect("in the index");
    assert!(at < usize::try_from(page_bytes).expect("fits"), "on its own page");
    bytes[page + at] = b'x';
    std::fs::write(&books, bytes).expect("written");

    let copy = directory.join("backup.db");
    let output = back_up(&config, &copy).await;
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.contains("does not pass SQLite's own check"), "{line}");
    assert!(!copy.exists() && !directory.join("backup.db.part").exists());
}

#[tokio::test]
async fn a_backup_is_for_its_owners_eyes() {
    use std::os::unix::fs::PermissionsExt as _;
    let (world, config) = world().await;
    Server::start(&config).await.kill().await;
    let copy = world.directory.path().join("backup.db");
    assert!(back_up(&config, &copy).await.status.success());
    assert_eq!(std::fs::metadata(&copy).expect("there").permissions().mode() & 0o777, 0o600);
    assert!(!world.directory.path().join("backup.db.part").exists());
}
