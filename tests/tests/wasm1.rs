//! The wasm file that ships is WebAssembly 1.0, and no more than phones were seen to take.
//!
//! A phone says "invalid wasm file" to what it does not know, after the mini program is published.
//! So the shipped file itself is looked at, and a module built with Rust's defaults shows that the
//! look can fail. `./build.sh test` makes both files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wasmparser::{ExternalKind, Parser, Payload, RefType, Validator, WasmFeatures};

const SHIPPED: &str = "js-glue/dist/wx_checkout.wasm";
const DEFAULT_BUILD: &str = "target/wasm/default/core_bg.wasm";

#[test]
fn the_shipped_module_is_what_phones_take() {
    assert_eq!(refused_by_phones(&module(SHIPPED)), Vec::<Refused>::new());
}

#[test]
fn the_demo_ships_the_same_module() {
    let installed = module("miniprogram-demo/miniprogram_npm/wx-checkout/wx_checkout.wasm");
    assert!(installed == module(SHIPPED), "the demo has another module than js-glue/dist: run ./build.sh package");
}

#[test]
fn a_default_build_in_its_place_is_refused() {
    let refused = refused_by_phones(&module(DEFAULT_BUILD));
    assert!(refused.iter().any(|why| matches!(why, Refused::NotWasm1(_))), "not for its instructions: {refused:?}");
    assert!(refused.contains(&Refused::Tables(2)), "not for its second table: {refused:?}");
}

#[test]
fn each_of_the_other_reasons_is_seen() {
    // Hand-made modules of WebAssembly 1.0: the validator has nothing against them, phones have.
    let exported_global = b"\0asm\x01\0\0\0\x06\x06\x01\x7f\0\x41\0\x0b\x07\x05\x01\x01g\x03\0";
    assert_eq!(refused_by_phones(exported_global), [Refused::ExportedGlobal("g".into())]);

    let two_names =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x09\x02\x01a\0\0\x01b\0\0\x0a\x04\x01\x02\0\x0b";
    assert_eq!(refused_by_phones(two_names), [Refused::FunctionUnderTwoNames("a".into(), "b".into())]);

    let empty = b"\0asm\x01\0\0\0";
    assert_eq!(refused_by_phones(empty), []);
}

/// Why a phone may not take a module.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// It uses something younger than WebAssembly 1.0.
    NotWasm1(String),
    /// It has this many tables; one is the limit.
    Tables(usize),
    /// A table holds something else than functions.
    NotFuncref,
    /// It exports a global, which iOS cannot.
    ExportedGlobal(String),
    /// It exports one function twice; old iOS lost the extra names.
    FunctionUnderTwoNames(String, String),
}

fn refused_by_phones(module: &[u8]) -> Vec<Refused> {
    let mut refused = Vec::new();
    if let Err(error) = Validator::new_with_features(WasmFeatures::WASM1).validate_all(module) {
        refused.push(Refused::NotWasm1(error.to_string()));
    }
    let mut tables = 0;
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("the file is a wasm module") {
            Payload::TableSection(section) => {
                for table in section {
                    tables += 1;
                    if table.expect("a table").ty.element_type != RefType::FUNCREF {
                        refused.push(Refused::NotFuncref);
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.expect("an export");
                    let name = export.name.to_owned();
                    match export.kind {
                        ExternalKind::Global => refused.push(Refused::ExportedGlobal(name)),
                        ExternalKind::Func => {
                            if let Some(other) = names.insert(export.index, name.clone()) {
                                refused.push(Refused::FunctionUnderTwoNames(other, name));
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    if tables > 1 {
        refused.push(Refused::Tables(tables));
    }
    refused
}

fn module(path: &str) -> Vec<u8> {
    let path = root().join(path);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; ./build.sh test wasm1 makes it", path.display()))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").to_owned()
}
