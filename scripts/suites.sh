# ./build.sh test: every suite, one after the other, and a count over all of them.
#
# A suite is a function suite_NAME. What it prints goes to target/test-logs/NAME.log, where its tests
# are counted in the words of the tool that ran them. It answers 0 (passed), 1 (failed) or 77 (it
# cannot run here, and $SKIP_REASON_FILE says why).

# In this order: the quick looks first, then what the later ones are built from.
SUITES=(fmt types clippy native alerts interop postgres schemathesis sandbox-node sandbox-python sandbox-page webhook-receiver admin-page explore package wasm1 clippy-wasm wasm-node wasm-chromium glue traces border-chromium jsc jsc-fallback phone phone-chromium demo-paid demo-cancelled demo-killed demo-tampered miniprogram-ci)

run_tests() {
  local wanted=("$@") suite
  for suite in "${wanted[@]}"; do
    [[ " ${SUITES[*]} " == *" $suite "* ]] || die "there is no suite '$suite': there are ${SUITES[*]}"
  done
  [ $# -gt 0 ] || wanted=("${SUITES[@]}")
  need_cargo
  need_node
  need_modules js-glue
  need_modules phone
  mkdir -p target/test-logs
  exec 9>&2
  export CARGO_TARGET_DIR="$PWD/target" CARGO_TERM_COLOR=never
  SKIP_REASON_FILE="$PWD/target/test-logs/.skip-reason"

  TOTAL_PASSED=0 TOTAL_FAILED=0 TOTAL_SKIPPED=0 TABLE=()
  for suite in "${wanted[@]}"; do run_suite "$suite"; done

  printf '\n%-16s %7s %7s %7s %8s\n' suite passed failed skipped seconds
  printf '%s\n' "${TABLE[@]}"
  printf '\n%d passed, %d failed, %d skipped\n' "$TOTAL_PASSED" "$TOTAL_FAILED" "$TOTAL_SKIPPED"
  [ "$TOTAL_FAILED" -eq 0 ]
}

# Runs one suite and adds it to the table.
run_suite() {
  local name=$1 log="target/test-logs/$1.log" started=$SECONDS status=0 passed=0 failed=0 skipped=0 note=''
  say "$name: $(purpose "$name")"
  rm -f "$SKIP_REASON_FILE"
  # In a subshell of its own: a suite that ends the program ends itself only. Not followed by `||`,
  # which would let a suite go on after its first failed command.
  set +e
  (SCREEN=9; export SCREEN; set -euo pipefail; "suite_${name//-/_}") >"$log" 2>&1
  status=$?
  set -e

  read -r passed failed skipped < <(count "$log")
  if [ "$status" -eq 77 ]; then
    passed=0 failed=0 skipped=1 note="  ($(cat "$SKIP_REASON_FILE" 2>/dev/null || echo 'no reason given'))"
    if [ "${CI:-}" = true ]; then failed=1 skipped=0; fi
  elif [ "$status" -ne 0 ]; then
    # A suite that broke before it could count a failure is one.
    [ "$failed" -gt 0 ] || failed=1
  elif [ "$skipped" -gt 0 ] && [ "${CI:-}" = true ]; then
    failed=$skipped skipped=0 note='  (a test was skipped, and CI allows none)'
  elif [ "$failed" -gt 0 ]; then
    note='  (its own count says failed, its exit code does not)'
  elif [ $((passed + skipped)) -eq 0 ]; then
    # Suites that are one question, such as clippy, print no count of their own.
    if is_one_question "$name"; then passed=1; else failed=1 note='  (it ran no test)'; fi
  fi
  if [ "$failed" -gt 0 ]; then
    printf -- '-- %s failed; the end of %s:\n' "$name" "$log" >&2
    tail -n 80 "$log" >&2
  fi
  printf -- '-- %s: %d passed, %d failed, %d skipped, %d s\n' "$name" "$passed" "$failed" "$skipped" $((SECONDS - started)) >&2
  TOTAL_PASSED=$((TOTAL_PASSED + passed)) TOTAL_FAILED=$((TOTAL_FAILED + failed)) TOTAL_SKIPPED=$((TOTAL_SKIPPED + skipped))
  TABLE+=("$(printf '%-16s %7d %7d %7d %8d%s' "$name" "$passed" "$failed" "$skipped" $((SECONDS - started)) "$note")")
}

# The tests in a log, from the closing lines of cargo test, wasm-bindgen-test and node --test.
count() {
  awk '
    /^test result: / {
      for (i = 1; i < NF; i++) {
        if ($(i + 1) ~ /^passed/) passed += $i
        if ($(i + 1) ~ /^failed/) failed += $i
        if ($(i + 1) ~ /^ignored/) skipped += $i
      }
    }
    /^(#|ℹ) pass [0-9]+$/ { passed += $3 }
    /^(#|ℹ) (fail|cancelled) [0-9]+$/ { failed += $3 }
    /^(#|ℹ) (skipped|todo) [0-9]+$/ { skipped += $3 }
    END { print passed + 0, failed + 0, skipped + 0 }
  ' "$1"
}

is_one_question() {
  case "$1" in fmt | types | clippy | alerts | clippy-wasm | package | schemathesis | traces | demo-*) return 0 ;; *) return 1 ;; esac
}

purpose() {
  case "$1" in
    fmt) echo 'the Rust code is formatted' ;;
    types) echo 'the TypeScript code has no type error' ;;
    clippy) echo 'no lint in any native crate (builds all of them: some minutes the first time)' ;;
    native) echo 'the tests of all crates (builds them: some minutes the first time)' ;;
    alerts) echo 'Prometheus understands the example alerts, and they fire when they should (fetches promtool: 20 MB the first time)' ;;
    postgres) echo 'the server and its store on PostgreSQL (installs it where it is missing)' ;;
    interop) echo 'the protocol library against two independent SDKs (installs them: a minute the first time)' ;;
    schemathesis) echo 'the server does what its description says, whatever is sent (installs schemathesis: a minute the first time)' ;;
    sandbox-node) echo 'SDKs of strangers and the tutorial against the sandbox, in Node' ;;
    sandbox-python) echo 'SDKs of strangers and the tutorial against the sandbox, in Python' ;;
    sandbox-page) echo 'the sandbox'\''s page, in a browser' ;;
    webhook-receiver) echo 'a merchant learns of payments, by libraries of strangers (installs them: seconds the first time)' ;;
    admin-page) echo 'the operator'\''s page in a browser, by keyboard alone (pictures of it in target/screens)' ;;
    explore) echo 'the laws in every state of the core, breadth first' ;;
    package) echo 'the npm package can be made (a minute or two the first time)' ;;
    wasm1) echo 'the shipped module is WebAssembly 1.0' ;;
    clippy-wasm) echo 'no lint in the core as phones get it' ;;
    wasm-node) echo 'the border to JavaScript, in Node' ;;
    wasm-chromium) echo 'the border to JavaScript, in a browser' ;;
    glue) echo 'the npm package, in a realm like a phone'\''s' ;;
    traces) echo 'what a phone traces leads the core through the same states' ;;
    border-chromium) echo 'the npm package, in a browser'\''s engine' ;;
    jsc) echo 'the npm package, in JavaScriptCore without JIT as on iOS' ;;
    jsc-fallback) echo 'the npm package, in JavaScriptCore without WebAssembly' ;;
    phone) echo 'the phone and the demo shop' ;;
    phone-chromium) echo 'the demo'\''s page in a browser: each way a purchase can go, by what a person sees' ;;
    demo-paid) echo 'the whole system: a purchase is paid' ;;
    demo-cancelled) echo 'the whole system: a purchase is cancelled and ends unpaid' ;;
    demo-killed) echo 'the whole system: the app is killed while money moves, and ends paid' ;;
    demo-tampered) echo 'the whole system: a shop that shows another price gets no order' ;;
    miniprogram-ci) echo 'the npm package and the shop after WeChat'\''s own tool (installs it: a minute or two the first time)' ;;
  esac
}

