#include <anochat/base/random.hpp>

#include "base/sodium_ready.hpp"

#include <sodium.h>

namespace anochat {

SystemRandom::SystemRandom() { detail::require_sodium("random.init"); }

void SystemRandom::fill(MutableByteView out) {
  if (!out.empty()) randombytes_buf(out.data(), out.size());
}

}  // namespace anochat
