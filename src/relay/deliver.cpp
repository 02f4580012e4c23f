// From mailboxes to the connections of their devices, as fast as these read.
#include "relay/engine.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace anochat {
namespace {

constexpr std::size_t kBatch = 64;  // envelopes of one Deliver

}  // namespace

/// Hands out what waits, while there is room. What is written in the open group is not handed out before its commit.
void Relay::Engine::pump(Link& link) {
  if (link.is_closed || !link.login) return;
  if (services.store.has_changes()) {
    group.hungry.insert(link.id);
    return;
  }
  while (link.has_mail && link.outgoing_bytes < options.outgoing_bytes) {
    const MailboxRoom most{kBatch, options.outgoing_bytes - link.outgoing_bytes};
    std::vector<LeasedEnvelope> leased = services.store.lease(link.login->mailbox, link.cursor, most);
    link.has_mail = !leased.empty();
    if (leased.empty()) break;
    Deliver batch;
    batch.envelopes.reserve(leased.size());
    for (LeasedEnvelope& envelope : leased) batch.envelopes.push_back(std::move(envelope.envelope));
    say(link, 0, std::move(batch), /*waits=*/false);
    link.cursor = leased.back().number;
    metrics.delivered += leased.size();
  }
}

/// What was stored in the open group need not be read back for who is here and has got all before it.
void Relay::Engine::keep_fresh(const MailboxId& mailbox, std::uint64_t number, Bytes encoded) {
  const auto here = online.find(mailbox);
  if (here == online.end()) {
    group.touched.insert(mailbox);
    return;
  }
  Link& link = links.at(here->second);
  const bool is_next = !link.has_mail && number == link.cursor + link.fresh.size() + 1;
  if (!is_next || link.outgoing_bytes + link.fresh_bytes >= options.outgoing_bytes) {
    link.has_mail = true;  // from here on the store has to be asked
    group.hungry.insert(link.id);
    return;
  }
  if (link.fresh.empty()) group.fresh.push_back(link.id);
  link.fresh_bytes += encoded.size();
  link.fresh.push_back(std::move(encoded));
}

void Relay::Engine::hand_fresh(Link& link) {
  std::vector<Bytes> fresh = std::exchange(link.fresh, {});
  link.fresh_bytes = 0;
  if (link.is_closed) return;
  const bool has_more = std::exchange(link.has_mail, true);  // what cannot be said for want of memory is leased later
  for (std::size_t first = 0; first < fresh.size(); first += kBatch) {
    const std::size_t count = std::min(kBatch, fresh.size() - first);
    const auto begin = fresh.begin() + static_cast<std::ptrdiff_t>(first);
    Deliver batch;
    batch.envelopes.assign(std::make_move_iterator(begin),
                           std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
    say(link, 0, std::move(batch), /*waits=*/false);
    link.cursor += count;
    metrics.delivered += count;
  }
  link.has_mail = has_more;
}

void Relay::Engine::hand_signal(Link& link, const Bytes& encoded) {
  if (link.is_closed || link.outgoing_bytes >= options.outgoing_bytes) {
    ++metrics.signals_dropped;
    return;
  }
  say(link, 0, Deliver{{encoded}}, /*waits=*/false);
  ++metrics.signals;
}

/// There is mail for somebody, here or at another relay.
void Relay::Engine::announce(const MailboxId& mailbox) {
  if (const auto here = online.find(mailbox); here != online.end()) {
    Link& link = links.at(here->second);
    link.has_mail = true;
    return pump(link);
  }
  const auto there = services.presence.find(mailbox);
  if (there && there->node != options.node) {
    services.wakeup.publish(there->node, {Wake::Kind::mail, mailbox, there->connection, {}});
  }
}

void Relay::Engine::hear_wakes() {
  for (const Wake& wake : services.wakeup.take(options.node)) {
    if (wake.kind == Wake::Kind::everything) {
      for (const auto& [mailbox, connection] : online) {
        Link& link = links.at(connection);
        link.has_mail = true;
        pump(link);
      }
      continue;
    }
    const auto here = online.find(wake.mailbox);
    if (here == online.end()) continue;
    Link& link = links.at(here->second);
    if (wake.kind == Wake::Kind::signal) {
      hand_signal(link, wake.signal);
    } else if (wake.kind == Wake::Kind::mail) {
      link.has_mail = true;
      pump(link);
    } else if (wake.connection == link.id) {
      ++metrics.displaced;
      refuse_and_close(link, 0, Errc::already_exists);
    }
  }
}

}  // namespace anochat
