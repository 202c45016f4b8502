#!/usr/bin/env bash
# Measures correctness and speed on a bare Linux machine with an NVIDIA GPU, from the bundle that npm run gpu:bundle
# packs: no Node, no network and no npm are needed there. PyTorch, ncu, compute-sanitizer and nvcc are used if they are there.
#
#     bash gpu.sh [smoke|bench|quick|tune|ncu|test|steps|sanitize|build|all] ...
#
#     smoke     which device, clocks, copy bandwidth, an empty launch, a large product against float64, conformance
#     bench     the rows of bench/rows.json, each timed as ours, PyTorch, ours, and compared with float64; quick: a dozen
#     tune      every compiled tile and number of splits, for products and convolutions of those rows
#     ncu       what Nsight Compute counts in a dozen kernels
#     test      the case list and the device tests; then every result hashed in two runs, and the hashes compared
#     steps     whole training steps beside PyTorch
#     sanitize  compute-sanitizer: racecheck on what is larger than a tile, then memcheck
#     build     compiles the CUDA addon; done first where the bundle has none
#     all       all of them, in this order, past failures
#
# It ends within LIMIT seconds (540) of its first line. Each step has a budget, and steps and sanitize share what is left.
# $OUT (./out) gets log.txt, smoke.json, bench.json, bench.md, tune.json, ncu.csv and test.json. Each result is written there
# as soon as it exists, to a file that then replaces the old one: so a kill loses only what was in progress, and leaves at
# most eight files. The status is 1 if a step failed.
#
# GPU_SH_DEVICE=emulator tries the script itself without a GPU, in tiny sizes, within 55 s: its figures mean nothing.
set -uo pipefail

begun=$SECONDS
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export WENGERT_DEVICE=${GPU_SH_DEVICE:-cuda} NO_COLOR=1 FORCE_COLOR=0 PYTHONUNBUFFERED=1
OUT=${OUT:-$PWD/out}
mkdir -p "$OUT" || exit 2
OUT=$(cd "$OUT" && pwd)
log=$OUT/log.txt
: > "$log"

# Seconds of each step, in tiny sizes and in full.
small=()
declare -A budget
if [ "$WENGERT_DEVICE" = cuda ]; then
  limit=${LIMIT:-540}
  budget=([smoke]=15 [bench]=170 [quick]=40 [tune]=60 [ncu]=60 [test]=150)
else
  limit=${LIMIT:-55}
  small=(--small)
  budget=([smoke]=10 [bench]=24 [quick]=10 [tune]=4 [ncu]=4 [test]=9)
fi
for name in smoke bench quick tune ncu test steps sanitize build all; do known=${known:-}" $name"; done
[ $# -gt 0 ] || set -- all
for name in "$@"; do
  case " $known " in *" $name "*) ;; *) echo "unknown step: $name; there are$known" >&2; exit 2 ;; esac
done

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
rows=()
failed=()

# seconds_left: until the limit, less what it takes to end.
seconds_left() { echo $((limit - 3 - (SECONDS - begun))); }

