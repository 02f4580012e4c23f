#include "client/link.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <algorithm>
#include <utility>

#include "client/account.hpp"
#include "client/answers.hpp"
#include "client/engine.hpp"
#include "client/generation.hpp"
#include "client/prekey_keeper.hpp"
#include "client/profiles.hpp"
#include "client/receiver.hpp"

namespace anochat::client {
namespace {

using Link = Courier::Link;

void go_online(Engine& engine) {
  Courier& courier = engine.courier;
  courier.link = Link::online;
  courier.reload();
  courier.wants_count = true;
  const storage::Snapshot snapshot = engine.store.snapshot();
  const auto list = snapshot->contacts.device_list(engine.self().account);
  courier.wants_account |= list && snapshot->meta.number("published_list").value_or(0) < list->version;
  courier.wants_prekeys = true;  // outgoing() finds out whether there are any
  for (const AccountId& account : snapshot->pending_sends.accounts(10'000)) courier.want(account);
  engine.events.push(event::Online{});
}

/// Nothing more will come on this connection, and nothing said on it is heard.
void hang_up(Engine& engine, const Refused& why) {
  link_disconnected(engine);
  engine.courier.last_word = why;
}

void take_challenge(Engine& engine, const Challenge& challenge) {
  Courier& courier = engine.courier;
  if (courier.link != Link::greeting) return;
  if (!engine.options.relay.empty() && engine.options.relay != challenge.relay) {
    engine.events.push(event::LoginRefused{Errc::unauthorised});
    return hang_up(engine, Refused{Errc::unauthorised, {}});
  }
  courier.link = Link::login;
  const std::uint64_t request = courier.begin(ask::Login{}, engine.now());
  courier.frames.push_back(encode(ClientFrame{request, sign_login(engine.device, challenge)}));
}

/// Whether the answer belongs to the login.
bool take_login_answer(Engine& engine, const RelayFrame& frame) {
  if (engine.courier.link != Link::login) return false;
  if (const auto* refused = std::get_if<Refused>(&frame.body)) {
    engine.events.push(event::LoginRefused{refused->code});
    hang_up(engine, *refused);
    return true;
  }
  const Ask ask = engine.courier.end(frame.request);
  const auto* done = std::get_if<Done>(&frame.body);
  if (!std::holds_alternative<ask::Login>(ask) || done == nullptr) return true;
  if (take_generation(engine, done->generation)) {
    go_online(engine);
  } else {
    engine.events.push(event::LoginRefused{Errc::rolled_back});
    hang_up(engine, Refused{Errc::rolled_back, std::chrono::hours{1}});
  }
  return true;
}

void add_account(Engine& engine, const storage::Records& records, std::vector<Bytes>& out) {
  Courier& courier = engine.courier;
  if (!courier.wants_account || courier.is_asking<ask::PublishAccount>()) return;
  if (const auto list = records.contacts.device_list(engine.self().account)) {
    PublishAccount body{list->signed_list, own_token(records)};
    const std::uint64_t request = courier.begin(ask::PublishAccount{list->version}, engine.now());
    out.push_back(encode(ClientFrame{request, std::move(body)}));
  }
  courier.wants_account = false;
}

void add_prekeys(Engine& engine, const storage::Records& records, std::vector<Bytes>& out) {
  Courier& courier = engine.courier;
  if (!courier.wants_prekeys || courier.is_asking<ask::PublishPreKeys>()) return;
  PreKeyUpload upload = unpublished_prekeys(records);
  if (!upload.ask.keys.empty()) {
    const std::uint64_t request = courier.begin(std::move(upload.ask), engine.now());
    out.push_back(encode(ClientFrame{request, std::move(upload.frame)}));
  }
  courier.wants_prekeys = false;
}

void add_count(Engine& engine, std::vector<Bytes>& out) {
  Courier& courier = engine.courier;
  // The count makes sense only when what was published is there.
  if (!courier.wants_count || courier.is_asking<ask::Count>() || courier.is_asking<ask::PublishPreKeys>()) return;
  out.push_back(encode(ClientFrame{courier.begin(ask::Count{}, engine.now()), CountPreKeys{}}));
  courier.wants_count = false;
  courier.next_count = engine.now() + kCountEvery;
}

void add_fetches(Engine& engine, std::vector<Bytes>& out) {
  for (;;) {
    ask::Fetch ask = engine.courier.take_wanted(engine.now(), kMaxFetchedAccounts);
    if (ask.accounts.empty() && ask.lists.empty()) return;
    FetchAccounts body{ask.accounts, ask.lists};
    out.push_back(encode(ClientFrame{engine.courier.begin(std::move(ask), engine.now()), std::move(body)}));
  }
}

void add_submissions(Engine& engine, const storage::Records& records, std::vector<Bytes>& out) {
  Courier& courier = engine.courier;
  for (;;) {
    if (courier.needs_rows()) courier.refill(records.outbox.due(engine.now(), static_cast<int>(kMostReady)));
    std::vector<storage::OutboxEntry> rows = courier.take_rows();
    if (rows.empty()) return;
    try {
      Submit body;
      ask::Submit ask;
      for (storage::OutboxEntry& row : rows) {
        ask.rows.push_back({row.row, row.message, row.recipient, row.created});
        body.submissions.push_back({std::move(row.envelope), token_of(records, row.recipient.account)});
      }
      out.push_back(encode(ClientFrame{courier.begin(std::move(ask), engine.now()), std::move(body), engine.generation}));
    } catch (...) {  // the store has them still
      for (const storage::OutboxEntry& row : rows) courier.landed(row.row);
      courier.reload();
      throw;
    }
  }
}

void add_signals(Engine& engine, std::vector<Bytes>& out) {
  auto& signals = engine.courier.signals;
  while (!signals.empty()) {
    Submit body;
    while (!signals.empty() && body.submissions.size() < kMaxFrameBatch) {
      body.submissions.push_back(std::move(signals.front()));
      signals.pop_front();
    }
    out.push_back(encode(ClientFrame{engine.courier.begin(ask::Submit{}, engine.now()), std::move(body)}));
  }
}

void add_acknowledgements(Engine& engine, std::vector<Bytes>& out) {
  auto& ids = engine.courier.acknowledged;
  for (std::size_t at = 0; at < ids.size(); at += kMaxFrameBatch) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(kMaxFrameBatch, ids.size() - at));
    const std::uint64_t request = engine.courier.begin(ask::Acknowledge{}, engine.now());
    out.push_back(encode(ClientFrame{request, Acknowledge{{first, last}}, engine.generation}));
  }
  ids.clear();
}

}  // namespace

void link_connected(Engine& engine) {
  engine.courier.reset();
  engine.courier.link = Link::greeting;
  engine.courier.last_word.reset();
}

void link_disconnected(Engine& engine) {
  const bool was_online = engine.courier.link == Link::online;
  engine.courier.reset();
  engine.courier.link = Link::offline;
  engine.signals.told.clear();
  if (was_online) engine.events.push(event::Offline{});
  engine.notify();
}

void link_receive(Engine& engine, ByteView encoded) {
  const RelayFrame frame = decode_relay_frame(encoded);
  if (const auto* challenge = std::get_if<Challenge>(&frame.body)) {
    take_challenge(engine, *challenge);
  } else if (const auto* deliver = std::get_if<Deliver>(&frame.body)) {
    // Also before the login's answer, which it may have overtaken: the relay will not say it again on this connection.
    if (engine.courier.link != Link::offline) receive_envelopes(engine, deliver->envelopes);
  } else if (engine.courier.link == Link::offline || take_login_answer(engine, frame)) {
    // done
  } else if (const auto* refused = std::get_if<Refused>(&frame.body); refused != nullptr && frame.request == 0) {
    hang_up(engine, *refused);
  } else if (engine.courier.link == Link::online) {
    take_answer(engine, frame);
  }
  engine.notify();
}

std::vector<Bytes> link_outgoing(Engine& engine) {
  engine.was_notified = false;
  std::vector<Bytes>& out = engine.courier.frames;  // what is made before an error leaves at the next call
  if (engine.courier.link != Link::online || !engine.courier.has_work()) return std::exchange(out, {});
  const storage::Snapshot snapshot = engine.store.snapshot();
  add_acknowledgements(engine, out);
  add_account(engine, *snapshot, out);
  add_prekeys(engine, *snapshot, out);
  add_count(engine, out);
  add_fetches(engine, out);
  add_submissions(engine, *snapshot, out);
  add_signals(engine, out);
  return std::exchange(out, {});
}

}  // namespace anochat::client
