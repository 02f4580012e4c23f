#!/usr/bin/env bash
# anochat.sh - from a fresh machine to a running demo or a full test run. `./anochat.sh help` lists the commands.
set -euo pipefail
export PATH  # with an empty environment bash has one, but its children (CMake needs it) would not
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly sodium_version=1.0.22
readonly sodium_sha256=5838bb0c3da6148c24ebe531d1ed1297de9a87aea77d426bcd99f289e681631c
readonly sodium_url=https://github.com/jedisct1/libsodium/archive/refs/tags/1.0.22-RELEASE.tar.gz
readonly protobuf_version=3.21.12
readonly protobuf_sha256=930c2c3b5ecc6c9c12615cf5ad93f1cd6e12d0aba862b572e076259970ac3a53
readonly protobuf_url=https://github.com/protocolbuffers/protobuf/archive/refs/tags/v3.21.12.tar.gz
boost_package=libboost-dev  # 1.81 or later
[[ $(cat /etc/debian_version 2>/dev/null) == 12* ]] && boost_package=libboost1.81-dev
readonly build_packages=(g++ cmake ninja-build pkgconf python3 protobuf-compiler libprotobuf-dev libsqlite3-dev
  libsqlitecpp-dev "$boost_package" libssl-dev libcli11-dev libqrcodegencpp-dev
  libtomlplusplus-dev)
readonly python_packages=(python3-dev pybind11-dev)
readonly docs_packages=(doxygen python3-sphinx python3-breathe python3-myst-parser furo)
readonly test_packages=(openssl cppcheck doctest-dev nlohmann-json3-dev python3-cryptography python3-nacl valgrind
  "${python_packages[@]}" python3-pytest mypy
  "${docs_packages[@]}")

help() {
  cat <<'TEXT'
usage: ./anochat.sh <command> [options]

  demo    build and run a conversation between two people over a relay, all of them real processes that get killed;
          --in-process: without a relay, over a network that loses and reorders messages
  test    build everything and run all tests
  install build the release and install it, as root into /usr/local; --prefix FOLDER: there; --python: the Python package, too
  bench   build and run the benchmarks; with --peers beside other libraries, which are installed into a cache folder
  docs    build the documentation site
  fuzz    build the fuzz targets with clang and run them all for SECONDS of time (default: 60), shared out between them
  coverage   which lines of src no test runs
  mutate     change the code in small ways and see whether the unit tests notice; --list, --layer, --sample N
  analyse    clang-tidy and cppcheck over src and bindings; takes a pattern of file names
  reproduce  build the release and the wheel twice in different places and compare them byte for byte
  help    show this text

On Debian 12 or later the packages that are missing are installed first (as root, or with sudo). Without network it
works too, when the packages and the source archives of libsodium and protobuf are there.

environment:
  ANOCHAT_SODIUM_ARCHIVE   a libsodium 1.0.22 source archive to build from, instead of finding one
  ANOCHAT_PROTOBUF_ARCHIVE   the same for protobuf 3.21.12
  ANOCHAT_VECTORS          for test: a folder with Wycheproof's public vectors in wycheproof/*.json
  CMAKE_BUILD_PARALLEL_LEVEL   how many compilers run at once (default: one per processor)
  NO_COLOR                 no colours
TEXT
}

# --- saying what happens ------------------------------------------------------------------------------------------

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  readonly bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  readonly bold='' green='' red='' plain=''
fi

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s\n' "${red}anochat.sh: $1${plain}" "${@:2}" >&2
  exit 1
}

now_us() { echo "${EPOCHREALTIME/[.,]/}"; }

# step <what> <log file> <command ...>: runs quietly and says how long it took; on failure shows the end of the log.
step() {
  local what=$1 log=$2 begin elapsed
  shift 2
  mkdir -p "$(dirname "$log")"
  printf '%-34s' "$what"
  begin=$(now_us)
  if ! "$@" >"$log" 2>&1 </dev/null; then
    printf '%s\n\n' "${red}failed${plain}"
    tail -n 40 "$log" >&2
    fail "\"$what\" failed; the whole log is $log"
  fi
  elapsed=$((($(now_us) - begin) / 100000))
  printf '%s\n' "${green}done${plain} in $((elapsed / 10)).$((elapsed % 10)) s"
}

