// Who a connection belongs to.
#include "relay/engine.hpp"

#include <utility>

namespace anochat {

void Relay::Engine::handle(Link& link, std::uint64_t request, const Login& body) {
  const UnixTime now = time.now();
  const auto refuse_login = [&](Errc code, Milliseconds retry_after = {}) {
    ++metrics.logins_refused;
    refuse_and_close(link, request, code, retry_after);
  };
  if (const Milliseconds wait = logins.take(options.logins, 1, now); wait.count() > 0) {
    ++metrics.rate_limited;
    return refuse_login(Errc::rate_limited, jittered(wait));
  }
  auto certificate = std::make_unique<relay::VerifiedCertificate>();
  try {
    *certificate = relay::verify_certificate(body.certificate);
  } catch (const Error& error) {
    return refuse_login(error.code());
  }
  if (!relay::is_login_signed(*certificate, body, options.name, link.nonce)) return refuse_login(Errc::unauthorised);

  const auto known = services.store.device(certificate->mailbox);
  if (!known || known->certificate != body.certificate) {
    const auto account = services.store.account(certificate->account);
    if (!known) {
      if (!options.registration_open) return refuse_login(Errc::unauthorised);
      if (services.store.devices(certificate->account).size() >= options.devices)
        return refuse_login(Errc::quota_exceeded);
      const Hash key = limit_key("registration", {link.address_key});
      const Milliseconds wait = services.limiter.take(key, options.address_registrations, 1, now);
      if (wait.count() > 0) {
        ++metrics.rate_limited;
        return refuse_login(Errc::rate_limited, wait);
      }
    }
    bool is_listed = true;
    if (account && !account->device_list.empty()) {
      const auto list = relay::read_device_list(account->device_list);
      is_listed = list.has(certificate->device, certificate->identity);
      // An older certificate cannot push out the device that the account lists under its number.
      if (!is_listed && known && list.has(known->device, relay::identity_in(known->certificate))) {
        return refuse_login(Errc::unauthorised);
      }
    }
    if (known && relay::identity_in(known->certificate) != certificate->identity) {
      services.store.drop_prekeys(certificate->mailbox);  // signed by the former identity
      services.store.set_generation(certificate->mailbox, 0);
    }
    services.store.put_device(
        {certificate->mailbox, certificate->account, certificate->device, body.certificate, is_listed});
    if (!known) ++metrics.registrations;
  }

  ++metrics.logins;
  displace(*certificate, link);
  link.login = std::move(certificate);
  link.nonce = {};  // single use
  link.cursor = 0;
  link.has_mail = true;
  link.is_new_login = services.store.has_changes();
  answer(link, request, Done{services.store.generation(link.login->mailbox)});
  pump(link);
}

// The newest connection of a device is the one that counts: the older may be half dead without knowing it.
void Relay::Engine::displace(const relay::VerifiedCertificate& certificate, Link& by) {
  const auto tell = [&](Link& older) {
    ++metrics.displaced;
    refuse_and_close(older, 0, Errc::already_exists);
  };
  if (const auto here = online.find(certificate.mailbox); here != online.end()) {
    if (Link* older = find(here->second)) tell(*older);
  }
  online[certificate.mailbox] = by.id;
  metrics.online_devices = online.size();
  const auto previous = services.presence.claim(certificate.mailbox, {options.node, by.id});
  if (previous && previous->node != options.node) {
    services.wakeup.publish(previous->node, {Wake::Kind::displaced, certificate.mailbox, previous->connection, {}});
  }
}

}  // namespace anochat
