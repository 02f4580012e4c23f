// relay/link.hpp - what a relay knows about one connection.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/relay/rate_limiter.hpp>

#include "relay/verify.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace anochat::relay {

struct Outgoing {
  Bytes frame;
  std::uint64_t request = 0;
  bool waits = false;    ///< for the open group's commit
  bool is_mail = false;  ///< envelopes, which nobody has asked for
  [[nodiscard]] std::size_t bytes() const noexcept { return frame.size() + sizeof(Outgoing); }
  [[nodiscard]] std::size_t answer_bytes() const noexcept { return is_mail ? 0 : bytes(); }
};

struct Link {
  std::uint64_t id = 0;
  Hash address_key{};
  ByteArray<32> nonce{};
  std::unique_ptr<const VerifiedCertificate> login;
  UnixTime opened{};
  UnixTime heard{};

  std::vector<Outgoing> outgoing;
  std::size_t outgoing_bytes = 0;
  std::size_t answer_bytes = 0;  ///< of these, everything but envelopes
  std::vector<Bytes>
      fresh;  ///< envelopes of the open group that come right after cursor; handed out when it is committed
  std::size_t fresh_bytes = 0;
  std::uint64_t cursor = 0;  ///< the last envelope of the mailbox that was handed out here
  bool has_mail = false;     ///< there may be more after it
  bool has_submitted = false;
  bool is_new_login = false;  ///< in the open group
  bool is_waiting = false;    ///< something in outgoing waits
  bool is_ready = false;      ///< listed for the driver
  bool is_closed = false;     ///< kept until its last frames were taken

  TokenBucket frames;
  TokenBucket bytes;
  TokenBucket refusals;
  TokenBucket submissions;
  TokenBucket first_contacts;
  TokenBucket blob_bytes;
};

}  // namespace anochat::relay
