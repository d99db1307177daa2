# A PostgreSQL for the tests: started in a folder of its own, and stopped whatever the tests say.

# Starts one, and sets WX_CHECKOUT_TEST_POSTGRES to its address. It answers on this machine only, to
# a password that nobody else knows, and forgets everything in stop_postgres.
start_postgres() {
  local password port tries=0
  POSTGRES_DIR=$(mktemp -d)
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s\n' "$password" >"$POSTGRES_DIR/password"
  # initdb refuses to work as root.
  POSTGRES_AS=()
  if [ "$(id -u)" -eq 0 ]; then
    local user=postgres
    id "$user" >/dev/null 2>&1 || user=nobody
    chown -R "$user" "$POSTGRES_DIR"
    POSTGRES_AS=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups --)
  fi
  as_postgres initdb --pgdata="$POSTGRES_DIR/data" --username=wx --auth=scram-sha-256 --encoding=UTF8 --no-locale \
    --no-sync --pwfile="$POSTGRES_DIR/password" >/dev/null
  # What a power cut would lose here was made for a test.
  printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" 'max_connections = 300' \
    'fsync = off' 'full_page_writes = off' >>"$POSTGRES_DIR/data/postgresql.conf"
  while :; do
    port=$((20000 + RANDOM % 20000))
    as_postgres pg_ctl --pgdata="$POSTGRES_DIR/data" --log="$POSTGRES_DIR/log" --wait --silent -o "-p $port" start && break
    tries=$((tries + 1))
    [ "$tries" -lt 5 ] || { cat "$POSTGRES_DIR/log" >&2; return 1; }
  done
  export WX_CHECKOUT_TEST_POSTGRES="postgres://wx:$password@127.0.0.1:$port/postgres"
}

stop_postgres() {
  [ -n "${POSTGRES_DIR:-}" ] || return 0
  # One that has stopped by itself is what is wanted; the tests have said how it went.
  as_postgres pg_ctl --pgdata="$POSTGRES_DIR/data" --mode=immediate --silent stop || true
  rm -rf "$POSTGRES_DIR"
  POSTGRES_DIR=''
}

# In a folder that the unprivileged user may be in.
as_postgres() {
  local program=$1
  shift
  (cd "$POSTGRES_DIR" && "${POSTGRES_AS[@]}" "$POSTGRES_BIN/$program" "$@")
}
