# Finding the tools a command needs, and installing what is missing. Each function is quick when
# there is nothing to do, never asks, and ends the program with one line when it cannot help.

# Rust for native code: whatever the machine has.
need_cargo() {
  if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then PATH="$HOME/.cargo/bin:$PATH"; fi
  have cargo || die "Rust is missing: install it from https://rustup.rs (1.95 or later), then run this again"
  local minor
  minor=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
  [ "${minor:-0}" -ge 95 ] || die "$(cargo --version) is too old: run 'rustup update stable' for 1.95 or later, then run this again"
  have cc || install_debian gcc libc6-dev || die "a C linker is missing: install gcc, then run this again"
}

# A part of rustup's toolchain: rustfmt or clippy. Fails where it is missing and cannot be added.
need_component() {
  local tool="cargo-${1#rust}"
  "$tool" --version >/dev/null 2>&1 && return 0
  have rustup || return 1
  say "adding rustup's $1 (missing here)"
  timeout 120 rustup component add "$1" >/dev/null 2>&1 && "$tool" --version >/dev/null 2>&1
}

need_node() {
  have node && have npm || die "Node.js is missing: install Node 20 or later with npm, then run this again"
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "Node.js $major is too old: install Node 20 or later, then run this again"
}

# Debian packages, where this is Debian and we may. Fails without a word where it is not.
install_debian() {
  have apt-get && [ "$(id -u)" -eq 0 ] || return 1
  say "installing Debian's $* (missing here)"
  if ! quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" 2>/dev/null; then
    quietly apt-get update || return 1
    quietly env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
  fi
}

# Prometheus' tool for rules, out of Debian's package: unpacked and not installed, so that no server starts.
need_promtool() {
  PROMTOOL=$(command -v promtool) && return 0
  local root="$PWD/target/promtool"
  PROMTOOL="$root/usr/bin/promtool"
  [ -x "$PROMTOOL" ] && return 0
  have apt-get && have dpkg-deb || return 1
  say "fetching promtool from Debian's prometheus (missing here)"
  mkdir -p "$root"
  (
    cd "$root"
    if ! quietly apt-get download prometheus; then
      [ "$(id -u)" -eq 0 ] && quietly apt-get update && quietly apt-get download prometheus
    fi && quietly dpkg-deb -x prometheus_*.deb .
  ) || return 1
  [ -x "$PROMTOOL" ]
}

# The npm modules of a folder, exactly as its lock file says; nothing to do while the lock is unchanged.
need_modules() {
  local dir=$1 hash
  need_node
  [ -f "$dir/package-lock.json" ] || die "$dir/package-lock.json is missing: this checkout is not complete"
  hash=$(sha256sum "$dir/package-lock.json" | cut -d ' ' -f 1)
  if [ "$(cat "$dir/node_modules/.lock-hash" 2>/dev/null)" != "$hash" ]; then
    say "installing the npm modules of $dir (its lock file is new here)"
    quietly npm --prefix "$dir" ci --no-audit --no-fund --loglevel=error ||
      die "npm could not install the modules of $dir: check the network and the npm registry, then run this again"
    printf '%s\n' "$hash" >"$dir/node_modules/.lock-hash"
  fi
}

# The Python packages of a folder, exactly as its requirements.txt says, in an environment of their own.
# Sets PYTHON. Fails where there is no Python for it, or no way to the packages.
need_python_modules() {
  local dir=$1 hash root="$PWD/.cache/python-$(basename "$(dirname "$1")")"
  python_can_make_environments || install_debian python3 python3-venv || return 1
  python_can_make_environments || return 1
  PYTHON="$root/bin/python"
  hash=$(sha256sum "$dir/requirements.txt" | cut -d ' ' -f 1)
  if [ "$(cat "$root/.requirements-hash" 2>/dev/null)" != "$hash" ]; then
    say "installing the Python packages of $dir (its requirements are new here)"
    rm -rf "$root"
    quietly python3 -m venv "$root" || return 1
    quietly "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps -r "$dir/requirements.txt" || return 1
    printf '%s\n' "$hash" >"$root/.requirements-hash"
  fi
}

python_can_make_environments() {
  have python3 && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

# wasm-bindgen's command line tool, whose version must be the library's: the root Cargo.toml says which.
# A debug build of it installs in half the time and is quick enough. Sets WASM_BINDGEN_DIR.
need_wasm_bindgen() {
  local version
  version=$(sed -n 's/^wasm-bindgen = "=\([0-9.]*\)".*/\1/p' Cargo.toml)
  [ -n "$version" ] || die "Cargo.toml has no line 'wasm-bindgen = \"=VERSION\"': the tool's version cannot be told"
  local root="$PWD/.cache/wasm-bindgen-$version"
  WASM_BINDGEN_DIR="$root/bin"
  if [ ! -x "$WASM_BINDGEN_DIR/wasm-bindgen" ] || [ ! -x "$WASM_BINDGEN_DIR/wasm-bindgen-test-runner" ]; then
    say "installing wasm-bindgen-cli $version (generates the JavaScript border; about 2 minutes, once)"
    # From outside the work tree, so that no flags of ours reach it.
    (cd / && unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTC CARGO_TARGET_DIR && quietly cargo install wasm-bindgen-cli \
      --version "$version" --debug --config profile.dev.debug=false --root "$root" --target-dir "$root/target") ||
      die "wasm-bindgen-cli $version could not be installed: check the network, then run this again"
    rm -rf "$root/target"
  fi
}

# A browser for the tests. Fails where there is none and none can be installed.
need_chromium() {
  have chromium && have chromedriver || install_debian chromium chromium-driver
}

# JavaScriptCore's shell, the engine of iOS. Fails where there is none and none can be installed.
need_jsc() {
  have jsc || install_debian libjavascriptcoregtk-4.0-bin
}

# Finds PostgreSQL's programs, installs them where that is possible, and sets POSTGRES_BIN. Fails
# where there are none and none can be installed.
need_postgres() {
  find_postgres && return 0
  # Debian would make and start a database of its own with the package: nobody asked for one.
  install_debian postgresql-common || return 1
  if [ -f /etc/postgresql-common/createcluster.conf ]; then
    sed -i 's/^#* *create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
  fi
  install_debian postgresql && find_postgres
}

find_postgres() {
  local dir
  for dir in /usr/lib/postgresql/*/bin "$(dirname "$(command -v initdb || echo /)")"; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/pg_ctl" ] && [ -x "$dir/postgres" ]; then POSTGRES_BIN=$dir; return 0; fi
  done
  return 1
}