skip() {
  printf '%s' "$*" >"$SKIP_REASON_FILE"
  exit 77
}

suite_fmt() {
  need_component rustfmt || skip 'this Rust has no rustfmt, and it could not be added'
  cargo fmt --all --check -- --color never
}

suite_types() {
  (cd js-glue && node node_modules/typescript/bin/tsc -p tsconfig.json --noEmit --emitDeclarationOnly false)
}

suite_clippy() {
  need_component clippy || skip 'this Rust has no clippy, and it could not be added'
  cargo clippy --quiet --workspace --all-targets -- -D warnings
}

# Always the whole workspace, with the targets picked by name: cargo would build half of the
# dependencies once more for a part of it. What looks at the shipped module has a suite of its own.
suite_native() {
  # The sandbox's signatures are checked by a program that shares nothing with it; where it cannot be
  # had, those tests fail by its name.
  have openssl || install_debian openssl || true
  local status=0 file targets=(--lib --bins)
  for file in {crates/*,tests}/tests/*.rs {crates/*,tests}/tests/*/main.rs; do
    [ -f "$file" ] || continue
    case "$file" in
      */main.rs) targets+=(--test "$(basename "$(dirname "$file")")") ;;
      */wasm1.rs) ;;
      *) targets+=(--test "$(basename "$file" .rs)") ;;
    esac
  done
  cargo test --workspace --no-fail-fast "${targets[@]}" -- --skip "$EXPLORATION" || status=1
  cargo test --workspace --no-fail-fast --doc || status=1
  return "$status"
}

