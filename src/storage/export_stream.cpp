#include "storage/export_stream.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "base/byte_io.hpp"
#include "storage/store_lock.hpp"

namespace anochat::storage::detail {
namespace {

constexpr std::string_view kWrite = "store.export";
constexpr std::string_view kRead = "store.import";
constexpr std::string_view kMagic = "ANOEXPRT";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kTagLen = crypto_secretstream_xchacha20poly1305_ABYTES;
static_assert(kTagLen == 17 && crypto_secretstream_xchacha20poly1305_HEADERBYTES == 24);

// Offsets in the clear header.
constexpr std::size_t kAtVersion = 8, kAtMemory = 12, kAtPasses = 16, kAtChunk = 20, kAtSalt = 24, kAtUid = 40,
                      kAtStream = 56, kAtCheck = 80;

/// Argon2id once, then one key for the stream and one for the check value that tells a wrong passphrase from damage.
struct ExportKeys {
  ExportKey stream;
  ExportKey check;
};

ExportKeys derive_keys(const SecretBytes& passphrase, const KdfParams& kdf, ByteView salt, std::string_view where) {
  if (passphrase.empty()) throw Error(Errc::invalid_argument, where);
  if (!kdf.is_allowed()) throw Error(Errc::kdf_policy, where);
  ExportKey root;
  const int failed = crypto_pwhash(root.expose_mutable().data(), 32, reinterpret_cast<const char*>(passphrase.data()),
                                   passphrase.size(), salt.data(), kdf.passes, std::size_t{kdf.memory_kib} * 1024,
                                   crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) throw Error(Errc::out_of_memory, where);
  ExportKeys keys;
  crypto_kdf_derive_from_key(keys.stream.expose_mutable().data(), 32, 1, "AnoExprt", root.expose().data());
  crypto_kdf_derive_from_key(keys.check.expose_mutable().data(), 32, 2, "AnoExprt", root.expose().data());
  return keys;
}

ByteArray<16> check_value(const ExportKey& key, ByteView header) {
  ByteArray<16> out{};
  crypto_generichash(out.data(), out.size(), header.data(), kAtCheck, key.expose().data(), 32);
  return out;
}

}  // namespace

ExportWriter::ExportWriter(const std::filesystem::path& path, const ExportOptions& options, Random& random) {
  const MutableByteView header(header_);
  std::ranges::copy(kMagic, header_.begin());
  store_be(header, kAtVersion, kVersion);
  store_be(header, kAtMemory, options.kdf.memory_kib);
  store_be(header, kAtPasses, options.kdf.passes);
  store_be(header, kAtChunk, static_cast<std::uint32_t>(kExportChunk));
  random.fill(header.subspan(kAtSalt, 16));
  random.fill(header.subspan(kAtUid, 16));
  const ExportKeys keys = derive_keys(options.passphrase, options.kdf, header.subspan(kAtSalt, 16), kWrite);
  crypto_secretstream_xchacha20poly1305_init_push(&state_, header_.data() + kAtStream, keys.stream.expose().data());
  std::ranges::copy(check_value(keys.check, header_), header_.begin() + kAtCheck);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) throw_errno(errno, kWrite);
  file_.reset(::fdopen(descriptor, "wb"));
  if (!file_) {
    const int reason = errno;
    ::close(descriptor);
    throw_errno(reason, kWrite);
  }
  chunk_.reserve(kExportChunk);
  sealed_.resize(kExportChunk + kTagLen);
  put(header_);
}

void ExportWriter::put(ByteView bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) throw_errno(errno, kWrite);
  bytes_ += bytes.size();
}

void ExportWriter::seal(unsigned char tag) {
  unsigned long long length = 0;
  crypto_secretstream_xchacha20poly1305_push(&state_, sealed_.data(), &length, chunk_.data(), chunk_.size(),
                                             header_.data(), header_.size(), tag);
  put(ByteView(sealed_).first(length));
  chunk_.clear();
}

