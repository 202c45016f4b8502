#!/usr/bin/env bash
# Compares the files of two runs of fingerprint.js: bash same-bits.sh FIRST SECOND
#
# The status is 0 if both are complete and equal, 1 if they differ or one has no results, and 2 if a run ended early and
# what both have is equal.
set -uo pipefail
first=$1 second=$2
count() { grep -vc '^complete$' "$1" || true; }
for file in "$first" "$second"; do
  [ -s "$file" ] && [ "$(count "$file")" -gt 0 ] || { echo "$file has no results"; exit 1; }
done
if cmp -s "$first" "$second" && [ "$(tail -n 1 "$first")" = complete ]; then
  echo "$(count "$first") results are equal bit for bit"
  exit 0
fi
shorter=$(count "$first")
[ "$(count "$second")" -ge "$shorter" ] || shorter=$(count "$second")
# Whole lines only: a kill can cut the last one.
same() { cmp -s <(grep -v '^complete$' "$first" | head -n "$1") <(grep -v '^complete$' "$second" | head -n "$1"); }
for file in "$first" "$second"; do
  if [ "$(tail -n 1 "$file")" != complete ] && [ "$(count "$file")" -le "$shorter" ] && same $((shorter - 1)); then
    echo "the first $((shorter - 1)) results are equal bit for bit; one run ended early"
    exit 2
  fi
done
diff "$first" "$second" | head -n 10
echo "the two runs differ"
exit 1
