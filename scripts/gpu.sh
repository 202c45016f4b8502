#!/usr/bin/env bash
# Measures correctness and speed on a bare Linux machine with an NVIDIA GPU, from the bundle that npm run gpu:bundle
# packs: no Node, no network and no npm are needed there. PyTorch, ncu, compute-sanitizer and nvcc are used if installed.
#
#     bash gpu.sh [smoke|bench|quick|tune|ncu|test|steps|sanitize|build|all] ...
#
#     smoke     which device, clocks, copy bandwidth, an empty launch, a large product against float64, conformance
#     bench     the rows of bench/rows.json, each timed as ours, PyTorch, ours, and compared with float64; quick: a dozen
#     tune      every compiled tile and number of splits, for products and convolutions of those rows
#     ncu       profiles a dozen kernels with Nsight Compute
#     test      the case list and the device tests; then every result hashed in two runs, and the hashes compared
#     steps     whole training steps, compared with PyTorch
#     sanitize  compute-sanitizer: racecheck, then memcheck, on shapes larger than a tile
#     build     compiles the CUDA addon; runs first if the bundle has no CUDA addon
#     all       all steps in this order, even if one fails
#
# It ends within LIMIT seconds (540) of its first line. Each step has a budget; steps and sanitize share the time that is
# left. $OUT (./out) gets log.txt, smoke.json, bench.json, bench.md, tune.json, ncu.csv and test.json. Each result is written
# there as soon as it exists, to a file that then replaces the old one: so a kill loses only the result in progress, and
# leaves at most eight files.
#
# A step is "ok", "FAILED", "partial" (its time ended before all was done, and nothing was wrong) or "not run". The status is
# 1 if a step FAILED, 2 if the script cannot run at all.
#
# GPU_SH_DEVICE=emulator tries the script itself without a GPU, in tiny sizes, within 55 s: its figures mean nothing.
# GPU_SH_BUNDLE names another bundle: an archive, or a folder that npm run gpu:bundle -- --folder wrote, which is used in
# place.
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
  budget=([smoke]=15 [bench]=170 [quick]=40 [tune]=60 [ncu]=60 [test]=150 [fingerprint]=20)
else
  limit=${LIMIT:-55}
  small=(--small)
  budget=([smoke]=10 [bench]=24 [quick]=10 [tune]=4 [ncu]=4 [test]=9 [fingerprint]=10)
fi
for name in smoke bench quick tune ncu test steps sanitize build all; do known=${known:-}" $name"; done
[ $# -gt 0 ] || set -- all
for name in "$@"; do
  case " $known " in *" $name "*) ;; *) echo "unknown step: $name; the steps are$known" >&2; exit 2 ;; esac
done

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
rows=()
declare -A listed=([FAILED]= [partial]= ["not run"]=)

# seconds_left: seconds until the limit, minus 3 for the summary.
seconds_left() { echo $((limit - 3 - (SECONDS - begun))); }

# allow SECONDS: sets `most`, the seconds that the step may take, and `own`, after which its program ends by itself.
allow() {
  most=$(seconds_left)
  [ "$1" -ge "$most" ] || most=$1
  own=$((most > 12 ? most - 4 : most - 1))
}

note() { # NAME RESULT SECONDS TEXT
  rows+=("$(printf '%-14s %-9s %4s  %s' "$@")")
  [ "$2" = ok ] || listed[$2]+=" $1"
  rm -f "$OUT"/*.tmp
  echo "${rows[-1]}" | tee -a "$log"
}

# Sends a signal to all processes of the step in progress, regardless of who started them: a variable of their environment marks them.
mark=
running=
running_name=
signal_step() { # SIGNAL
  local found
  found=$(grep -lsF "GPU_SH_STEP=$mark" /proc/[0-9]*/environ | cut -d / -f 3)
  # shellcheck disable=SC2086 # one word for each process
  [ -n "$found" ] && kill "-$1" $found 2> /dev/null
}

stop_running() {
  signal_step TERM || return 0
  for _ in 1 2 3 4 5; do
    sleep 0.1
    signal_step 0 || return 0
  done
  signal_step KILL
}

# step NAME SECONDS COMMAND...: runs it within SECONDS and the time left; its output goes to log.txt as it comes. The command
# ends with status 2 if its time was too short, and with 3 if it cannot run here.
step() {
  local name=$1 start=$SECONDS from status result text
  allow "$2"
  shift 2
  if [ "$most" -lt 2 ]; then
    note "$name" "not run" 0 "no time left"
    return 1
  fi
  printf '\n== %s, at most %s s: %s\n' "$name" "$most" "$*" >> "$log"
  from=$(stat -c %s "$log")
  # In the background: a trap runs only when a foreground command has ended.
  mark=$$.${#rows[@]}.
  GPU_SH_STEP=$mark timeout --kill-after=2 "$most" "$@" >> "$log" 2>&1 < /dev/null &
  running=$! running_name=$name
  wait "$running"
  status=$?
  signal_step KILL # what it left behind
  running=
  text=$(tail -c +$((from + 1)) "$log" | grep -v '^\s*$' | tail -n 1 | tr '|' '/' | cut -c 1-160)
  case $status in
    0) result=ok ;;
    2) result=partial ;;
    3) result="not run" ;;
    *) result=FAILED ;;
  esac
  if [ $status -eq 124 ] || { [ $status -eq 137 ] && [ $((SECONDS - start)) -ge "$most" ]; }; then
    text="stopped after $most s; $text"
  elif [ $status -ge 128 ]; then
    text="killed by signal $((status - 128)); $text"
  fi
  note "$name" "$result" $((SECONDS - start)) "$text"
  if [ "$result" = FAILED ]; then
    printf -- '--- %s, the end of its log\n' "$name"
    tail -c +$((from + 1)) "$log" | tail -n 15 | cut -c 1-300
  fi
  return $status
}

