// anochat/storage/meta.hpp - what a store knows about itself, and marks of progress.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <string_view>

namespace anochat::storage {

/// Named numbers and byte strings of the store itself.
class Meta : public Repository {
 public:
  using Repository::Repository;

  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
  [[nodiscard]] std::optional<SecretBytes> bytes(std::string_view name) const;
  void set_number(std::string_view name, std::int64_t value);
  void set_bytes(std::string_view name, ByteView value);
  void remove(std::string_view name);

  /// Counts up by `count` and returns the first of the numbers taken. Never goes back, so that an id is never given out
  /// twice even when the record that had it is gone.
  /// @throws Error{Errc::counter_exhausted}  the last of the numbers would exceed `most`
  std::int64_t take(std::string_view counter, std::int64_t count, std::int64_t most);

  /// 16 random bytes, chosen when the store was made; a restored store gets new ones.
  [[nodiscard]] ByteArray<16> store_uid() const;

  /// How often the state of this device was started anew after a rollback; part of what a session is bound to.
  [[nodiscard]] std::int64_t device_epoch() const;
  /// A store found to be an older copy of itself: every session made before is archived by the caller.
  void next_device_epoch();
};

/// Named marks of progress, such as how far a relay's mailbox was read.
class Cursors : public Repository {
 public:
  using Repository::Repository;
  [[nodiscard]] std::optional<Bytes> find(std::string_view name) const;
  void set(std::string_view name, ByteView value, UnixTime now);
  void remove(std::string_view name);
};

}  // namespace anochat::storage
