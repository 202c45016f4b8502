#!/usr/bin/env bash
# Counts with Nsight Compute what a dozen kernels do: bash profile.sh OUT.csv SECONDS. Called by scripts/gpu.sh.
#
# One run of ncu for each row, so that a kill loses one row. Clocks are left alone. Where ncu cannot start, OUT.csv and the
# last line say why, and the status is 0: the machine does not allow it, which is no fault of ours.
set -uo pipefail
out=$1
deadline=$((SECONDS + $2))

# Rows of bench/rows.json whose kernels are counted.
rows=("matmul 4096 NN bf16" "matmul 4096 NN tf32" "matmul 4096 NN f32" "GPT-2 projection dw bf16" "conv 128-128 3x3 @28 forward"
  "layerNorm 16384 x 768 forward bf16" "layerNorm 16384 x 768 backward bf16" "crossEntropy 16384 x 50257 forward bf16"
  "crossEntropy 16384 x 50257 backward bf16" "softmax 16384 x 4096 forward bf16" "AdamW 124M" "transpose 8192 x 8192 bf16" "add bf16")
# Bytes of DRAM, sectors (32 bytes) written to L2, time, tensor pipe, issue slots, occupancy.
counters=dram__bytes_read.sum,dram__bytes_write.sum,lts__t_sectors_op_write.sum,gpu__time_duration.sum
counters+=,sm__inst_executed_pipe_tensor.avg.pct_of_peak_sustained_active,sm__issue_active.avg.pct_of_peak_sustained_active
counters+=,sm__warps_active.avg.pct_of_peak_sustained_active,launch__registers_per_thread
# Sections that say the same: their names stay where a card names its counters otherwise.
sections=(--section SpeedOfLight --section ComputeWorkloadAnalysis --section MemoryWorkloadAnalysis --section Occupancy)
ncu=(ncu --target-processes application-only --profile-from-start off --clock-control none --csv --page raw)
chosen=(--metrics "$counters")

count() { "${ncu[@]}" "${chosen[@]}" node bench/device.js --once --only "$1" 2>&1; }

why=
command -v ncu > /dev/null || why="it is not installed"
[ "$WENGERT_DEVICE" = cuda ] || why="it counts on GPUs, not on the $WENGERT_DEVICE"
if [ -z "$why" ] && ! text=$(count "${rows[0]}"); then
  first=$(grep -m 1 '==ERROR==' <<< "$text" || tail -n 1 <<< "$text")
  chosen=("${sections[@]}")
  text=$(count "${rows[0]}") || why="$first"
fi
if [ -n "$why" ]; then
  echo "ncu cannot start: $why" | tee "$out"
  exit 0
fi
printf '# %s\n%s\n' "${rows[0]}" "$text" > "$out"
done=1
failed=0
for row in "${rows[@]:1}"; do
  [ $((deadline - SECONDS)) -ge 5 ] || break
  text=$(count "$row") || failed=$((failed + 1))
  printf '# %s\n%s\n' "$row" "$text" >> "$out"
  done=$((done + 1))
done
echo "$done of ${#rows[@]} rows counted, $failed failed"
[ $failed -eq 0 ]