note() { # NAME RESULT SECONDS TEXT
  rows+=("$(printf '%-14s %-9s %4s  %s' "$@")")
  case $2 in FAILED | "timed out") failed+=("$1") ;; esac
  rm -f "$OUT"/*.tmp
  echo "${rows[-1]}" | tee -a "$log"
}

# step NAME SECONDS COMMAND...: runs it within SECONDS and the time left; its output goes to log.txt as it comes.
step() {
  local name=$1 most=$2 left start=$SECONDS from status result
  shift 2
  left=$(seconds_left)
  [ "$most" -lt "$left" ] || most=$left
  if [ "$most" -lt 2 ]; then
    note "$name" "not run" 0 "no time left"
    return 1
  fi
  printf '\n== %s, at most %s s: %s\n' "$name" "$most" "$*" >> "$log"
  from=$(stat -c %s "$log")
  timeout --kill-after=2 "$most" "$@" >> "$log" 2>&1 < /dev/null
  status=$?
  case $status in
    0) result=ok ;;
    124 | 137) result="timed out" ;;
    *) result=FAILED ;;
  esac
  note "$name" "$result" $((SECONDS - start)) "$(tail -c +$((from + 1)) "$log" | grep -v '^\s*$' | tail -n 1 | tr '|' '/' | cut -c 1-160)"
  if [ $status -ne 0 ]; then
    printf -- '--- %s, the end of its log\n' "$name"
    tail -c +$((from + 1)) "$log" | tail -n 15 | cut -c 1-300
  fi
  return $status
}

unpack() {
  local bundle=$here/bundle.tar.xz
  [ -f "$bundle" ] || bundle=$here/../.gpu/bundle.tar.xz
  [ -f "$bundle" ] || { echo "there is no bundle: run npm run gpu:bundle first" >&2; exit 2; }
  if command -v xz > /dev/null; then
    xz -dc -T0 "$bundle" | tar -C "$work" -x || exit 2
  elif command -v python3 > /dev/null; then
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$bundle" "$work" || exit 2
  else
    echo "the bundle is packed with xz, and neither xz nor python3 is here to unpack it" >&2
    exit 2
  fi
  cd "$work/wengert" || exit 2
}

# The Python that has PyTorch: $PYTHON, the checkout's own, or python3.
find_python() {
  local own=$here/../build/python/bin/python
  local has_torch='import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'
  if [ -z "${PYTHON:-}" ] && [ -x "$own" ] && "$own" -c "$has_torch"; then PYTHON=$own; fi
  export PYTHON=${PYTHON:-python3}
}

run_smoke() { step smoke "${budget[smoke]}" node bench/smoke.js --out "$OUT/smoke.json" "${small[@]}"; }

# run_rows NAME OPTIONS...: the program stops by itself, a little before its budget ends.
run_rows() {
  local name=$1 seconds=$2 left
  shift 2
  left=$(seconds_left)
  [ "$seconds" -lt "$left" ] || seconds=$left
  step "$name" "$seconds" node bench/device.js --out "$OUT/bench.json" --seconds $((seconds > 12 ? seconds - 5 : seconds - 1)) "${small[@]}" "$@"
}
run_bench() { run_rows bench "${budget[bench]}"; }
run_quick() { run_rows quick "${budget[quick]}" --quick; }

run_tune() {
  local seconds=${budget[tune]}
  step tune "$seconds" node bench/tune.js --out "$OUT/tune.json" --seconds $((seconds > 12 ? seconds - 4 : seconds - 1)) "${small[@]}"
}

run_ncu() { step ncu "${budget[ncu]}" bash scripts/gpu/profile.sh "$OUT/ncu.csv" $((budget[ncu] - 3)); }

run_test() {
  local seconds=${budget[test]} few=()
  if [ "$WENGERT_DEVICE" = cuda ]; then
    step test $((seconds - 30)) node scripts/gpu/test.js --report "$OUT/test.json" --seconds $((seconds - 34))
  else
    step test "$seconds" node scripts/gpu/test.js --report "$OUT/test.json" --seconds $((seconds - 2)) --only 'tests/device/(conformance|coverage|module)'
    few=(--only add)
  fi
  step fingerprint-1 20 node scripts/gpu/fingerprint.js "${few[@]}" "$work/first.txt" &&
    step fingerprint-2 20 node scripts/gpu/fingerprint.js "${few[@]}" "$work/second.txt" &&
    step same-bits 5 bash -c 'cmp "$0" "$1" && echo "$(wc -l < "$0") results equal bit for bit"' "$work/first.txt" "$work/second.txt"
}

run_steps() {
  local left
  left=$(seconds_left)
  if has_sanitizer; then left=$((left * 55 / 100)); fi
  run_rows steps "$left" --steps --append
}

has_sanitizer() { [ "$WENGERT_DEVICE" = cuda ] && command -v compute-sanitizer > /dev/null; }

# racecheck sees shared memory: the kernels with tiles and rows use it. memcheck knows only what the driver gave out, so
# every buffer is an allocation of its own.
run_sanitize() {
  local tool=(compute-sanitizer --target-processes application-only --error-exitcode 99)
  if ! has_sanitizer; then
    local why="it is not installed"
    [ "$WENGERT_DEVICE" = cuda ] || why="it checks GPUs, not the $WENGERT_DEVICE"
    note sanitize "not run" 0 "compute-sanitizer cannot start: $why"
    return 0
  fi
  step racecheck $(($(seconds_left) * 55 / 100)) "${tool[@]}" --tool racecheck --kernel-name regex:'gemm|walkRows|conv|reduce|permute' \
    node scripts/gpu/fingerprint.js --few "$work/racecheck.txt"
  step memcheck "$(seconds_left)" env WENGERT_NO_CACHE=1 "${tool[@]}" --tool memcheck \
    node scripts/gpu/fingerprint.js --few "$work/memcheck.txt"
}

# Where the bundle has no CUDA addon. What it takes is taken from tune and test.
run_build() {
  local start=$SECONDS spent
  step build 150 bash scripts/gpu/build.sh --seconds 150
  spent=$((SECONDS - start))
  budget[tune]=$((budget[tune] - spent * 2 / 7))
  budget[test]=$((budget[test] - spent * 5 / 7))
}

finish() {
  trap - TERM INT
  if [ -f "$OUT/bench.md" ]; then printf '\n' && grep '^|' "$OUT/bench.md" | cut -c 1-160 | head -n 60; fi
  {
    printf '\n%-14s %-9s %4s  %s\n' step result s "last line"
    printf '%s\n' "${rows[@]}"
    if [ ${#failed[@]} -eq 0 ]; then echo "nothing failed"; else echo "failed: ${failed[*]}"; fi
    echo "$((SECONDS - begun)) s"
  } | tee -a "$log"
}
trap 'finish; exit 143' TERM INT

unpack
PATH=$PWD:$PATH:/usr/local/cuda/bin
export WENGERT_NATIVE=$PWD/build/Release WENGERT_COMMIT
WENGERT_COMMIT=$(cat commit.txt)
node --version > /dev/null || { echo "the bundle's Node does not run here" >&2; exit 2; }
find_python
note unpack ok $((SECONDS - begun)) "$(cat commit.txt)"

[ "$WENGERT_DEVICE" != cuda ] || [ -f build/Release/wengert_cuda.node ] || [ "$1" = build ] || run_build
for name in "$@"; do
  case $name in
    all) for each in smoke bench tune ncu test steps sanitize; do "run_$each"; done ;;
    *) "run_$name" ;;
  esac
done
finish
[ ${#failed[@]} -eq 0 ]
