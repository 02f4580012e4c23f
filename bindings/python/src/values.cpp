// values.cpp - records and events as tuples; the field order is that of the classes in values.py and events.py.
#include "values.hpp"

#include <array>

namespace anochat::python {
namespace {

py::object ms_or_none(const std::optional<UnixTime>& time) {
  if (time) return py::int_(in_ms(*time));
  return py::none();
}

/// Text that a peer has written: UTF-8 by the rules of the content, but never a reason to fail.
py::str lenient(std::string_view text) {
  PyObject* const made = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

py::object text_or_none(const std::optional<storage::Cursor>& cursor) {
  if (cursor) return py::str(*cursor);
  return py::none();
}

py::object name_or_none(const std::optional<Errc>& code) {
  if (!code) return py::none();
  const std::string_view name = name_of(*code);
  return py::str(name.data(), name.size());
}

py::tuple pair_of(const Address& address) { return py::make_tuple(account_text(address.account), address.device); }

py::object pair_or_none(const std::optional<Address>& address) {
  if (address) return pair_of(*address);
  return py::none();
}

template <class Handle>
py::int_ number(Handle handle) {
  return py::int_(static_cast<std::int64_t>(handle));
}

py::tuple made(const char* kind, const event::MessageEdited& e) {
  return py::make_tuple(kind, number(e.conversation), number(e.message));
}
py::tuple made(const char* kind, const event::MessageDeleted& e) {
  return py::make_tuple(kind, number(e.conversation), number(e.message));
}
py::tuple made(const char* kind, const event::ReactionsChanged& e) {
  return py::make_tuple(kind, number(e.conversation), number(e.message));
}
py::tuple made(const char* kind, const event::MessagesExpired& e) {
  py::tuple ids(e.messages.size());
  for (std::size_t i = 0; i < e.messages.size(); ++i) ids[i] = number(e.messages[i]);
  return py::make_tuple(kind, ids);
}
py::tuple made(const char* kind, const event::MessageStatus& e) {
  return py::make_tuple(kind, number(e.message), number(e.status), name_or_none(e.failure));
}
py::tuple made(const char* kind, const event::ContactRequest& e) {
  return py::make_tuple(kind, account_text(e.account), number(e.conversation));
}
py::tuple made(const char* kind, const event::ProfileChanged& e) {
  return py::make_tuple(kind, account_text(e.account));
}
py::tuple made(const char* kind, const event::TimerChanged& e) {
  return py::make_tuple(kind, number(e.conversation), e.timer.count());
}
py::tuple made(const char* kind, const event::IdentityChanged& e) { return py::make_tuple(kind, pair_of(e.device)); }
py::tuple made(const char* kind, const event::DevicesChanged& e) {
  return py::make_tuple(kind, account_text(e.account), e.device_count);
}
py::tuple made(const char* kind, const event::Typing& e) {
  return py::make_tuple(kind, number(e.conversation), account_text(e.account), e.is_typing);
}
py::tuple made(const char* kind, const event::Presence& e) {
  return py::make_tuple(kind, account_text(e.account), number(e.status), ms_or_none(e.last_seen));
}
py::tuple made(const char* kind, const event::CallSignal& e) {
  return py::make_tuple(kind, number(e.conversation), account_text(e.peer), to_bytes(e.signal.call.bytes),
                        number(e.signal.type), e.signal.media ? py::object(number(*e.signal.media)) : py::none(),
                        to_bytes(e.signal.payload));
}
py::tuple made(const char* kind, const event::CallMissed& e) {
  return py::make_tuple(kind, number(e.conversation), account_text(e.peer));
}
py::tuple made(const char* kind, const event::DecryptFailure& e) {
  return py::make_tuple(kind, number(e.failure), name_or_none(e.reason), pair_or_none(e.sender), number(e.repair));
}
py::tuple made(const char* kind, const event::FailureRepaired& e) { return py::make_tuple(kind, number(e.failure)); }
py::tuple made(const char* kind, const event::StateRolledBack& e) { return py::make_tuple(kind, e.sessions); }
py::tuple made(const char* kind, const event::ReducedForwardSecrecy& e) {
  return py::make_tuple(kind, pair_of(e.device), e.is_own_supply);
}
py::tuple made(const char* kind, const event::Online& /*e*/) { return py::make_tuple(kind); }
py::tuple made(const char* kind, const event::Offline& /*e*/) { return py::make_tuple(kind); }
py::tuple made(const char* kind, const event::LoginRefused& e) { return py::make_tuple(kind, name_or_none(e.reason)); }
py::tuple made(const char* kind, const event::EventsLost& e) { return py::make_tuple(kind, e.count); }

py::tuple made(const char* kind, const event::MessageReceived& e, const std::optional<storage::Message>& message) {
  return py::make_tuple(kind, message ? py::object(to_tuple(*message)) : py::none(), account_text(e.sender),
                        e.is_outgoing);
}

constexpr std::array kNames{"MessageReceived",
                            "MessageEdited",
                            "MessageDeleted",
                            "MessagesExpired",
                            "ReactionsChanged",
                            "MessageStatus",
                            "ContactRequest",
                            "ProfileChanged",
                            "TimerChanged",
                            "IdentityChanged",
                            "DevicesChanged",
                            "Typing",
                            "Presence",
                            "CallSignal",
                            "CallMissed",
                            "DecryptFailure",
                            "FailureRepaired",
                            "StateRolledBack",
                            "ReducedForwardSecrecy",
                            "Online",
                            "Offline",
                            "LoginRefused",
                            "EventsLost"};
static_assert(kNames.size() == std::variant_size_v<Event>);

}  // namespace

std::vector<LoadedEvent> load_messages(const Client& client, std::vector<Event> events) {
  std::vector<LoadedEvent> out;
  out.reserve(events.size());
  std::optional<storage::Snapshot> picture;
  for (Event& event : events) {
    std::optional<storage::Message> message;
    if (const auto* received = std::get_if<event::MessageReceived>(&event)) {
      if (!picture) picture.emplace(client.snapshot());
      message = (*picture)->messages.find(received->message);
    }
    out.push_back({std::move(event), std::move(message)});
  }
  return out;
}

py::tuple to_tuple(const storage::Message& m) {
  return py::make_tuple(number(m.id), number(m.conversation), pair_of(m.sender), lenient(m.body), m.kind, m.is_outgoing,
                        in_ms(m.sent_at), in_ms(m.received_at), number(m.status),
                        m.payload ? py::object(to_bytes(*m.payload)) : py::none(), ms_or_none(m.edited_at),
                        ms_or_none(m.deleted_at), ms_or_none(m.expires_at));
}

py::tuple to_tuple(const storage::Conversation& c) {
  return py::make_tuple(number(c.id), to_bytes(c.uid), number(c.kind), lenient(c.title), in_ms(c.last_activity),
                        c.unread, number(c.read_through), in_ms(c.muted_until), c.is_pinned, c.is_archived,
                        c.expire_after.count(), lenient(c.draft));
}

py::tuple to_tuple(const storage::Contact& c) {
  return py::make_tuple(account_text(c.account), number(c.consent), lenient(c.name), lenient(c.local_name),
                        c.avatar ? py::object(to_bytes(*c.avatar)) : py::none());
}

py::tuple to_tuple(const storage::MessagePage& page) {
  return py::make_tuple(to_list(page.items), text_or_none(page.older), text_or_none(page.newer));
}

py::tuple to_tuple(const storage::ConversationPage& page) {
  return py::make_tuple(to_list(page.items), text_or_none(page.next));
}

py::tuple to_tuple(const storage::SearchPage& page) {
  py::list hits(page.items.size());
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    hits[i] = py::make_tuple(to_tuple(page.items[i].message), lenient(page.items[i].snippet));
  }
  return py::make_tuple(hits, text_or_none(page.next));
}

py::tuple to_tuple(const LoadedEvent& loaded) {
  const char* const kind = kNames.at(loaded.event.index());
  return std::visit(
      [&](const auto& event) {
        if constexpr (std::is_same_v<std::decay_t<decltype(event)>, event::MessageReceived>) {
          return made(kind, event, loaded.message);
        } else {
          return made(kind, event);
        }
      },
      loaded.event);
}

}  // namespace anochat::python
