#!/usr/bin/env bash
# run.sh <case> - builds and runs a consumer outside the tree. ctest hands over SOURCE, BUILD, WORK, CMAKE, CXX, FLAGS
# and SYSTEM_SODIUM in the environment.
set -euo pipefail
unset DESTDIR CMAKE_PREFIX_PATH PKG_CONFIG_PATH
readonly here=$SOURCE/tests/package prefix=$WORK/moved

configure() {  # <folder> [options]
  "$CMAKE" -S "$here/$1" -B "$WORK/$1" -G Ninja -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_FLAGS="$FLAGS" "${@:2}"
}

case $1 in
  install)  # and move it, because a package must not remember where it was first put
    rm -rf "$WORK"
    "$CMAKE" --install "$BUILD" --prefix "$WORK/first"
    mv "$WORK/first" "$prefix"
    if grep -rIlF -e "$WORK/first" -e "$SOURCE" -e "$BUILD" "$prefix"; then
      echo "these installed files name folders of the build machine"
      exit 1
    fi
    if find "$prefix" -name 'sodium*.h' | grep .; then
      echo "libsodium's headers must not be installed"
      exit 1
    fi
    ;;
  find_package)
    configure find_package -DCMAKE_PREFIX_PATH="$prefix" -DEXPECTED_PREFIX="$prefix" -DSYSTEM_SODIUM="$SYSTEM_SODIUM"
    "$CMAKE" --build "$WORK/find_package"
    "$WORK/find_package/consumer"
    ;;
  coexist)
    if [ -z "$SYSTEM_SODIUM" ]; then
      echo "skipped: this machine has no libsodium of its own"
      exit 77
    fi
    "$WORK/find_package/coexist"
    "$WORK/find_package/coexist_other_order"
    ;;
  pkg_config)
    PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name anochat.pc)")
    export PKG_CONFIG_PATH
    for static in "" --static; do
      # Word splitting of the flags is intended.
      # shellcheck disable=SC2046,SC2086
      "$CXX" -std=c++20 $FLAGS "$here/consumer.cpp" -o "$WORK/pkg_config" $(pkg-config $static --cflags --libs anochat)
      "$WORK/pkg_config"
    done
    ;;
  c)  # what a package with the shared library and one for developers would have, in another place, from C only
    rm -rf "$WORK/c"
    "$CMAKE" --install "$BUILD" --prefix "$WORK/c/first" --component runtime
    if find "$WORK/c/first" ! -type d ! -path '*/share/doc/*' ! -name 'libanochat.so.*' | grep .; then
      echo "the component runtime is the shared library and its licences, and nothing else"
      exit 1
    fi
    "$CMAKE" --install "$BUILD" --prefix "$WORK/c/first" --component dev
    mv "$WORK/c/first" "$WORK/c/moved"
    # The C library's users need no archive and no C++ header.
    find "$WORK/c/moved" \( -name '*.a' -o -name '*.hpp' \) -delete
    library=$(dirname "$(find "$WORK/c/moved" -name libanochat.so)")
    PKG_CONFIG_PATH=$library/pkgconfig
    export PKG_CONFIG_PATH LD_LIBRARY_PATH=$library
    # shellcheck disable=SC2046,SC2086
    "$CC" -std=c99 $FLAGS "$SOURCE/examples/embed_c/chat.c" -o "$WORK/c/chat" $(pkg-config --cflags --libs anochat-c)
    "$WORK/c/chat"
    "$CMAKE" -S "$here/find_c" -B "$WORK/c/build" -G Ninja -DCMAKE_C_COMPILER="$CC" -DCMAKE_C_FLAGS="$FLAGS" \
      -DCMAKE_PREFIX_PATH="$WORK/c/moved" -DPROGRAM="$SOURCE/examples/embed_c/chat.c"
    "$CMAKE" --build "$WORK/c/build"
    "$WORK/c/build/chat"
    ;;
  components)  # together they are everything, and no file is in two of them (docs/guides/packaging.md)
    rm -rf "$WORK/components"
    for component in runtime dev python tools doc; do
      mkdir -p "$WORK/components/$component"
      "$CMAKE" --install "$BUILD" --prefix "$WORK/components/$component" --component "$component" >"$WORK/components.log"
    done
    files() { (cd "$1" && find . ! -type d ! -path '*/doc/anochat/html/*' ! -name anochat.1); }  # docs.site may not have made those
    for component in runtime dev python tools doc; do files "$WORK/components/$component"; done | sort >"$WORK/components.list"
    if uniq -d "$WORK/components.list" | grep .; then
      echo "these files are in two components"
      exit 1
    fi
    files "$prefix" | sort | diff - "$WORK/components.list"
    rm -rf "$WORK/components"
    ;;
  python)  # the Python package alone, in another place
    rm -rf "$WORK/python"
    "$CMAKE" --install "$BUILD" --prefix "$WORK/python/first" --component python
    mv "$WORK/python/first" "$WORK/python/moved"
    cd "$WORK/python"
    PYTHONPATH=$(dirname "$(find "$PWD/moved" -type d -name anochat)") PYTHONDONTWRITEBYTECODE=1 "$PYTHON" - <<'PROGRAM'
import importlib.metadata
import pathlib

import anochat

here = pathlib.Path(anochat.__file__).parent
assert here.is_relative_to(pathlib.Path.cwd() / "moved"), here
assert importlib.metadata.version("anochat") == anochat.__version__
assert (here / "py.typed").exists() and (here / "_core.pyi").exists()
with anochat.sync.Client(None) as me:
    assert me.send(me.account(), "a note").text == "a note"
PROGRAM
    ;;
  add_subdirectory)
    configure add_subdirectory -DANOCHAT_SOURCE="$SOURCE" -DCMAKE_C_COMPILER="$CC" "${@:2}"
    "$CMAKE" --build "$WORK/add_subdirectory" --target consumer
    "$WORK/add_subdirectory/consumer"
    "$CMAKE" --install "$WORK/add_subdirectory" --prefix "$WORK/nothing"
    if find "$WORK/nothing" -type f 2>/dev/null | grep .; then
      echo "an embedded AnoChat must not install itself into its host's package"
      exit 1
    fi
    ;;
esac