# --- packages -----------------------------------------------------------------------------------------------------

is_installed() { [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

install_packages() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# The package lists may be missing (a fresh container) or out of date; then they are fetched and it is tried again.
install_with_update() { install_packages "$@" || { as_root apt-get update && install_packages "$@"; }; }

need_packages() {
  if ! command -v dpkg-query apt-get >/dev/null; then
    local tool
    for tool in c++ cmake ninja pkg-config protoc python3; do
      command -v "$tool" >/dev/null || fail "$tool is missing, and this is no Debian where it could be installed." \
        "Install what docs/dependencies.md lists, then run this again."
    done
    return
  fi
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  say "These Debian packages are missing and will be installed, with what they need:"
  say "  ${missing[*]}"
  [[ $(id -u) == 0 ]] || command -v sudo >/dev/null ||
    fail "this needs root or sudo." "Run as root: apt-get install ${missing[*]}"
  step "installing packages" build/packages.log install_with_update "${missing[@]}"
}

# --- source archives ----------------------------------------------------------------------------------------------

has_hash() { [[ -f $1 && $(sha256sum <"$1") == "$2"* ]]; }  # <file> <SHA-256>

cache_folder() {
  local home=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  if [[ -n $home ]]; then echo "$home/anochat"; else echo "$PWD/third_party/dl"; fi
}

download() {  # <url> <file>
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 10 --max-time 60 -o "$2" "$1"
  elif command -v wget >/dev/null; then
    wget -q --timeout=10 --tries=1 -O "$2" "$1"
  else
    timeout 60 python3 -c '
import sys, urllib.request
try:
    open(sys.argv[2], "wb").write(urllib.request.urlopen(sys.argv[1], timeout=10).read())
except OSError as error:
    sys.exit(f"{error}")' "$1" "$2"
  fi
}

# Debian's orig.tar.gz is upstream's archive, byte for byte. The suite of this machine may have an older one, so the
# index of newer suites is read, from the mirror that this machine uses anyway, in a folder of its own: the system's apt
# stays as it is. A mirror that lags behind is good enough, since the archive's hash is known.
download_from_debian() {  # <folder> <package> <version>
  command -v apt-get >/dev/null || return 1
  local work=$1 package=$2 site suite version keyring=/usr/share/keyrings/debian-archive-keyring.gpg trust
  trust="signed-by=$keyring"
  [[ -f $keyring ]] || trust="trusted=yes"  # the archive is checked by its hash in any case
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial,files}
  local options=(-qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State=$work/state"
    -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
    -o Acquire::Check-Valid-Until=false -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=1)
  # shellcheck disable=SC2016  # $(SITE) is for apt-get
  for site in $(apt-get indextargets --format '$(SITE)' | sort -u | grep -v -- '-security'); do
    for suite in sid testing bookworm; do
      echo "deb-src [$trust] $site $suite main" >"$work/sources.list"
      apt-get "${options[@]}" update || continue
      version=$(apt-cache "${options[@]}" showsrc "$package" | awk -v v="$3-" \
        '$1 == "Version:" && index($2, v) == 1 { print $2; exit }')
      [[ -n $version ]] || continue
      (cd "$work/files" && apt-get "${options[@]}" source --download-only --tar-only "$package=$version") || continue
      [[ -f $work/files/${package}_$3.orig.tar.gz ]] && return 0
    done
  done
  return 1
}

obtain_archive() {  # <file> <package> <version> <SHA-256> <url> <variable>
  local work
  work=$(mktemp -d)
  chmod 755 "$work"
  echo "trying $5"
  if download "$5" "$work/archive" && has_hash "$work/archive" "$4"; then
    mv "$work/archive" "$1"
  else
    echo "trying Debian's source packages"
    if download_from_debian "$work/debian" "$2" "$3" && has_hash "$work/debian/files/$2_$3.orig.tar.gz" "$4"; then
      mv "$work/debian/files/$2_$3.orig.tar.gz" "$1"
    fi
  fi
  rm -rf "$work"
  if ! has_hash "$1" "$4"; then
    echo "
Neither way gave a file with the expected hash. Any of these helps:
  - fetch $5
    on another machine and put it here: $1
  - or name it: $6=<file> ./anochat.sh ...
Its SHA-256 must be $4"
    return 1
  fi
}

# Leaves nothing to download for CMake, which looks in the same places and checks the same hash.
need_archive() {  # <package> <version> <SHA-256> <url> <variable> <file name ...>
  local package=$1 version=$2 hash=$3 url=$4 variable=$5 folder name
  shift 5
  if [[ -n ${!variable:-} ]]; then
    has_hash "${!variable}" "$hash" || fail "$variable is not the $package $version archive: ${!variable}" \
      "Its SHA-256 must be $hash"
    configure_options+=("-D$variable=$(realpath "${!variable}")")
    return
  fi
  folder=$(cache_folder)
  for name in "$@"; do
    has_hash "third_party/dl/$name" "$hash" && return
    has_hash "$folder/$name" "$hash" && return
  done
  mkdir -p "$folder"
  step "fetching $package $version" "build/$package.log" \
    obtain_archive "$folder/$1" "$package" "$version" "$hash" "$url" "$variable"
}

need_sources() {
  if [[ -n ${ANOCHAT_SODIUM_ARCHIVE:-} ]] || ! pkg-config --exists "libsodium >= $sodium_version" 2>/dev/null; then
    need_archive libsodium "$sodium_version" "$sodium_sha256" "$sodium_url" ANOCHAT_SODIUM_ARCHIVE \
      libsodium-1.0.22.tar.gz libsodium_1.0.22.orig.tar.gz libsodium-1.0.22-RELEASE.tar.gz 1.0.22-RELEASE.tar.gz
  fi
  # With another protoc CMake takes the system's runtime.
  if [[ -n ${ANOCHAT_PROTOBUF_ARCHIVE:-} || $(protoc --version 2>/dev/null) == "libprotoc $protobuf_version" ]]; then
    need_archive protobuf "$protobuf_version" "$protobuf_sha256" "$protobuf_url" ANOCHAT_PROTOBUF_ARCHIVE \
      protobuf-3.21.12.tar.gz protobuf_3.21.12.orig.tar.gz v3.21.12.tar.gz
  fi
}

# --- building -----------------------------------------------------------------------------------------------------

configure() {  # <preset>
  step "configuring ($1)" "build/$1.configure.log" cmake --preset "$1" ${configure_options[@]+"${configure_options[@]}"}
}

build() {  # <preset> [cmake --build options]
  step "building ($1)" "build/$1.build.log" cmake --build --preset "$1" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" "${@:2}"
}

has_target() { grep -q "^build $2: phony" "build/$1/build.ninja"; }

demo() {
  need_packages "${build_packages[@]}"
  need_sources
  configure release
  if [[ ${1:-} != --in-process ]]; then
    build release --target anochat_cli
    examples/demo/demo.sh build/release/examples/cli/anochat
    return
  fi
  shift
  build release --target anochat_demo
  say
  build/release/examples/in_process_demo/anochat_demo "$@"
}

run_tests() {
  need_packages "${build_packages[@]}" "${test_packages[@]}"
  need_sources
  configure dev
  build dev
  say
  ctest --preset dev --output-on-failure --parallel "$(nproc)" "$@"
}

install_release() {
  local prefix=/usr/local packages=("${build_packages[@]}")
  local targets=(anochat_c anochat_testing anochat_cli anochat_completions anochat_relay_server)
  while [[ $# -gt 0 ]]; do
    case $1 in
      --prefix)
        [[ -n ${2:-} ]] || fail "--prefix needs a folder"
        prefix=$2
        shift
        ;;
      --python)
        packages+=("${python_packages[@]}")
        targets+=(anochat_python)
        configure_options+=(-DANOCHAT_BUILD_PYTHON=ON)
        ;;
      *) fail "install knows --prefix and --python, not \"$1\"" ;;
    esac
    shift
  done
  need_packages "${packages[@]}"
  need_sources
  configure release
  build release --target "${targets[@]}"
  if [[ -w $prefix || ( ! -e $prefix && -w $(dirname "$prefix") ) ]]; then
    step "installing into $prefix" build/install.log cmake --install build/release --prefix "$prefix"
  else
    step "installing into $prefix" build/install.log as_root cmake --install build/release --prefix "$prefix"
  fi
  [[ $prefix != /usr/local ]] || as_root /sbin/ldconfig  # so that programs find libanochat.so
}

