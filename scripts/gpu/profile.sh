#!/usr/bin/env bash
# Profiles a dozen rows with Nsight Compute: bash profile.sh OUT.csv SECONDS. Called by scripts/gpu.sh.
#
# One run of ncu for each row that bench/rows.json marks with "profile", so that a kill loses one row. Clocks are not
# changed. A row counts only if ncu printed a table with figures for it: ncu can fail with status 0.
#
# The status is 0 if every row was counted, 1 if a row failed, 2 if the time was too short for all rows, and 3 if ncu cannot
# start; then OUT.csv and the last line say why.
set -uo pipefail
out=$1
deadline=$((SECONDS + $2))

# Bytes of DRAM, sectors (32 bytes) written to L2, time, tensor pipe, issue slots, occupancy. If a card lacks one of them, the
# others are counted.
counters=(dram__bytes_read.sum dram__bytes_write.sum lts__t_sectors_op_write.sum gpu__time_duration.sum
  sm__pipe_tensor_cycles_active.avg.pct_of_peak_sustained_active sm__issue_active.avg.pct_of_peak_sustained_active
  sm__warps_active.avg.pct_of_peak_sustained_active launch__registers_per_thread)
ncu=(ncu --target-processes application-only --profile-from-start off --clock-control none --csv --page raw)

# Profiles a row: sets `text` to what was printed, and `outcome` to one of
#   counted   there is a table with figures
#   unknown   the card lacks one of the counters
#   program   our program failed
#   refused   ncu counted nothing, for a reason that `reason` names
#   late      it did not end in time
profile() { # ROW
  local row=$1 metrics status
  metrics=$(IFS=,; echo "${counters[*]}")
  text=$(timeout --kill-after=2 $((deadline - SECONDS)) "${ncu[@]}" --metrics "$metrics" node bench/device.js --once --only "$row" 2>&1)
  status=$?
  reason=$(grep '^==ERROR==' <<< "$text" | grep -v 'application returned an error code' | head -n 1)
  if grep -q '^Node\.js v' <<< "$text"; then
    outcome=program
    reason=$(grep -v '^==' <<< "$text" | grep -m 1 -E '^[A-Za-z]*Error' || echo "the program failed")
  elif [[ $reason == *"Failed to find metric"* ]]; then
    outcome=unknown
  elif [ $status -eq 124 ] || [ $status -eq 137 ] && [ $SECONDS -ge $deadline ]; then
    outcome=late
  elif [ $status -ge 128 ]; then
    outcome=program
    reason="it was killed, status $status"
  elif [ -z "$reason" ] && grep -A 3 '^"ID",' <<< "$text" | grep -q '^"[0-9]'; then
    outcome=counted
    [ $status -eq 0 ] || { outcome=program reason="status $status"; }
  elif [ -z "$reason" ] && grep -q 'application returned an error code' <<< "$text"; then
    outcome=program
    reason=$(grep -v '^==' <<< "$text" | grep -v '^\s*$' | tail -n 1)
  else
    outcome=refused
    reason=${reason:-$(grep -m 1 'No kernels were profiled' <<< "$text" || tail -n 1 <<< "$text")}
  fi
}

# Takes the counters that ncu does not find on this card off the list. Fails if it does not name any of them, or names all.
drop_unknown() {
  local name kept counter before=${#counters[@]}
  while read -r name; do
    kept=()
    for counter in "${counters[@]}"; do [ "${counter%%.*}" = "$name" ] || kept+=("$counter"); done
    counters=("${kept[@]}")
  done < <(sed -nE 's/.*Failed to find metric (regex:)?\^?([a-z0-9_]+).*/\2/p' <<< "$text")
  [ ${#counters[@]} -lt "$before" ] && [ ${#counters[@]} -gt 0 ]
}

cannot_start() {
  echo "ncu cannot start: $1" | tee "$out"
  exit 3
}

[ "${WENGERT_DEVICE:-}" = cuda ] || cannot_start "it profiles GPUs, not the ${WENGERT_DEVICE:-cpu}"
command -v ncu > /dev/null || cannot_start "it is not installed"
names=$(node bench/device.js --profiled --list) || { echo "the list of rows failed: $names"; exit 1; }
mapfile -t rows <<< "$names"

: > "$out"
counted=0 failed=0
for row in "${rows[@]}"; do
  [ $((deadline - SECONDS)) -ge 5 ] || break
  profile "$row"
  while [ $outcome = unknown ]; do
    echo "${reason#==ERROR== }"
    drop_unknown || cannot_start "$reason"
    profile "$row"
  done
  # If ncu refuses the first program that runs, it refuses all.
  if [ $outcome = refused ] && [ $counted -eq 0 ]; then cannot_start "$reason"; fi
  [ $outcome != late ] || break
  printf '# %s\n%s\n' "$row" "$text" >> "$out"
  if [ $outcome = counted ]; then
    counted=$((counted + 1))
    echo "profiled: $row"
  else
    failed=$((failed + 1))
    echo "FAILED $row: $reason"
  fi
done
echo "$counted of ${#rows[@]} rows counted, $failed failed"
[ $failed -eq 0 ] || exit 1
[ $counted -eq ${#rows[@]} ] || exit 2
