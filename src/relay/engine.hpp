// relay/engine.hpp - the state of a relay. Each part of its work is a file: connections, login, publish, fetch, submit,
// handles, blobs, deliver, group.
#pragma once

#include <anochat/framing/relay_frames.hpp>
#include <anochat/relay/relay.hpp>

#include "relay/link.hpp"
#include "relay/steady_time.hpp"

#include <map>
#include <set>
#include <unordered_map>

namespace anochat {

class Relay::Engine {
 public:
  Engine(RelayOptions options, const RelayServices& services);
  ~Engine();

  using Link = relay::Link;
  using Hash = relay::Hash;
  using Body = decltype(RelayFrame::body);

  // connections.cpp
  Connection open(ByteView address_class);
  void drop(Connection connection) noexcept;
  void receive(Link& link, ByteView frame);
  void note_generation(const Link& link, std::uint64_t generation);
  std::vector<Bytes> take(Link& link, std::size_t most_bytes);
  void tick();
  void drain(Milliseconds within);
  [[nodiscard]] Link* find(Connection connection) noexcept;
  void close(Link& link) noexcept;
  void say(Link& link, std::uint64_t request, Body body, bool waits);
  void answer(Link& link, std::uint64_t request, Body body);  // waits if a group is open
  void refuse(Link& link, std::uint64_t request, Errc code, Milliseconds retry_after = {});
  void refuse_and_close(Link& link, std::uint64_t request, Errc code, Milliseconds retry_after = {});
  void mark_ready(Link& link);
  [[nodiscard]] Milliseconds jittered(Milliseconds least) const;
  [[nodiscard]] Hash limit_key(std::string_view what, std::initializer_list<ByteView> parts) const noexcept;

  // One for each thing that a client can say. What they throw, other than for the caller's own fault, is the store's.
  void handle(Link& link, std::uint64_t request, const Login& body);           // login.cpp
  void handle(Link& link, std::uint64_t request, const PublishPreKeys& body);  // publish.cpp
  void handle(Link& link, std::uint64_t request, const PublishAccount& body);
  void handle(Link& link, std::uint64_t request, const FetchAccounts& body);  // fetch.cpp
  [[nodiscard]] FetchedAccount fetch_list(const Hash& account);
  void handle(Link& link, std::uint64_t request, const CountPreKeys& body);
  void handle(Link& link, std::uint64_t request, Submit& body);  // submit.cpp
  void handle(Link& link, std::uint64_t request, const Acknowledge& body);
  void handle(Link& link, std::uint64_t request, const Ping& body);
  void handle(Link& link, std::uint64_t request, const ClaimHandle& body);  // handles.cpp
  void handle(Link& link, std::uint64_t request, const ReleaseHandle& body);
  void handle(Link& link, std::uint64_t request, const FindHandle& body);
  void handle(Link& link, std::uint64_t request, const BeginBlob& body);  // blobs.cpp
  void handle(Link& link, std::uint64_t request, const AppendBlob& body);
  void handle(Link& link, std::uint64_t request, const AskBlob& body);
  void handle(Link& link, std::uint64_t request, const ReadBlob& body);
  void handle(Link& link, std::uint64_t request, const RemoveBlob& body);
  [[nodiscard]] bool may_use_directory(Link& link, std::uint64_t request, std::string_view what, const Rate& rate);
  template <class Work>
  void with_blobs(Link& link, std::uint64_t request, std::size_t bytes, Work work);
  void displace(const relay::VerifiedCertificate& certificate, Link& by);
  [[nodiscard]] std::int32_t submit(Link& link, Submission& submission, UnixTime now);
  [[nodiscard]] Errc may_submit(Link& link, const EnvelopeView& envelope, const DeliveryToken& token, UnixTime now);
  void pass_signal(const EnvelopeView& envelope, const Bytes& encoded);

  // deliver.cpp
  void pump(Link& link);
  void keep_fresh(const MailboxId& mailbox, std::uint64_t number, Bytes encoded);
  void hand_fresh(Link& link);
  void hand_signal(Link& link, const Bytes& encoded);
  void announce(const MailboxId& mailbox);
  void hear_wakes();

  // group.cpp
  void commit() noexcept;
  void fail_group(Errc code) noexcept;
  void note_changes();
  template <class Work>
  void guarded(Link* link, std::uint64_t request, Work work) noexcept;

  const RelayOptions options;
  RelayServices services;
  relay::SteadyTime time;
  RelayMetrics metrics;
  Hash process_key{};
  Connection next_connection = 1;
  std::unordered_map<Connection, Link> links;
  std::map<MailboxId, Connection> online;
  std::vector<Connection> ready;
  TokenBucket logins;
  UnixTime housekeeping{};
  bool is_draining = false;

  struct Group {
    bool is_open = false;
    bool has_failed = false;  ///< the last one did
    UnixTime opened{};
    std::size_t submissions = 0;
    std::set<MailboxId> touched;      ///< mailboxes that got an envelope, of devices that are not here
    std::vector<Connection> fresh;    ///< links that have some
    std::vector<Connection> waiting;  ///< links with answers that wait
    std::set<Connection> hungry;      ///< links that may have mail and could not be served while it was open
  } group;
};

/// Runs work whose errors are the store's: the group is given up, and the request, if there is one, refused.
template <class Work>
void Relay::Engine::guarded(Link* link, std::uint64_t request, Work work) noexcept {
  Errc code = Errc::internal;
  try {
    work();
    return;
  } catch (const Error& error) {
    code = error.code();
  } catch (const std::bad_alloc&) {
    code = Errc::out_of_memory;
  } catch (...) {  // of an implementation that breaks its promise
  }
  fail_group(code);
  if (link == nullptr || link->is_closed) return;
  try {
    refuse(*link, request, code, std::chrono::seconds(1));
  } catch (...) {  // no memory even for that
    close(*link);
  }
}

}  // namespace anochat