bench_peers() {
  local targets=(anochat_peer_driver anochat_peer_store)
  need_packages "${build_packages[@]}" valgrind
  need_sources
  configure_options+=(-DANOCHAT_BUILD_EXAMPLES=ON)  # the load generator
  configure bench
  ! has_target bench anochat_load_generator || targets+=(anochat_load_generator)
  build bench --target "${targets[@]}"
  say
  PATH=$PATH:/usr/sbin python3 benchmarks/peers/run.py --build build/bench "$@"  # where Debian has nats-server
}

bench() {
  if [[ ${1:-} == --peers ]]; then
    bench_peers "${@:2}"
    return
  fi
  need_packages "${build_packages[@]}"
  need_sources
  configure bench
  has_target bench anochat_bench || fail "the benchmarks are not part of this checkout yet (benchmarks/)"
  build bench --target anochat_bench
  say
  build/bench/benchmarks/anochat_bench "$@"
}

docs() {
  need_packages python3 "${docs_packages[@]}"
  step "building the site" build/docs.log /usr/bin/python3 docs/site/build.py build/docs
  say "Open build/docs/html/index.html"
}

# fuzz [seconds]: inputs that break something are left in build/fuzz/found.
fuzz() {
  local seconds=${1:-60}
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || fail "fuzz takes a number of seconds, not \"$seconds\""
  need_packages "${build_packages[@]}" "${test_packages[@]}" clang-14 llvm-14
  need_sources
  configure fuzz
  build fuzz --target anochat_fuzzers
  say
  python3 tests/fuzz/run.py build/fuzz/tests/fuzz tests/fuzz/seeds build/fuzz/found "$seconds"
}

