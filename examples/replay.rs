//! Tells traces to a machine again: `cargo run --example replay -- FILE...`, or the trace on standard input.
//!
//! A trace is what `checkout.trace()` gave on a phone, a JSON object a line. Exit code 0: the same states
//! came; 1: something differed; 2: a trace could not be read.

use std::io::Read as _;
use std::process::ExitCode;

use wx_checkout::machine::replay::replay;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let mut differs = false;
    for name in if files.is_empty() { vec!["-".to_owned()] } else { files } {
        let text = match read(&name) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{name}: {error}");
                return ExitCode::from(2);
            }
        };
        match replay(text.lines().filter(|line| !line.trim().is_empty())) {
            Ok(steps) => println!("{name}: {steps} steps, the same states"),
            Err(error) => {
                println!("{name}: {error}");
                differs = true;
            }
        }
    }
    ExitCode::from(u8::from(differs))
}

fn read(name: &str) -> std::io::Result<String> {
    let mut text = String::new();
    if name == "-" {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        std::fs::File::open(name)?.read_to_string(&mut text)?;
    }
    Ok(text)
}
