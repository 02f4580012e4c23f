#!/usr/bin/env bash
# reproducible.sh - builds the release twice, in folders of different names and lengths, with another locale, time zone,
# home and umask, and compares every library and program byte for byte.
#
#   tests/evidence/reproducible.sh [<target> ...]     default: everything the preset "release" builds
#
# Compilers' caches are switched off: they would hand out the first build's objects. Needs about 2 GiB in TMPDIR.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
targets=("${@:-all}")

build() {  # <folder> <environment ...>
  local tree=$1
  shift
  mkdir -p "$tree"
  git -C "$root" ls-files -co --exclude-standard -z | (cd "$root" && tar -c --null -T - --ignore-failed-read 2>/dev/null) | tar -x -C "$tree"
  (cd "$tree" && env "$@" CCACHE_DISABLE=1 SOURCE_DATE_EPOCH=1700000000 bash -c '
    cmake --preset release >configure.log 2>&1 && shift 0 &&
    cmake --build --preset release --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" --target "$@" >build.log 2>&1' \
    build "${targets[@]}") || { tail -n 20 "$tree"/*.log >&2; exit 1; }
}

one=$work/a two=$work/a_second_folder_with_a_longer_name
(umask 022 && build "$one" LC_ALL=C TZ=UTC HOME="$HOME")
(umask 077 && build "$two" LC_ALL=C.UTF-8 TZ=Asia/Tokyo HOME="$HOME")

same=0 different=0
while read -r file; do
  if cmp -s "$one/build/release/$file" "$two/build/release/$file"; then
    same=$((same + 1))
  else
    different=$((different + 1))
    echo "differs: $file"
  fi
done < <(cd "$one/build/release" && find . -type f \( -name '*.a' -o -name '*.so*' -o -name '*.spdx.json' -o -perm -u+x \) \
  ! -path '*/CMakeFiles/*' | sort)
echo "$same files are the same in both builds, $different differ"
[[ $different == 0 && $same -gt 0 ]]
