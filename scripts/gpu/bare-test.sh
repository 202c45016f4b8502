#!/usr/bin/env bash
# Unpacks a bundle in an empty folder and runs its programs on the emulator in an empty environment. They must not need
# anything from this checkout or from the user. Takes an archive, or the folder that npm run gpu:bundle -- --folder writes.
#
#     bash scripts/gpu/bare-test.sh [.gpu/bundle.tar.xz]
#
# The status is not 0 if a program fails, or if cuda is reported as available without a driver.
set -euo pipefail

bundle=$(realpath "${1:-.gpu/bundle.tar.xz}")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -d "$bundle" ]; then cp -r "$bundle" "$folder/wengert"; else tar -C "$folder" -xJf "$bundle"; fi
cd "$folder/wengert"

bare() { env -i PATH=/usr/bin:/bin "$@"; }
step() {
  local start=$SECONDS
  printf '== %s\n' "$*"
  "$@"
  printf '== %d s\n' $((SECONDS - start))
}

for program in tsx vite esbuild rolldown lightningcss; do
  if find . -path "*/node_modules/*" -name "$program" | grep -q .; then echo "the bundle contains $program" >&2; exit 1; fi
done

step bare WENGERT_DEVICE=emulator ./node bench/smoke.js --small --out "$folder/smoke.json"
step bare WENGERT_DEVICE=emulator ./node scripts/gpu/fingerprint.js --few "$folder/first.txt"
step bare WENGERT_DEVICE=emulator ./node scripts/gpu/fingerprint.js --few "$folder/second.txt"
cmp "$folder/first.txt" "$folder/second.txt"
step bare WENGERT_DEVICE=emulator ./node scripts/gpu/test.js --report "$folder/test.json" --seconds 300 \
  --only 'conformance|coverage|module|misuse|call|devices'

# Without a driver each program must say that cuda is not available, and why. With one, there is nothing to try here.
if ! command -v nvidia-smi > /dev/null; then
  if bare WENGERT_DEVICE=cuda ./node bench/smoke.js --out "$folder/smoke.json" > "$folder/cuda.txt" 2>&1; then
    echo "smoke.js succeeded on cuda without a driver" >&2
    exit 1
  fi
  grep -m 1 'cuda is not available: ' "$folder/cuda.txt" || { cat "$folder/cuda.txt" >&2; exit 1; }
fi
echo "the bundle runs in an empty environment"
