#include "client/device_lists.hpp"

#include <anochat/base/error.hpp>
#include <algorithm>

#include "base/byte_io.hpp"
#include "client/engine.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

constexpr std::size_t kHeadLen = 48;    // account key, version, time
constexpr std::size_t kEntryLen = 69;   // device number, identity

}  // namespace

std::optional<std::vector<storage::DeviceNumber>> known_devices(const storage::Records& records, const AccountId& account) {
  const auto list = records.contacts.device_list(account);
  return list ? std::optional(devices_in(*list)) : std::nullopt;
}

std::vector<storage::DeviceNumber> devices_in(const storage::DeviceList& list) {
  // It was verified when it was stored: here only the numbers are wanted.
  detail::ByteReader in(list.signed_list, Errc::bad_state, "client.device_list");
  static_cast<void>(in.take(kHeadLen));
  std::vector<storage::DeviceNumber> out(in.be32());
  in.require(out.size() <= DeviceList::kMaxDevices);
  for (storage::DeviceNumber& device : out) {
    device = in.be32();
    static_cast<void>(in.take(kEntryLen - 4));
  }
  return out;
}

bool is_stale(const storage::DeviceList& list, UnixTime now) noexcept {
  return list.received + kListCheckEvery <= now || list.received > now;  // the clock may have been set back
}

std::optional<DeviceList> known_list(const storage::Records& records, const AccountId& account) {
  const auto list = records.contacts.device_list(account);
  return list ? std::optional(DeviceList::decode(list->signed_list, account)) : std::nullopt;
}

void take_device_list(Unit& unit, const AccountId& account, ByteView encoded) {
  storage::Records& records = unit.records();
  const auto known_row = records.contacts.device_list(account);
  if (known_row && equal_ct(known_row->signed_list, encoded)) return;
  const DeviceList fresh = DeviceList::decode(encoded, account);
  const auto known = known_list(records, account);
  if (known) DeviceList::check_successor(*known, fresh);
  records.contacts.add(account, unit.now);
  records.contacts.set_device_list(account, static_cast<std::int64_t>(fresh.version), encoded, unit.now);
  bool has_news = false;
  for (const DeviceListEntry& entry : fresh.entries) {
    const Address device{account, entry.device};
    if (device == unit.engine.self()) continue;
    static_cast<void>(observe_identity(unit, device, entry.identity));
    // Not whether it was observed: a new device that writes first was seen a moment ago.
    has_news |= known && std::none_of(known->entries.begin(), known->entries.end(),
                                      [&entry](const DeviceListEntry& before) { return before.device == entry.device; });
  }
  if (!has_news) return;
  unit.emit(event::DevicesChanged{account, fresh.entries.size()});
  if (!unit.engine.options.block_new_devices || account == unit.engine.self().account) return;
  for (const DeviceListEntry& entry : fresh.entries) {
    const Address device{account, entry.device};
    const auto identity = records.identities.find(device);
    if (identity && identity->first_seen == unit.now) records.identities.set_trust(device, storage::Trust::changed);
  }
}

}  // namespace anochat::client
