//! docs/sandbox.md tells no tales: each test that it names exists, and each fault is in it.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every `module::name` between backticks.
fn named_tests(page: &str) -> Vec<(&str, &str)> {
    let quoted = page.split('`').skip(1).step_by(2);
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    quoted.filter_map(|text| text.split_once("::")).filter(|(module, name)| is_name(module) && is_name(name)).collect()
}

#[test]
fn each_test_that_the_page_names_exists() {
    let page = read("../../docs/sandbox.md");
    let named = named_tests(&page);
    assert!(named.len() > 90, "{}", named.len());
    for (module, name) in named {
        let source = read(&format!("tests/strict/{module}.rs"));
        let (before, _) =
            source.split_once(&format!("fn {name}()")).unwrap_or_else(|| panic!("no test {module}::{name}"));
        let attributes: Vec<_> = before.lines().rev().take(4).collect();
        assert!(attributes.iter().any(|line| line.contains("test]")), "{module}::{name} is no test");
    }
}

#[test]
fn each_strictness_line_and_fault_names_a_test() {
    let page = read("../../docs/sandbox.md");
    let tables = page.split("| test |\n").skip(1);
    let mut lines = 0;
    for table in tables {
        for line in table.lines().skip(1).take_while(|line| line.starts_with('|')) {
            assert!(!named_tests(line).is_empty(), "{line}");
            lines += 1;
        }
    }
    assert!(lines > 60, "{lines}");
}

#[test]
fn each_fault_and_forgery_is_on_the_page() {
    let page = read("../../docs/sandbox.md");
    let form = read("src/faults/form.rs");
    let variants = |of: &str| -> Vec<String> {
        let body = form.split_once(of).expect("an enumeration").1.split_once("\n}").expect("its end").0;
        let names = body.lines().map(str::trim).filter(|line| line.ends_with(',') && !line.starts_with("//"));
        names.map(|line| snake_case(line.trim_end_matches(','))).collect()
    };
    for name in variants("enum Name {").into_iter().chain(variants("enum Forgery {")) {
        assert!(page.contains(&format!("`{name}`")), "{name} is not on the page");
    }
}

fn snake_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
