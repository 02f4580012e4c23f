#include <anochat/testing/memory_relay.hpp>

#include <anochat/base/error.hpp>
#include <anochat/crypto/device_list.hpp>
#include <anochat/crypto/identity.hpp>
#include <anochat/framing/envelope.hpp>
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "crypto/blake2.hpp"
#include "crypto/ed25519.hpp"

namespace anochat::testing {
namespace {

constexpr std::size_t kDeliverBatch = 128;

using AddressBytes = ByteArray<36>;

struct DeviceEntry {
  Bytes certificate;
  Bytes signed_prekey;
  Bytes last_resort;
  std::deque<Bytes> one_time;
  std::deque<Bytes> kem_one_time;
  std::uint64_t generation = 0;  // the greatest that the device has told
  std::set<std::pair<std::size_t, Bytes>> published;  // length and id of every one-time prekey that ever came

  [[nodiscard]] bool has_bundle() const noexcept { return !signed_prekey.empty() && !last_resort.empty(); }
};

struct AccountEntry {
  Bytes device_list;
  DeliveryToken token{};
  std::map<std::uint32_t, DeviceEntry> devices;
};

struct Mailbox {
  struct Known {
    UnixHour expires;
    std::uint64_t number;
  };
  std::map<EnvelopeId, Known> known;         // also of acknowledged envelopes: a repetition stays one
  std::map<std::uint64_t, Bytes> envelopes;  // by number, so oldest first
  std::uint64_t next_number = 1;
};

struct Link {
  MemoryRelay::Connection number = 0;
  ByteArray<32> nonce{};
  std::optional<Address> login;
  std::vector<Bytes> to_client;
  std::uint64_t next_number = 1;  // of the mailbox: what stands before it was handed out on this connection
  bool is_closed = false;         // kept until its last frames were taken
};

}  // namespace

struct MemoryRelay::State {
  State(const Clock& with_clock, Random& with_random, std::string with_name, std::size_t with_quota)
      : clock(with_clock), random(with_random), name(std::move(with_name)), quota(with_quota) {}

  const Clock& clock;
  Random& random;
  std::string name;
  std::size_t quota;
  Connection next = 1;
  std::map<Connection, Link> links;
  std::set<Connection> ready;  // with something to take, or just closed
  std::map<ByteArray<32>, AccountEntry> accounts;
  std::map<ByteArray<32>, Mailbox> mailboxes;
  std::map<ByteArray<32>, Connection> online;  // by mailbox
  std::map<ByteArray<32>, ByteArray<32>> handles;  // hash to account
  RelayCounters counters;
  Bytes seen;
  bool is_recording = true;

  static ByteArray<32> mailbox_of(const Address& address) noexcept {
    return crypto::Hasher().add_lp("AnoChat/1/mailbox").add(address.encode()).finish();
  }
  void say(Link& link, std::uint64_t request, decltype(RelayFrame::body) body) {
    link.to_client.push_back(encode(RelayFrame{request, std::move(body)}));
    ready.insert(link.number);
  }
  // Nothing more is read from the connection; what it was told already can still be taken.
  void close(Connection connection) {
    const auto link = links.find(connection);
    if (link == links.end()) return;
    link->second.is_closed = true;
    ready.insert(connection);
    if (!link->second.login) return;
    const auto where = online.find(mailbox_of(*link->second.login));
    if (where != online.end() && where->second == connection) online.erase(where);
  }
  DeviceEntry& device_of(const Link& link) { return accounts[link.login->account].devices[link.login->device]; }

  void login(Connection connection, Link& link, std::uint64_t request, const Login& body) {
    const Certificate certificate = Certificate::decode(body.certificate);
    Bytes signed_text;
    const auto add_lp = [&signed_text](ByteView bytes) {
      const auto size = static_cast<std::uint32_t>(bytes.size());
      for (const int shift : {24, 16, 8, 0}) signed_text.push_back(static_cast<std::uint8_t>(size >> shift));
      signed_text.insert(signed_text.end(), bytes.begin(), bytes.end());
    };
    add_lp(as_bytes("AnoChat/1/login"));
    add_lp(as_bytes(name));
    signed_text.insert(signed_text.end(), link.nonce.begin(), link.nonce.end());
    signed_text.insert(signed_text.end(), body.certificate.begin(), body.certificate.end());
    if (!crypto::ed25519_verify(certificate.identity.signing_key, signed_text, body.signature)) {
      throw Error(Errc::unauthorised, "memory_relay.login");
    }
    link.login = certificate.address();
    device_of(link).certificate.assign(body.certificate.begin(), body.certificate.end());
    const ByteArray<32> mailbox = mailbox_of(*link.login);
    if (const auto older = online.find(mailbox); older != online.end()) close(older->second);
    online[mailbox] = connection;
    ++counters.logins;
    say(link, request, Done{device_of(link).generation});
    deliver(mailbox);
  }

