#!/usr/bin/env bash
# Compiles an addon on a machine with nvcc, g++, cmake and ninja but without npm or a network: the fallback for a bundle
# that was packed with --no-cuda. scripts/build-native.mjs does the same through cmake-js.
#
#     bash scripts/gpu/build.sh [--device cuda|emulator] [--seconds N] [--jobs N] [--out FOLDER]
#
#     --device    the device (default cuda)
#     --seconds   exit with status 124 after N seconds (default 150)
#     --jobs      number of compilers to run at a time (default: one per core)
#     --out       folder for the addon (default build/Release)
#
# WENGERT_CUDA_ARCHITECTURES, such as "80;90a", says what to compile for; by default the GPU that nvidia-smi names, and
# 90a if there is none. WENGERT_KERNELS, such as "matmul;softmax", restricts it to some folders and files of kernels/.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
device=cuda seconds=150 jobs=$(nproc) out=$root/build/Release
while [ $# -gt 0 ]; do
  case $1 in
    --device) device=$2 ;;
    --seconds) seconds=$2 ;;
    --jobs) jobs=$2 ;;
    --out) out=$2 ;;
    *) echo "build: unknown option $1; the options are --device, --seconds, --jobs, --out" >&2; exit 1 ;;
  esac
  shift 2
done
mkdir -p "$out"
out=$(cd "$out" && pwd)

# The target for the GPU of this machine: "90a" for 9.0, whose matrix instructions need the suffix, "80" for 8.0.
own_architecture() {
  local capability
  capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null | head -n 1 | tr -d '. ') || true
  case $capability in
    90 | '') echo 90a ;;
    *[!0-9]*) echo "build: nvidia-smi returned the invalid compute capability \"$capability\"" >&2; exit 1 ;;
    *) echo "$capability" ;;
  esac
}

options=()
case $device in
  emulator) ;;
  cuda)
    nvcc=$(command -v "${CUDACXX:-nvcc}" || command -v /usr/local/cuda/bin/nvcc) ||
      { echo "build: nvcc was not found (CUDACXX, PATH, /usr/local/cuda/bin)" >&2; exit 1; }
    architectures=${WENGERT_CUDA_ARCHITECTURES:-$(own_architecture)}
    options=("-DCMAKE_CUDA_COMPILER=$nvcc" "-DWENGERT_CUDA_ARCHITECTURES=$architectures")
    ;;
  *) echo "build: --device must be cuda or emulator, got $device" >&2; exit 1 ;;
esac

for tool in cmake ninja timeout; do
  command -v $tool > /dev/null || { echo "build: $tool was not found" >&2; exit 1; }
done

folder=$root/build/$device-direct
headers="$root/node_modules/node-api-headers/include;$root/node_modules/node-addon-api"
start=$SECONDS
echo "build: $device${architectures:+ for $architectures} with $jobs jobs, at most $seconds s"
cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS=-DBUILDING_NODE_EXTENSION \
  "-DCMAKE_JS_INC=$headers" "-DWENGERT_TARGET=$device" "-DWENGERT_OUT=$out" \
  "-DWENGERT_KERNELS=${WENGERT_KERNELS:-*}" ${options[@]+"${options[@]}"}
status=0
timeout -k 5 $((seconds - (SECONDS - start))) ninja -C "$folder" -j "$jobs" || status=$?
echo "build: the slowest files, in seconds:"
# Start and end in milliseconds, a time stamp, the output, a hash.
awk -F '\t' '!/^#/ { printf "%6.1f %s\n", ($2 - $1) / 1000, $4 }' "$folder/.ninja_log" | sort -rn | head -n 8 || true
if [ $status -eq 124 ]; then echo "build: not finished within $seconds s" >&2; fi
if [ $status -eq 0 ]; then echo "build: $out: $(cd "$out" && ls -- *.node | tr '\n' ' ')in $((SECONDS - start)) s"; fi
exit $status
