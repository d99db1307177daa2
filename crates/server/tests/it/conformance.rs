//! The page about WeChat Pay's checklist names tests: they have to be there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all test functions in the Rust sources of the house.
fn tests() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders: Vec<PathBuf> = ["src", "crates", "tests"].iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if name.ends_with(".rs") {
                read(&std::fs::read_to_string(&path).expect("UTF-8"), &mut names);
            }
        }
    }
    names
}

/// A test is a function under an attribute that makes it one, or inside `proptest!`, where its
/// attribute stands, too.
fn read(source: &str, names: &mut BTreeSet<String>) {
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if matches!(line, "#[test]" | "#[tokio::test]") || line.starts_with("#[tokio::test(") {
            is_test = true;
        } else if let Some(name) = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ") {
            if is_test {
                names.insert(name.split('(').next().unwrap_or_default().to_owned());
            }
            is_test = false;
        }
    }
}

#[test]
fn every_test_that_the_conformance_page_names_exists() {
    let page = std::fs::read_to_string(root().join("docs/conformance.md")).expect("the page");
    let tests = tests();
    let mut named = 0;
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| item")) {
        let held = line.trim_end_matches('|').rsplit('|').next().expect("a column").trim();
        if held == "not built yet" {
            continue;
        }
        for name in held.split(',').map(str::trim) {
            let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
            let name = name.unwrap_or_else(|| panic!("not a test's name in backticks: {line}"));
            assert!(tests.contains(name), "{name} is named on the page, and there is no such test");
            named += 1;
        }
    }
    assert!(named > 60, "the page lost its tables: {named} tests are named");
}

#[test]
fn each_rule_about_money_has_tests_of_its_name() {
    let tests = tests();
    for rule in (1..=10).chain([13]) {
        let prefix = format!("m{rule}_");
        let count = tests.iter().filter(|name| name.starts_with(&prefix)).count();
        assert!(count >= 2, "rule M{rule} has {count} tests");
    }
}
