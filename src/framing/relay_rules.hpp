// framing/relay_rules.hpp - what has to hold in every frame between client and relay.
#pragma once

#include <anochat/framing/relay_frames.hpp>

#include <algorithm>
#include <string_view>

namespace anochat::framing {

inline constexpr std::size_t kSmallRecord = 116;    // bytes of an X25519 prekey record
inline constexpr std::size_t kLargeRecord = 1'268;  // bytes of an ML-KEM prekey record
inline constexpr std::size_t kMaxRelayName = 255;   // bytes
inline constexpr std::size_t kMaxListLen = 4'096;   // bytes of a device list
inline constexpr std::size_t kMaxBundle = 1'669;    // bytes, with a one-time prekey
inline constexpr std::size_t kMaxDevices = 32;
inline constexpr std::chrono::milliseconds kMostRetryAfter = std::chrono::hours(24 * 366);

// The rules are the same in both directions; what breaks them is the caller's fault in one and the peer's in the other.
class Rules {
 public:
  Rules(Errc too_many, Errc bad, std::string_view where) noexcept : too_many_(too_many), bad_(bad), where_(where) {}
  void count(std::size_t value, std::size_t least, std::size_t most) const {
    if (value < least) throw Error(bad_, where_);
    if (value > most) throw Error(too_many_, where_);
  }
  void length(std::size_t value, std::size_t least, std::size_t most) const {
    require(value >= least && value <= most);
  }
  void require(bool condition) const {
    if (!condition) throw Error(bad_, where_);
  }

  void check_head(const ClientFrame& frame) const { require(frame.generation <= kMaxGeneration); }
  void check_head(const RelayFrame&) const {}
  void check(const Login&) const {}
  void check(const PublishPreKeys& body) const {
    require(!body.signed_prekey || body.signed_prekey->size() == kSmallRecord);
    require(!body.last_resort || body.last_resort->size() == kLargeRecord);
    count(body.one_time.size(), 0, kMaxPublishedPreKeys);
    count(body.kem_one_time.size(), 0, kMaxPublishedPreKeys);
    for (const Bytes& record : body.one_time) require(record.size() == kSmallRecord);
    for (const Bytes& record : body.kem_one_time) require(record.size() == kLargeRecord);
  }
  void check(const PublishAccount& body) const { length(body.device_list.size(), 0, kMaxListLen); }
  void check(const FetchAccounts& body) const { count(body.accounts.size() + body.lists.size(), 1, kMaxFetchedAccounts); }
  void check(const Submit& body) const {
    count(body.submissions.size(), 1, kMaxFrameBatch);
    for (const Submission& submission : body.submissions) length(submission.envelope.size(), 1, kMaxEnvelopeLen);
  }
  void check(const Acknowledge& body) const { count(body.envelopes.size(), 1, kMaxFrameBatch); }
  void check(const CountPreKeys&) const {}
  void check(const Ping&) const {}
  void check(const Challenge& body) const { length(body.relay.size(), 1, kMaxRelayName); }
  void check(const Done& body) const { require(body.generation <= kMaxGeneration); }
  void check(const Refused& body) const {
    require(static_cast<std::int32_t>(body.code) < 0 && body.retry_after.count() >= 0 &&
            body.retry_after <= kMostRetryAfter);
  }
  void check(const FetchedAccounts& body) const {
    count(body.accounts.size(), 1, kMaxFetchedAccounts);
    for (const FetchedAccount& account : body.accounts) {
      length(account.device_list.size(), 0, kMaxListLen);
      count(account.bundles.size(), 0, kMaxDevices);
      for (const Bytes& bundle : account.bundles) length(bundle.size(), 1, kMaxBundle);
    }
  }
  void check(const Submitted& body) const {
    count(body.results.size(), 1, kMaxFrameBatch);
    require(std::all_of(body.results.begin(), body.results.end(), [](std::int32_t result) { return result <= 0; }));
  }
  void check(const PreKeyCount&) const {}
  void check(const Deliver& body) const {
    count(body.envelopes.size(), 1, kMaxFrameBatch);
    for (const Bytes& envelope : body.envelopes) length(envelope.size(), 1, kMaxEnvelopeLen);
  }
  void check(const Pong&) const {}
  void check(const ClaimHandle&) const {}
  void check(const ReleaseHandle&) const {}
  void check(const FindHandle&) const {}
  void check(const BeginBlob& body) const { require(body.size > 0 && body.size <= kMaxFileLen); }
  void check(const AppendBlob& body) const {
    length(body.part.size(), 1, kMaxBlobPart);
    require(body.offset <= kMaxFileLen);
  }
  void check(const AskBlob&) const {}
  void check(const ReadBlob& body) const {
    length(body.size, 1, kMaxBlobPart);
    require(body.offset <= kMaxFileLen);
  }
  void check(const RemoveBlob&) const {}
  void check(const FoundHandle&) const {}
  void check(const BlobBegun&) const {}
  void check(const BlobStatus& body) const { require(body.received <= kMaxFileLen); }
  void check(const BlobPart& body) const { length(body.part.size(), 0, kMaxBlobPart); }

 private:
  Errc too_many_;
  Errc bad_;
  std::string_view where_;
};

}  // namespace anochat::framing
