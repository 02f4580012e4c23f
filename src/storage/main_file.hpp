// storage/main_file.hpp - the store's main file as one connection has it open.
#pragma once

#include <array>
#include <memory>

#include "storage/open_file.hpp"
#include "storage/store_core.hpp"

namespace anochat::storage {

/// The first page of an empty database in WAL mode with our page size and reserve. Its first 100 bytes also answer
/// SQLite's read of the header when it opens the file: the only facts it takes from there are fixed in our format, and
/// page 1 may be torn by a cut of power while the WAL still has it whole.
[[nodiscard]] std::array<std::uint8_t, kPageSize> empty_database_page(std::size_t reserve) noexcept;

/// On disk: two header slots, then page after page, each sealed for its number.
class MainFile final : public OpenFile {
 public:
  explicit MainFile(std::shared_ptr<StoreCore> core) : core_(std::move(core)), nonces_(core_->random) {}

  int open(sqlite3_filename name, int flags, int* flags_out);
  int close() override { return file_.close(); }
  int read(MutableByteView out, std::int64_t offset) override;
  int write(ByteView bytes, std::int64_t offset) override;
  int truncate(std::int64_t size) override;
  int sync(int flags) override;
  int size(std::int64_t& out) override;
  int file_control(int operation, void* argument) override;
  [[nodiscard]] sqlite3_file* lower() noexcept override { return file_.file(); }

 private:
  enum class Phase : std::uint8_t { idle, moving, finishing };  ///< of a checkpoint

  int read_page(std::uint32_t page, MutableByteView out);
  int write_page(std::uint32_t page, ByteView plain);
  int fill_hole(std::int64_t size, std::int64_t offset);

  std::shared_ptr<StoreCore> core_;
  NonceSource nonces_;
  LowerFile file_;
  std::array<std::uint8_t, kPageSize> sealed_{};
  Phase phase_ = Phase::idle;
  int checkpoint_error_ = SQLITE_OK;
};

}  // namespace anochat::storage
