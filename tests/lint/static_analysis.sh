#!/usr/bin/env bash
# static_analysis.sh - clang-tidy and cppcheck over the library, with the findings on standard output.
#
#   tests/lint/static_analysis.sh <build folder with compile_commands.json> [<file pattern>]
#
# Succeeds when neither has a finding. Needs clang-tidy-14 and cppcheck; ./anochat.sh analyse installs them.
set -euo pipefail
build=$(realpath "$1")
pattern=${2:-src/}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0

mapfile -t files < <(git ls-files -- '*.cpp' | grep "^src/" | grep -- "$pattern")
[[ ${#files[@]} -gt 0 ]] || { echo "no file matches $pattern" >&2; exit 2; }

echo "clang-tidy: ${#files[@]} files"
printf '%s\n' "${files[@]}" | xargs -n 4 -P "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" \
  clang-tidy-14 --quiet -p "$build" --warnings-as-errors='*' 2>/dev/null || failed=1

# unusedFunction would need the whole program; missing system headers are not ours.
echo "cppcheck: ${#files[@]} files"
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability --inline-suppr \
  --suppressions-list=tests/lint/cppcheck.txt --error-exitcode=1 -I include -I src \
  -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" "${files[@]}" || failed=1
exit "$failed"
