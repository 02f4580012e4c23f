// Handing out device lists and bundles.
#include "relay/engine.hpp"

namespace anochat {
namespace {

void append(Bytes& to, ByteView part) { to.insert(to.end(), part.begin(), part.end()); }

// docs/protocol.md, section 3, "bundle".
Bytes make_bundle(const RelayDevice& device, const TakenPreKeys& taken) {
  Bytes bundle{0x11, 0x01};
  bundle.reserve(1'669);
  append(bundle, device.certificate);
  append(bundle, taken.signed_prekey);
  bundle.push_back(taken.one_time ? 1 : 0);
  if (taken.one_time) append(bundle, *taken.one_time);
  bundle.push_back(taken.is_last_resort ? 2 : 1);
  append(bundle, taken.kem);
  return bundle;
}

}  // namespace

FetchedAccount Relay::Engine::fetch_list(const Hash& id) {
  // An account that nobody knows looks like one that has published nothing.
  FetchedAccount fetched;
  fetched.account = id;
  if (const auto account = services.store.account(id)) fetched.device_list = account->device_list;
  return fetched;
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const FetchAccounts& body) {
  const UnixTime now = time.now();
  const std::size_t count = body.accounts.size() + body.lists.size();
  const Hash requester = limit_key("fetch", {link.login->account});
  const Milliseconds wait = services.limiter.take(requester, options.fetched_accounts, static_cast<double>(count), now);
  if (wait.count() > 0) {
    ++metrics.rate_limited;
    return refuse(link, request, Errc::rate_limited, wait);
  }
  // Whoever takes one-time prekeys too fast gets the last-resort prekey: nobody can use up somebody's prekeys alone.
  const auto may_take_one_time = [&](const RelayDevice& device) {
    const Hash of_device = limit_key("bundle", {link.login->account, device.mailbox.bytes});
    const Hash of_all = limit_key("bundles", {link.login->account});
    return services.limiter.take(of_device, options.one_time_bundles_of_device, 1, now).count() == 0 &&
           services.limiter.take(of_all, options.one_time_bundles, 1, now).count() == 0;
  };
  FetchedAccounts answered;
  for (const auto& id : body.accounts) {
    FetchedAccount& fetched = answered.accounts.emplace_back(fetch_list(id));
    for (const RelayDevice& device : services.store.devices(id)) {
      if (!device.is_listed) continue;
      const auto taken = services.store.take_prekeys(device.mailbox, may_take_one_time(device), now);
      if (!taken) continue;
      ++(taken->is_last_resort ? metrics.last_resort_used : metrics.one_time_used);
      fetched.bundles.push_back(make_bundle(device, *taken));
    }
  }
  for (const auto& id : body.lists) answered.accounts.push_back(fetch_list(id));
  metrics.fetched_accounts += count;
  answer(link, request, std::move(answered));
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const CountPreKeys& /*body*/) {
  answer(link, request, services.store.count_prekeys(link.login->mailbox, time.now()));
}

}  // namespace anochat