  void deliver(const ByteArray<32>& mailbox) {
    const auto where = online.find(mailbox);
    const auto box = mailboxes.find(mailbox);
    if (where == online.end() || box == mailboxes.end()) return;
    Link& link = links.at(where->second);
    Deliver batch;
    const auto flush = [&] {
      if (batch.envelopes.empty()) return;
      counters.delivered += batch.envelopes.size();
      say(link, 0, std::exchange(batch, {}));
    };
    std::size_t bytes = 0;
    const auto& waiting = box->second.envelopes;
    for (auto at = waiting.lower_bound(link.next_number); at != waiting.end(); ++at) {
      const Bytes& envelope = at->second;
      if (batch.envelopes.size() == kDeliverBatch || bytes + envelope.size() > kMaxRelayFrameLen / 2) {
        flush();
        bytes = 0;
      }
      bytes += envelope.size();
      batch.envelopes.push_back(envelope);
    }
    link.next_number = box->second.next_number;
    flush();
  }

  std::int32_t submit(const Submission& submission) {
    const EnvelopeView envelope = decode_envelope(submission.envelope);
    if (envelope.expires <= clock.now()) return 0;  // nobody will miss it
    const ByteArray<32>& mailbox = envelope.mailbox.bytes;
    ++counters.submissions;
    if (envelope.is_ephemeral) {
      const auto where = online.find(mailbox);
      if (where == online.end()) {
        ++counters.signals_dropped;
      } else {
        ++counters.signals;
        say(links.at(where->second), 0, Deliver{{submission.envelope}});
      }
      return 0;
    }
    Mailbox& box = mailboxes[mailbox];
    if (box.known.contains(envelope.id)) {
      ++counters.repetitions;
      return 0;
    }
    if (box.envelopes.size() >= quota) return static_cast<std::int32_t>(Errc::quota_exceeded);
    box.known.emplace(envelope.id, Mailbox::Known{envelope.expires, box.next_number});
    box.envelopes.emplace(box.next_number++, submission.envelope);
    return 0;
  }

  Bytes take_bundle(DeviceEntry& device) {
    Bytes bundle{0x11, 0x01};
    const auto add = [&bundle](const Bytes& part) { bundle.insert(bundle.end(), part.begin(), part.end()); };
    add(device.certificate);
    add(device.signed_prekey);
    bundle.push_back(device.one_time.empty() ? 0 : 1);
    if (!device.one_time.empty()) {
      add(device.one_time.front());
      device.one_time.pop_front();
    }
    bundle.push_back(device.kem_one_time.empty() ? 2 : 1);
    if (device.kem_one_time.empty()) {
      ++counters.last_resort_used;
      add(device.last_resort);
    } else {
      ++counters.one_time_used;
      add(device.kem_one_time.front());
      device.kem_one_time.pop_front();
    }
    return bundle;
  }

  // A device that got no answer publishes again. What was handed out meanwhile must not be handed out twice.
  static void add_new(DeviceEntry& device, const std::vector<Bytes>& records, std::deque<Bytes>& to) {
    for (const Bytes& record : records) {
      const Bytes id(record.begin(), record.begin() + 4);
      if (device.published.emplace(record.size(), id).second) to.push_back(record);
    }
  }
  static void replace(Bytes& known, const Bytes& fresh, const AccountId& account) {
    const DeviceList verified = DeviceList::decode(fresh, account);
    if (!known.empty()) DeviceList::check_successor(DeviceList::decode(known, account), verified);
    known = fresh;
  }

