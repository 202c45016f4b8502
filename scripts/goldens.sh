#!/usr/bin/env bash
# Makes the golden files of the given families or files of cases (all if none is given) with PyTorch:
# npm run goldens -- reduction/scan
# PYTHON names a Python with torch and numpy installed; it is needed only here, never to run the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
cases="$(npx --no-install tsx scripts/goldens.ts "$@")"
printf %s "$cases" | "${PYTHON:-python3}" tests/goldens/make.py
