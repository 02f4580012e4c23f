// Opening, hearing and closing connections, and what is said to them.
#include "base/byte_io.hpp"
#include "relay/engine.hpp"

#include <algorithm>
#include <utility>

namespace anochat {
namespace {

constexpr Milliseconds kHousekeeping{1'000};
constexpr std::size_t kExpiredRows = 500;  // at a time: some milliseconds
constexpr Milliseconds kComeBack{5'000};   // at least, to a relay that is full

void check(const RelayOptions& options) {
  const bool is_good = !options.name.empty() && options.name.size() <= 255 &&
                       options.bytes.burst >= kMaxRelayFrameLen && options.submissions.burst >= kMaxFrameBatch &&
                       options.account_submissions.burst >= kMaxFrameBatch &&
                       options.blob_bytes.burst >= kMaxBlobPart &&
                       options.fetched_accounts.burst >= kMaxFetchedAccounts && options.frames.burst >= 1 &&
                       options.group_submissions >= 1 && options.outgoing_bytes >= 1 && options.lifetime.count() >= 1;
  if (!is_good) throw Error(Errc::invalid_argument, "relay.options");
}

/// What a delivery token or a capability allows, whoever shows it.
bool carries_its_right(const ClientFrame& frame) {
  return std::holds_alternative<Submit>(frame.body) || std::holds_alternative<AppendBlob>(frame.body) ||
         std::holds_alternative<AskBlob>(frame.body) || std::holds_alternative<ReadBlob>(frame.body) ||
         std::holds_alternative<RemoveBlob>(frame.body);
}

}  // namespace

Relay::Engine::Engine(RelayOptions with_options, const RelayServices& with_services)
    : options(std::move(with_options)), services(with_services), time(with_services.clock) {
  check(options);
  relay::prepare();
  services.random.fill(process_key);
}

Relay::Engine::~Engine() {
  for (const auto& [mailbox, connection] : online) {
    try {
      services.presence.release(mailbox, {options.node, connection});
    } catch (...) {  // its claims time out
    }
  }
  if (group.is_open) services.store.roll_back();  // nobody was promised anything
}

Relay::Connection Relay::Engine::open(ByteView address_class) {
  const UnixTime now = time.now();
  Link link;
  services.random.fill(link.nonce);
  const Connection connection = next_connection++;
  link.id = connection;
  link.opened = link.heard = now;
  link.address_key = limit_key("address", {address_class});
  Link& added = links.emplace(connection, std::move(link)).first->second;
  ++metrics.connections_opened;
  ++metrics.connections;

  const bool is_full = is_draining || metrics.connections > options.connections;
  const Milliseconds wait = services.limiter.take(added.address_key, options.address_connections, 1, now);
  if (is_full || wait.count() > 0) {
    ++metrics.connections_refused;
    refuse_and_close(added, 0, Errc::rate_limited, jittered(std::max(wait, is_full ? kComeBack : Milliseconds{0})));
  } else {
    say(added, 0, Challenge{options.name, added.nonce}, /*waits=*/false);
  }
  return connection;
}

Relay::Engine::Link* Relay::Engine::find(Connection connection) noexcept {
  const auto found = links.find(connection);
  return found == links.end() ? nullptr : &found->second;
}

// Nothing more is read from the connection; what it was told already can still be taken.
void Relay::Engine::close(Link& link) noexcept {
  if (link.is_closed) return;
  link.is_closed = true;
  link.has_mail = false;
  --metrics.connections;
  try {
    mark_ready(link);
    if (!link.login) return;
    const auto here = online.find(link.login->mailbox);
    if (here == online.end() || here->second != link.id) return;
    online.erase(here);
    metrics.online_devices = online.size();
    services.presence.release(link.login->mailbox, {options.node, link.id});
  } catch (...) {  // a presence that cannot be reached forgets by itself
  }
}

void Relay::Engine::drop(Connection connection) noexcept {
  Link* link = find(connection);
  if (link == nullptr) return;
  close(*link);
  group.hungry.erase(connection);
  links.erase(connection);
}

void Relay::Engine::receive(Link& link, ByteView frame) {
  ++metrics.frames_received;
  metrics.bytes_received += frame.size();
  const UnixTime now = time.now();
  link.heard = now;
  if (link.answer_bytes >= options.outgoing_bytes)
    return refuse_and_close(link, 0, Errc::rate_limited, jittered(kComeBack));
  ClientFrame decoded;
  try {
    decoded = decode_client_frame(frame);
  } catch (const Error& error) {
    ++metrics.malformed;
    return refuse_and_close(link, 0, error.code());
  }
  const Milliseconds wait = std::max(link.frames.take(options.frames, 1, now),
                                     link.bytes.take(options.bytes, static_cast<double>(frame.size()), now));
  if (wait.count() > 0) {
    ++metrics.rate_limited;
    if (link.refusals.take(options.refusals, 1, now).count() > 0) {
      return refuse_and_close(link, 0, Errc::rate_limited, jittered(wait));
    }
    return refuse(link, decoded.request, Errc::rate_limited, wait);
  }
  const bool is_login = std::holds_alternative<Login>(decoded.body);
  const bool needs_no_login = is_login || std::holds_alternative<Ping>(decoded.body) ||
                              (options.anonymous_submission && carries_its_right(decoded));
  if (is_login && link.login) return refuse_and_close(link, decoded.request, Errc::wrong_state);
  if (!link.login && !needs_no_login) return refuse_and_close(link, decoded.request, Errc::unauthorised);
  guarded(&link, decoded.request, [&] {
    note_generation(link, decoded.generation);
    std::visit([&](auto& body) { handle(link, decoded.request, body); }, decoded.body);
    note_changes();
  });
  if (group.submissions >= options.group_submissions) commit();
}

// In the group of what the frame says, and so before its answer.
void Relay::Engine::note_generation(const Link& link, std::uint64_t generation) {
  if (!link.login || generation <= services.store.generation(link.login->mailbox)) return;
  services.store.set_generation(link.login->mailbox, generation);
}

std::vector<Bytes> Relay::Engine::take(Link& link, std::size_t most_bytes) {
  std::vector<Bytes> frames;
  std::size_t bytes = 0;
  std::size_t count = 0;
  for (; count < link.outgoing.size() && !link.outgoing[count].waits; ++count) {
    const std::size_t size = link.outgoing[count].frame.size();
    if (count > 0 && (bytes >= most_bytes || size > most_bytes - bytes)) break;
    bytes += size;
  }
  frames.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    link.outgoing_bytes -= link.outgoing[i].bytes();
    link.answer_bytes -= link.outgoing[i].answer_bytes();
    frames.push_back(std::move(link.outgoing[i].frame));
  }
  link.outgoing.erase(link.outgoing.begin(), link.outgoing.begin() + static_cast<std::ptrdiff_t>(count));
  if (link.outgoing.empty()) link.outgoing.shrink_to_fit();  // most connections are idle most of the time
  metrics.frames_sent += count;
  metrics.bytes_sent += bytes;
  if (link.is_closed && link.outgoing.empty()) {
    group.hungry.erase(link.id);
    links.erase(link.id);
    return frames;
  }
  if (link.has_mail) guarded(&link, 0, [&] { pump(link); });
  if (!link.outgoing.empty() && !link.outgoing.front().waits) mark_ready(link);
  return frames;
}

void Relay::Engine::tick() {
  const UnixTime now = time.now();
  hear_wakes();
  if (group.is_open && now - group.opened >= options.group_delay) commit();
  if (now - housekeeping < kHousekeeping) return;
  housekeeping = now;
  for (auto& [connection, link] : links) {
    if (link.has_mail) pump(link);  // what an error has left behind
    const bool is_known = link.login != nullptr || link.has_submitted;
    if (link.is_closed ||
        (now - link.heard < options.idle_deadline && (is_known || now - link.opened < options.login_deadline))) {
      continue;
    }
    ++metrics.timed_out;
    refuse_and_close(link, 0, Errc::timed_out);
  }
  metrics.expired += services.store.expire(now, kExpiredRows);
  if (services.blobs != nullptr) metrics.expired += services.blobs->expire(now);
  note_changes();
}

void Relay::Engine::drain(Milliseconds within) {
  commit();
  is_draining = true;
  for (auto& [connection, link] : links) {
    if (link.is_closed) continue;
    ByteArray<8> bytes;
    services.random.fill(bytes);
    const auto span = static_cast<std::uint64_t>(std::max<Milliseconds::rep>(within.count(), 1));
    const Milliseconds when{static_cast<Milliseconds::rep>(detail::get_be64(bytes.data()) % span) + 1};
    refuse_and_close(link, 0, Errc::rate_limited, when);
  }
}

// --- what is said ---

void Relay::Engine::say(Link& link, std::uint64_t request, Body body, bool waits) {
  const bool is_mail = std::holds_alternative<Deliver>(body);
  Bytes frame = encode(RelayFrame{request, std::move(body)});
  if (waits && !link.is_waiting) {
    group.waiting.push_back(link.id);
    link.is_waiting = true;
  }
  const relay::Outgoing& last = link.outgoing.emplace_back(relay::Outgoing{std::move(frame), request, waits, is_mail});
  link.outgoing_bytes += last.bytes();
  link.answer_bytes += last.answer_bytes();
  mark_ready(link);
}

void Relay::Engine::answer(Link& link, std::uint64_t request, Body body) {
  say(link, request, std::move(body), services.store.has_changes());
}

void Relay::Engine::refuse(Link& link, std::uint64_t request, Errc code, Milliseconds retry_after) {
  say(link, request, Refused{code, retry_after}, /*waits=*/false);
}

void Relay::Engine::refuse_and_close(Link& link, std::uint64_t request, Errc code, Milliseconds retry_after) {
  refuse(link, request, code, retry_after);
  close(link);
}

void Relay::Engine::mark_ready(Link& link) {
  if (link.is_ready) return;
  ready.push_back(link.id);
  link.is_ready = true;
}

// Once to twice as long, so that those who were refused together do not come back together.
Milliseconds Relay::Engine::jittered(Milliseconds least) const {
  ByteArray<8> bytes;
  services.random.fill(bytes);
  const auto span = static_cast<std::uint64_t>(std::max<Milliseconds::rep>(least.count(), 100));
  return least + Milliseconds{static_cast<Milliseconds::rep>(detail::get_be64(bytes.data()) % span)};
}

Relay::Engine::Hash Relay::Engine::limit_key(std::string_view what,
                                             std::initializer_list<ByteView> parts) const noexcept {
  Hash key = relay::keyed_hash(process_key, {as_bytes(what)});
  for (const ByteView part : parts) key = relay::keyed_hash(key, {part});
  return key;
}

}  // namespace anochat