# The SDKs are unmodified but for the base address.
suite_sandbox_node() {
  need_modules crates/sandbox/interop
  build_binaries
  (cd crates/sandbox/interop && WX_CHECKOUT_BIN_DIR="$CARGO_TARGET_DIR/debug" npm test)
}

suite_sandbox_python() {
  local status=0
  need_python_modules crates/sandbox/interop || skip 'no Python 3.10 or later with venv here, or its packages could not be installed'
  build_binaries
  export WX_CHECKOUT_BIN_DIR="$CARGO_TARGET_DIR/debug" WX_CHECKOUT_PYTHON="$PYTHON"
  (cd crates/sandbox/interop && "$PYTHON" test_python.py) || status=1
  (cd crates/sandbox/interop && node --test tutorial.test.mjs) || status=1
  return "$status"
}

suite_sandbox_page() {
  need_chromium || skip 'no chromium here, and it could not be installed'
  need_modules crates/sandbox/interop
  build_binaries
  export WX_CHECKOUT_BIN_DIR="$CARGO_TARGET_DIR/debug" WX_CHECKOUT_CHROMIUM
  WX_CHECKOUT_CHROMIUM=$(command -v chromium)
  (cd crates/sandbox/interop && node --test page.browser.mjs)
}

# The example that docs/integration.md shows, and the same library in Python where there is one.
suite_webhook_receiver() {
  need_modules examples/webhook-receiver
  if need_python_modules examples/webhook-receiver; then export WX_CHECKOUT_PYTHON="$PYTHON"; fi
  build_binaries
  (cd examples/webhook-receiver && WX_CHECKOUT_BIN_DIR="$CARGO_TARGET_DIR/debug" npm test)
}

# Over the real server and the sandbox; the browser is the system's own.
suite_admin_page() {
  have chromium || install_debian chromium || skip 'no chromium here (Debian: chromium), and it could not be installed'
  need_modules crates/server/tests/page
  build_binaries
  (cd crates/server/tests/page && CHROMIUM=$(command -v chromium) WX_CHECKOUT_BIN_DIR="$CARGO_TARGET_DIR/debug" \
    WX_CHECKOUT_SCREENS="$CARGO_TARGET_DIR/screens" npm test)
}

# Apart from the others, to be seen: how far it came is on the screen.
suite_explore() {
  local log status=0 states
  log=$(mktemp)
  cargo test --workspace --lib -- --nocapture "$EXPLORATION" | tee "$log" || status=$?
  states=$(explored_states "$log")
  rm -f "$log"
  printf '   explored %s distinct states\n' "${states:-no}" >&"$SCREEN"
  [ "$status" -eq 0 ] && [ "${states:-0}" -ge 100000 ]
}

# That the metrics in them are there is a test of the server's.
suite_alerts() {
  need_promtool || skip 'no promtool here (Debian: prometheus), and it could not be fetched'
  "$PROMTOOL" check rules docs/alerts.yml
  "$PROMTOOL" test rules docs/alerts_test.yml
}

# The tests that have run on SQLite, once more: where they find this address they use that database.
suite_postgres() {
  if [ -z "${WX_CHECKOUT_TEST_POSTGRES:-}" ]; then
    need_postgres || skip 'no PostgreSQL here (Debian: postgresql), and it could not be installed; WX_CHECKOUT_TEST_POSTGRES=postgres://... gives one'
    trap stop_postgres EXIT
    start_postgres
  fi
  cargo test --workspace --no-fail-fast --test it --test store
}

# What the library signs, others verify, and the other way round.
suite_interop() {
  need_modules crates/wechatpay/interop
  cargo build --quiet -p wechatpay --example interop
  (cd crates/wechatpay/interop && npm test)
}

# The same requests in every run, so that a red one can be repeated; --max-time ends them.
suite_schemathesis() {
  need_schemathesis || skip 'no Python with venv here (Debian: python3-venv), or no schemathesis from PyPI'
  build_binaries
  trap stop_pair EXIT
  start_pair
  "$SCHEMATHESIS" --no-color --config-file scripts/schemathesis.toml run "$SERVER_URL/openapi.json" --checks all \
    --header "Authorization: Bearer $SERVER_TOKEN" --max-time "$SCHEMATHESIS_SECONDS" --seed 1
  # Wrong tokens are counted there: after twenty the right one would be refused as well.
  "$SCHEMATHESIS" --no-color --config-file scripts/schemathesis.toml run "$DESK_URL/admin/api/openapi.json" --checks all \
    --exclude-checks ignored_auth --header "Authorization: Bearer $DESK_TOKEN" --max-time "$SCHEMATHESIS_SECONDS" --seed 1
}

