// session.cpp - anochat.Session: one encrypted conversation, for those who bring their own storage and network.
#include <anochat/session/session.hpp>

#include "keys.hpp"

#include <pybind11/stl.h>

namespace anochat::python {
namespace {

class PySession {
 public:
  PySession(Session session, std::shared_ptr<Random> random)
      : session_(std::move(session)), random_(std::move(random)) {}

  static std::unique_ptr<PySession> initiate(const PyDevice& own, const py::object& bundle, const py::object& peer,
                                             std::shared_ptr<Random> random, std::optional<Int64> now_ms);
  static py::tuple accept(const PyDevice& own, PyPreKeys& prekeys, const py::object& message,
                          std::shared_ptr<Random> random, std::optional<Int64> now_ms);

  /// `op` gets the session and its randomness, without the GIL.
  template <class Op>
  auto run(Op op) {
    return guard_.run([&] { return op(session_, *random_); });
  }
  /// The same for one buffer in and bytes out.
  template <class Op>
  py::bytes transform(const py::object& input, Op op) {
    const InBytes in(input);
    const auto out = run([&](Session& session, Random& random) { return op(session, in.view(), random); });
    return to_bytes(out);
  }

 private:
  Guard guard_;
  Session session_;
  std::shared_ptr<Random> random_;
};

std::unique_ptr<PySession> PySession::initiate(const PyDevice& own, const py::object& bundle, const py::object& peer,
                                               std::shared_ptr<Random> random, std::optional<Int64> now_ms) {
  const InBytes in(bundle);
  const Address wanted = Address::parse(text_of(peer));
  const UnixTime now = time_of(now_ms);
  random = random_or_system(std::move(random));
  return without_gil([&] {
    const PreKeyBundle verified = PreKeyBundle::decode(in.view(), wanted, now);
    return std::make_unique<PySession>(Session::initiate(own.device, verified, *random), std::move(random));
  });
}

py::tuple PySession::accept(const PyDevice& own, PyPreKeys& prekeys, const py::object& message,
                            std::shared_ptr<Random> random, std::optional<Int64> now_ms) {
  const InBytes in(message);
  const UnixTime now = time_of(now_ms);
  random = random_or_system(std::move(random));
  AcceptedSession accepted = prekeys.run([&](MemoryPreKeys& keys, const Device&, Random&) {
    AcceptedSession made = Session::accept(own.device, keys, in.view(), now);
    keys.consume(made.consumed);
    return made;
  });
  auto session = std::make_unique<PySession>(std::move(accepted.session), std::move(random));
  return py::make_tuple(py::cast(std::move(session)), to_bytes(accepted.content), accepted.peer.address().text(),
                        accepted.has_reduced_forward_secrecy());
}

StateKey state_key(const py::object& key) {
  ByteArray<32> bytes = to_array<32>(key, "a state key");
  return StateKey(std::span<std::uint8_t, 32>(bytes));
}

using Class = py::class_<PySession>;

void bind_makers(Class& type) {
  type.def_static("initiate", &PySession::initiate, py::arg("device"), py::arg("bundle"), py::arg("peer"),
                  py::kw_only(), py::arg("random") = nullptr, py::arg("now_ms") = std::nullopt,
                  "Starts a conversation with the device at the address `peer`, whose bundle this is.")
      .def_static("_accept", &PySession::accept, py::arg("device"), py::arg("prekeys"), py::arg("message"),
                  py::kw_only(), py::arg("random") = nullptr, py::arg("now_ms") = std::nullopt)
      .def_static(
          "load",
          [](const py::object& saved, std::shared_ptr<Random> random) {
            const InBytes in(saved);
            return std::make_unique<PySession>(Session::load(in.view()), random_or_system(std::move(random)));
          },
          py::arg("saved"), py::kw_only(), py::arg("random") = nullptr, "The session that save() has written.")
      .def_static(
          "open",
          [](const py::object& key, const py::object& sealed, std::shared_ptr<Random> random) {
            const InBytes in(sealed);
            return std::make_unique<PySession>(Session::open(state_key(key), in.view()),
                                               random_or_system(std::move(random)));
          },
          py::arg("key"), py::arg("sealed"), py::kw_only(), py::arg("random") = nullptr,
          "The session that seal() has written under the same 32-byte key.")
      .def_static(
          "peek_id",
          [](const py::object& message) -> py::object {
            const InBytes in(message);
            const std::optional<SessionId> id = Session::peek_id(in.view());
            if (id) return to_bytes(*id);
            return py::none();
          },
          py::arg("message"), "The id of the session that an initial message belongs to; None for other messages.");
}

void bind_messages(Class& type) {
  type.def(
          "encrypt",
          [](PySession& self, const py::object& content) {
            return self.transform(
                content, [](Session& session, ByteView in, Random& random) { return session.encrypt(in, random); });
          },
          py::arg("content"),
          "Seals 0 to 65,536 bytes and moves the ratchet forward. On any error nothing has changed.")
      .def(
          "decrypt",
          [](PySession& self, const py::object& message, std::optional<Int64> now_ms) {
            const UnixTime now = time_of(now_ms);
            return self.transform(message,
                                  [now](Session& session, ByteView in, Random&) { return session.decrypt(in, now); });
          },
          py::arg("message"), py::kw_only(), py::arg("now_ms") = std::nullopt,
          "Opens one message, in any order. On any error the session is as before the call.")
      .def(
          "seal_signal",
          [](PySession& self, const py::object& content, std::optional<Int64> now_ms) {
            const UnixTime now = time_of(now_ms);
            return self.transform(content, [now](Session& session, ByteView in, Random& random) {
              return session.seal_signal(in, now, random);
            });
          },
          py::arg("content"), py::kw_only(), py::arg("now_ms") = std::nullopt,
          "Seals up to 302 bytes that are worth nothing in a minute, such as typing. The ratchet does not move.")
      .def(
          "open_signal",
          [](PySession& self, const py::object& message, std::optional<Int64> now_ms) {
            const UnixTime now = time_of(now_ms);
            return self.transform(
                message, [now](Session& session, ByteView in, Random&) { return session.open_signal(in, now); });
          },
          py::arg("message"), py::kw_only(), py::arg("now_ms") = std::nullopt, "Opens what seal_signal() made.")
      .def(
          "message_len",
          [](PySession& self, UInt64 content_len) {
            return self.run([&](Session& session, Random&) { return session.message_len(content_len.value); });
          },
          py::arg("content_len"), "Bytes that encrypt() will make of a content of this length.")
      .def(
          "recognises",
          [](PySession& self, const py::object& message) {
            const InBytes in(message);
            return self.run([&](Session& session, Random&) { return session.recognises(in.view()); });
          },
          py::arg("message"), "Whether this session's keys open the message's header.");
}

void bind_state(Class& type) {
  type.def(
          "save", [](PySession& self) { return to_bytes(self.run([](Session& s, Random&) { return s.save(); })); },
          "The whole state as secret bytes. Save before a ciphertext leaves; never go back to an older copy.")
      .def(
          "seal",
          [](PySession& self, const py::object& key) {
            const StateKey secret = state_key(key);
            return to_bytes(self.run([&](Session& s, Random& random) { return s.seal(secret, random); }));
          },
          py::arg("key"), "save(), sealed under a 32-byte key of yours.")
      .def(
          "export_secret",
          [](PySession& self, const py::object& label, const py::object& context) {
            const std::string_view text = text_of(label);
            const InBytes in(context);
            return to_bytes(self.run([&](Session& s, Random&) { return s.export_secret(text, in.view()); }).expose());
          },
          py::arg("label"), py::arg("context") = py::bytes(), "32 bytes that both sides can derive and nobody else.")
      .def_property_readonly(
          "id", [](PySession& self) { return to_bytes(self.run([](Session& s, Random&) { return s.id(); })); },
          "32 bytes, the same on both sides.")
      .def_property_readonly(
          "peer_address",
          [](PySession& self) { return self.run([](Session& s, Random&) { return s.peer_address(); }).text(); },
          "The peer's device.")
      .def_property_readonly(
          "is_initiator",
          [](PySession& self) { return self.run([](Session& s, Random&) { return s.is_initiator(); }); },
          "Whether this side has started the conversation.")
      .def_property_readonly(
          "is_answered", [](PySession& self) { return self.run([](Session& s, Random&) { return s.is_answered(); }); },
          "Whether a message of the peer has been opened.")
      .def_property_readonly(
          "pq_epoch", [](PySession& self) { return self.run([](Session& s, Random&) { return s.pq_epoch(); }); },
          "Grows as fresh ML-KEM secrets are mixed in.")
      .def_property_readonly(
          "skipped_key_count",
          [](PySession& self) { return self.run([](Session& s, Random&) { return s.skipped_key_count(); }); },
          "Keys kept for messages that have not arrived yet.")
      .def("__repr__", [](const PySession&) { return "<anochat.Session>"; });
}

}  // namespace

void bind_session(py::module_& module) {
  Class type(module, "Session",
             "One post-quantum encrypted conversation with one device. Safe to use from several threads.");
  bind_makers(type);
  bind_messages(type);
  bind_state(type);
  refuse_pickling(type, "this object holds private keys; use save() and protect the bytes, or seal()");
}

}  // namespace anochat::python
