// Handles of the session level.
#pragma once

#include <anochat/crypto/identity.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>

#include "handles.hpp"
#include "world.hpp"

#include <memory>
#include <utility>

namespace anochat::c {

struct AccountObject final : Object {
  using Handle = anochat_account;
  static constexpr Kind kKind = Kind::account;
  AccountObject(std::shared_ptr<World> in, AccountKey made) : world(std::move(in)), key(std::move(made)) {}
  std::shared_ptr<World> world;
  AccountKey key;
};

struct DeviceObject final : Object {
  using Handle = anochat_device;
  static constexpr Kind kKind = Kind::device;
  DeviceObject(std::shared_ptr<World> in, Device made) : world(std::move(in)), device(std::move(made)) {}
  std::shared_ptr<World> world;
  const Device device;  // never changes, so that it can be read without its lock
};

struct PreKeysObject final : Object {
  using Handle = anochat_prekeys;
  static constexpr Kind kKind = Kind::prekeys;
  PreKeysObject(std::shared_ptr<World> in, MemoryPreKeys made) : world(std::move(in)), keys(std::move(made)) {}
  std::shared_ptr<World> world;
  MemoryPreKeys keys;
};

struct SessionObject final : Object {
  using Handle = anochat_session;
  static constexpr Kind kKind = Kind::session;
  SessionObject(std::shared_ptr<World> in, Session made) : world(std::move(in)), session(std::move(made)) {}
  std::shared_ptr<World> world;
  Session session;
};

/// A secret in the engine's own type; the copy in between is wiped.
template <class Key>
[[nodiscard]] Key secret_from(std::span<const std::uint8_t, Key::kSize> bytes) {
  ByteArray<Key::kSize> copy;
  std::copy(bytes.begin(), bytes.end(), copy.begin());
  return Key(copy);
}

}  // namespace anochat::c
