#!/usr/bin/env bash
# The one door to this repository: see ./build.sh --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

source scripts/say.sh
source scripts/tools.sh
source scripts/wasm.sh
source scripts/postgres.sh
source scripts/schemathesis.sh
source scripts/suites.sh
source scripts/commands.sh

main "$@"
