#!/usr/bin/env bash
# sqlite_tcl.sh - SQLite's own tests, from the distribution's source package, over our VFS and over the plain one.
#
#   tests/storage/sqlite_tcl.sh [<folder> [<name pattern> ...]]     for example: build/sqlite_tcl 'wal*' 'select?'
#
# Fetches the source package of the sqlite3 that is installed, builds SQLite's `testfixture` with tcl_vfs.cpp as its
# default VFS, runs every file of sqlite_tcl_files.txt once over "unix-excl" and once over stores, and prints a table.
# Succeeds when every file whose result differs is explained in sqlite_tcl_differences.txt. Needs the Debian packages
# of ./anochat.sh test, and tcl-dev; about 15 minutes on two processors. What it fetches and makes stays in the folder.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(realpath -m "${1:-$root/build/sqlite_tcl}")
shift || true
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
seconds=120  # for one file

fail() {
  printf 'sqlite_tcl.sh: %s\n' "$@" >&2
  exit 1
}

# From the mirror that this machine uses, in a folder of its own: the system's apt stays as it is.
fetch() {
  local version keyring=/usr/share/keyrings/debian-archive-keyring.gpg trust
  version=$(dpkg-query -W -f '${source:Version}' libsqlite3-dev) || fail "libsqlite3-dev is not installed"
  [[ ! -d $work/source ]] || return 0
  trust="signed-by=$keyring"
  [[ -f $keyring ]] || trust="trusted=yes"
  mkdir -p "$work"/apt/{state/lists/partial,cache/archives/partial,files}
  local options=(-qq -o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=-
    -o "Dir::State=$work/apt/state" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/apt/cache"
    -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false -o Acquire::http::Timeout=20 -o Acquire::Retries=1)
  # shellcheck disable=SC2016  # $(SITE) and $(CODENAME) are for apt-get
  apt-get indextargets --format 'deb-src ['"$trust"'] $(SITE) $(CODENAME) main' | sort -u >"$work/apt/sources.list"
  apt-get "${options[@]}" update
  (cd "$work/apt/files" && apt-get "${options[@]}" source --download-only --tar-only "sqlite3=$version")
  mkdir "$work/source.part"
  tar -C "$work/source.part" --strip-components=1 -xf "$work"/apt/files/sqlite3_*.orig.tar.xz
  mv "$work/source.part" "$work/source"
}

build() {
  local dev=$root/build/dev tcl library libraries=()
  cmake --preset dev -S "$root" >/dev/null
  cmake --build "$dev" --parallel "$jobs" --target anochat_tcl_vfs
  for library in tests/storage/libanochat_tcl_vfs.a src/storage/libanochat_storage.a src/crypto/libanochat_crypto.a \
    src/base/libanochat_base.a; do
    libraries+=("$dev/$library")
  done
  if [[ -f $dev/libanochat_sodium.a ]]; then libraries+=("$dev/libanochat_sodium.a"); else libraries+=(-lsodium); fi
  mkdir -p "$work/build"
  cd "$work/build"
  if [[ ! -f Makefile ]]; then
    tcl=$(find /usr/lib -maxdepth 2 -name tclConfig.sh -printf '%h\n' | sort | tail -1)
    [[ -n $tcl ]] || fail "tcl-dev is not installed"
    ../source/configure --with-tcl="$tcl" --enable-fts5 --enable-rtree >configure.log
    sed -i 's/SQLITE_DEFAULT_PAGE_SIZE=1024/SQLITE_DEFAULT_PAGE_SIZE=4096/' Makefile  # temporary databases as well
  fi
  for library in "${libraries[@]}"; do
    if [[ ! testfixture -nt $library && $library != -l* ]]; then rm -f testfixture; fi
  done
  make -s testfixture OPTS=-DSQLITE_EXTRA_INIT=anochat_tcl_init \
    LIBS="${libraries[*]} -lSQLiteCpp -lstdc++ -lpthread -ldl" >build.log 2>&1 || fail "see $work/build/build.log"
}

# Tells a test file that its databases are in WAL mode, and leaves out what needs a second process: a store has one.
write_driver() {
  cat >"$work/driver.tcl" <<'TCL'
set argv0 [lindex $argv 0]
set argv [lrange $argv 1 end]
set argc [llength $argv]
set ::G(perm:name) wal
set ::G(valgrind) 1
source $argv0
TCL
}

# One file over one VFS, in a folder of its own, and not as root: many of SQLite's tests count on being refused.
run_one() {  # <plain|sealed> <path of the file>
  local folder as=()
  folder=$work/run/$1/$(basename "$2" .test)
  rm -rf "$folder"
  mkdir -p "$folder/tmp"
  if [[ $(id -u) == 0 ]]; then
    chown -R nobody "$folder"
    as=(setpriv --reuid nobody --regid nogroup --clear-groups)
  fi
  (cd "$folder" && TMPDIR=$folder/tmp ANOCHAT_TCL_VFS=$1 timeout "$seconds" nice "${as[@]}" "$work/build/testfixture" \
    "$work/driver.tcl" "$2" >"$folder.log" 2>&1 </dev/null) || true
  rm -rf "$folder"
}

files() {
  local name pattern
  sed 's/#.*//' "$here/sqlite_tcl_files.txt" | tr -s ' ' '\n' | while read -r name; do
    for pattern in "${@:-*}"; do
      # shellcheck disable=SC2254  # a pattern it shall be
      case $name in $pattern) find "$work/source/test" "$work/source/ext/fts5/test" -name "$name.test" ;; esac
    done
  done
}

mkdir -p "$work"
fetch
build
write_driver
rm -rf "$work/run"
mkdir -p "$work/run/plain" "$work/run/sealed"
export work seconds
export -f run_one
files "$@" | while read -r file; do printf '%s\0' plain "$file" sealed "$file"; done |
  xargs -0 -n 2 -P "$jobs" bash -c 'run_one "$@"' run_one
exec python3 "$here/sqlite_tcl_table.py" "$work/run" "$here/sqlite_tcl_differences.txt"
