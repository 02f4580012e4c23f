// anochat/relay/relay_options.hpp - what the owner of a relay may choose. Every limit is on unless it is changed.
#pragma once

#include <anochat/relay/rate_limiter.hpp>
#include <anochat/relay/relay_store.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace anochat {

struct RelayOptions {
  std::string name = "relay";        ///< 1 to 255 bytes; logins are signed for it, so clients must know it by this name
  std::uint64_t node = 1;            ///< tells relays that share a Presence apart
  bool registration_open = true;     ///< false: no new device may log in
  bool anonymous_submission = true;  ///< who shows a delivery token need not log in to submit

  // --- one connection ---
  std::size_t connections = 100'000;                 ///< at a time
  std::size_t outgoing_bytes = 65'536;               ///< that wait for a slow reader; then nothing is delivered to it,
                                                     ///< and if as much are answers, nothing read from it. One frame
                                                     ///< may go beyond
  std::chrono::milliseconds login_deadline{15'000};  ///< for who neither logs in nor submits
  std::chrono::milliseconds idle_deadline{300'000};  ///< without any frame
  Rate frames{500, 100};                             ///< frames
  Rate bytes{8'388'608, 2'097'152};                  ///< bytes of frames, burst at least one frame
  Rate refusals{50, 10};                             ///< frames refused for their rate; then the connection is closed
  Rate submissions{2'048, 512};                      ///< envelopes, burst at least kMaxFrameBatch
  Rate first_contacts{20, 20.0 / 3'600};             ///< envelopes without a delivery token
  Rate blob_bytes{33'554'432, 4'194'304};            ///< bytes of files, both ways; burst at least kMaxBlobPart

  // --- one account, mailbox or address class ---
  Rate account_submissions{4'096, 512};              ///< envelopes
  Rate fetched_accounts{256, 16};                    ///< accounts
  Rate one_time_bundles{300, 300.0 / 3'600};         ///< bundles with one-time prekeys that an account may take
  Rate one_time_bundles_of_device{3, 3.0 / 86'400};  ///< the same from one device; beyond it, the last-resort prekey
  Rate account_blob_bytes{1'073'741'824, 1'073'741'824.0 / 86'400};  ///< bytes of files that an account begins
  Rate handle_lookups{60, 60.0 / 3'600};          ///< handles that an account may ask for: nobody tries them all
  Rate handle_claims{20, 20.0 / 86'400};          ///< handles that an account may take or give back
  Rate mailbox_first_contacts{60, 60.0 / 3'600};  ///< envelopes without a token that a mailbox takes, of all senders
  Rate address_connections{200, 20};              ///< connections of one address class
  Rate address_registrations{20, 20.0 / 3'600};   ///< new devices of one address class

  // --- all together ---
  Rate logins{5'000, 1'000};  ///< each costs two signature checks, about 0.1 ms

  // --- what is kept ---
  MailboxRoom mailbox{10'000, 33'554'432};    ///< envelopes, bytes
  std::size_t first_contact_envelopes = 500;  ///< a mailbox with that many takes no further first contact
  std::chrono::hours lifetime{24 * 31};       ///< of an envelope, if it does not say less
  std::chrono::hours remember{72};            ///< how long a repetition of an acknowledged envelope is known as such
  std::size_t one_time_prekeys = 400;         ///< of each kind and device
  std::size_t devices = 32;                   ///< of one account
  std::size_t handles = 3;                    ///< of one account

  // --- durability ---
  std::size_t group_submissions = 1'024;     ///< that share one commit
  std::chrono::milliseconds group_delay{5};  ///< the longest that an answer waits for others
};

}  // namespace anochat
