// anochat/client/types.hpp - what a client hands out: handles, contacts, explanations.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/crypto/address.hpp>
#include <anochat/storage/records.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace anochat {

/// Names of things in this client's store. They mean nothing elsewhere, stay valid across restarts and are never given
/// to anything else. What travels are the 16-byte ids of <anochat/framing/ids.hpp>.
using ConversationHandle = storage::ConversationId;
using MessageHandle = storage::MessageId;  ///< a later message of a conversation has a greater one
using FailureHandle = storage::FailureId;

/// How far the user trusts an account.
enum class TrustState : std::uint8_t {
  unknown,   ///< none of its devices was seen yet
  first_use, ///< believed since it was first seen
  verified,  ///< the user compared the safety number
  changed,   ///< a device has another identity than before: nothing is sent until accept_identity()
  blocked,
};

/// How the user is shown to those who are allowed to write.
struct ProfileInfo {
  std::string name = {};   ///< 0 to 256 bytes of UTF-8, one line
  Bytes avatar = {};       ///< 0 to 32,768 bytes of an encoded picture
  std::string about = {};  ///< 0 to 1,024 bytes of UTF-8
};

/// Why something is as it is, for people and for support.
struct Explanation {
  Errc reason = Errc::internal;
  std::string text;  ///< one or two fixed English sentences without any user data
  storage::Repair repair = storage::Repair::none;
  bool will_be_retried = false;
};

}  // namespace anochat
