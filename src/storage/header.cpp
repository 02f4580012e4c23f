#include "storage/header.hpp"

#include <algorithm>
#include <sodium.h>
#include <string_view>

#include "base/byte_io.hpp"
#include "storage/page_seal.hpp"

namespace anochat::storage {
namespace {

// As in PNG, the line ends and the end-of-file character show at once what a text-mode copy did to the file.
constexpr std::string_view kMagic("AnoChat store\r\n\x1a", 16);
constexpr std::size_t kVersionAt = 16, kPageSizeAt = 20, kSequenceAt = 24, kStoreIdAt = 32, kCipherAt = 48,
                      kWalStateAt = 49, kWalGenerationAt = 56, kWalFramesAt = 64, kNextSlotIdAt = 68,
                      kGenerationAt = 72, kKeySlotsAt = 128, kChecksumAt = 4032, kMacAt = 4064;
static_assert(kKeySlotsAt + kKeySlotCount * kKeySlotSize <= kChecksumAt);

ByteArray<32> hash(ByteView bytes, ByteView key) noexcept {
  ByteArray<32> out;
  crypto_generichash(out.data(), out.size(), bytes.data(), bytes.size(), key.data(), key.size());
  return out;
}

bool decode_body(ByteView in, Header& header) noexcept {
  header.sequence = load_be<std::uint64_t>(in, kSequenceAt);
  std::copy_n(in.begin() + kStoreIdAt, header.store_id.size(), header.store_id.begin());
  header.cipher = static_cast<Cipher>(in[kCipherAt]);
  header.wal_state = static_cast<WalState>(in[kWalStateAt]);
  header.wal_generation = load_be<std::uint64_t>(in, kWalGenerationAt);
  header.wal_frames = load_be<std::uint32_t>(in, kWalFramesAt);
  header.next_slot_id = load_be<std::uint32_t>(in, kNextSlotIdAt);
  header.generation = load_be<std::uint64_t>(in, kGenerationAt);
  for (std::size_t i = 0; i < kKeySlotCount; ++i) {
    header.key_slots[i] = KeySlot::decode(in.subspan(kKeySlotsAt + i * kKeySlotSize, kKeySlotSize));
  }
  return load_be<std::uint32_t>(in, kPageSizeAt) == kPageSize && in[kWalStateAt] <= 1 &&
         (header.cipher == Cipher::aegis256 || header.cipher == Cipher::xchacha20);
}

}  // namespace

HeaderBytes encode_header(const Header& header, KeyView mac_key) noexcept {
  HeaderBytes out{};
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  store_be(out, kVersionAt, kFormatVersion);
  store_be(out, kPageSizeAt, std::uint32_t{kPageSize});
  store_be(out, kSequenceAt, header.sequence);
  std::copy(header.store_id.begin(), header.store_id.end(), out.begin() + kStoreIdAt);
  out[kCipherAt] = static_cast<std::uint8_t>(header.cipher);
  out[kWalStateAt] = static_cast<std::uint8_t>(header.wal_state);
  store_be(out, kWalGenerationAt, header.wal_generation);
  store_be(out, kWalFramesAt, header.wal_frames);
  store_be(out, kNextSlotIdAt, header.next_slot_id);
  store_be(out, kGenerationAt, header.generation);
  for (std::size_t i = 0; i < kKeySlotCount; ++i) {
    header.key_slots[i].encode(MutableByteView(out).subspan(kKeySlotsAt + i * kKeySlotSize, kKeySlotSize));
  }
  const auto checksum = hash(ByteView(out).first(kChecksumAt), {});
  std::copy(checksum.begin(), checksum.end(), out.begin() + kChecksumAt);
  const auto mac = hash(ByteView(out).first(kMacAt), mac_key);
  std::copy(mac.begin(), mac.end(), out.begin() + kMacAt);
  return out;
}

SlotReading read_header(const HeaderBytes& bytes) noexcept {
  SlotReading reading;
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin(), [](char a, std::uint8_t b) {
        return static_cast<std::uint8_t>(a) == b;
      })) {
    return reading;
  }
  reading.condition = SlotCondition::damaged;
  if (!equal_ct(hash(ByteView(bytes).first(kChecksumAt), {}), ByteView(bytes).subspan(kChecksumAt, 32))) return reading;
  const auto version = load_be<std::uint32_t>(bytes, kVersionAt);
  if (version > kFormatVersion) {
    reading.condition = SlotCondition::newer;
  } else if (version == kFormatVersion && decode_body(bytes, reading.header)) {
    reading.condition = SlotCondition::whole;
  }
  return reading;
}

bool is_authentic(const HeaderBytes& bytes, KeyView mac_key) noexcept {
  return equal_ct(hash(ByteView(bytes).first(kMacAt), mac_key), ByteView(bytes).subspan(kMacAt, 32));
}

}  // namespace anochat::storage