  void handle(Link& link, std::uint64_t request, const PublishPreKeys& body) {
    DeviceEntry& device = device_of(link);
    if (body.replaces_all) {
      for (std::deque<Bytes>* kind : {&device.one_time, &device.kem_one_time}) kind->clear();
      device.published.clear();
    }
    if (body.signed_prekey) device.signed_prekey = *body.signed_prekey;
    if (body.last_resort) device.last_resort = *body.last_resort;
    add_new(device, body.one_time, device.one_time);
    add_new(device, body.kem_one_time, device.kem_one_time);
    say(link, request, Done{});
  }
  void handle(Link& link, std::uint64_t request, const PublishAccount& body) {
    AccountEntry& account = accounts[link.login->account];
    try {
      if (!body.device_list.empty()) replace(account.device_list, body.device_list, link.login->account);
    } catch (const Error& error) {
      ++counters.refused;
      return say(link, request, Refused{error.code(), {}});
    }
    account.token = body.delivery_token;
    say(link, request, Done{});
  }
  void handle(Link& link, std::uint64_t request, const FetchAccounts& body) {
    ++counters.fetch_frames;
    counters.fetched_accounts += body.accounts.size() + body.lists.size();
    counters.fetched_lists += body.lists.size();
    FetchedAccounts answer;
    for (const auto& id : body.accounts) {
      FetchedAccount& fetched = answer.accounts.emplace_back();
      fetched.account = id;
      const auto known = accounts.find(id);
      if (known == accounts.end()) continue;
      fetched.device_list = known->second.device_list;
      for (auto& [number, device] : known->second.devices) {
        if (device.has_bundle()) fetched.bundles.push_back(take_bundle(device));
      }
    }
    for (const auto& id : body.lists) {
      const auto known = accounts.find(id);
      answer.accounts.push_back({id, known == accounts.end() ? Bytes{} : known->second.device_list, {}});
    }
    say(link, request, std::move(answer));
  }
  void handle(Link& link, std::uint64_t request, const Submit& body) {
    Submitted answer;
    std::set<ByteArray<32>> touched;
    for (const Submission& submission : body.submissions) {
      try {
        answer.results.push_back(submit(submission));
        touched.insert(decode_envelope(submission.envelope).mailbox.bytes);
      } catch (const Error& error) {
        answer.results.push_back(static_cast<std::int32_t>(error.code()));
      }
    }
    say(link, request, std::move(answer));
    for (const auto& mailbox : touched) deliver(mailbox);
  }
  void handle(Link& link, std::uint64_t request, const Acknowledge& body) {
    Mailbox& box = mailboxes[mailbox_of(*link.login)];
    for (const auto& bytes : body.envelopes) {
      const auto known = box.known.find(EnvelopeId{bytes});
      if (known != box.known.end()) counters.acknowledged += box.envelopes.erase(known->second.number);
    }
    say(link, request, Done{});
  }
  void handle(Link& link, std::uint64_t request, const CountPreKeys& /*body*/) {
    const DeviceEntry& device = device_of(link);
    say(link, request, PreKeyCount{static_cast<std::uint32_t>(device.one_time.size()), static_cast<std::uint32_t>(device.kem_one_time.size())});
  }
  void handle(Link& link, std::uint64_t request, const Ping& /*body*/) { say(link, request, Pong{}); }
  void handle(Link& link, std::uint64_t request, const ClaimHandle& body) {
    const auto owner = handles.emplace(body.hash, link.login->account).first->second;
    if (owner == link.login->account) return say(link, request, Done{});
    say(link, request, Refused{Errc::already_exists, {}});
  }
  void handle(Link& link, std::uint64_t request, const ReleaseHandle& body) {
    const auto owned = handles.find(body.hash);
    if (owned == handles.end() || owned->second != link.login->account) {
      return say(link, request, Refused{Errc::not_found, {}});
    }
    handles.erase(owned);
    say(link, request, Done{});
  }
  void handle(Link& link, std::uint64_t request, const FindHandle& body) {
    const auto owned = handles.find(body.hash);
    say(link, request, FoundHandle{owned == handles.end() ? std::nullopt : std::optional(owned->second)});
  }
  /// This relay keeps no files.
  void refuse_blob(Link& link, std::uint64_t request) { say(link, request, Refused{Errc::not_found, {}}); }
  void handle(Link& link, std::uint64_t request, const BeginBlob& /*body*/) { refuse_blob(link, request); }
  void handle(Link& link, std::uint64_t request, const AppendBlob& /*body*/) { refuse_blob(link, request); }
  void handle(Link& link, std::uint64_t request, const AskBlob& /*body*/) { refuse_blob(link, request); }
  void handle(Link& link, std::uint64_t request, const ReadBlob& /*body*/) { refuse_blob(link, request); }
  void handle(Link& link, std::uint64_t request, const RemoveBlob& /*body*/) { refuse_blob(link, request); }
  void handle(Link& /*link*/, std::uint64_t /*request*/, const Login& /*body*/) { throw Error(Errc::wrong_state, "memory_relay.login"); }

