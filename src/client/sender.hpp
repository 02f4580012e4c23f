// client/sender.hpp - content on its way to accounts: sealed for each device where there is a session, kept where not.
#pragma once

#include <anochat/framing/content.hpp>
#include <anochat/framing/relay_frames.hpp>
#include <anochat/storage/records.hpp>
#include <optional>
#include <vector>

#include "client/session_book.hpp"

namespace anochat::client {

class Unit;

struct Parcel {
  Content content;
  std::optional<storage::MessageId> message = {};  ///< the row whose state follows the envelopes
  std::optional<UnixTime> expires = {};            ///< when it has lost its worth; the options' envelope_lifetime otherwise
  bool with_transcript = true;                     ///< this account's other devices get a copy
  bool is_resendable = true;                       ///< kept for a while in case the peer cannot open it
};

/// A content of a kind, named and dated.
[[nodiscard]] Content make_content(Unit& unit, content::Kind kind);

/// Who gets what is sent to an account. It holds until something else is done than sending.
struct Recipients {
  AccountId account{};
  std::optional<std::vector<storage::DeviceNumber>> devices;  ///< of the account; nothing: no list is known yet
  bool is_list_stale = false;                                 ///< a look for a newer list is due; nothing waits for it
  std::vector<storage::DeviceNumber> copies;                  ///< this account's other devices
};
[[nodiscard]] Recipients recipients_of(Unit& unit, const AccountId& account);

/// Seals for every device of the account, or waits for bundles. Whether the user may write to it was checked before.
void dispatch(Unit& unit, const Recipients& to, const Parcel& parcel);
void dispatch(Unit& unit, const AccountId& to, const Parcel& parcel);

/// For this account's other devices only: they take it as said by this one to `peer`.
void tell_own_devices(Unit& unit, const AccountId& peer, const Content& content);

/// The same for one device.
void dispatch_to_device(Unit& unit, const Address& to, const Parcel& parcel);

/// One encoded content on one session, into the outbox.
void seal(Unit& unit, BookedSession& session, ByteView content, const Parcel& parcel);

/// Asks for a device's bundle; the content leaves when it is here.
void keep_pending(Unit& unit, const AccountId& account, std::optional<storage::DeviceNumber> device, ByteView content,
                  const Parcel& parcel);

}  // namespace anochat::client
