// storage/wal_file.hpp - the store's write-ahead log as one connection has it open.
#pragma once

#include <memory>
#include <optional>

#include "storage/open_file.hpp"
#include "storage/store_core.hpp"

namespace anochat::storage {

/// Frames are longer on disk than SQLite knows (storage/wal_frame.hpp). SQLite writes a frame's header and its page
/// with two calls; a frame that is appended goes to disk in one.
class WalFile final : public OpenFile {
 public:
  explicit WalFile(std::shared_ptr<StoreCore> core);

  int open(sqlite3_filename name, int flags, int* flags_out);
  int close() override;
  int read(MutableByteView out, std::int64_t offset) override;
  int write(ByteView bytes, std::int64_t offset) override;
  int truncate(std::int64_t size) override;
  int sync(int flags) override;
  int size(std::int64_t& out) override;
  int file_control(int operation, void* argument) override;
  [[nodiscard]] sqlite3_file* lower() noexcept override { return file_.file(); }

 private:
  /// A frame header whose page SQLite will hand over next.
  struct Pending {
    std::uint32_t index;
    FrameHeader header;
  };

  int read_frame(std::uint32_t index, MutableByteView out, bool with_header);
  int read_checksum(std::uint32_t index, MutableByteView out);
  int write_wal_header(ByteView bytes);
  int write_frame_header(std::uint32_t index, ByteView bytes);
  int write_page(std::uint32_t index, ByteView plain);
  int write_pending();
  void note_checksum(std::uint32_t index, bool is_final, bool is_header_only) noexcept;
  int unknown_shape(int code);

  std::shared_ptr<StoreCore> core_;
  NonceSource nonces_;
  WalLayout layout_;
  LowerFile file_;
  Bytes disk_;  ///< one frame as on disk: header, ciphertext, nonce, tag
  std::optional<Pending> pending_;
  std::uint32_t last_read_ = 0;  ///< the frame that was read whole just before, or 0
  /// Frames of the running transaction whose checksums SQLite put off, from first to last; none when first is 0.
  std::uint32_t first_unsummed_ = 0, last_unsummed_ = 0;
};

}  // namespace anochat::storage