suite_package() { build_package; }

suite_wasm1() {
  [ -f js-glue/dist/wx_checkout.wasm ] || build_package
  build_default_module
  cargo test --workspace --test wasm1
}

suite_clippy_wasm() {
  need_wasm_toolchain
  "${WASM_ENV[@]}" sh -c 'command -v cargo-clippy' >/dev/null || skip "Debian's Rust comes without clippy"
  wasm_cargo '' clippy --quiet -p wx-checkout --lib -- -D warnings
}

suite_wasm_node() { wasm_tests; }

suite_wasm_chromium() {
  need_chromium || skip 'no chromium and chromedriver here, and they could not be installed'
  CHROMEDRIVER=$(command -v chromedriver) WASM_BINDGEN_USE_BROWSER=1 wasm_tests
}

# With Rust's defaults, so that a panic has its message; the shipped module itself is what the suite glue drives.
wasm_tests() {
  need_wasm_toolchain
  need_wasm_bindgen
  CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="$WASM_BINDGEN_DIR/wasm-bindgen-test-runner" \
    wasm_cargo '' test -p wx-checkout --lib
}

# What lies in dist may be older than the sources; making it anew takes a second when it is not.
suite_glue() {
  build_package
  (cd js-glue && npm test)
}

# From the module as it ships, told to the core as it is compiled here.
suite_traces() {
  build_package
  node js-glue/tests/border/traces.mjs "$PWD/target/traces"
  cargo run --quiet -p wx-checkout --example replay -- target/traces/*.jsonl
}

# V8 three times: as it is, with the Promise of old iOS, and with the module as JavaScript.
suite_border_chromium() {
  local status=0
  need_chromium || skip 'no chromium and chromedriver here, and they could not be installed'
  build_package
  node --test js-glue/tests/border/browser.test.mjs || status=1
  node js-glue/tests/border/chromium.mjs || status=1
  node js-glue/tests/border/chromium.mjs --slow-promise || status=1
  node js-glue/tests/border/chromium.mjs --without-wasm || status=1
  return "$status"
}

# Each a second time with the Promise of old iOS, which takes rounds of setTimeout instead of microtasks.
suite_jsc() { in_jsc --useJIT=false; }

suite_jsc_fallback() { in_jsc --useJIT=false --useWasm=false; }

in_jsc() {
  local status=0
  need_jsc || skip 'no jsc here (libjavascriptcoregtk-4.0-bin), and it could not be installed'
  build_package
  node js-glue/tests/border/jsc.mjs "$@" || status=1
  node js-glue/tests/border/jsc.mjs --slow-promise "$@" || status=1
  return "$status"
}

suite_phone() { (cd phone && npm test); }

# Leaves a picture of each main screen in target/screens.
suite_phone_chromium() {
  need_chromium || skip 'no chromium here, and it could not be installed'
  build_package
  build_binaries
  (cd phone && WX_CHECKOUT_BIN_DIR="$CARGO_TARGET_DIR/debug" WX_CHECKOUT_CHROMIUM="$(command -v chromium)" npm run test:chromium)
}

suite_demo_paid() { ./build.sh demo --headless --scenario paid; }

suite_demo_cancelled() {
  local status=0 out="$PWD/target/test-logs/demo-cancelled.out"
  ./build.sh demo --headless --scenario cancelled | tee "$out" || status=$?
  # It ran, and the answer is no: nothing was paid, and the order can still be.
  [ "$status" -eq 1 ] && grep -q '"says":"unpaid"' "$out" && tail -n 1 "$out" | grep -q '"event":"verdict".*"isValid":false,"state":"payable"' 
}

suite_demo_killed() { ./build.sh demo --headless --scenario killed; }

suite_miniprogram_ci() {
  need_modules js-glue/ci
  build_package
  build_binaries
  WX_CHECKOUT_BIN_DIR="$PWD/target/debug" node --test js-glue/ci/*.test.mjs
}

# A page can be made to ask for any amount; the server's price stands, and no order is made.
suite_demo_tampered() {
  local status=0 out="$PWD/target/test-logs/demo-tampered.out"
  rm -rf target/tampered-shop
  cp -r miniprogram-demo target/tampered-shop
  sed -i 's/price: 6800/price: 1/' target/tampered-shop/catalogue.js
  grep -q "price: 1," target/tampered-shop/catalogue.js
  ./build.sh demo --headless --shop "$PWD/target/tampered-shop" | tee "$out" || status=$?
  [ "$status" -eq 1 ] && grep -q '"phase":"failed"' "$out" && grep -q '价格已变动' "$out" && ! grep -q '"kind":"prepay"' "$out"
}