coverage() {
  need_packages "${build_packages[@]}" "${test_packages[@]}"
  need_sources
  configure coverage
  build coverage
  find build/coverage -name '*.gcda' -delete
  step "running the tests" build/coverage.tests.log ctest --preset coverage --parallel "$(nproc)" -LE long \
    -E '^(lint|package|docs|evidence)[.]'
  say
  python3 tests/coverage/report.py build/coverage .
}

mutate() {
  need_packages "${build_packages[@]}" "${test_packages[@]}"
  need_sources
  python3 tests/mutation/mutate.py "$@"
}

analyse() {
  need_packages "${build_packages[@]}" "${test_packages[@]}" clang-tidy-14
  need_sources
  configure dev
  build dev --target anochat_framing  # its generated headers
  tests/lint/static_analysis.sh build/dev "$@"
}

reproduce() {
  need_packages "${build_packages[@]}" "${python_packages[@]}" python3-pip
  need_sources
  tests/evidence/reproducible.sh "$@"
}

configure_options=()
command=${1:-help}
shift || true
case $command in
  demo) demo "$@" ;;
  test) run_tests "$@" ;;
  install) install_release "$@" ;;
  bench) bench "$@" ;;
  docs) docs ;;
  fuzz) fuzz "$@" ;;
  coverage) coverage ;;
  mutate) mutate "$@" ;;
  analyse) analyse "$@" ;;
  reproduce) reproduce "$@" ;;
  help | -h | --help) help ;;
  *) fail "there is no command \"$command\"" "$(help)" ;;
esac
[[ $command == help || $command == -* ]] || say "${bold}$command finished in $SECONDS s${plain}"
