// tests/scenario/wire_oracle.hpp - watches what a client puts on the wire: no message key may ever be used twice.
#pragma once

#include <anochat/base/bytes.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace scenario {

/// Remembers every envelope that was submitted. A repetition must be the same bytes, and two different messages never have
/// the same header nonce: it is derived from the message key (docs/protocol.md, section 5).
class WireOracle {
 public:
  /// One frame from a client, in any order and from any client.
  void see(anochat::ByteView client_frame);

  /// What went wrong, in words. Empty is good.
  [[nodiscard]] const std::vector<std::string>& complaints() const noexcept { return complaints_; }
  [[nodiscard]] std::size_t envelopes() const noexcept { return by_id_.size(); }
  [[nodiscard]] std::size_t repetitions() const noexcept { return repetitions_; }

 private:
  void see_envelope(const anochat::Bytes& envelope);

  std::map<anochat::Bytes, std::uint64_t> by_id_;     // mailbox and envelope id -> digest of the bytes
  std::map<anochat::Bytes, std::uint64_t> by_nonce_;  // header nonce -> digest of the blob
  std::vector<std::string> complaints_;
  std::size_t repetitions_ = 0;
};

}  // namespace scenario
