# What ./build.sh can be asked for.

usage() {
  cat <<'TEXT'
./build.sh COMMAND

  demo [ARGUMENT...]  builds everything, starts the sandbox, the server and the phone, and prints the
                      address of the phone's page. --headless runs one purchase without a screen and
                      exits 0 if it was paid and verified; --scenario paid|cancelled|killed says what
                      happens in the payment sheet; --port N, --keep DIR, --shop DIR: the page's
                      port, a folder for what the demo writes, another mini program
  phone PATH [ARGUMENT...]
                      serves the mini program in PATH on the phone's page, as the demo serves the shop.
                      --route https://HOST=http://127.0.0.1:PORT (repeatable): where its requests
                      really go, and its domain white list; --port N, --keep DIR. Where target/debug has
                      the sandbox, it can log in and pay
  test [SUITE...]     runs every test (or the named suites) and closes with a count
  explore [N]         the laws in up to N distinct states of each simulated day (without N: over a million in all)
  replay [FILE...]    tells what checkout.trace() gave on a phone (files, or standard input) to the core again
  package             leaves the npm package in js-glue/dist and miniprogram-demo/miniprogram_npm
  size [--json]       how many bytes the package has
  bench [--json]      not built yet: says so, and ends with 2
  check               format, lints and types: the quick look before a commit

Missing tools are installed where that is possible (as root on Debian) and named where it is not.
WX_CHECKOUT_WASM_TOOLCHAIN=rustup|debian says which Rust builds the wasm; by default the first that can.
With CI=true a suite that cannot run is a failure.
Exit codes: 0 done; 1 it ran and the answer is no; 2 bad input or environment.
TEXT
}

main() {
  [ $# -gt 0 ] || { usage >&2; exit 2; }
  local command=$1
  shift
  case "$command" in
    demo) demo "$@" ;;
    phone) phone "$@" ;;
    test) run_tests "$@" ;;
    explore) explore "$@" ;;
    replay) replay "$@" ;;
    package) no_arguments package "$@"; build_package; say "the package is in js-glue/dist" ;;
    size) size "$@" ;;
    bench) bench "$@" ;;
    check) no_arguments check "$@"; check ;;
    -h | --help | help) usage ;;
    *) die "there is no command '$command': it can be demo, phone, test, explore, replay, package, size, bench or check (--help says more)" ;;
  esac
}

no_arguments() {
  [ $# -eq 1 ] || die "$1 takes no arguments, but was given '$2'"
}

only_json() {
  local command=$1
  shift
  [ $# -eq 0 ] || { [ $# -eq 1 ] && [ "$1" = --json ]; } || die "$command takes --json and nothing else, but was given '$*'"
}

demo() {
  check_demo_arguments "$@"
  need_node
  # Only the demo itself writes to stdout.
  build_binaries >&2
  build_package >&2
  need_modules phone
  exec node phone/bin/demo.mjs --bin-dir target/debug "$@"
}

# Builds nothing: somebody else's mini program needs none of ours.
phone() {
  [ $# -gt 0 ] || die "phone needs the folder of a mini program: ./build.sh phone PATH_TO_MINIPROGRAM"
  need_node
  need_modules phone
  exec node phone/bin/serve.mjs --bin-dir target/debug "$@"
}

# Before minutes of building, not after them.
check_demo_arguments() {
  while [ $# -gt 0 ]; do
    case "$1" in
      --headless) ;;
      --scenario | --port | --keep | --shop)
        [ $# -ge 2 ] || die "demo: $1 needs a value"
        [ "$1" != --scenario ] || check_scenario "$2"
        [ "$1" != --port ] || check_port "$2"
        shift
        ;;
      --scenario=*) check_scenario "${1#*=}" ;;
      --port=*) check_port "${1#*=}" ;;
      --keep=* | --shop=*) ;;
      *) die "demo does not know '$1': it takes --headless, --scenario, --port, --keep and --shop" ;;
    esac
    shift
  done
}

check_scenario() {
  case "$1" in
    paid | cancelled | killed) ;;
    *) die "there is no scenario '$1': it can be paid, cancelled or killed" ;;
  esac
}

check_port() {
  [[ "$1" =~ ^[0-9]{1,5}$ ]] && [ "$1" -ge 1 ] && [ "$1" -le 65532 ] ||
    die "'$1' is no port: give a number from 1 to 65532 (the page's; the next three are the server's, the sandbox's and the operator's)"
  local port
  for port in "$1" $(($1 + 1)) $(($1 + 2)) $(($1 + 3)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      die "port $port is taken: stop what listens there, or choose another with --port"
    fi
  done
}

build_binaries() {
  need_cargo
  say "building sandbox and server"
  CARGO_TARGET_DIR="$PWD/target" cargo build --quiet -p wx-checkout-sandbox -p wx-checkout-server --bins ||
    die "the native programs do not compile: see the errors above"
}

size() {
  only_json size "$@"
  build_package >&2
  say "checking the module against WebAssembly 1.0"
  local wasm1=false
  if CARGO_TARGET_DIR="$PWD/target" quietly cargo test -p wx-checkout-tests --test wasm1 -- the_shipped_module; then wasm1=true; fi
  node js-glue/size.mjs --wasm1 "$wasm1" "$@"
}

replay() {
  need_cargo
  CARGO_TARGET_DIR="$PWD/target" cargo run --quiet -p wx-checkout --example replay -- "$@"
}

bench() {
  only_json bench "$@"
  die "there are no measurements of speed yet"
}

check() {
  local status=0
  need_cargo
  need_modules js-glue
  SKIP_REASON_FILE=/dev/stderr
  export CARGO_TARGET_DIR="$PWD/target"
  (suite_fmt) || status=1
  (suite_clippy) || status=1
  (suite_types) || status=1
  return "$status"
}
