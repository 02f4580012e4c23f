// One commit for many: answers wait until what they say is durable.
#include "relay/engine.hpp"

#include <algorithm>
#include <utility>

namespace anochat {

void Relay::Engine::note_changes() {
  if (group.is_open || !services.store.has_changes()) return;
  group.is_open = true;
  group.opened = time.now();
}

void Relay::Engine::commit() noexcept {
  if (!services.store.has_changes()) return;
  guarded(nullptr, 0, [this] {
    services.store.commit();
    group.has_failed = false;
    ++metrics.commits;
    Group done = std::exchange(group, {});
    for (const Connection connection : done.waiting) {
      Link* link = find(connection);
      if (link == nullptr) continue;
      link->is_waiting = link->is_new_login = false;
      for (relay::Outgoing& out : link->outgoing) out.waits = false;
      mark_ready(*link);
    }
    for (const Connection connection : done.fresh) {
      if (Link* link = find(connection)) hand_fresh(*link);
    }
    for (const MailboxId& mailbox : done.touched) announce(mailbox);
    for (const Connection connection : done.hungry) {
      if (Link* link = find(connection)) pump(*link);
    }
  });
}

/// Nothing of the group has happened: whoever waits for it is told to try again.
void Relay::Engine::fail_group(Errc code) noexcept {
  services.store.roll_back();
  ++metrics.commit_failures;
  services.log.error("relay.store_failed", {{"code", static_cast<std::int64_t>(code)},
                                            {"waiting", static_cast<std::int64_t>(group.waiting.size())}});
  Group failed = std::exchange(group, {});
  group.has_failed = true;
  for (const Connection connection : failed.waiting) {
    Link* link = find(connection);
    if (link == nullptr) continue;
    try {
      for (relay::Outgoing& out : link->outgoing) {
        if (!std::exchange(out.waits, false)) continue;
        Bytes refusal = encode(RelayFrame{out.request, Refused{code, std::chrono::seconds(1)}});
        link->outgoing_bytes -= out.bytes();
        link->answer_bytes -= out.answer_bytes();
        out.frame = std::move(refusal);
        link->outgoing_bytes += out.bytes();
        link->answer_bytes += out.answer_bytes();
      }
      link->is_waiting = false;
      mark_ready(*link);
      if (std::exchange(link->is_new_login, false)) close(*link);
    } catch (...) {  // no memory: better closed than a promise that is not true
      link->outgoing_bytes = link->answer_bytes = 0;
      link->outgoing.clear();
      close(*link);
    }
  }
  for (const Connection connection : failed.fresh) {
    Link* link = find(connection);
    if (link == nullptr) continue;
    link->fresh.clear();
    link->fresh_bytes = 0;
  }
  for (const Connection connection : failed.hungry) {
    if (Link* link = find(connection)) link->has_mail = link->login != nullptr && !link->is_closed;
  }
}

}  // namespace anochat
