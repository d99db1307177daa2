# The server's description against the server: schemathesis, over the sandbox.

SCHEMATHESIS_SECONDS=60

# schemathesis in a folder of its own, every version as scripts/schemathesis.txt says. Sets
# SCHEMATHESIS. Fails where there is no Python and none can be installed.
need_schemathesis() {
  local root=.cache/schemathesis hash
  hash=$(sha256sum scripts/schemathesis.txt | cut -d ' ' -f 1)
  SCHEMATHESIS="$PWD/$root/bin/schemathesis"
  [ "$(cat "$root/.lock-hash" 2>/dev/null)" = "$hash" ] && return 0
  rm -rf "$root"
  # Debian's Python comes without what makes such folders.
  if ! python3 -m venv "$root" >/dev/null 2>&1; then
    rm -rf "$root"
    install_debian python3 python3-venv && python3 -m venv "$root" || return 1
  fi
  say "installing schemathesis (sends requests of every form that the description knows; about a minute, once)"
  quietly "$root/bin/python" -m pip install --disable-pip-version-check --no-deps --requirement scripts/schemathesis.txt || return 1
  printf '%s\n' "$hash" >"$root/.lock-hash"
}

# Starts sandbox and server on free ports, and sets SERVER_URL and SERVER_TOKEN (a session), DESK_URL and
# DESK_TOKEN (the operator's). Both programs end with stop_pair.
start_pair() {
  PAIR_DIR=$(mktemp -d) PAIR_IDS=()
  start_program sandbox target/debug/wx-checkout-sandbox serve --dir "$PAIR_DIR" --port 0
  local sandbox=$ADDRESS
  # One address asks more in a minute than any payer.
  printf '\n[limits]\nper_address = 1000000\nper_caller = 1000000\nper_order = 1000000\n' >>"$PAIR_DIR/server.toml"
  start_program server target/debug/wx-checkout-server serve --config "$PAIR_DIR/server.toml" --listen 127.0.0.1:0
  SERVER_URL=$ADDRESS
  DESK_URL=$(sed -n "s|.* operator's page on \(.*\)/admin/|\1|p" "$PAIR_DIR/server.out")
  DESK_TOKEN=$(sed -n '/^\[admin\]/,/^$/s/^token = "\(.*\)"/\1/p' "$PAIR_DIR/server.toml")
  SERVER_TOKEN=$(node --input-type=module -e '
    const post = async (url, body) => {
      const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })
      return answer.json()
    }
    const { code } = await post(process.argv[1] + "/_sandbox/login", {})
    console.log((await post(process.argv[2] + "/auth/exchange", { credential: code })).token)
  ' "$sandbox" "$SERVER_URL")
}

# Starts a program that says where it listens, and sets ADDRESS.
start_program() {
  local name=$1
  shift
  "$@" >"$PAIR_DIR/$name.out" 2>"$PAIR_DIR/$name.log" &
  PAIR_IDS+=($!)
  while ! ADDRESS=$(sed -n 's/.* listening on //p' "$PAIR_DIR/$name.out") || [ -z "$ADDRESS" ]; do
    kill -0 "${PAIR_IDS[-1]}" 2>/dev/null || { cat "$PAIR_DIR/$name.log" >&2; return 1; }
    sleep 0.1
  done
}

stop_pair() {
  # One that has ended by itself is what is wanted.
  [ "${#PAIR_IDS[@]}" -eq 0 ] || kill "${PAIR_IDS[@]}" 2>/dev/null || true
  wait
  rm -rf "$PAIR_DIR"
}
