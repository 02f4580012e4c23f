#!/usr/bin/env bash
# sqlite_amalgamation.sh <folder> - puts sqlite3.c and sqlite3.h of the distribution's own SQLite into a folder.
#
# Debian's libsqlite3.a is not position-independent, so a wheel that shall bring SQLite along needs its source:
#   ANOCHAT_SQLITE_AMALGAMATION=<folder> pip wheel .
# The source package comes from the mirror that the machine uses; the system's apt lists stay as they are. Needs tclsh and make.
set -euo pipefail

[[ $# == 1 ]] || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
folder=$(mkdir -p "$1" && cd "$1" && pwd)
[[ ! -f $folder/sqlite3.c ]] || exit 0
command -v tclsh >/dev/null || { echo "sqlite_amalgamation.sh: tclsh is missing (apt-get install tcl make)" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work"/{state/lists/partial,cache/archives/partial,files,source,build}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
trust="signed-by=$keyring"
[[ -f $keyring ]] || trust="trusted=yes"
options=(-qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State=$work/state"
  -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root
  -o Acquire::Check-Valid-Until=false -o Acquire::http::Timeout=20 -o Acquire::Retries=1)
# shellcheck disable=SC2016  # $(SITE) and $(CODENAME) are for apt-get
apt-get indextargets --format 'deb-src ['"$trust"'] $(SITE) $(CODENAME) main' | sort -u >"$work/sources.list"
apt-get "${options[@]}" update
version=$(dpkg-query -W -f '${source:Version}' libsqlite3-dev)
(cd "$work/files" && apt-get "${options[@]}" source --download-only --tar-only "sqlite3=$version" >&2)
tar -C "$work/source" --strip-components=1 -xf "$work"/files/sqlite3_*.orig.tar.xz
cd "$work/build"
../source/configure --disable-tcl >configure.log
make -s sqlite3.c sqlite3.h >make.log 2>&1 || { cat make.log >&2; exit 1; }
cp sqlite3.h "$folder"
cp sqlite3.c "$folder/sqlite3.c.part"
mv "$folder/sqlite3.c.part" "$folder/sqlite3.c"
