# The phone's wasm module. Phones take WebAssembly 1.0 only, and Rust's ready-made standard library is
# above that: so the standard library is built too, which needs its source. Two toolchains have it.

# Chooses one, installing what it needs. Sets WASM_TOOLCHAIN (rustup or debian), its WASM_RUSTC and
# WASM_CARGO, and WASM_ENV, the command that sets the environment for them.
need_wasm_toolchain() {
  [ -z "${WASM_TOOLCHAIN:-}" ] || return 0
  need_cargo
  case "${WX_CHECKOUT_WASM_TOOLCHAIN:-}" in
    rustup) use_rustup || die "rustup's toolchain has no rust-src and it could not be added: run 'rustup component add rust-src', or unset WX_CHECKOUT_WASM_TOOLCHAIN" ;;
    debian) use_debian || die "Debian's Rust is missing: run 'apt-get install $DEBIAN_RUST' as root, or unset WX_CHECKOUT_WASM_TOOLCHAIN" ;;
    '') use_rustup || use_debian || die "the wasm build needs the standard library's source: run 'rustup component add rust-src', or 'apt-get install $DEBIAN_RUST' as root" ;;
    *) die "WX_CHECKOUT_WASM_TOOLCHAIN is '$WX_CHECKOUT_WASM_TOOLCHAIN': it can be rustup or debian" ;;
  esac
  say "wasm toolchain: $WASM_TOOLCHAIN ($("${WASM_ENV[@]}" "$WASM_RUSTC" --version))"
}

DEBIAN_RUST='rustc-web cargo-web rust-web-src rust-web-llvm lld-22'

use_rustup() {
  have rustup || return 1
  local rustc
  rustc=$(rustup which rustc 2>/dev/null) || return 1
  if ! has_std_source "$rustc"; then
    say "adding rustup's rust-src (the standard library's source, for the phone's wasm)"
    # Whether it was refused is seen by the next line; then Debian's Rust is next.
    timeout 120 rustup component add rust-src >/dev/null 2>&1 || true
    has_std_source "$rustc" || { say "rust-src was refused"; return 1; }
  fi
  WASM_TOOLCHAIN=rustup WASM_RUSTC=$rustc WASM_CARGO=$(rustup which cargo)
  # Cargo's own folder first: a cargo called by its path must not meet another toolchain's clippy or rustc.
  WASM_ENV=(env "PATH=$(dirname "$rustc"):$PATH" "RUSTC=$rustc" "RUSTDOC=$(dirname "$rustc")/rustdoc")
}

use_debian() {
  if ! has_debian_rust; then
    # shellcheck disable=SC2086 # a list of packages
    install_debian $DEBIAN_RUST && has_debian_rust || return 1
  fi
  WASM_TOOLCHAIN=debian WASM_RUSTC=/usr/bin/rustc WASM_CARGO=/usr/bin/cargo
  WASM_ENV=(env "PATH=/usr/bin:/bin:$PATH" RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc)
}

has_debian_rust() {
  [ -x /usr/bin/cargo ] && has_std_source /usr/bin/rustc && have wasm-ld-22
}

has_std_source() {
  local sysroot
  [ -x "$1" ] && sysroot=$("$1" --print sysroot 2>/dev/null) && [ -f "$sysroot/lib/rustlib/src/rust/library/std/Cargo.toml" ]
}

# Only the instructions of WebAssembly 1.0. A panic traps at once: its message and what formats it
# would be a large part of the module; the places in the sources, paths of the building machine, go
# with it. The stack's default of 1 MiB would be 16 pages of every phone's memory.
WASM_SHIPPED_FLAGS='-Ctarget-cpu=mvp -Zunstable-options -Zlocation-detail=none -Cpanic=immediate-abort -Clink-arg=-zstack-size=32768'

# cargo for the wasm target: wasm_cargo FLAGS SUBCOMMAND ARGUMENT...
# RUSTC_BOOTSTRAP opens -Z on a stable toolchain; it stays inside this function.
wasm_cargo() {
  local flags=$1 subcommand=$2
  shift 2
  env -u CARGO_ENCODED_RUSTFLAGS "${WASM_ENV[@]}" RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" CARGO_TARGET_DIR="$PWD/target/wasm" \
    "$WASM_CARGO" "$subcommand" --target wasm32-unknown-unknown -Z build-std=std,panic_abort "$@"
}

# The npm package, in js-glue/dist and in the demo's miniprogram_npm.
build_package() {
  need_wasm_toolchain
  need_wasm_bindgen
  need_modules js-glue
  say "building the core for phones (WebAssembly 1.0, standard library included)"
  wasm_cargo "$WASM_SHIPPED_FLAGS" build -p wx-checkout --lib --profile wasm -Z build-std-features=optimize_for_size ||
    die "the core does not compile for wasm: see the errors above"
  if [ "$(cat js-glue/build/.made-of 2>/dev/null)" = "$(package_fingerprint)" ]; then
    say "the npm package is up to date"
    return 0
  fi
  say "making the npm package (wasm-bindgen, wasm-opt, tsc, esbuild, brotli)"
  rm -rf js-glue/build
  # The package brings its own text encoder, which always has encodeInto.
  "$WASM_BINDGEN_DIR/wasm-bindgen" --target bundler --encode-into always --out-dir js-glue/build/wasm --out-name core \
    target/wasm/wasm32-unknown-unknown/wasm/wx_checkout.wasm || die "wasm-bindgen refuses the core: see the error above"
  (cd js-glue && node node_modules/typescript/bin/tsc -p tsconfig.json) || die "js-glue has type errors: see above"
  node js-glue/build.mjs --version "$(workspace_version)" || die "the package could not be made: see above"
  package_fingerprint >js-glue/build/.made-of
}

# One line that changes with whatever the package is made of, and with the package itself.
package_fingerprint() {
  {
    sha256sum target/wasm/wasm32-unknown-unknown/wasm/wx_checkout.wasm Cargo.toml \
      js-glue/build.mjs js-glue/fallback.mjs js-glue/tsconfig.json js-glue/package-lock.json js-glue/src/*
    sha256sum js-glue/dist/* miniprogram-demo/miniprogram_npm/wx-checkout/* 2>/dev/null || echo 'no package'
  } | sha256sum
}

# The core as Rust's defaults would have it, which phones refuse: the test of the shipped module looks
# at this one too, to show that it can fail. Shares its build with the wasm tests.
build_default_module() {
  need_wasm_toolchain
  need_wasm_bindgen
  say "building the core with Rust's defaults (to show that the check of the shipped module can fail)"
  wasm_cargo '' build -p wx-checkout --lib || die "the core does not compile for wasm: see the errors above"
  "$WASM_BINDGEN_DIR/wasm-bindgen" --target bundler --out-dir target/wasm/default --out-name core \
    target/wasm/wasm32-unknown-unknown/debug/wx_checkout.wasm || die "wasm-bindgen refuses the core: see the error above"
}

workspace_version() {
  sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml
}
