// client.cpp - _core.Client: every call of anochat::Client that Python needs, in one piece each.
#include <anochat/storage/recovery_key.hpp>

#include "client_host.hpp"
#include "values.hpp"

#include <pybind11/stl.h>

namespace anochat::python {
namespace {

using Class = py::class_<ClientHost, std::shared_ptr<ClientHost>>;
using MaybeText = std::optional<std::string>;

ConversationHandle conversation(Int64 number) { return ConversationHandle{number.value}; }
MessageHandle message(Int64 number) { return MessageHandle{number.value}; }
template <class Handle>
std::int64_t plain(Handle handle) {
  return static_cast<std::int64_t>(handle);
}

SecretBytes secret_from(py::handle source) {
  if (PyUnicode_Check(source.ptr())) {
    const ByteView text = as_bytes(text_of(source));
    return {text.begin(), text.end()};
  }
  const InBytes in(source);
  return {in.view().begin(), in.view().end()};
}

std::unique_ptr<KeyProvider> key_from(const py::object& passphrase, const py::object& key,
                                      std::optional<UInt32> kdf_memory_kib) {
  if (!key.is_none()) {
    const InBytes in(key);
    SecretBytes copy(in.view().begin(), in.view().end());
    static_cast<void>(in.exactly(StoreKey::kSize, "a raw key"));
    return std::make_unique<RawKey>(StoreKey(std::span<std::uint8_t, StoreKey::kSize>(copy)));
  }
  if (passphrase.is_none()) return nullptr;
  KdfParams cost;
  if (kdf_memory_kib) cost.memory_kib = kdf_memory_kib->value;
  return std::make_unique<PassphraseKey>(secret_from(passphrase), cost);
}

std::shared_ptr<ClientHost> open(const py::object& path, const std::string& mode, const py::object& passphrase,
                                 const py::object& key, std::optional<UInt32> kdf_memory_kib,
                                 std::shared_ptr<Clock> clock, std::shared_ptr<Random> random,
                                 const std::string& relay_name, const std::string& name, const std::string& about,
                                 const py::tuple& switches, UInt32 one_time_prekeys) {
  ClientPlan plan;
  if (!path.is_none()) plan.path = text_of(path);
  plan.may_create = mode != "open";
  plan.may_open = mode != "create";
  plan.key = key_from(passphrase, key, kdf_memory_kib);
  if (!plan.path.empty() && !plan.key) throw py::type_error("a store in a file needs passphrase= or key=");
  plan.clock = clock ? std::move(clock) : std::make_shared<SystemClock>();
  plan.random = random_or_system(std::move(random));
  plan.options.relay = relay_name;
  plan.options.profile.name = name;
  plan.options.profile.about = about;
  plan.options.one_time_prekeys = one_time_prekeys.value;
  plan.options.send_delivery_receipts = switches[0].cast<bool>();
  plan.options.send_read_receipts = switches[1].cast<bool>();
  plan.options.allow_strangers = switches[2].cast<bool>();
  plan.options.block_new_devices = switches[3].cast<bool>();
  return without_gil([&] { return std::make_shared<ClientHost>(std::move(plan)); });
}

void bind_life(Class& type) {
  type.def(py::init(&open), py::arg("path"), py::kw_only(), py::arg("mode") = "open_or_create",
           py::arg("passphrase") = py::none(), py::arg("key") = py::none(), py::arg("kdf_memory_kib") = std::nullopt,
           py::arg("clock") = nullptr, py::arg("random") = nullptr, py::arg("relay_name") = "", py::arg("name") = "",
           py::arg("about") = "", py::arg("switches") = py::make_tuple(true, true, false, false),
           py::arg("one_time_prekeys") = UInt32{100})
      .def("close", &ClientHost::close)
      .def("address", [](ClientHost& self) { return self.with([](Client& c) { return c.address(); }).text(); })
      .def("account", [](ClientHost& self) { return account_text(self.with([](Client& c) { return c.account(); })); })
      .def("event_fd", &ClientHost::event_fd)
      .def(
          "take_events", [](ClientHost& self, UInt32 most) { return to_list(self.take_events(most.value)); },
          py::arg("most") = UInt32{1'000})
      .def("add_recovery_key",
           [](ClientHost& self) {
             const SecretBytes text = self.with([](Client& c) {
               SystemRandom random;
               RecoveryKey key = RecoveryKey::generate(random);
               c.store().add_key(key);
               return key.text();
             });
             return py::str(reinterpret_cast<const char*>(text.data()), text.size());
           })
      .def(
          "change_key",
          [](ClientHost& self, const py::object& passphrase, const py::object& key,
             std::optional<UInt32> kdf_memory_kib) {
            const std::unique_ptr<KeyProvider> fresh = key_from(passphrase, key, kdf_memory_kib);
            if (!fresh) throw py::type_error("passphrase= or key= is needed");
            self.with([&](Client& c) { c.store().change_key(c.store().opened_slot(), *fresh); });
          },
          py::kw_only(), py::arg("passphrase") = py::none(), py::arg("key") = py::none(),
          py::arg("kdf_memory_kib") = std::nullopt)
      .def("__repr__", [](const ClientHost&) { return "<anochat._core.Client>"; });
}

void bind_driving(Class& type) {
  type.def("connected", [](ClientHost& self) { self.with([](Client& c) { c.connected(); }); })
      .def("disconnected", [](ClientHost& self) { self.with([](Client& c) { c.disconnected(); }); })
      .def("receive",
           [](ClientHost& self, const py::object& frame) {
             const InBytes in(frame);
             self.with([&](Client& c) { c.receive(in.view()); });
           })
      .def("outgoing",
           [](ClientHost& self) {
             const std::vector<Bytes> frames = self.with([](Client& c) { return c.outgoing(); });
             py::list out;
             for (const Bytes& frame : frames) out.append(to_bytes(frame));
             return out;
           })
      .def("is_online", [](ClientHost& self) { return self.with([](Client& c) { return c.is_online(); }); })
      .def("next_timer_ms",
           [](ClientHost& self) -> py::object {
             const std::optional<UnixTime> at = self.with([](Client& c) { return c.next_timer(); });
             if (at) return py::int_(in_ms(*at));
             return py::none();
           })
      .def("tick", [](ClientHost& self) { self.with([](Client& c) { c.tick(); }); });
}

#if ANOCHAT_PYTHON_NET
const char* name_of(ConnectionState::Phase phase) {
  switch (phase) {
    case ConnectionState::Phase::connecting:
      return "connecting";
    case ConnectionState::Phase::logging_in:
      return "logging_in";
    case ConnectionState::Phase::online:
      return "online";
    case ConnectionState::Phase::waiting:
      return "waiting";
    case ConnectionState::Phase::stopped:
      return "stopped";
  }
  return "unknown";
}

void bind_network(Class& type) {
  type.def(
          "connect",
          [](ClientHost& self, const std::string& relay, const std::string& ca_file,
             const std::vector<std::string>& pins, bool allow_plain, const std::string& proxy) {
            DriverOptions options;
            options.relay = relay;
            options.ca_file = ca_file;
            options.pins = pins;
            options.allow_plain = allow_plain;
            options.proxy = proxy;
            self.connect(std::move(options));
          },
          py::arg("relay"), py::kw_only(), py::arg("ca_file") = "", py::arg("pins") = std::vector<std::string>{},
          py::arg("allow_plain") = false, py::arg("proxy") = "")
      .def("state",
           [](ClientHost& self) -> py::object {
             const std::optional<ConnectionState> state = self.state();
             if (!state) return py::none();
             if (!state->failure) return py::make_tuple(name_of(state->phase), state->attempts, py::none(), "");
             return py::make_tuple(name_of(state->phase), state->attempts,
                                   std::string(anochat::name_of(state->failure->code)), state->failure->text);
           })
      .def(
          "wait_until_online",
          [](ClientHost& self, UInt32 milliseconds) {
            return self.wait_until_online(std::chrono::milliseconds(milliseconds.value));
          },
          py::arg("milliseconds"))
      .def("reconnect", &ClientHost::reconnect);
}
#endif

void bind_writing(Class& type) {
  type.def("conversation_with",
           [](ClientHost& self, const py::object& account) {
             const AccountId id = account_of(account);
             return plain(self.with([&](Client& c) { return c.conversation_with(id); }));
           })
      .def("send_text",
           [](ClientHost& self, Int64 to, const py::object& text) {
             const std::string_view view = text_of(text);
             return plain(self.with([&](Client& c) { return c.send_text(conversation(to), view); }));
           })
      .def("send_texts",
           [](ClientHost& self, Int64 to, const py::list& texts) {
             std::vector<OutgoingMessage> messages;
             for (const py::handle text : texts) {
               messages.push_back({conversation(to), content::Text{std::string(text_of(text))}});
             }
             const auto made = self.with([&](Client& c) { return c.send_many(messages); });
             py::list out;
             for (const MessageHandle handle : made) out.append(plain(handle));
             return out;
           })
      .def("send_custom",
           [](ClientHost& self, Int64 to, const py::object& kind, const py::object& data) {
             const InBytes in(data);
             content::Custom custom{std::string(text_of(kind)), Bytes(in.view().begin(), in.view().end())};
             return plain(self.with([&](Client& c) { return c.send(conversation(to), std::move(custom)); }));
           })
      .def("reply",
           [](ClientHost& self, Int64 to, const py::object& text) {
             const std::string_view view = text_of(text);
             return plain(self.with([&](Client& c) { return c.reply(message(to), view); }));
           })
      .def("edit",
           [](ClientHost& self, Int64 which, const py::object& text) {
             const std::string_view view = text_of(text);
             self.with([&](Client& c) { c.edit(message(which), view); });
           })
      .def("remove_for_all",
           [](ClientHost& self, Int64 which) { self.with([&](Client& c) { c.remove_for_all(message(which)); }); })
      .def("react",
           [](ClientHost& self, Int64 to, const py::object& emoji, bool is_on) {
             const std::string_view view = text_of(emoji);
             self.with([&](Client& c) { c.react(message(to), view, is_on); });
           })
      .def("mark_read",
           [](ClientHost& self, Int64 in, Int64 through) {
             self.with([&](Client& c) { c.mark_read(conversation(in), message(through)); });
           })
      .def("set_expire_timer",
           [](ClientHost& self, Int64 in, Int64 seconds) {
             self.with([&](Client& c) { c.set_expire_timer(conversation(in), std::chrono::seconds(seconds.value)); });
           })
      .def("set_profile",
           [](ClientHost& self, const py::object& name, const py::object& about, const py::object& avatar) {
             const InBytes picture(avatar);
             ProfileInfo profile{std::string(text_of(name)), Bytes(picture.view().begin(), picture.view().end()),
                                 std::string(text_of(about))};
             self.with([&](Client& c) { c.set_profile(std::move(profile)); });
           })
      .def("set_typing",
           [](ClientHost& self, Int64 in, bool is_typing) {
             self.with([&](Client& c) { c.set_typing(conversation(in), is_typing); });
           })
      .def("set_presence", [](ClientHost& self, Int64 status) {
        if (status.value < 1 || status.value > 3) throw py::value_error("no such presence");
        self.with([&](Client& c) { c.set_presence(static_cast<content::PresenceStatus>(status.value)); });
      });
}

template <void (Client::*Change)(const AccountId&)>
void change(ClientHost& self, const py::object& account) {
  const AccountId id = account_of(account);
  self.with([&](Client& c) { (c.*Change)(id); });
}

void bind_trust(Class& type) {
  type.def("allow", &change<&Client::allow>)
      .def("deny", &change<&Client::deny>)
      .def("block", &change<&Client::block>)
      .def("mark_verified", &change<&Client::mark_verified>)
      .def("accept_identity", &change<&Client::accept_identity>)
      .def("trust",
           [](ClientHost& self, const py::object& account) {
             const AccountId id = account_of(account);
             return static_cast<int>(self.with([&](Client& c) { return c.trust(id); }));
           })
      .def("safety_number",
           [](ClientHost& self, const py::object& account) {
             const AccountId id = account_of(account);
             const SafetyNumber number = self.with([&](Client& c) { return c.safety_number(id); });
             return py::make_tuple(number.digits(), number.display(), number.scannable());
           })
      .def("compare_safety_code",
           [](ClientHost& self, const py::object& account, const py::object& scanned) {
             const AccountId id = account_of(account);
             const std::string_view text = text_of(scanned);
             return static_cast<int>(self.with([&](Client& c) { return c.safety_number(id).compare(text); }));
           })
      .def("contacts", [](ClientHost& self) {
        return to_list(self.with([](Client& c) { return c.snapshot()->contacts.list(); }));
      });
}

storage::SearchQuery query_from(const std::string& text, std::optional<Int64> in, const py::object& sender,
                                std::optional<Int64> from, std::optional<Int64> until) {
  storage::SearchQuery query;
  query.text = text;
  if (in) query.conversation = conversation(*in);
  if (!sender.is_none()) query.sender = account_of(sender);
  if (from) query.from = UnixTime{Milliseconds{from->value}};
  if (until) query.until = UnixTime{Milliseconds{until->value}};
  return query;
}

py::tuple search(ClientHost& self, const py::object& text, std::optional<Int64> in, const py::object& sender,
                 std::optional<Int64> from, std::optional<Int64> until, MaybeText after, Int32 limit) {
  const std::string wanted(text_of(text));
  storage::SearchQuery query = query_from(wanted, in, sender, from, until);
  query.after = std::move(after);
  query.limit = limit.value;
  return to_tuple(self.with([&](Client& c) { return c.search(query); }));
}

void bind_reading(Class& type) {
  type.def("message",
           [](ClientHost& self, Int64 which) -> py::object {
             const auto found = self.with([&](Client& c) { return c.message(message(which)); });
             if (found) return to_tuple(*found);
             return py::none();
           })
      .def(
          "page",
          [](ClientHost& self, Int64 in, MaybeText before, MaybeText after, Int32 limit) {
            return to_tuple(self.with([&](Client& c) {
              if (before) return c.before(conversation(in), *before, limit.value);
              if (after) return c.after(conversation(in), *after, limit.value);
              return c.latest(conversation(in), limit.value);
            }));
          },
          py::arg("conversation"), py::kw_only(), py::arg("before") = std::nullopt, py::arg("after") = std::nullopt,
          py::arg("limit") = Int32{50})
      .def("around",
           [](ClientHost& self, Int64 which, Int32 limit) {
             return to_tuple(self.with([&](Client& c) { return c.around(message(which), limit.value); }));
           })
      .def(
          "conversations",
          [](ClientHost& self, MaybeText after, Int32 limit) {
            return to_tuple(self.with([&](Client& c) { return c.conversations(after, limit.value); }));
          },
          py::kw_only(), py::arg("after") = std::nullopt, py::arg("limit") = Int32{50})
      .def("reactions",
           [](ClientHost& self, Int64 which) {
             const auto found = self.with([&](Client& c) { return c.reactions(message(which)); });
             py::list out;
             for (const storage::Reaction& r : found) out.append(py::make_tuple(r.emoji, r.count, r.by_me));
             return out;
           })
      .def("search", &search, py::arg("text"), py::kw_only(), py::arg("conversation") = std::nullopt,
           py::arg("sender") = py::none(), py::arg("since_ms") = std::nullopt, py::arg("until_ms") = std::nullopt,
           py::arg("after") = std::nullopt, py::arg("limit") = Int32{50})
      .def("explain_message",
           [](ClientHost& self, Int64 which) {
             const Explanation found = self.with([&](Client& c) { return c.explain(message(which)); });
             return py::make_tuple(std::string(anochat::name_of(found.reason)), found.text, found.will_be_retried);
           })
      .def("explain_failure",
           [](ClientHost& self, Int64 which) {
             const Explanation found = self.with([&](Client& c) { return c.explain(FailureHandle{which.value}); });
             return py::make_tuple(std::string(anochat::name_of(found.reason)), found.text, found.will_be_retried);
           })
      .def("stats", [](ClientHost& self) {
        const storage::StoreTotals t = self.with([](Client& c) { return c.stats(); });
        return py::make_tuple(t.conversations, t.messages, t.contacts, t.attachments, t.outbox);
      });
}

}  // namespace

void bind_client(py::module_& module) {
  Class type(module, "Client", "One device of an account; anochat.Client and anochat.sync.Client are made of it.");
  bind_life(type);
  bind_driving(type);
#if ANOCHAT_PYTHON_NET
  bind_network(type);
#endif
  bind_writing(type);
  bind_trust(type);
  bind_reading(type);
  refuse_pickling(type, "a client holds private keys and an open file; open it again by its path instead");
  module.attr("HAS_NETWORK") = ANOCHAT_PYTHON_NET != 0;
}

}  // namespace anochat::python
