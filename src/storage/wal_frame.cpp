#include "storage/wal_frame.hpp"

#include <algorithm>
#include <sodium.h>
#include <string_view>

#include "base/byte_io.hpp"

namespace anochat::storage {
namespace {

constexpr std::string_view kMagic = "AnoWAL\r\n";
constexpr std::size_t kStoreIdAt = 8, kGenerationAt = 24, kMacAt = 32;

ByteArray<32> mac_of(const WalHeadBytes& bytes, const WalHeader& header, KeyView key) noexcept {
  ByteArray<kMacAt + 32> message{};
  std::copy_n(bytes.begin(), kMacAt, message.begin());
  std::copy(header.begin(), header.end(), message.begin() + kMacAt);
  ByteArray<32> out;
  crypto_generichash(out.data(), out.size(), message.data(), message.size(), key.data(), key.size());
  return out;
}

}  // namespace

std::int64_t WalLayout::seen_size(std::int64_t disk_size) const noexcept {
  const std::int64_t start = kWalHeadSize + kWalHeaderSize;
  if (disk_size <= start) return std::max<std::int64_t>(0, disk_size - kWalHeadSize);
  const std::int64_t frames = (disk_size - start) / disk_frame_size();
  const std::int64_t rest = (disk_size - start) % disk_frame_size();
  return kWalHeaderSize + frames * kFrameSize + std::min(rest, kFrameSize - 1);
}

std::int64_t WalLayout::disk_size(std::int64_t seen_size) const noexcept {
  if (seen_size <= 0) return 0;
  if (seen_size <= kWalHeaderSize) return kWalHeadSize + kWalHeaderSize;
  const std::int64_t frames = (seen_size - kWalHeaderSize + kFrameSize - 1) / kFrameSize;
  return kWalHeadSize + kWalHeaderSize + frames * disk_frame_size();
}

void FrameMask::permute(std::uint32_t index, FrameHeader& header, bool is_forward) const noexcept {
  constexpr int kRounds = 4;
  ByteArray<28> input{};  // the 16 clear bytes, the frame's number, the round, the half that goes in
  std::copy_n(header.begin(), 16, input.begin());
  store_be(input, 16, index);
  std::uint32_t halves[2] = {load_be<std::uint32_t>(header, 16), load_be<std::uint32_t>(header, 20)};
  for (int i = 0; i < kRounds; ++i) {
    const int round = is_forward ? i : kRounds - 1 - i;
    const std::uint32_t& source = halves[round % 2 == 0 ? 1 : 0];
    std::uint32_t& target = halves[round % 2 == 0 ? 0 : 1];
    store_be(input, 20, static_cast<std::uint32_t>(round));
    store_be(input, 24, source);
    ByteArray<8> output;
    crypto_shorthash(output.data(), input.data(), input.size(), key_.data());
    target ^= load_be<std::uint32_t>(output, 0);
  }
  store_be(header, 16, halves[0]);
  store_be(header, 20, halves[1]);
}

WalHeadBytes encode_wal_head(const WalHead& head, const WalHeader& header, KeyView key) noexcept {
  WalHeadBytes out{};
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  std::copy(head.store_id.begin(), head.store_id.end(), out.begin() + kStoreIdAt);
  store_be(out, kGenerationAt, head.generation);
  const auto mac = mac_of(out, header, key);
  std::copy(mac.begin(), mac.end(), out.begin() + kMacAt);
  return out;
}

std::optional<WalHead> read_wal_head(const WalHeadBytes& bytes) noexcept {
  if (as_text(ByteView(bytes).first(kMagic.size())) != kMagic) return std::nullopt;
  WalHead head;
  std::copy_n(bytes.begin() + kStoreIdAt, head.store_id.size(), head.store_id.begin());
  head.generation = load_be<std::uint64_t>(bytes, kGenerationAt);
  return head;
}

bool is_authentic(const WalHeadBytes& bytes, const WalHeader& header, KeyView key) noexcept {
  return equal_ct(mac_of(bytes, header, key), ByteView(bytes).subspan(kMacAt));
}

}  // namespace anochat::storage
