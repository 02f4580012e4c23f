#include "client/bundles.hpp"

#include <anochat/base/error.hpp>
#include <anochat/crypto/bundle.hpp>
#include <anochat/framing/content.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "client/device_lists.hpp"
#include "client/engine.hpp"
#include "client/repair.hpp"
#include "client/sender.hpp"
#include "client/session_rules.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

using Bundles = std::map<storage::DeviceNumber, PreKeyBundle>;

/// A bundle is taken only if the device list, too, says that the device has this identity.
std::optional<PreKeyBundle> read_bundle(Unit& unit, const DeviceList& list, ByteView encoded) {
  if (encoded.size() < PreKeyBundle::kMinEncodedLen) throw Error(Errc::bad_bundle, "client.bundle");
  const Certificate certificate = Certificate::decode(encoded.subspan(2, Certificate::kEncodedLen));
  if (certificate.address() == unit.engine.self()) return std::nullopt;
  const Address wanted{list.account(), certificate.device};
  const auto entry = std::find_if(list.entries.begin(), list.entries.end(),
                                  [&](const DeviceListEntry& one) { return one.device == wanted.device; });
  if (entry == list.entries.end() || entry->identity != certificate.identity) throw Error(Errc::bad_bundle, "client.bundle");
  PreKeyBundle bundle = PreKeyBundle::decode(encoded, wanted, unit.now);
  observe_identity(unit, wanted, certificate.identity);
  return bundle;
}

Bundles read_bundles(Unit& unit, const DeviceList& list, const FetchedAccount& fetched) {
  Bundles out;
  for (const Bytes& encoded : fetched.bundles) {
    try {
      if (const auto bundle = read_bundle(unit, list, encoded)) out.emplace(bundle->certificate.device, *bundle);
    } catch (const Error& error) {
      if (is_fatal(error.code())) throw;
      unit.engine.log->warning("client.bundle_refused", {{"code", static_cast<std::int64_t>(error.code())}});
    }
  }
  return out;
}

/// Sends what waits for one account, in the order in which it was written.
class Flush {
 public:
  Flush(Unit& unit, Bundles bundles) : unit_(unit), bundles_(std::move(bundles)) {}

  /// @return whether something still waits
  bool run(const AccountId& account) {
    bool is_waiting = false;
    for (const storage::PendingSend& row : unit_.records().pending_sends.of(account)) {
      if (!row.device) {
        is_waiting |= split(row);
      } else if (!send({account, *row.device}, row)) {
        is_waiting = true;
        continue;
      }
      unit_.records().pending_sends.remove(row.row);
    }
    return is_waiting;
  }

 private:
  /// For all devices: those that cannot be reached yet get a row of their own.
  /// @return whether there is such a one
  bool split(const storage::PendingSend& row) {
    const auto devices = known_devices(unit_.records(), row.account);
    if (!devices) return false;
    bool is_waiting = false;
    for (const storage::DeviceNumber device : *devices) {
      if (send({row.account, device}, row)) continue;
      storage::PendingSend rest{0, row.account, device, row.message, row.content, row.created, row.expires};
      unit_.records().pending_sends.insert(rest);
      is_waiting = true;
    }
    return is_waiting;
  }

  bool send(const Address& to, const storage::PendingSend& row) {
    if (to == unit_.engine.self()) return true;
    BookedSession* session = sendable_session(unit_, to);
    Content content = decode_content(row.content);
    const bool is_repair = kind_of(content) == ContentKind::repair_request;
    // A request for repair needs a new session, unless one was made since it was written.
    if (session == nullptr || (is_repair && session->created <= row.created)) session = begin(to, is_repair);
    if (session == nullptr) return false;
    Parcel parcel{std::move(content), row.message, row.expires, /*with_transcript=*/false, /*is_resendable=*/!is_repair};
    seal(unit_, *session, row.content, parcel);
    return true;
  }

  BookedSession* begin(const Address& to, bool is_repair) {
    const auto bundle = bundles_.find(to.device);
    if (bundle == bundles_.end() || bundle->second.certificate.address() != to) return nullptr;
    const bool is_restart = had_session(unit_, to);
    BookedSession& session = start_session(unit_, bundle->second);
    if (is_restart && !is_repair) announce_restart(unit_, session);
    bundles_.erase(bundle);
    return &session;
  }

  Unit& unit_;
  Bundles bundles_;
};

bool is_sendable(Unit& unit, const AccountId& account) {
  if (account == unit.engine.self().account) return true;
  const TrustState trust = trust_of(unit.records(), account);
  return trust != TrustState::changed && trust != TrustState::blocked;
}

void ask_later(Unit& unit, const AccountId& account) {
  if (unit.records().pending_sends.of(account).empty()) return;
  unit.after_commit([account, now = unit.now](Engine& engine) { engine.courier.want_again(account, now); });
}

}  // namespace

void take_account(Unit& unit, const FetchedAccount& fetched, bool is_list_only) {
  bool is_waiting = true;
  try {
    if (!fetched.device_list.empty()) {
      const DeviceList list = DeviceList::decode(fetched.device_list, fetched.account);
      take_device_list(unit, fetched.account, fetched.device_list);
      Bundles bundles = read_bundles(unit, list, fetched);
      if (is_sendable(unit, fetched.account)) is_waiting = Flush(unit, std::move(bundles)).run(fetched.account);
    }
  } catch (const Error& error) {
    if (is_fatal(error.code())) throw;
    unit.engine.log->warning("client.account_refused", {{"code", static_cast<std::int64_t>(error.code())}});
  }
  unit.records().contacts.note_list_checked(fetched.account, unit.now);  // also if it was refused: not at each message
  if (is_waiting && !is_list_only) return ask_later(unit, fetched.account);
  unit.after_commit([account = fetched.account](Engine& engine) { engine.courier.found(account); });
}

void flush_pending(Unit& unit, const AccountId& account) {
  if (is_sendable(unit, account) && !unit.records().pending_sends.of(account).empty()) Flush(unit, {}).run(account);
}

}  // namespace anochat::client
