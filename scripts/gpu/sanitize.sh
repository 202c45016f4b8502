#!/usr/bin/env bash
# Runs a tool of compute-sanitizer on a case of each op and on what is larger than a tile. Called by scripts/gpu.sh.
#
#     bash scripts/gpu/sanitize.sh probe | racecheck | memcheck [SECONDS FILE]
#
# probe says whether compute-sanitizer starts programs here. FILE gets the fingerprints of the results. The status is 0 if
# all cases ran without an error, 1 if there was an error, 2 if the time was too short for all cases, and 3 if
# compute-sanitizer cannot start.
set -uo pipefail
tool=$1 seconds=${2:-10} file=${3:-/dev/null}
sanitizer=(compute-sanitizer --target-processes application-only --error-exitcode 99)

# The kernels that use shared memory, of which racecheck finds the races. Parts of their names.
kernels=(gemmKernel walkRows reduceRows reduceColumns mergeParts transposeKernel scanLines sumRowsOfColumns stepParameters
  gradWeightKernel)

# Whether compute-sanitizer takes these options and starts a program with them.
starts() {
  answer=$(timeout --kill-after=2 10 "${sanitizer[@]}" "$@" sh -c 'echo started' 2>&1)
  grep -q '^started' <<< "$answer"
}

if [ "${WENGERT_DEVICE:-}" != cuda ]; then answer="it checks GPUs, not the ${WENGERT_DEVICE:-cpu}"
elif ! command -v compute-sanitizer > /dev/null; then answer="it is not installed"
elif starts; then answer=
else answer=$(grep -v '^\s*$' <<< "$answer" | head -n 1)
fi
if [ -n "$answer" ]; then
  echo "compute-sanitizer cannot start: $answer"
  exit 3
fi

case $tool in
  probe) exit 0 ;;
  racecheck)
    # Several filters select the kernels that match one of them. Before 2024, the option had the second name.
    filters=()
    for option in --kernel-name --kernel-regex; do
      chosen=()
      for name in "${kernels[@]}"; do chosen+=("$option" "kns=$name"); done
      if starts --tool racecheck "${chosen[@]}"; then filters=("${chosen[@]}"); break; fi
      echo "compute-sanitizer does not accept $option kns=NAME: $(grep -v '^\s*$' <<< "$answer" | head -n 1)"
    done
    [ ${#filters[@]} -gt 0 ] || echo "checking all kernels, which takes longer"
    ;;
  # memcheck sees only driver allocations: each buffer has to be one. It also reports calls of CUDA that fail, which programs
  # make on purpose to ask whether something is there; the addon checks every status itself.
  memcheck)
    export WENGERT_NO_CACHE=1
    filters=(--report-api-errors no --print-limit 50)
    starts --tool memcheck "${filters[@]}" || filters=()
    ;;
  *) echo "sanitize: unknown tool $tool; the tools are probe, racecheck, memcheck" >&2; exit 1 ;;
esac

output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
left=$((seconds - SECONDS))
[ $left -ge 3 ] || { echo "no time left for $tool"; exit 2; }
# The program ends by itself; `timeout` is for a single case that takes too long.
timeout --kill-after=2 $((left - 2)) "${sanitizer[@]}" --tool "$tool" ${filters[@]+"${filters[@]}"} \
  node scripts/gpu/fingerprint.js --few --seconds $((left - 3)) "$file" 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
# Errors that were reported before the time was over.
found=$(grep -c -E '^=+ (Error|Invalid|Program hit|Warning: Race)' "$output")
echo "$tool: $found reports; $(grep -E '^[a-z]+: [0-9]+ results' "$output" | tail -n 1)"
if [ "$found" -gt 0 ]; then exit 1; fi
case $status in
  0) exit 0 ;;
  2) exit 2 ;;
  124) exit 2 ;;
  137) [ $SECONDS -ge $((seconds - 2)) ] && exit 2 || exit 1 ;;
  *) exit 1 ;;
esac
