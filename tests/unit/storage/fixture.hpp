// A store in memory and the small things that most tests of it need.
#pragma once

#include <anochat/storage/store.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>
#include <algorithm>
#include <string>
#include <string_view>

#include "storage/store_state.hpp"
#include "support/check.hpp"

namespace anochat::storage::tests {

template <std::size_t N>
ByteArray<N> filled(std::uint8_t value) {
  ByteArray<N> out;
  out.fill(value);
  return out;
}

/// Distinct for every number.
template <std::size_t N>
ByteArray<N> numbered(std::uint64_t number) {
  ByteArray<N> out{};
  for (std::size_t i = 0; i < 8; ++i) out[N - 1 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}

inline AccountId account(std::uint64_t number) { return numbered<32>(number); }
inline Address device(std::uint64_t number, DeviceNumber device = 1) { return {account(number), device}; }
inline StoredKey key(std::uint8_t value) {
  auto bytes = filled<32>(value);
  return StoredKey(std::span<std::uint8_t, 32>(bytes));
}
inline SecretBytes secret(std::string_view text) { return {text.begin(), text.end()}; }

struct World {
  testing::FakeClock clock;
  testing::SeededRandom random{1};
  NullLog log;
  StoreOptions options() {
    StoreOptions out;
    out.clock = &clock;
    out.random = &random;
    out.log = &log;
    return out;
  }
  UnixTime now() const { return clock.now(); }
};

struct MemoryStore : World {
  Store store = Store::in_memory(options());

  ConversationId conversation(std::uint64_t number = 1) {
    return store.write([&](Records& r) {
      return r.conversations.create(ConversationKind::direct, numbered<16>(number), now());
    });
  }
  NewMessage message(ConversationId in, std::string_view body, std::uint64_t uid) const {
    NewMessage m;
    m.conversation = in;
    m.uid = numbered<16>(uid);
    m.sender = device(2);
    m.body = body;
    m.sent_at = m.received_at = now();
    return m;
  }
  MessageId add(ConversationId in, std::string_view body) {
    return store.write([&](Records& r) { return r.messages.insert(message(in, body, ++last_uid)); });
  }
  std::uint64_t last_uid = 0;
};

}  // namespace anochat::storage::tests
