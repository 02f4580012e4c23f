// What the fuzz targets share.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace anochat::fuzz {

/// Something that must hold for every input.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Runs a decoder. @return whether it accepted; errors other than the documented ones end the program
template <class Decode>
bool accepts(std::initializer_list<Errc> documented, Decode decode) {
  try {
    decode();
    return true;
  } catch (const Error& error) {
    for (const Errc code : documented) {
      if (error.code() == code) return false;
    }
    std::fprintf(stderr, "not documented: %s\n", error.what());
    std::abort();
  }
}

/// A good record with the changes that an input asks for: three bytes each, a big-endian offset and a new value; offset
/// 0xffff cuts `value` bytes off instead. So a fuzzer need not find out how a record is built.
inline Bytes edited(Bytes record, ByteView edits) {
  for (; edits.size() >= 3 && !record.empty(); edits = edits.subspan(3)) {
    const std::size_t at = std::size_t{edits[0]} << 8 | edits[1];
    if (at == 0xffff) {
      record.erase(record.end() - static_cast<std::ptrdiff_t>(edits[2] % record.size()), record.end());
    } else {
      record[at % record.size()] = edits[2];
    }
  }
  return record;
}

}  // namespace anochat::fuzz
