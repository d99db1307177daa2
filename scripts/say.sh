# Talking to whoever runs build.sh: everything goes to stderr, so that stdout is the command's own.

# One line before a step, saying what it does and why. While a suite writes to its log, descriptor
# $SCREEN still leads to the screen: a long step is announced on both.
say() {
  printf '== %s\n' "$*" >&2
  if [ -n "${SCREEN:-}" ]; then printf '   %s\n' "$*" >&"$SCREEN"; fi
}

# One clear line, and exit code 2: bad input, or an environment in which the command cannot work.
die() { printf 'build.sh: %s\n' "$*" >&2; exit 2; }

# Runs a noisy command quietly: its output is shown only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then cat "$log" >&2; fi
  rm -f "$log"
  return "$status"
}

have() { command -v "$1" >/dev/null 2>&1; }
