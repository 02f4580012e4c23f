// Device lists from a hostile relay (as they are) and from a hostile account (signed after the change).
#include <anochat/crypto/device_list.hpp>
#include <anochat/testing/random.hpp>

#include "crypto/ed25519.hpp"
#include "crypto/signed_text.hpp"
#include "fuzz/fuzz.hpp"

#include <algorithm>

using namespace anochat;

namespace {

struct Owner {
  Owner() : random(1), account(AccountKey::generate(random)) {}

  Bytes list(std::uint32_t count) {
    std::vector<DeviceListEntry> entries;
    for (std::uint32_t i = 1; i <= count; ++i) {
      entries.push_back({i, Device::create(account, i, random).certificate().identity});
    }
    return account.sign_device_list(1, UnixTime{std::chrono::seconds{1'893'456'000}}, entries).encode();
  }

  void sign(Bytes& list) const {
    if (list.size() < 96) return;
    std::copy(account.public_key().begin(), account.public_key().end(), list.begin());
    const auto signature = crypto::ed25519_sign(
        account.seed(), crypto::signed_text("AnoChat/1/device-list", {ByteView(list).first(list.size() - 64)}));
    std::copy(signature.begin(), signature.end(), list.end() - 64);
  }

  testing::SeededRandom random;
  AccountKey account;
};

void check(const Owner& owner, const Bytes& encoded) {
  const auto decode = [&] {
    const DeviceList list = DeviceList::decode(encoded, owner.account.id());
    fuzz::require(list.encode() == encoded, "an accepted list encodes as it was");
    fuzz::require(!list.entries.empty() && list.entries.size() <= DeviceList::kMaxDevices, "1 to 32 devices");
    std::uint32_t previous = 0;
    for (const DeviceListEntry& entry : list.entries) {
      fuzz::require(entry.device > previous && entry.device <= kMaxDevice, "numbers grow");
      previous = entry.device;
    }
    DeviceList::check_successor(list, list);
  };
  static_cast<void>(fuzz::accepts({Errc::bad_bundle, Errc::bad_signature, Errc::bad_key}, decode));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Owner owner;
  static const Bytes good[] = {owner.list(1), owner.list(3)};
  const ByteView input(data, size);
  check(owner, Bytes(input.begin(), input.end()));
  if (input.empty()) return 0;
  Bytes list = fuzz::edited(good[input[0] & 1], input.subspan(1));
  if ((input[0] & 2) != 0) owner.sign(list);
  check(owner, list);
  return 0;
}
