// tests/unit/relay/samples.hpp - records and envelopes with as little in them as a relay's store looks at.
#pragma once

#include <anochat/framing/envelope.hpp>
#include <anochat/relay/blob_store.hpp>
#include <anochat/relay/relay_store.hpp>

#include "base/byte_io.hpp"

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace anochat::testing {

inline constexpr UnixTime kNow{Milliseconds{1'893'456'000'000}};  // 2030-01-01, as FakeClock
inline constexpr UnixHour kThisHour = expiry_hour(kNow);
inline constexpr BlobLimits kBlobLimits{1'000, 2'500, 100, std::chrono::hours(48)};

inline MailboxId box(std::uint8_t number) { return {{number}}; }

inline RelayDevice device(std::uint8_t number, std::uint8_t account = 1, std::uint8_t certificate = 1) {
  return {box(number), {account}, number, {certificate}, true};
}

inline Bytes prekey(std::size_t size, std::uint32_t id, UnixTime expires = kNow + std::chrono::hours(24)) {
  Bytes record(size, static_cast<std::uint8_t>(id));
  detail::put_be32(record.data(), id);
  detail::put_be64(record.data() + 12, static_cast<std::uint64_t>(expires.time_since_epoch().count() / 1'000));
  return record;
}
inline Bytes small(std::uint32_t id, UnixTime expires = kNow + std::chrono::hours(24)) {
  return prekey(116, id, expires);
}
inline Bytes large(std::uint32_t id, UnixTime expires = kNow + std::chrono::hours(24)) {
  return prekey(1'268, id, expires);
}

struct Sample {
  Envelope envelope;
  Bytes encoded;
};

inline Sample sample(std::uint8_t mailbox, std::uint8_t id, UnixHour expires = kThisHour + std::chrono::hours(24),
                     std::size_t blob_len = 42) {
  Envelope envelope{box(mailbox), {{id}}, expires, false, Bytes(blob_len, id)};
  Bytes encoded = encode_envelope(envelope.view());
  return {std::move(envelope), std::move(encoded)};
}

inline constexpr MailboxRoom kRoomy{1'000, 1'000'000};

inline RelayStore::Append put(RelayStore& store, const Sample& sample, const MailboxRoom& room = kRoomy) {
  return store.append(sample.envelope.view(), sample.encoded, sample.envelope.expires, room).result;
}

inline std::vector<ByteArray<16>> named(std::initializer_list<std::uint8_t> numbers) {
  std::vector<ByteArray<16>> list;
  for (const std::uint8_t number : numbers) list.push_back({number});
  return list;
}

inline std::vector<int> ids(const std::vector<LeasedEnvelope>& leased) {
  std::vector<int> list;
  for (const LeasedEnvelope& envelope : leased) list.push_back(decode_envelope(envelope.envelope).id.bytes[0]);
  return list;
}

}  // namespace anochat::testing
