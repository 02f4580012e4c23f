// anochat/relay/blob_store.hpp - sealed files, for who holds their capability.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace anochat {

using BlobId = ByteArray<16>;
using BlobCapability = ByteArray<32>;  ///< who has it may; only its hash is kept

struct BlobTicket {
  BlobId id{};
  BlobCapability write{};  ///< for the sender: append, status, remove
  BlobCapability read{};   ///< goes to the receiver inside an encrypted message
};

struct BlobLimits {
  std::uint64_t blob_bytes = 104'857'600;      ///< bytes of one blob: 100 MiB
  std::uint64_t total_bytes = 10'737'418'240;  ///< bytes of all, counted when they are begun: 10 GiB
  std::size_t append_bytes = 1'048'576;        ///< bytes of one append or read
  std::chrono::hours lifetime{24 * 31};        ///< the longest that one may ask for
};

/// Attachments on their way: files that a client has sealed before. No account belongs to a blob: who shows the
/// capability may, until the blob's time is over. Unknown, expired, unfinished and not allowed are told apart for
/// nobody (Errc::unauthorised). One thread at a time per object.
///
/// @throws Error{Errc::unauthorised}  from every call that takes a capability
/// @throws Error{Errc::io_failed, disk_full, store_corrupt}  nothing was changed
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  /// @param size      bytes of the whole blob, 1 to BlobLimits::blob_bytes
  /// @param lifetime  from now, capped at BlobLimits::lifetime
  /// @throws Error{Errc::too_large}       over blob_bytes
  /// @throws Error{Errc::quota_exceeded}  no room in total_bytes
  [[nodiscard]] virtual BlobTicket begin(std::uint64_t size, std::chrono::hours lifetime, UnixTime now) = 0;

  /// Adds bytes at an offset that is not beyond what is there. What is there already is skipped, so an upload goes on
  /// after any interruption: at status(), or from the last append again.
  /// @return bytes that are there now; durable
  /// @throws Error{Errc::wrong_state}  the offset leaves a gap
  /// @throws Error{Errc::too_large}    beyond the size, or more than append_bytes at once
  virtual std::uint64_t append(const BlobId& id, const BlobCapability& write, std::uint64_t offset, ByteView bytes,
                               UnixTime now) = 0;
  [[nodiscard]] virtual std::uint64_t status(const BlobId& id, const BlobCapability& write, UnixTime now) = 0;

  /// A range of a complete blob; shorter at its end, empty beyond it.
  /// @throws Error{Errc::too_large}  more than append_bytes at once
  [[nodiscard]] virtual Bytes read(const BlobId& id, const BlobCapability& read, std::uint64_t offset, std::size_t size,
                                   UnixTime now) = 0;
  virtual void remove(const BlobId& id, const BlobCapability& write, UnixTime now) = 0;
  /// Drops what is over. @return how many blobs went
  virtual std::size_t expire(UnixTime now) = 0;
  [[nodiscard]] virtual std::uint64_t total_bytes() = 0;
};

class MemoryBlobStore final : public BlobStore {
 public:
  explicit MemoryBlobStore(Random& random, BlobLimits limits = {});
  ~MemoryBlobStore() override;
  [[nodiscard]] BlobTicket begin(std::uint64_t size, std::chrono::hours lifetime, UnixTime now) override;
  std::uint64_t append(const BlobId& id, const BlobCapability& write, std::uint64_t offset, ByteView bytes,
                       UnixTime now) override;
  [[nodiscard]] std::uint64_t status(const BlobId& id, const BlobCapability& write, UnixTime now) override;
  [[nodiscard]] Bytes read(const BlobId& id, const BlobCapability& read, std::uint64_t offset, std::size_t size,
                           UnixTime now) override;
  void remove(const BlobId& id, const BlobCapability& write, UnixTime now) override;
  std::size_t expire(UnixTime now) override;
  [[nodiscard]] std::uint64_t total_bytes() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// In a SQLite file of its own, so that a long upload is not in the way of messages.
class SqliteBlobStore final : public BlobStore {
 public:
  /// @throws Error  as SqliteRelayStore
  SqliteBlobStore(const std::string& path, Random& random, BlobLimits limits = {});
  ~SqliteBlobStore() override;
  [[nodiscard]] BlobTicket begin(std::uint64_t size, std::chrono::hours lifetime, UnixTime now) override;
  std::uint64_t append(const BlobId& id, const BlobCapability& write, std::uint64_t offset, ByteView bytes,
                       UnixTime now) override;
  [[nodiscard]] std::uint64_t status(const BlobId& id, const BlobCapability& write, UnixTime now) override;
  [[nodiscard]] Bytes read(const BlobId& id, const BlobCapability& read, std::uint64_t offset, std::size_t size,
                           UnixTime now) override;
  void remove(const BlobId& id, const BlobCapability& write, UnixTime now) override;
  std::size_t expire(UnixTime now) override;
  [[nodiscard]] std::uint64_t total_bytes() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anochat
