// What a device and its account let others have.
#include "relay/engine.hpp"

#include <algorithm>

namespace anochat {

void Relay::Engine::handle(Link& link, std::uint64_t request, const PublishPreKeys& body) {
  const MailboxId& mailbox = link.login->mailbox;
  if (body.replaces_all) {
    if (std::max(body.one_time.size(), body.kem_one_time.size()) > options.one_time_prekeys) {
      return refuse(link, request, Errc::quota_exceeded);
    }
    services.store.drop_prekeys(mailbox);
  }
  const PreKeyCount has = services.store.count_prekeys(mailbox, time.now());
  if (has.one_time + body.one_time.size() > options.one_time_prekeys ||
      has.kem_one_time + body.kem_one_time.size() > options.one_time_prekeys) {
    return refuse(link, request, Errc::quota_exceeded);
  }
  services.store.add_prekeys(mailbox, body);
  answer(link, request, Done{});
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const PublishAccount& body) {
  const relay::VerifiedCertificate& login = *link.login;
  RelayAccount account = services.store.account(login.account).value_or(RelayAccount{});
  const bool is_new = !body.device_list.empty() && body.device_list != account.device_list;
  relay::SignedDeviceList list;
  if (is_new) {
    try {
      list = relay::verify_device_list(body.device_list, login.account);
    } catch (const Error& error) {
      return refuse(link, request, error.code());
    }
    if (!account.device_list.empty()) {
      const std::uint64_t known = relay::read_device_list(account.device_list).version;
      if (list.version < known) return refuse(link, request, Errc::stale_device_list);
      if (list.version == known) return refuse(link, request, Errc::identity_changed);
    }
    account.device_list = body.device_list;
  } else if (!account.device_list.empty()) {
    list = relay::read_device_list(account.device_list);
  }
  // A device that the account has taken off its list does not speak for it any more.
  const bool has_list = !account.device_list.empty();
  if (has_list && !list.has(login.device, login.identity)) return refuse(link, request, Errc::unauthorised);

  account.delivery_token = body.delivery_token;
  services.store.put_account(login.account, account);
  if (is_new) {
    for (RelayDevice& device : services.store.devices(login.account)) {
      const bool is_listed = list.has(device.device, relay::identity_in(device.certificate));
      if (is_listed == device.is_listed) continue;
      device.is_listed = is_listed;
      services.store.put_device(device);
    }
  }
  answer(link, request, Done{});
}

}  // namespace anochat
