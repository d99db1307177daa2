# The exhaustive exploration of the core: every state of machine, network, server, WeChat, payer and a
# phone that is killed, on each of a few days that differ in what may go wrong. See src/machine/tests/explore.

EXPLORATION=laws_hold_in_a_hundred_thousand_states

# States of each day: over a million in all.
EXPLORE_FAR=170000

# What the suite explores of each day. Less shows less than every run of the tests does.
EXPLORE_NEAR=15000

# Many times as far as the suite, in a release build.
explore() {
  local far=${1:-$EXPLORE_FAR} log status=0 states
  [ $# -le 1 ] || die "explore takes one number, but was given '$*'"
  [[ "$far" =~ ^[0-9]{1,9}$ ]] && [ "$((10#$far))" -ge "$EXPLORE_NEAR" ] ||
    die "explore takes how many states of each day, $EXPLORE_NEAR or more (without a number: $EXPLORE_FAR), but was given '$far'"
  need_cargo
  say "exploring up to $((10#$far)) states of each day (a release build; a minute or two, and half a gigabyte, for the default)"
  log=$(mktemp)
  WX_CHECKOUT_EXPLORE=$((10#$far)) CARGO_TARGET_DIR="$PWD/target" \
    cargo test --release -p wx-checkout --lib -- --nocapture "$EXPLORATION" | tee "$log" || status=$?
  states=$(explored_states "$log")
  rm -f "$log"
  [ "$status" -eq 0 ] && [ -n "$states" ] || { say "a law was broken, or nothing was explored: see above"; return 1; }
}

# How many states a run says that it explored; nothing if it does not say.
explored_states() {
  sed -n 's/^explored \([0-9]\{1,\}\) distinct states$/\1/p' "$1"
}
