#!/usr/bin/env bash
# static_analysis.sh - clang-tidy over the library and its bindings, cppcheck over these and the examples, with the findings
# on standard output. A pattern such as bindings/python is for both.
#
#   tests/lint/static_analysis.sh <build folder with compile_commands.json> [<file pattern>]
#
# Succeeds when neither has a finding. Needs clang-tidy-14 and cppcheck; ./anochat.sh analyse installs them. A whole run
# takes about half an hour of processor time, shared by as many jobs as there are processors, so name what you changed:
# src/net, bindings/python, ...
set -euo pipefail
build=$(realpath "$1")
pattern=${2:-.}
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
failed=0

# clang refuses one of g++'s options.
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
sed 's/ -fno-gnu-unique//g' "$build/compile_commands.json" >"$commands/compile_commands.json"

# What this build folder does not compile (the Python module, on a machine without pybind11) cannot be looked at.
files=()
while read -r file; do
  if grep -qF "\"file\": \"$PWD/$file\"" "$commands/compile_commands.json"; then
    files+=("$file")
  else
    echo "left out, as $build does not compile it: $file"
  fi
done < <(git ls-files -- 'src/*.cpp' 'bindings/*.cpp' | grep -- "$pattern")
[[ ${#files[@]} -gt 0 ]] || { echo "no file matches $pattern" >&2; exit 2; }

echo "clang-tidy: ${#files[@]} files"
printf '%s\n' "${files[@]}" | xargs -n 1 -P "$jobs" clang-tidy-14 --quiet -p "$commands" --warnings-as-errors='*' \
  2> >(grep -Ev '^[0-9]+ warnings? (generated|treated as errors?)\.?$' >&2) || failed=1
tests/lint/cppcheck.sh "$pattern" || failed=1
exit "$failed"
