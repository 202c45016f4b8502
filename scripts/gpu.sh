#!/usr/bin/env bash
# Runs the tests and benchmarks on a bare Linux machine with an NVIDIA driver, from the bundle that npm run gpu:bundle
# packs: no Node, no network, no compiler.
#
#     bash gpu.sh [test|sanitize|conformance|train|bench|all] ...
#
#     test         the tests of kernels and of the addon; the case list hashed in two runs, and in one with bands around
#                  every buffer, and the hashes compared
#     conformance  every instruction of kernels/ptx.cuh against its emulated twin, on random fragments
#     train        the MNIST network, on the data in the bundle or on drawn digits
#     bench        kernels and training steps, with PyTorch beside them where python3 has it
#     sanitize     compute-sanitizer's memcheck, racecheck and synccheck on a case of each op and on what is larger than a
#                  tile, where it is installed
#     all          all of them, in this order, past failures; ends within LIMIT seconds (default 520)
#
# $OUT (default ./out) gets summary.txt, info.json, test.json, conformance.json, bench.json and bench.md, those that were
# made, and everything else in results.tgz: eight files at most. The end of the log of what failed, and a table, are
# printed last. The status is not 0 if any step failed.
#
# GPU_SH_DEVICE=emulator tries the script itself where there is no GPU; what it measures then means nothing.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
OUT=${OUT:-$PWD/out}
mkdir -p "$OUT" || exit 2
OUT=$(cd "$OUT" && pwd)
deadline=$((SECONDS + ${LIMIT:-520}))
kept=(summary.txt info.json test.json conformance.json bench.json bench.md)
rows=()
failed=()

bundle=$here/bundle.tar.xz
[ -f "$bundle" ] || bundle=$here/../.gpu/bundle.tar.xz
[ -f "$bundle" ] || { echo "no bundle: run npm run gpu:bundle first" >&2; exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
if command -v xz > /dev/null; then
  tar -C "$work" -xJf "$bundle" || exit 2
elif command -v python3 > /dev/null; then
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$bundle" "$work" || exit 2
else
  echo "the bundle is packed with xz: neither xz nor python3 is here to unpack it" >&2
  exit 2
fi
cd "$work/wengert" || exit 2
results=$work/results
mkdir "$results"
PATH=$PWD:$PATH:/usr/local/cuda/bin
export WENGERT_DEVICE=${GPU_SH_DEVICE:-cuda} WENGERT_NATIVE=$PWD/build/Release WENGERT_COMMIT
export NO_COLOR=1 FORCE_COLOR=0
WENGERT_COMMIT=$(cat commit.txt)
node --version > /dev/null || { echo "the bundle's Node does not run here" >&2; exit 2; }

# step NAME SECONDS COMMAND...: runs it within SECONDS and the time left; its output goes to NAME.log.
step() {
  local name=$1 limit=$2 left=$((deadline - SECONDS)) start=$SECONDS log=$results/$1.log status result
  shift 2
  if [ "$left" -lt 10 ]; then
    rows+=("$name|not run|0|no time left")
    failed+=("$name")
    return 1
  fi
  [ "$limit" -lt "$left" ] || limit=$left
  echo "$name: running, at most $limit s"
  timeout --kill-after=5 "$limit" "$@" > "$log" 2>&1 < /dev/null
  status=$?
  case $status in
    0) result=ok ;;
    124 | 137) result="timed out" ;;
    *) result=FAILED ;;
  esac
  [ $status -eq 0 ] || failed+=("$name")
  rows+=("$name|$result|$((SECONDS - start))|$(tr '|' ' ' < "$log" | grep -v '^\s*$' | tail -n 1 | cut -c 1-140)")
  return $status
}

# What ran is named by test.json; where the run was cut off, by the log.
run_vitest() {
  local status
  WENGERT_TEST_REPORT=$1 node node_modules/vitest/vitest.mjs run
  status=$?
  node scripts/gpu/outcome.mjs "$1" || status=1
  return $status
}
export -f run_vitest

fingerprint() { step "$1" 90 env "${@:2}" node --import tsx scripts/gpu/fingerprint.ts "$results/$1.txt"; }
same() {
  step "$1" 10 bash -c 'cmp "$0" "$1" && echo "$(wc -l < "$0") results equal bit for bit"' "$results/$2.txt" "$results/$3.txt"
}

