// tests/support/forger.hpp - messages that only a dishonest owner of a session's keys could send.
#pragma once

#include <anochat/session/session.hpp>
#include <anochat/testing/random.hpp>

#include "crypto/blake2.hpp"
#include "crypto/chacha.hpp"
#include "crypto/mlkem.hpp"
#include "session/wire.hpp"
#include "support/check.hpp"
#include "support/draft.hpp"
#include "support/parties.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

namespace anochat::testing {

/// Gives out 32 bytes that somebody chose for the first draw of 32 bytes, then draws from another source.
class ChosenFirst final : public Random {
 public:
  ChosenFirst(std::span<const std::uint8_t, 32> first, Random& then)
      : first_(first.begin(), first.end()), then_(then) {}
  void fill(MutableByteView out) override {
    if (first_.empty() || out.size() != first_.size()) return then_.fill(out);
    std::copy(first_.begin(), first_.end(), out.begin());
    first_.clear();
  }

 private:
  SecretBytes first_;
  Random& then_;
};

}  // namespace anochat::testing

/// The session must refuse the message with exactly this code, and be the same afterwards, byte for byte.
#define CHECK_REFUSED(session_, message_, now_, expected_)                                    \
  do {                                                                                        \
    const anochat::SecretBytes before_ = (session_).save();                                   \
    CHECK_ERROR((session_).decrypt((message_), (now_)), expected_);                           \
    CHECK_MESSAGE((session_).save() == before_, "a refused message has changed the session"); \
  } while (false)