  void receive(Connection connection, Link& link, const ClientFrame& frame) {
    if (const auto* body = std::get_if<Login>(&frame.body); body != nullptr && !link.login) {
      return login(connection, link, frame.request, *body);
    }
    if (!link.login) throw Error(Errc::unauthorised, "memory_relay.receive");
    DeviceEntry& device = device_of(link);
    device.generation = std::max(device.generation, frame.generation);
    std::visit([&](const auto& body) { handle(link, frame.request, body); }, frame.body);
  }
};

MemoryRelay::MemoryRelay(const Clock& clock, Random& random, std::string name, std::size_t quota)
    : state_(std::make_unique<State>(clock, random, std::move(name), quota)) {}
MemoryRelay::~MemoryRelay() = default;

MemoryRelay::Connection MemoryRelay::connect() {
  const Connection connection = state_->next++;
  Link& link = state_->links[connection];
  link.number = connection;
  state_->random.fill(link.nonce);
  state_->say(link, 0, Challenge{state_->name, link.nonce});
  return connection;
}

void MemoryRelay::disconnect(Connection connection) {
  state_->close(connection);
  state_->links.erase(connection);
  state_->ready.erase(connection);
}

bool MemoryRelay::is_open(Connection connection) const noexcept {
  const auto found = state_->links.find(connection);
  return found != state_->links.end() && !found->second.is_closed;
}

void MemoryRelay::receive(Connection connection, ByteView frame) {
  const auto found = state_->links.find(connection);
  if (found == state_->links.end() || found->second.is_closed) return;
  if (state_->is_recording) state_->seen.insert(state_->seen.end(), frame.begin(), frame.end());
  std::uint64_t request = 0;
  try {
    const ClientFrame decoded = decode_client_frame(frame);
    request = decoded.request;
    state_->receive(connection, found->second, decoded);
  } catch (const Error& error) {
    ++state_->counters.refused;
    state_->say(found->second, request, Refused{error.code(), {}});
    state_->close(connection);
  }
}

std::vector<MemoryRelay::Connection> MemoryRelay::ready() const { return {state_->ready.begin(), state_->ready.end()}; }

std::vector<Bytes> MemoryRelay::take(Connection connection) {
  state_->ready.erase(connection);
  const auto found = state_->links.find(connection);
  if (found == state_->links.end()) return {};
  std::vector<Bytes> frames = std::exchange(found->second.to_client, {});
  if (found->second.is_closed) state_->links.erase(found);
  return frames;
}

void MemoryRelay::expire() {
  const UnixTime now = state_->clock.now();
  for (auto& [id, box] : state_->mailboxes) {
    std::erase_if(box.known, [&box = box, now](const auto& entry) {
      if (entry.second.expires > now) return false;
      box.envelopes.erase(entry.second.number);
      return true;
    });
  }
}

void MemoryRelay::drain_prekeys(const ByteArray<36>& encoded) {
  const Address address = Address::decode(encoded);
  DeviceEntry& device = state_->accounts[address.account].devices[address.device];
  device.one_time.clear();
  device.kem_one_time.clear();
}

void MemoryRelay::set_generation(const ByteArray<36>& encoded, std::uint64_t generation) {
  const Address address = Address::decode(encoded);
  state_->accounts[address.account].devices[address.device].generation = generation;
}

void MemoryRelay::forget_prekeys(const ByteArray<36>& encoded) {
  drain_prekeys(encoded);
  const Address address = Address::decode(encoded);
  DeviceEntry& device = state_->accounts[address.account].devices[address.device];
  device.signed_prekey.clear();
  device.last_resort.clear();
}

const RelayCounters& MemoryRelay::counters() const noexcept { return state_->counters; }

std::size_t MemoryRelay::waiting() const noexcept {
  std::size_t count = 0;
  for (const auto& [id, box] : state_->mailboxes) count += box.envelopes.size();
  return count;
}

const Bytes& MemoryRelay::everything_seen() const noexcept { return state_->seen; }

void MemoryRelay::set_recording(bool is_on) {
  state_->is_recording = is_on;
  if (!is_on) state_->seen = Bytes();
}

}  // namespace anochat::testing
