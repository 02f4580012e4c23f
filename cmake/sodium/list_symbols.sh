#!/usr/bin/env bash
# list_symbols.sh <unpacked libsodium> [cc ...] - prints every global symbol libsodium defines, one a line.
#
# Run by hand when the pinned libsodium changes; the output is cmake/sodium/symbols.txt. Name one compiler per
# processor family (for example: gcc aarch64-linux-gnu-gcc), because each builds different files.
set -euo pipefail
readonly source=$1/src/libsodium
shift
[ $# -gt 0 ] || set -- cc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/include/sodium"
cp "$source/../../builds/msvc/version.h" "$work/include/sodium/"

defines="-D_GNU_SOURCE -DCONFIGURED -DSODIUM_STATIC -DHAVE_TI_MODE -DHAVE_INLINE_ASM -DHAVE_GCC_MEMORY_FENCES -DHAVE_ATOMIC_OPS
  -DHAVE_MMAP -DHAVE_MLOCK -DHAVE_MPROTECT -DHAVE_MADVISE -DHAVE_SYS_MMAN_H -DHAVE_SYS_RANDOM_H -DHAVE_SYS_AUXV_H
  -DHAVE_WEAK_SYMBOLS -DHAVE_PTHREAD -DHAVE_RAISE -DHAVE_SYSCONF -DNATIVE_LITTLE_ENDIAN -DTLS=_Thread_local"
for cc in "$@"; do
  case $("$cc" -dumpmachine) in
    x86_64*) cpu="-DHAVE_AMD64_ASM -DHAVE_AVX_ASM -DHAVE_CPUID -DHAVE_MMINTRIN_H -DHAVE_EMMINTRIN_H -DHAVE_PMMINTRIN_H
      -DHAVE_TMMINTRIN_H -DHAVE_SMMINTRIN_H -DHAVE_AVXINTRIN_H -DHAVE_AVX2INTRIN_H -DHAVE_AVX512FINTRIN_H
      -DHAVE_WMMINTRIN_H -DHAVE_RDRAND -DASM_HIDE_SYMBOL=.hidden" ;;
    aarch64*) cpu="-DHAVE_ARMCRYPTO" ;;
    *) cpu="" ;;
  esac
  n=0
  find "$source" -name '*.[cS]' | sort | while read -r file; do
    n=$((n + 1))
    # Word splitting of the flag lists is intended.
    # shellcheck disable=SC2086
    "$cc" $defines $cpu -O1 -w -flax-vector-conversions -I"$work/include" -I"$work/include/sodium" -I"$source/include" \
      -I"$source/include/sodium" -c "$file" -o "$work/$("$cc" -dumpmachine).$n.o"
    nm -g --defined-only "$work/$("$cc" -dumpmachine).$n.o" 2>/dev/null || "${cc%gcc}nm" -g --defined-only "$work/$("$cc" -dumpmachine).$n.o"
  done
done | awk 'NF == 3 && $3 !~ /^__/ { print $3 }' | LC_ALL=C sort -u
