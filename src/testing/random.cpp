#include <anochat/base/error.hpp>
#include <anochat/testing/random.hpp>

#include <sodium.h>

namespace anochat::testing {
namespace {

void append_be64(Bytes& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

}  // namespace

void SeededRandom::fill(MutableByteView out) {
  static_assert(randombytes_SEEDBYTES == 32);
  const std::lock_guard lock(mutex_);
  Bytes input = to_bytes("AnoChat/test-random");
  append_be64(input, seed_);
  append_be64(input, call_++);
  ByteArray<32> key{};
  crypto_generichash(key.data(), key.size(), input.data(), input.size(), nullptr, 0);
  if (!out.empty()) randombytes_buf_deterministic(out.data(), out.size(), key.data());
}

void FailingRandom::fill(MutableByteView out) {
  if (left_ == 0) throw Error(Errc::random_failed, "testing.random");
  --left_;
  good_.fill(out);
}

}  // namespace anochat::testing
