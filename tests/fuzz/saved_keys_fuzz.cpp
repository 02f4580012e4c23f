// Saved devices and prekeys that a disk or somebody with the file has changed.
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/testing/random.hpp>

#include "fuzz/fuzz.hpp"

using namespace anochat;

namespace {

constexpr UnixTime kNow{std::chrono::seconds{1'893'456'000}};

template <class Saved>
void check(const Bytes& bytes) {
  static_cast<void>(fuzz::accepts({Errc::bad_state, Errc::unsupported_state}, [&] {
    const SecretBytes again = Saved::load(bytes).save();
    fuzz::require(Bytes(again.begin(), again.end()) == bytes, "what was loaded saves as it was");
  }));
}

struct Records {
  Records() {
    testing::SeededRandom random(1);
    const AccountKey account = AccountKey::generate(random);
    const Device owner = Device::create(account, 1, random);
    MemoryPreKeys keys(owner, kNow, random, 1);
    const SecretBytes saved_device = owner.save();
    static_cast<void>(keys.bundle(kNow));
    const PreKeyBundle last_resort = keys.bundle(kNow);
    keys.consume({last_resort.signed_prekey.id, std::nullopt, last_resort.kem_kind, last_resort.kem.id, {7}});
    const SecretBytes saved_prekeys = keys.save();
    device.assign(saved_device.begin(), saved_device.end());
    prekeys.assign(saved_prekeys.begin(), saved_prekeys.end());
  }
  Bytes device;
  Bytes prekeys;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Records good;
  const ByteView input(data, size);
  const Bytes raw(input.begin(), input.end());
  check<Device>(raw);
  check<MemoryPreKeys>(raw);
  check<Device>(fuzz::edited(good.device, input));
  check<MemoryPreKeys>(fuzz::edited(good.prekeys, input));
  return 0;
}
