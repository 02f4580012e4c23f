#include "client/receiver.hpp"

#include <anochat/base/error.hpp>
#include <anochat/framing/envelope.hpp>
#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "client/addressing.hpp"
#include "client/bundles.hpp"
#include "client/contents.hpp"
#include "client/engine.hpp"
#include "client/prekey_keeper.hpp"
#include "client/repair.hpp"
#include "client/session_rules.hpp"
#include "client/trust.hpp"

namespace anochat::client {
namespace {

struct Opened {
  BookedSession* session = nullptr;
  SecretBytes content;
  bool is_new = false;
};

/// A first message of a session that the peer began.
Opened accept(Unit& unit, ByteView blob, std::optional<Address>& sender) {
  StoredPreKeys prekeys(unit.records());
  AcceptedSession accepted = Session::accept(unit.engine.device, prekeys, blob, unit.now);
  sender = accepted.peer.address();
  // Nothing is kept for somebody who is not let in: not even the session.
  if (is_denied(unit.records(), sender->account)) throw Error(Errc::blocked, "client.receive");
  consume_prekeys(unit.records(), accepted.consumed);
  observe_identity(unit, *sender, accepted.peer.identity);
  if (accepted.has_reduced_forward_secrecy()) unit.emit(event::ReducedForwardSecrecy{*sender, /*is_own_supply=*/true});
  unit.after_commit([](Engine& engine) { engine.courier.next_count = std::min(engine.courier.next_count, engine.now() + std::chrono::minutes{1}); });
  BookedSession& session = keep_accepted(unit, std::move(accepted.session));
  return {&session, std::move(accepted.content), true};
}

Opened open(Unit& unit, ByteView blob, std::optional<Address>& sender) {
  const auto id = Session::peek_id(blob);
  BookedSession* const session = id ? unit.book().find(unit.records(), *id) : unit.book().recognise(unit.records(), blob);
  if (session == nullptr) {
    if (id) return accept(unit, blob, sender);
    throw Error(Errc::bad_message, "client.receive");
  }
  sender = session->session.peer_address();
  unit.touch(session->row);
  SecretBytes content = session->session.decrypt(blob, unit.now);
  session->unanswered_since.reset();
  unit.save(*session, /*has_opened=*/true);
  return {session, std::move(content)};
}

/// A session had moved and must go back: see Unit::must_redo().
struct Redo {};

void take_envelope(Unit& unit, const EnvelopeView& envelope, DeliveryReceipts& receipts) {
  const ByteArray<32> hash = blob_hash(envelope.blob);
  if (!unit.records().inbox.note(hash, unit.now)) return;  // here already; only the acknowledgement was lost
  std::optional<Address> sender;
  std::optional<ReceiptDue> due;
  try {
    unit.attempt([&] {
      const Opened opened = open(unit, envelope.blob, sender);
      due = take_content(unit, *opened.session, decode_content(opened.content));
      if (opened.is_new) flush_pending(unit, sender->account);
    });
  } catch (const Error& error) {
    if (is_fatal(error.code())) throw;
    if (unit.must_redo()) throw Redo{};
    if (error.code() == Errc::blocked) return;
    unit.attempt([&] { note_failure(unit, failure_name(hash, envelope.id), sender, error.code()); });
    return;
  }
  if (due) receipts.add(due->sender, due->message);
}

void receive_group(Engine& engine, std::span<const EnvelopeView> group, bool saves_late = true) {
  Unit unit(engine, saves_late);
  DeliveryReceipts receipts;
  for (const EnvelopeView& envelope : group) take_envelope(unit, envelope, receipts);
  receipts.send(unit);
  unit.commit();
  for (const EnvelopeView& envelope : group) engine.courier.acknowledged.push_back(envelope.id.bytes);
}

}  // namespace

void receive_envelopes(Engine& engine, const std::vector<Bytes>& envelopes) {
  const MailboxId own = mailbox_of(engine.self());
  std::vector<EnvelopeView> durable;
  for (const Bytes& encoded : envelopes) {
    try {
      const EnvelopeView envelope = decode_envelope(encoded);
      if (envelope.mailbox != own) throw Error(Errc::bad_message, "client.receive");
      if (envelope.is_ephemeral) {
        take_signal(engine, envelope);
      } else {
        durable.push_back(envelope);
      }
    } catch (const Error& error) {
      if (is_fatal(error.code())) throw;
      if (std::exchange(engine.courier.has_warned, true)) continue;
      engine.log->warning("client.bad_envelope", {{"code", static_cast<std::int64_t>(error.code())}});
    }
  }
  for (std::size_t at = 0; at < durable.size(); at += kReceiveGroup) {
    const auto group = std::span(durable).subspan(at, std::min(kReceiveGroup, durable.size() - at));
    try {
      receive_group(engine, group);
    } catch (const Redo&) {
      receive_group(engine, group, /*saves_late=*/false);
    }
  }
  engine.notify();
}

}  // namespace anochat::client
