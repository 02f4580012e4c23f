#!/usr/bin/env bash
# reproducible.sh - builds the release and the Python wheel twice, in folders of different names and lengths, with another
# locale, time zone and umask, and compares every library, program and wheel byte for byte.
#
#   tests/evidence/reproducible.sh [<target> ...]     default: everything the preset "release" builds, and the wheel
#
# "wheel" is a target like the others; it needs pip and a package index for the build's own tools (PYTHON names the
# interpreter). Compilers' caches are switched off: they would hand out the first build's objects. Needs about 2 GiB in
# TMPDIR.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[[ $# != 0 ]] || set -- all wheel
targets=() has_wheel=0
for target in "$@"; do
  if [[ $target == wheel ]]; then has_wheel=1; else targets+=("$target"); fi
done
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}

archives=()
for variable in ANOCHAT_SODIUM_ARCHIVE ANOCHAT_PROTOBUF_ARCHIVE; do
  [[ -z ${!variable:-} ]] || archives+=("-D$variable=$(realpath "${!variable}")")
done

build_release() {
  cmake --preset release "${archives[@]}" && cmake --build --preset release --parallel "$jobs" --target "${targets[@]}"
}
build_wheel() {
  CMAKE_BUILD_PARALLEL_LEVEL=$jobs "${PYTHON:-python3}" -m pip wheel --no-deps --no-cache-dir -w wheel .
}

build() {  # <folder> <environment ...>
  local tree=$1
  shift
  mkdir -p "$tree"
  git -C "$root" ls-files -co --exclude-standard -z | (cd "$root" && tar -c --null -T - --ignore-failed-read 2>/dev/null) | tar -x -C "$tree"
  (
    # shellcheck disable=SC2163  # they are assignments
    cd "$tree" && export CCACHE_DISABLE=1 SOURCE_DATE_EPOCH=1700000000 "$@" &&
      { [[ ${#targets[@]} == 0 ]] || build_release >release.log 2>&1; } &&
      { [[ $has_wheel == 0 ]] || build_wheel >wheel.log 2>&1; }
  ) || { tail -n 20 "$tree"/*.log >&2; exit 1; }
}

outputs() {  # in the current folder
  [[ ${#targets[@]} == 0 ]] ||
    find build/release -type f \( -name '*.a' -o -name '*.so*' -o -name '*.spdx.json' -o -perm -u+x \) ! -path '*/CMakeFiles/*' | sort
  [[ $has_wheel == 0 ]] || find wheel -name '*.whl'
}

one=$work/a two=$work/a_second_folder_with_a_longer_name
(umask 022 && build "$one" LC_ALL=C TZ=UTC)
(umask 077 && build "$two" LC_ALL=C.UTF-8 TZ=Asia/Tokyo)

same=0 different=0
while read -r file; do
  if cmp -s "$one/$file" "$two/$file"; then
    same=$((same + 1))
  else
    different=$((different + 1))
    echo "differs: $file"
  fi
done < <(cd "$one" && outputs)
echo "$same files are the same in both builds, $different differ"
[[ $different == 0 && $same -gt 0 ]]
