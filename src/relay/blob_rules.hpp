// relay/blob_rules.hpp - what every blob store checks in the same way.
#pragma once

#include <anochat/base/error.hpp>
#include <anochat/relay/blob_store.hpp>

#include "relay/verify.hpp"

#include <algorithm>
#include <optional>

namespace anochat::relay {

struct BlobHead {
  Hash write{};  ///< hashes of the capabilities
  Hash read{};
  std::uint64_t size = 0;
  std::uint64_t received = 0;
  UnixTime expires{};
};

enum class BlobUse : std::uint8_t { write, read };

[[nodiscard]] inline Hash capability_hash(const BlobCapability& capability) noexcept {
  return hash("AnoChat/1/blob", {capability});
}

[[nodiscard]] inline BlobTicket make_ticket(Random& random) {
  return {random.array<16>(), random.array<32>(), random.array<32>()};
}

[[nodiscard]] inline BlobHead make_head(const BlobTicket& ticket, std::uint64_t size, std::chrono::hours lifetime,
                                        UnixTime now, const BlobLimits& limits) {
  return {capability_hash(ticket.write), capability_hash(ticket.read), size, 0,
          now + std::clamp(lifetime, std::chrono::hours(1), limits.lifetime)};
}

inline void check_begin(std::uint64_t size, std::uint64_t total, const BlobLimits& limits) {
  if (size == 0) throw Error(Errc::invalid_argument, "relay_blobs.begin");
  if (size > limits.blob_bytes) throw Error(Errc::too_large, "relay_blobs.begin");
  if (size > limits.total_bytes - std::min(total, limits.total_bytes)) {
    throw Error(Errc::quota_exceeded, "relay_blobs.begin");
  }
}

/// One refusal for everything: nobody learns whether there is such a blob. The same hash is made for one that is not
/// there.
inline void check_capability(const std::optional<BlobHead>& head, BlobUse use, const BlobCapability& shown,
                             UnixTime now) {
  const Hash hashed = capability_hash(shown);
  const Hash wanted = !head ? Hash{} : use == BlobUse::write ? head->write : head->read;
  const bool fits = equal_ct(hashed, wanted) && head && now < head->expires;
  if (!fits || (use == BlobUse::read && head->received < head->size)) throw Error(Errc::unauthorised, "relay_blobs");
}

/// @return the part of `bytes` that is new
[[nodiscard]] inline ByteView new_part(const BlobHead& head, std::uint64_t offset, ByteView bytes,
                                       const BlobLimits& limits) {
  constexpr std::string_view kWhere = "relay_blobs.append";
  if (bytes.size() > limits.append_bytes || offset > head.size || bytes.size() > head.size - offset) {
    throw Error(Errc::too_large, kWhere);
  }
  if (offset > head.received) throw Error(Errc::wrong_state, kWhere);
  const std::uint64_t known = head.received - offset;
  return known >= bytes.size() ? ByteView{} : bytes.subspan(static_cast<std::size_t>(known));
}

/// @return how many bytes a range has
[[nodiscard]] inline std::size_t range_len(const BlobHead& head, std::uint64_t offset, std::size_t size,
                                           const BlobLimits& limits) {
  if (size > limits.append_bytes) throw Error(Errc::too_large, "relay_blobs.read");
  return offset >= head.size ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(size, head.size - offset));
}

}  // namespace anochat::relay