# Unpacks the bundle and enters its folder.
unpack() {
  local bundle=${GPU_SH_BUNDLE:-$here/bundle.tar.xz}
  [ -n "${GPU_SH_BUNDLE:-}" ] || [ -f "$bundle" ] || bundle=$here/../.gpu/bundle.tar.xz
  if [ -d "$bundle" ]; then
    cd "$bundle" || exit 2
    return
  fi
  [ -f "$bundle" ] || { echo "gpu.sh: ${GPU_SH_BUNDLE:-bundle.tar.xz} not found; run npm run gpu:bundle" >&2; exit 2; }
  if command -v xz > /dev/null; then
    xz -dc -T0 "$bundle" | tar -C "$work" -x || exit 2
  elif command -v python3 > /dev/null; then
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$bundle" "$work" || exit 2
  else
    echo "gpu.sh: unpacking $bundle requires xz or python3, but neither was found" >&2
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

run_rows() { # NAME SECONDS OPTION...
  local name=$1
  allow "$2"
  shift 2
  step "$name" "$most" node bench/device.js --out "$OUT/bench.json" --seconds "$own" "${small[@]}" "$@"
}
run_bench() { run_rows bench "${budget[bench]}"; }
run_quick() { run_rows quick "${budget[quick]}" --quick; }

run_tune() {
  allow "${budget[tune]}"
  step tune "$most" node bench/tune.js --out "$OUT/tune.json" --seconds "$own" "${small[@]}"
}

run_ncu() {
  allow "${budget[ncu]}"
  step ncu "$most" bash scripts/gpu/profile.sh "$OUT/ncu.csv" "$own"
}

run_test() {
  local hashes=${budget[fingerprint]} only=() few=() run
  if [ "$WENGERT_DEVICE" != cuda ]; then
    only=(--only 'tests/device/(conformance|coverage|module)')
    few=(--only add)
    hashes=0
  fi
  # The hashes take their time from the budget of the step.
  allow $((budget[test] - 2 * hashes))
  step test "$most" node scripts/gpu/test.js --report "$OUT/test.json" --seconds "$own" "${only[@]}"
  for run in 1 2; do
    allow "${budget[fingerprint]}"
    step fingerprint-$run "$most" node scripts/gpu/fingerprint.js --seconds "$own" "${few[@]}" "$work/bits-$run.txt"
  done
  step same-bits 5 bash scripts/gpu/same-bits.sh "$work/bits-1.txt" "$work/bits-2.txt"
}

run_steps() {
  local left share=100
  if [ "$(seconds_left)" -gt 15 ]; then
    GPU_SH_STEP=${mark:=$$.} bash scripts/gpu/sanitize.sh probe > /dev/null &
    if wait $!; then share=55; fi
  fi
  left=$(seconds_left)
  run_rows steps $((left * share / 100)) --steps --append
}

run_sanitize() {
  allow $(($(seconds_left) * 55 / 100))
  step racecheck "$most" bash scripts/gpu/sanitize.sh racecheck "$own" "$work/racecheck.txt"
  allow "$(seconds_left)"
  step memcheck "$most" bash scripts/gpu/sanitize.sh memcheck "$own" "$work/memcheck.txt"
}

# For a bundle without a CUDA addon. Its time is subtracted from tune and test.
run_build() {
  local start=$SECONDS spent
  step build 150 bash scripts/gpu/build.sh --seconds 150
  spent=$((SECONDS - start))
  budget[tune]=$((budget[tune] - spent * 2 / 7))
  budget[test]=$((budget[test] - spent * 5 / 7))
}

finish() {
  trap - TERM INT
  if [ -f "$OUT/bench.md" ]; then printf '\n' && grep '^|' "$OUT/bench.md" | grep -v '| not run' | cut -c 1-160 | head -n 60; fi
  {
    printf '\n%-14s %-9s %4s  %s\n' step result s "last line"
    printf '%s\n' ${rows[@]+"${rows[@]}"}
    for result in FAILED partial "not run"; do [ -z "${listed[$result]}" ] || echo "$result:${listed[$result]}"; done
    if [ $# -gt 0 ]; then echo "$1"; elif [ -z "${listed[FAILED]}${listed[partial]}${listed["not run"]}" ]; then echo "all steps ran without failures"; fi
    echo "$((SECONDS - begun)) s"
  } | tee -a "$log"
}

stopped() { # STATUS
  if [ -n "$running" ]; then
    stop_running
    note "$running_name" partial 0 "stopped by a signal"
  fi
  finish "stopped by a signal"
  exit "$1"
}
trap 'stopped 143' TERM
trap 'stopped 130' INT

unpack
PATH=$PWD:$PATH:/usr/local/cuda/bin
export WENGERT_NATIVE=$PWD/build/Release WENGERT_COMMIT
WENGERT_COMMIT=$(cat commit.txt)
node --version > /dev/null || { echo "gpu.sh: the bundle's Node does not run here" >&2; exit 2; }
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
[ -z "${listed[FAILED]}" ]
