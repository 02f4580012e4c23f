// pairs.hpp - two devices with a session between them, for every workload to begin from.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>

#include <cstddef>
#include <vector>

namespace bench {

/// One device with prekeys.
struct Party {
  Party();

  anochat::SystemRandom random;
  anochat::AccountKey account;
  anochat::Device device;
  anochat::MemoryPreKeys prekeys;
};

[[nodiscard]] anochat::UnixTime now();

/// Both ends of a conversation.
class Pair {
 public:
  /// Handshake and first message; `round_trips` more messages go each way.
  Pair(Party& alice, Party& bob, std::size_t round_trips);

  /// Sends one message of `content_len` bytes through a buffer that is kept: what is counted is the session's doing.
  /// @throws std::runtime_error  something else arrived
  void pass(anochat::Session& from, anochat::Session& to, std::size_t content_len);

  anochat::Session alice;
  anochat::Session bob;
  anochat::SystemRandom random;

 private:
  explicit Pair(std::pair<anochat::Session, anochat::Session> sessions);

  anochat::Bytes content_;
  anochat::Bytes message_;
  anochat::Bytes received_;
};

}  // namespace bench
