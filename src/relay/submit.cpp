// Envelopes on their way into mailboxes, and out of them for good.
#include "relay/engine.hpp"

#include <algorithm>

namespace anochat {
namespace {

constexpr std::int32_t result_of(Errc code) { return static_cast<std::int32_t>(code); }

}  // namespace

void Relay::Engine::handle(Link& link, std::uint64_t request, Submit& body) {
  const UnixTime now = time.now();
  const auto cost = static_cast<double>(body.submissions.size());
  Milliseconds wait = link.submissions.take(options.submissions, cost, now);
  if (wait.count() == 0 && link.login) {
    const Hash key = limit_key("submit", {link.login->account});
    wait = services.limiter.take(key, options.account_submissions, cost, now);
  }
  if (wait.count() > 0) {
    metrics.rate_limited += body.submissions.size();
    return refuse(link, request, Errc::rate_limited, wait);
  }
  Submitted answered;
  answered.results.reserve(body.submissions.size());
  for (Submission& submission : body.submissions) answered.results.push_back(submit(link, submission, now));
  answer(link, request, std::move(answered));
}

std::int32_t Relay::Engine::submit(Link& link, Submission& submission, UnixTime now) {
  EnvelopeView envelope;
  try {
    envelope = decode_envelope(submission.envelope);
  } catch (const Error& error) {
    return result_of(error.code());
  }
  if (envelope.expires <= now) return 0;  // nobody will miss it
  const DeliveryToken& token = submission.delivery_token;
  if (const Errc refused = may_submit(link, envelope, token, now); refused != Errc{}) return result_of(refused);
  link.has_submitted = true;
  if (envelope.is_ephemeral) {
    pass_signal(envelope, submission.envelope);
    return 0;
  }
  const bool is_first_contact = token == DeliveryToken{};
  MailboxRoom room = options.mailbox;
  if (is_first_contact) room.envelopes = std::min(room.envelopes, options.first_contact_envelopes);
  const UnixHour keep_until = std::min(envelope.expires, expiry_hour(now) + options.lifetime);
  const RelayStore::Appended appended = services.store.append(envelope, submission.envelope, keep_until, room);
  switch (appended.result) {
    case RelayStore::Append::stored:
      break;
    case RelayStore::Append::repeated:
      ++metrics.repetitions;
      return 0;
    case RelayStore::Append::full:
      ++metrics.mailbox_full;
      return result_of(Errc::quota_exceeded);
  }
  ++metrics.submissions;
  if (is_first_contact) ++metrics.first_contacts;
  ++group.submissions;
  keep_fresh(envelope.mailbox, appended.number, std::move(submission.envelope));
  return 0;
}

/// @return Errc{} for yes. A wrong token and a mailbox that is not there are one answer, after the same work.
Errc Relay::Engine::may_submit(Link& link, const EnvelopeView& envelope, const DeliveryToken& token, UnixTime now) {
  const auto recipient = services.store.recipient(envelope.mailbox, now);
  const bool is_first_contact = token == DeliveryToken{};
  const DeliveryToken wanted = recipient ? recipient->delivery_token : DeliveryToken{};
  const bool fits = equal_ct(token, wanted);
  // Who has no token must log in, and finds only mailboxes whose bundle anybody can fetch anyway.
  const bool may = is_first_contact ? link.login && recipient && recipient->takes_first_contact : recipient && fits;
  if (!may) {
    ++metrics.unauthorised;
    return Errc::unauthorised;
  }
  if (!is_first_contact) return Errc{};
  const Hash key = limit_key("first contact", {envelope.mailbox.bytes});
  if (link.first_contacts.take(options.first_contacts, 1, now).count() > 0 ||
      services.limiter.take(key, options.mailbox_first_contacts, 1, now).count() > 0) {
    ++metrics.rate_limited;
    return Errc::rate_limited;
  }
  return Errc{};
}

// Never stored: whoever is not there, or reads too slowly, misses it.
void Relay::Engine::pass_signal(const EnvelopeView& envelope, const Bytes& encoded) {
  if (const auto here = online.find(envelope.mailbox); here != online.end())
    return hand_signal(links.at(here->second), encoded);
  const auto there = services.presence.find(envelope.mailbox);
  if (!there || there->node == options.node) {
    ++metrics.signals_dropped;
    return;
  }
  services.wakeup.publish(there->node, {Wake::Kind::signal, envelope.mailbox, there->connection, encoded});
  ++metrics.signals;
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const Acknowledge& body) {
  const UnixHour remember_until = expiry_hour(time.now()) + options.remember;
  metrics.acknowledged += services.store.acknowledge(link.login->mailbox, body.envelopes, remember_until);
  answer(link, request, Done{});
}

void Relay::Engine::handle(Link& link, std::uint64_t request, const Ping& /*body*/) {
  say(link, request, Pong{}, /*waits=*/false);
}

}  // namespace anochat
