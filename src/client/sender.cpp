#include "client/sender.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/envelope.hpp>
#include <utility>

#include "client/account.hpp"
#include "client/addressing.hpp"
#include "client/device_lists.hpp"
#include "client/engine.hpp"
#include "client/session_rules.hpp"

namespace anochat::client {
namespace {

UnixTime expiry_of(const Unit& unit, const Parcel& parcel) {
  return parcel.expires.value_or(unit.now + unit.engine.options.envelope_lifetime);
}

/// A peer that opens its first message from us learns our devices from it.
SecretBytes with_device_list(Unit& unit, ByteView encoded) {
  Content content = decode_content(encoded);
  if (content.device_list.empty()) content.device_list = own_device_list(unit.records(), unit.engine.self().account);
  return encode_content(content);
}

void send_encoded(Unit& unit, const Address& to, ByteView encoded, const Parcel& parcel) {
  BookedSession* session = sendable_session(unit, to);
  if (session == nullptr) {
    keep_pending(unit, to.account, to.device, encoded, parcel);
  } else if (session->session.is_answered()) {
    seal(unit, *session, encoded, parcel);
  } else {
    seal(unit, *session, with_device_list(unit, encoded), parcel);
  }
}

void send_transcripts(Unit& unit, const Recipients& to, ByteView encoded) {
  if (to.copies.empty()) return;
  content::SentTranscript copy;
  copy.recipient.assign(to.account.begin(), to.account.end());
  copy.content.assign(encoded.begin(), encoded.end());
  const Parcel own{make_content(unit, std::move(copy))};
  const SecretBytes wrapped = encode_content(own.content);
  for (const storage::DeviceNumber device : to.copies) send_encoded(unit, {unit.engine.self().account, device}, wrapped, own);
}

}  // namespace

Content make_content(Unit& unit, content::Kind kind) {
  Content out;
  out.id = MessageId::make(unit.random());
  out.sent_at = unit.now;
  out.kind = std::move(kind);
  return out;
}

Recipients recipients_of(Unit& unit, const AccountId& account) {
  const Address& self = unit.engine.self();
  Recipients to{account, std::nullopt, /*is_list_stale=*/false, known_devices(unit.records(), self.account).value_or(std::vector<storage::DeviceNumber>{})};
  std::erase(to.copies, self.device);
  if (account == self.account) return to;
  if (const auto list = unit.records().contacts.device_list(account)) {
    to.devices = devices_in(*list);
    to.is_list_stale = is_stale(*list, unit.now);
  }
  return to;
}

void dispatch(Unit& unit, const Recipients& to, const Parcel& parcel) {
  const SecretBytes encoded = encode_content(parcel.content);
  if (parcel.with_transcript) send_transcripts(unit, to, encoded);
  if (to.account == unit.engine.self().account) return;
  if (!to.devices) return keep_pending(unit, to.account, std::nullopt, encoded, parcel);
  if (to.is_list_stale) unit.want_list(to.account);
  for (const storage::DeviceNumber device : *to.devices) send_encoded(unit, {to.account, device}, encoded, parcel);
}

void dispatch(Unit& unit, const AccountId& to, const Parcel& parcel) { dispatch(unit, recipients_of(unit, to), parcel); }

void tell_own_devices(Unit& unit, const AccountId& peer, const Content& content) {
  send_transcripts(unit, recipients_of(unit, peer), encode_content(content));
}

void dispatch_to_device(Unit& unit, const Address& to, const Parcel& parcel) {
  send_encoded(unit, to, encode_content(parcel.content), parcel);
}

void seal(Unit& unit, BookedSession& session, ByteView content, const Parcel& parcel) {
  unit.touch(session.row);
  const Bytes blob = session.session.encrypt(content, unit.random());
  if (!session.unanswered_since) session.unanswered_since = unit.now;
  unit.save(session, /*has_opened=*/false);

  storage::OutboxEntry entry;
  entry.envelope_id = envelope_id_of(blob_hash(blob));
  entry.message = parcel.message;
  entry.recipient = session.session.peer_address();
  const MailboxId mailbox = mailbox_of(entry.recipient);
  entry.mailbox.assign(mailbox.bytes.begin(), mailbox.bytes.end());
  entry.created = unit.now;
  entry.next_at = unit.now;
  entry.expires = expiry_of(unit, parcel);
  entry.envelope = encode_envelope({mailbox, {entry.envelope_id}, expiry_hour(entry.expires), false, blob});
  entry.row = unit.records().outbox.insert(entry);
  unit.add_outbox(entry);
  if (!parcel.is_resendable) return;
  storage::ResendEntry copy{entry.recipient, entry.envelope_id, parcel.message, {}, unit.now};
  copy.content.assign(content.begin(), content.end());
  unit.records().resend_log.insert(copy);
}

void keep_pending(Unit& unit, const AccountId& account, std::optional<storage::DeviceNumber> device, ByteView content,
                  const Parcel& parcel) {
  storage::PendingSend waiting;
  waiting.account = account;
  waiting.device = device;
  waiting.message = parcel.message;
  waiting.content = with_device_list(unit, content);
  waiting.created = unit.now;
  waiting.expires = expiry_of(unit, parcel);
  unit.records().pending_sends.insert(waiting);
  unit.want(account);
}

}  // namespace anochat::client
