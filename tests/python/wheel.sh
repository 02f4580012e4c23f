#!/usr/bin/env bash
# wheel.sh [<the anochat program>] - the two ways in which people install the Python package, from nothing to a bot that answers.
#
#   1. python -m venv, pip install . with the machine's package index
#   2. the wheel, in a second venv, without an index and without a compiler in PATH
#   3. that wheel beside the packages that bring the same libraries, which the index must have
#
# Takes minutes, so ctest does not run it. With a program the bot is asked by the command line, else by a client.
# PYTHON names the interpreter. What was compiled stays in build/wheel-*; do not change the checkout meanwhile.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=${1:+$(realpath "$1")}  # it is run from another folder
python=${PYTHON:-python3}
say() { printf '%s\n' "wheel.sh: $*"; }

if [[ -z ${ANOCHAT_SQLITE_AMALGAMATION:-} ]] && command -v tclsh >/dev/null && command -v apt-get >/dev/null; then
  "$root/bindings/python/sqlite_amalgamation.sh" "$work/sqlite"
  export ANOCHAT_SQLITE_AMALGAMATION=$work/sqlite
fi

ask() {  # <the venv's python>: from another folder, so that the checkout is not what is imported
  (cd "$work" && unset PYTHONPATH && "$1" "$root/tests/python/echo_and_cli.py" "$root/examples/python/echo_bot.py" ${program:+"$program"})
}

"$python" -m venv "$work/first"
"$work/first/bin/pip" install -q "$root"
ask "$work/first/bin/python"
say "pip install . works"

"$work/first/bin/pip" wheel -q --no-deps -w "$work" "$root"
wheel=$(echo "$work"/anochat-*.whl)
"$python" -m venv "$work/second"
mkdir "$work/empty"
path=$work/second/bin:$work/empty
if PATH=$path command -v cc || PATH=$path command -v c++ || PATH=$path command -v cmake; then
  say "there is a compiler in PATH"
  exit 1
fi
PATH=$path "$work/second/bin/python" -m pip install -q --no-index "$wheel"
(export PATH=$path && ask "$work/second/bin/python")
say "the wheel ($(($(stat -c %s "$wheel") / 1024)) KiB) works without a compiler"

# Without ANOCHAT_MAY_NEED the module may load the C and C++ libraries only; nothing may be left out.
"$work/second/bin/pip" install -q pytest pynacl protobuf cryptography
(cd "$work" && env -u PYTHONPATH -u ANOCHAT_MAY_NEED PYTHONDONTWRITEBYTECODE=1 "$work/second/bin/python" -m pytest -q -rs \
  -p no:cacheprovider "$root/tests/python/test_beside.py") | tee "$work/beside"
if grep -q skipped "$work/beside"; then
  say "a package was not there"
  exit 1
fi
say "the wheel brings its libraries along, and disturbs nobody's"