run_test() {
  step info 60 node --import tsx scripts/gpu/info.ts "$results/info.json"
  step test 300 bash -c 'run_vitest "$0"' "$results/test.json"
  fingerprint fingerprint-1
  fingerprint fingerprint-2
  fingerprint fingerprint-guarded WENGERT_GUARD=1 WENGERT_POISON=1
  same same-bits fingerprint-1 fingerprint-2
  same same-bits-guarded fingerprint-1 fingerprint-guarded
}

run_conformance() { step conformance 60 node --import tsx scripts/gpu/conformance.ts "$results/conformance.json"; }

run_train() {
  local data=()
  [ -d data/mnist ] && data=(--data data/mnist)
  step train 90 node dist-examples/mnist.js --device "$WENGERT_DEVICE" --epochs 3 --out "$results/mnist" ${data[@]+"${data[@]}"}
}

run_bench() {
  local small=()
  [ "$WENGERT_DEVICE" = cuda ] || small=(--scale 0.002 --rounds 1)
  step bench 150 node --import tsx bench/device.ts --out "$results/bench.json" ${small[@]+"${small[@]}"}
  if timeout 60 python3 -c 'import torch; assert torch.cuda.is_available()' > "$results/torch.log" 2>&1; then
    step bench-torch 100 python3 bench/peers/device_torch.py "$results/bench-torch.json"
    step bench-table 30 node --import tsx bench/compare.ts "$results/bench.json" "$results/bench-torch.json" "$results/bench.md"
  else
    rows+=("bench-torch|not run|0|python3 has no PyTorch that sees a GPU: $(tail -n 1 "$results/torch.log" | cut -c 1-80)")
  fi
}

run_sanitize() {
  local tool
  if ! command -v compute-sanitizer > /dev/null; then
    rows+=("sanitize|not run|0|compute-sanitizer is not installed")
    return
  fi
  # memcheck knows only what the driver gave out: every buffer is one piece of that, and none is used again.
  for tool in memcheck racecheck synccheck; do
    local env=()
    [ $tool = memcheck ] && env=(WENGERT_NO_CACHE=1)
    step $tool 180 env ${env[@]+"${env[@]}"} compute-sanitizer --tool $tool --target-processes application-only \
      --error-exitcode 99 node --import tsx scripts/gpu/fingerprint.ts --few "$results/$tool.txt"
  done
}

finish() {
  local name
  trap - TERM INT
  {
    printf '%-20s %-10s %6s  %s\n' step result s "last line"
    for row in ${rows[@]+"${rows[@]}"}; do
      IFS='|' read -r name result seconds last <<< "$row"
      printf '%-20s %-10s %6s  %s\n' "$name" "$result" "$seconds" "$last"
    done
    if [ ${#failed[@]} -eq 0 ]; then echo "nothing failed"; else echo "failed: ${failed[*]}"; fi
    for row in ${rows[@]+"${rows[@]}"}; do
      case $row in *"|not run|"*) echo "not run: ${row%%|*}: ${row##*|}" ;; esac
    done
  } > "$results/summary.txt"
  for name in "${kept[@]}"; do
    if [ -f "$results/$name" ]; then cp "$results/$name" "$OUT/"; fi
  done
  tar -C "$results" -czf "$OUT/results.tgz" .
  for name in ${failed[@]+"${failed[@]}"}; do
    if [ -f "$results/$name.log" ]; then printf '\n--- %s, the end of its log\n' "$name"; tail -n 25 "$results/$name.log" | cut -c 1-300; fi
  done
  printf '\n'
  cat "$results/summary.txt"
}
trap 'finish; exit 143' TERM INT

[ $# -gt 0 ] || set -- all
for name in "$@"; do
  case $name in
    test | sanitize | conformance | train | bench | all) ;;
    *) echo "unknown: $name; there are test, sanitize, conformance, train, bench, all" >&2; exit 2 ;;
  esac
done
for name in "$@"; do
  case $name in
    all) for each in test conformance train bench sanitize; do "run_$each"; done ;;
    *) "run_$name" ;;
  esac
done
finish
[ ${#failed[@]} -eq 0 ]