void ExportWriter::write(ByteView record) {
  if (record.size() > kMostExportRecord) throw Error(Errc::too_large, kWrite);
  ByteArray<4> length{};
  store_be(MutableByteView(length), 0, static_cast<std::uint32_t>(record.size()));
  for (ByteView part : {ByteView(length), record}) {
    while (!part.empty()) {
      if (chunk_.size() == kExportChunk) seal(crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
      const std::size_t some = std::min(part.size(), kExportChunk - chunk_.size());
      chunk_.insert(chunk_.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(some));
      part = part.subspan(some);
    }
  }
}

void ExportWriter::finish() {
  seal(crypto_secretstream_xchacha20poly1305_TAG_FINAL);
  if (std::fflush(file_.get()) != 0 || ::fsync(::fileno(file_.get())) != 0) throw_errno(errno, kWrite);
  file_.reset();
}

ExportReader::ExportReader(const std::filesystem::path& path, const SecretBytes& passphrase) {
  file_.reset(std::fopen(path.c_str(), "rbe"));
  if (!file_) throw_errno(errno, kRead);
  const std::size_t got = std::fread(header_.data(), 1, header_.size(), file_.get());
  if (got < kMagic.size() || !std::ranges::equal(kMagic, as_text(ByteView(header_).first(kMagic.size())))) {
    throw Error(Errc::not_a_store, kRead);
  }
  if (got != header_.size()) throw Error(Errc::store_corrupt, kRead);
  bytes_ = got;
  const ByteView header(header_);
  if (load_be<std::uint16_t>(header, kAtVersion) > kVersion) throw Error(Errc::newer_format, kRead);
  if (load_be<std::uint16_t>(header, kAtVersion) != kVersion || load_be<std::uint16_t>(header, 10) != 0 ||
      load_be<std::uint32_t>(header, kAtChunk) != kExportChunk) {
    throw Error(Errc::bad_state, kRead);
  }
  const KdfParams kdf{load_be<std::uint32_t>(header, kAtMemory), load_be<std::uint32_t>(header, kAtPasses)};
  const ExportKeys keys = derive_keys(passphrase, kdf, header.subspan(kAtSalt, 16), kRead);
  if (!equal_ct(check_value(keys.check, header), header.subspan(kAtCheck, 16))) throw Error(Errc::wrong_key, kRead);
  crypto_secretstream_xchacha20poly1305_init_pull(&state_, header_.data() + kAtStream, keys.stream.expose().data());
  sealed_.resize(kExportChunk + kTagLen);
}

void ExportReader::open_chunk() {
  if (is_final_) throw Error(Errc::bad_state, kRead);  // a record that goes on after the end
  const std::size_t got = std::fread(sealed_.data(), 1, sealed_.size(), file_.get());
  if (std::ferror(file_.get()) != 0) throw Error(Errc::io_failed, kRead);
  bytes_ += got;
  const bool is_short = got < sealed_.size();
  if (got < kTagLen) throw Error(Errc::store_corrupt, kRead);
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + got - kTagLen);
  unsigned char tag = 0;
  const int failed = crypto_secretstream_xchacha20poly1305_pull(&state_, buffer_.data() + before, nullptr, &tag,
                                                                sealed_.data(), got, header_.data(), header_.size());
  // A short chunk that does not open was most likely a long one before the file was cut.
  if (failed != 0) throw Error(is_short ? Errc::store_corrupt : Errc::bad_state, kRead);
  is_final_ = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
  if (is_short && !is_final_) throw Error(Errc::bad_state, kRead);
}

void ExportReader::need(std::size_t count) {
  while (buffer_.size() - at_ < count) open_chunk();
}

ByteView ExportReader::next() {
  need(4);
  const auto length = load_be<std::uint32_t>(buffer_, at_);
  if (length > kMostExportRecord) throw Error(Errc::bad_state, kRead);
  need(4 + std::size_t{length});
  const ByteView record = ByteView(buffer_).subspan(at_ + 4, length);
  at_ += 4 + std::size_t{length};
  return record;
}

void ExportReader::expect_end() {
  if (!is_final_ && at_ == buffer_.size()) open_chunk();  // records may fill the chunk before the last exactly
  if (!is_final_ || at_ != buffer_.size() || std::fgetc(file_.get()) != EOF) throw Error(Errc::bad_state, kRead);
}

}  // namespace anochat::storage::detail
