#!/usr/bin/env bash
# Prints the path of a Python that has the given packages, for what needs Python here: the disassembler of the check of
# the kernels, and PyTorch to compare with.
#
#     bash scripts/python.sh triton
#     bash scripts/python.sh torch numpy
#
# The packages are kept in a virtual environment in build/python, which is made when it is missing. If it has the
# packages already, this takes about 0.2 s and needs no network. PYTHON names the Python that the environment is made
# with (python3). Packages come from where pip's configuration says, otherwise from PyPI:
#   - A wheel in a find-links folder is preferred to a later release: a machine's owner put it there on purpose.
#   - If the configuration names extra indexes on the local disk and no other index, they are tried alone first.
# So on a machine without such a configuration, `torch` is the newest release of PyPI, which on Linux is the CUDA build and
# several GB of packages. PyTorch documents an index with the CPU build: set
# PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu and request a version of it, torch==VERSION+cpu.
# Only the path is written to stdout. Everything else, such as pip's messages, goes to stderr. Two processes may run this
# at once: the second one waits.
set -euo pipefail
cd "$(dirname "$0")/.."
environment="$PWD/build/python"
python="$environment/bin/python"
base=${PYTHON:-python3}

fail() {
  printf 'scripts/python.sh: %s\n' "$1" >&2
  exit 1
}

[ $# -gt 0 ] || fail "name the packages that are needed, such as: bash scripts/python.sh triton"
command -v "$base" >/dev/null || fail "$base was not found; install Python 3.10 or later, or name one with PYTHON=..."

mkdir -p build
exec 9>build/python.lock
# The lock belongs to the open file, which this shell keeps until it ends.
"$base" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'

# Prints those of the given requirements that are not met, one a line.
missing() {
  "$python" - "$@" <<'PYTHON'
import sys
from importlib.metadata import PackageNotFoundError, version
from pip._vendor.packaging.requirements import Requirement

for text in sys.argv[1:]:
    requirement = Requirement(text)
    try:
        met = requirement.specifier.contains(version(requirement.name), prereleases=True)
    except PackageNotFoundError:
        met = False
    if not met:
        print(text)
PYTHON
}

# An incomplete environment is created again.
if ! "$python" -c 'import pip' 2>/dev/null; then
  "$base" -m venv --clear "$environment" >&2 ||
    fail "$base cannot make a virtual environment; on Debian and Ubuntu install the package python3-venv"
fi

list=$(missing "$@") || fail "cannot read the requirements: $*"
if [ -n "$list" ]; then
  mapfile -t needed <<<"$list"
  pip=("$python" -m pip --disable-pip-version-check)

  # The same requirements, with the version of a wheel in a find-links folder if there is one.
  requested=()
  for requirement in "${needed[@]}"; do
    found=$("${pip[@]}" install --dry-run --quiet --no-index --no-deps --report - "$requirement" 2>/dev/null |
      "$python" -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["metadata"]["version"])' 2>/dev/null) || found=""
    if [ -n "$found" ]; then requested+=("${requirement%%[<>=!~ ]*}==$found"); else requested+=("$requirement"); fi
  done

  # The indexes on the local disk, as options of pip, if the configuration has such ones and no main index.
  mapfile -t indexes < <("${pip[@]}" config list | "$python" -c '
import ast, sys
settings = dict(line.split("=", 1) for line in sys.stdin.read().splitlines() if "=" in line)
keys = {key.rsplit(".", 1)[-1]: ast.literal_eval(value) for key, value in settings.items()}
local = [url for url in keys.get("extra-index-url", "").split() if url.startswith("file:")]
if local and "index-url" not in keys:
    for option, url in zip(["--index-url"] + ["--extra-index-url"] * len(local), local):
        print(option, url, sep="\n")
')
  installed=no
  if [ ${#indexes[@]} -gt 0 ]; then
    printf 'scripts/python.sh: installing %s from the indexes on this disk\n' "${requested[*]}" >&2
    if env -u PIP_EXTRA_INDEX_URL "${pip[@]}" install --quiet "${indexes[@]}" "${requested[@]}" >&2; then
      installed=yes
    else
      printf 'scripts/python.sh: not found there\n' >&2
    fi
  fi
  if [ "$installed" = no ]; then
    printf 'scripts/python.sh: installing %s\n' "${requested[*]}" >&2
    "${pip[@]}" install --quiet "${requested[@]}" >&2 ||
      fail "pip could not install ${requested[*]}; the message above says why (offline? no such package? no wheel for this Python?)"
  fi
  list=$(missing "$@")
  [ -z "$list" ] || fail "still missing after the installation: ${list//$'\n'/ }"
fi
printf '%s\n' "$python"
