// storage/export_stream.hpp - the sealed stream of a portable export: records in, 64 KiB chunks out, and back.
//
// docs/storage-schema.md, "Export", has every byte.
#pragma once

#include <anochat/base/random.hpp>
#include <anochat/storage/maintenance.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sodium.h>

namespace anochat::storage::detail {

inline constexpr std::size_t kExportHeader = 96;           ///< bytes in the clear
inline constexpr std::size_t kExportChunk = 65'536;        ///< bytes of plaintext per chunk, but for the last
inline constexpr std::size_t kMostExportRecord = 8 << 20;  ///< bytes

using ExportKey = Secret<struct ExportKeyRole, 32>;
struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using FileHandle = std::unique_ptr<std::FILE, FileCloser>;

/// Seals records into a new file. finish() makes it complete; without it the file is of no use.
class ExportWriter {
 public:
  ExportWriter(const std::filesystem::path& path, const ExportOptions& options, Random& random);
  ~ExportWriter() { sodium_memzero(&state_, sizeof state_); }
  ExportWriter(const ExportWriter&) = delete;
  ExportWriter& operator=(const ExportWriter&) = delete;
  void write(ByteView record);
  void finish();
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void seal(unsigned char tag);
  void put(ByteView bytes);
  FileHandle file_;
  ByteArray<kExportHeader> header_{};
  crypto_secretstream_xchacha20poly1305_state state_{};
  SecretBytes chunk_;
  Bytes sealed_;
  std::uint64_t bytes_ = 0;
};

/// Opens a file and hands out its records. Nothing is handed out that is not authentic and in its place.
class ExportReader {
 public:
  /// @throws Error{Errc::not_a_store}, Error{Errc::newer_format}, Error{Errc::kdf_policy}, Error{Errc::wrong_key}
  ExportReader(const std::filesystem::path& path, const SecretBytes& passphrase);
  ~ExportReader() { sodium_memzero(&state_, sizeof state_); }
  ExportReader(const ExportReader&) = delete;
  ExportReader& operator=(const ExportReader&) = delete;
  /// The next record, valid until the next call.
  /// @throws Error{Errc::store_corrupt}  the file ends too early
  /// @throws Error{Errc::bad_state}      damaged or out of order
  [[nodiscard]] ByteView next();
  /// After the last record. @throws Error{Errc::bad_state}  something follows
  void expect_end();
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void need(std::size_t count);
  void open_chunk();
  FileHandle file_;
  ByteArray<kExportHeader> header_{};
  crypto_secretstream_xchacha20poly1305_state state_{};
  SecretBytes buffer_;       // opened and not handed out yet, from at_
  std::size_t at_ = 0;
  Bytes sealed_;
  bool is_final_ = false;
  std::uint64_t bytes_ = 0;
};

}  // namespace anochat::storage::detail
