#!/usr/bin/env bash
# cppcheck.sh - cppcheck over the library, its bindings and the examples, with the findings on standard output.
#
#   tests/lint/cppcheck.sh [<file pattern>]
#
# Succeeds when there is no finding. Exits with 77 when cppcheck is missing or not the version that this was tried with:
# each version has findings of its own, right and wrong.
set -euo pipefail
readonly version=2.10  # Debian 12's
pattern=${1:-.}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

found=$(cppcheck --version 2>/dev/null || true)
if [[ $found != "Cppcheck $version"* ]]; then
  echo "skipped: this needs cppcheck $version, and here is ${found:-none}"
  exit 77
fi
mapfile -t files < <(find src bindings examples -name '*.cpp' | grep -- "$pattern" | sort)
[[ ${#files[@]} -gt 0 ]] || { echo "no file matches $pattern" >&2; exit 2; }
echo "cppcheck: ${#files[@]} files"
# unusedFunction would need the whole program.
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability --suppressions-list=tests/lint/cppcheck.txt \
  --error-exitcode=1 -I include -I src -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" "${files[@]}"
