#!/usr/bin/env bash
# Runs the tests and benchmarks on a bare Linux machine with an NVIDIA driver, from the bundle that npm run gpu:bundle
# packs: no Node, no network, no compiler.
#
#     bash scripts/gpu.sh [test|sanitize|conformance|train|bench|all] ...
#
#     test         the whole suite on cuda, and two runs of the case list compared bit for bit
#     conformance  every instruction of kernels/ptx.cuh against its emulated twin, on random fragments
#     train        the MNIST network, on the data in the bundle or on drawn digits
#     bench        kernels and training steps, with PyTorch beside them where python3 has it
#     sanitize     compute-sanitizer's memcheck, racecheck and synccheck on the case list, where it is installed
#     all          all of them, in this order, past failures; ends within LIMIT seconds (default 520)
#
# Full results are written to $OUT (default ./out), a short table is printed last. The status is not 0 if any step failed.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=${OUT:-$PWD/out}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
deadline=$((SECONDS + ${LIMIT:-520}))
rows=()
failed=0

bundle=$here/bundle.tar.xz
[ -f "$bundle" ] || bundle=$here/../.gpu/bundle.tar.xz
[ -f "$bundle" ] || { echo "no bundle: run npm run gpu:bundle first" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v xz > /dev/null; then
  tar -C "$work" -xJf "$bundle"
elif command -v python3 > /dev/null; then
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$bundle" "$work"
else
  echo "the bundle is packed with xz: neither xz nor python3 is here to unpack it" >&2
  exit 2
fi
cd "$work/wengert" || exit 2
PATH=$PWD:$PATH
export WENGERT_DEVICE=cuda NO_COLOR=1 FORCE_COLOR=0

# step NAME SECONDS COMMAND...: runs it within SECONDS and the time left; its output goes to $OUT/NAME.log.
step() {
  local name=$1 limit=$2 left=$((deadline - SECONDS)) start=$SECONDS status
  shift 2
  if [ "$left" -lt 10 ]; then
    rows+=("$name|not run|0|no time left")
    failed=1
    return
  fi
  [ "$limit" -lt "$left" ] || limit=$left
  timeout --kill-after=5 "$limit" "$@" > "$OUT/$name.log" 2>&1
  status=$?
  local result=ok
  if [ $status -eq 124 ] || [ $status -eq 137 ]; then result="timed out"; elif [ $status -ne 0 ]; then result=FAILED; fi
  [ $status -eq 0 ] || failed=1
  rows+=("$name|$result|$((SECONDS - start))|$(grep -v '^\s*$' "$OUT/$name.log" | tail -n 1 | cut -c 1-110)")
}

vitest() { node node_modules/vitest/vitest.mjs run --reporter=dot "$@"; }
export -f vitest

run_test() {
  step info 60 node --import tsx scripts/gpu/info.ts "$OUT/info.json"
  step test 240 bash -c 'vitest --reporter=json --outputFile.json="$0" 2>&1 | grep -v "^ *$"; exit ${PIPESTATUS[0]}' "$OUT/test.json"
  step fingerprint-1 60 node --import tsx scripts/gpu/fingerprint.ts "$OUT/fingerprint-1.txt"
  step fingerprint-2 60 node --import tsx scripts/gpu/fingerprint.ts "$OUT/fingerprint-2.txt"
  step same-bits 10 bash -c 'cmp "$0" "$1" && echo "$(wc -l < "$0") results equal bit for bit"' "$OUT/fingerprint-1.txt" "$OUT/fingerprint-2.txt"
}

run_conformance() { step conformance 60 node --import tsx scripts/gpu/conformance.ts "$OUT/conformance.json"; }

run_train() {
  local data=()
  [ -d data/mnist ] && data=(--data data/mnist)
  step train 90 node dist-examples/mnist.js --device cuda --epochs 3 --out "$OUT/mnist" ${data[@]+"${data[@]}"}
}

run_bench() {
  step bench 150 node --import tsx bench/device.ts --out "$OUT/bench.json"
  if python3 -c 'import torch; assert torch.cuda.is_available()' 2> /dev/null; then
    step bench-torch 100 python3 bench/peers/device_torch.py "$OUT/bench-torch.json"
    step bench-table 10 node --import tsx bench/compare.ts "$OUT/bench.json" "$OUT/bench-torch.json" "$OUT/bench.md"
  fi
}

run_sanitize() {
  local tool
  if ! command -v compute-sanitizer > /dev/null; then
    rows+=("sanitize|not run|0|compute-sanitizer is not installed")
    return
  fi
  for tool in memcheck racecheck synccheck; do
    step "$tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 99 node --import tsx scripts/gpu/fingerprint.ts /dev/null
  done
}

[ $# -gt 0 ] || set -- all
for name in "$@"; do
  case $name in
    test | sanitize | conformance | train | bench) "run_$name" ;;
    all) for each in test conformance train bench sanitize; do "run_$each"; done ;;
    *) echo "unknown: $name; there are test, sanitize, conformance, train, bench, all" >&2; exit 2 ;;
  esac
done

printf '\n%-16s %-10s %6s  %s\n' step result s "last line"
for row in "${rows[@]}"; do
  IFS='|' read -r name result seconds last <<< "$row"
  printf '%-16s %-10s %6s  %s\n' "$name" "$result" "$seconds" "$last"
done | tee "$OUT/summary.txt"
exit $failed
