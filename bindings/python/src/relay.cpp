// relay.cpp - the blind relay: its engine for a server of yours, its own server, and the one in memory for tests.
#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/relay.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>
#include <anochat/testing/memory_relay.hpp>
#if ANOCHAT_PYTHON_NET
#include <anochat/server/relay_server.hpp>
#endif

#include "common.hpp"

#include <pybind11/stl.h>

namespace anochat::python {
namespace {

py::list to_list(const std::vector<Bytes>& frames) {
  py::list out(frames.size());
  for (std::size_t i = 0; i < frames.size(); ++i) out[i] = to_bytes(frames[i]);
  return out;
}

/// A relay with everything that it works with.
class PyRelayEngine {
 public:
  PyRelayEngine(RelayOptions options, const std::string& store_file, std::shared_ptr<Clock> clock,
                std::shared_ptr<Random> random)
      : clock_(std::move(clock)),
        random_(std::move(random)),
        store_(open(store_file)),
        relay_(std::make_unique<Relay>(
            std::move(options), RelayServices{*store_, presence_, wakeup_, limiter_, *clock_, *random_, log_})) {}
  ~PyRelayEngine() {
    if (guard_.is_foreign()) {  // after fork(): the store's file belongs to the parent
      static_cast<void>(relay_.release());
      static_cast<void>(store_.release());
    }
  }
  PyRelayEngine(const PyRelayEngine&) = delete;
  PyRelayEngine& operator=(const PyRelayEngine&) = delete;

  template <class Use>
  auto with(Use&& use) {
    return guard_.run([&] {
      if (!relay_) throw Error(Errc::wrong_state, "the relay is closed");
      return use(*relay_);
    });
  }
  void close() {
    guard_.run([&] {
      if (relay_) relay_->flush();
      relay_.reset();
      store_.reset();
    });
  }

 private:
  static std::unique_ptr<RelayStore> open(const std::string& file) {
    if (file.empty()) return std::make_unique<MemoryRelayStore>();
    return std::make_unique<SqliteRelayStore>(file);
  }

  Guard guard_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Random> random_;
  NullLog log_;
  InProcessPresence presence_;
  InProcessWakeup wakeup_;
  InProcessRateLimiter limiter_;
  std::unique_ptr<RelayStore> store_;
  std::unique_ptr<Relay> relay_;
};

void bind_engine(py::module_& module) {
  py::class_<PyRelayEngine, std::shared_ptr<PyRelayEngine>> type(
      module, "RelayEngine", "The blind relay without a socket: feed it the frames that your own server receives.");
  type.def(py::init([](const std::string& name, const std::string& store, bool registration_open,
                       std::shared_ptr<Clock> clock, std::shared_ptr<Random> random) {
             RelayOptions options;
             options.name = name;
             options.registration_open = registration_open;
             if (!clock) clock = std::make_shared<SystemClock>();
             random = random_or_system(std::move(random));
             return without_gil([&] {
               return std::make_shared<PyRelayEngine>(std::move(options), store, std::move(clock), std::move(random));
             });
           }),
           py::kw_only(), py::arg("name") = "relay", py::arg("store") = "", py::arg("registration_open") = true,
           py::arg("clock") = nullptr, py::arg("random") = nullptr)
      .def(
          "open",
          [](PyRelayEngine& self, const py::object& address_class) {
            const InBytes in(address_class);
            return self.with([&](Relay& relay) { return relay.open(in.view()); });
          },
          py::arg("address_class"), "A new connection; its first frame waits in take().")
      .def(
          "close_connection",
          [](PyRelayEngine& self, UInt64 which) { self.with([&](Relay& relay) { relay.close(which.value); }); },
          py::arg("connection"), "The other side is gone.")
      .def(
          "is_open",
          [](PyRelayEngine& self, UInt64 which) {
            return self.with([&](Relay& relay) { return relay.is_open(which.value); });
          },
          py::arg("connection"), "False when it is closed; its last frames can still be taken, once.")
      .def(
          "wants_input",
          [](PyRelayEngine& self, UInt64 which) {
            return self.with([&](Relay& relay) { return relay.wants_input(which.value); });
          },
          py::arg("connection"), "False while the other side reads too slowly: do not read from it either.")
      .def(
          "receive",
          [](PyRelayEngine& self, UInt64 which, const py::object& frame) {
            const InBytes in(frame);
            self.with([&](Relay& relay) { relay.receive(which.value, in.view()); });
          },
          py::arg("connection"), py::arg("frame"), "One frame from the client. What is no frame closes the connection.")
      .def(
          "take",
          [](PyRelayEngine& self, UInt64 which, UInt64 most_bytes) {
            return to_list(self.with([&](Relay& relay) { return relay.take(which.value, most_bytes.value); }));
          },
          py::arg("connection"), py::arg("most_bytes") = UInt64{65'536}, "Frames for the client, in order.")
      .def(
          "ready", [](PyRelayEngine& self) { return self.with([](Relay& relay) { return relay.ready(); }); },
          "Connections that have something to take or were closed, since the last call.")
      .def(
          "flush", [](PyRelayEngine& self) { self.with([](Relay& relay) { relay.flush(); }); },
          "Commits the open group now.")
      .def(
          "tick", [](PyRelayEngine& self) { self.with([](Relay& relay) { relay.tick(); }); },
          "Deadlines, and a part of what has expired. Call it every few milliseconds.")
      .def(
          "drain",
          [](PyRelayEngine& self, UInt32 within) {
            self.with([&](Relay& relay) { relay.drain(std::chrono::milliseconds(within.value)); });
          },
          py::arg("within_ms"), "Takes nobody in any more and tells everybody to come back later.")
      .def(
          "is_ready", [](PyRelayEngine& self) { return self.with([](Relay& relay) { return relay.is_ready(); }); },
          "Not draining, and the last commit worked.")
      .def(
          "metrics",
          [](PyRelayEngine& self) { return prometheus_text(self.with([](Relay& relay) { return relay.metrics(); })); },
          "Numbers of nobody in particular, in the Prometheus text format.")
      .def("close", &PyRelayEngine::close, "Commits what was promised and closes the store.")
      .def("__repr__", [](const PyRelayEngine&) { return "<anochat.RelayEngine>"; });
  refuse_pickling(type, "a relay has an open store; make another one instead");
}

#if ANOCHAT_PYTHON_NET
class PyRelayServer {
 public:
  explicit PyRelayServer(const RelayServerOptions& options) : server_(std::make_unique<RelayServer>(options)) {}
  ~PyRelayServer() {
    if (guard_.is_foreign()) static_cast<void>(server_.release());
  }
  PyRelayServer(const PyRelayServer&) = delete;
  PyRelayServer& operator=(const PyRelayServer&) = delete;

  template <class Use>
  auto with(Use&& use) {
    return guard_.run([&] {
      if (!server_) throw Error(Errc::wrong_state, "the relay is closed");
      return use(*server_);
    });
  }
  /// With its thread and its store.
  void stop() {
    guard_.run([&] { server_.reset(); });
  }

 private:
  Guard guard_;
  std::unique_ptr<RelayServer> server_;
};

void bind_server(py::module_& module) {
  py::class_<PyRelayServer, std::shared_ptr<PyRelayServer>> type(module, "RelayServer", "The relay with a port.");
  type.def(py::init([](const std::string& name, const std::string& host, UInt32 port, const std::string& store,
                       const std::string& certificate, const std::string& key, bool allow_plain,
                       bool registration_open) {
             if (port.value > 65'535) throw py::value_error("a port is 0 to 65,535");
             RelayServerOptions options;
             options.relay.name = name;
             options.relay.registration_open = registration_open;
             options.listen.address = host;
             options.listen.port = static_cast<std::uint16_t>(port.value);
             options.listen.certificate_file = certificate;
             options.listen.key_file = key;
             options.allow_plain = allow_plain;
             options.store_file = store;
             return without_gil([&] { return std::make_shared<PyRelayServer>(options); });
           }),
           py::kw_only(), py::arg("name"), py::arg("host"), py::arg("port"), py::arg("store"), py::arg("certificate"),
           py::arg("key"), py::arg("allow_plain"), py::arg("registration_open"))
      .def("port", [](PyRelayServer& self) { return self.with([](RelayServer& server) { return server.port(); }); })
      .def("is_ready",
           [](PyRelayServer& self) { return self.with([](RelayServer& server) { return server.is_ready(); }); })
      .def("metrics",
           [](PyRelayServer& self) {
             return prometheus_text(self.with([](RelayServer& server) { return server.metrics(); }));
           })
      .def("drain",
           [](PyRelayServer& self, UInt32 come_back_ms, UInt32 deadline_ms) {
             return self.with([&](RelayServer& server) {
               return server.drain(std::chrono::milliseconds(come_back_ms.value),
                                   std::chrono::milliseconds(deadline_ms.value));
             });
           })
      .def("stop", &PyRelayServer::stop);
  refuse_pickling(type, "a relay has an open port; make another one instead");
}
#endif

class PyMemoryRelay {
 public:
  PyMemoryRelay(std::shared_ptr<Clock> clock, std::shared_ptr<Random> random, std::string name)
      : clock_(std::move(clock)), random_(std::move(random)), relay_(*clock_, *random_, std::move(name)) {}

  template <class Use>
  auto with(Use&& use) {
    return guard_.run([&] { return use(relay_); });
  }

 private:
  Guard guard_;
  std::shared_ptr<Clock> clock_;
  std::shared_ptr<Random> random_;
  testing::MemoryRelay relay_;
};

void bind_memory_relay(py::module_& module) {
  using testing::MemoryRelay;
  py::class_<PyMemoryRelay, std::shared_ptr<PyMemoryRelay>>(module, "MemoryRelay", "A relay in memory, for tests.")
      .def(py::init([](std::shared_ptr<Clock> clock, std::shared_ptr<Random> random, const std::string& name) {
             if (!clock) clock = std::make_shared<SystemClock>();
             return std::make_shared<PyMemoryRelay>(std::move(clock), random_or_system(std::move(random)), name);
           }),
           py::kw_only(), py::arg("clock") = nullptr, py::arg("random") = nullptr, py::arg("name") = "relay.test")
      .def("connect", [](PyMemoryRelay& self) { return self.with([](MemoryRelay& relay) { return relay.connect(); }); })
      .def("disconnect", [](PyMemoryRelay& self,
                            UInt64 which) { self.with([&](MemoryRelay& relay) { relay.disconnect(which.value); }); })
      .def("is_open",
           [](PyMemoryRelay& self, UInt64 which) {
             return self.with([&](MemoryRelay& relay) { return relay.is_open(which.value); });
           })
      .def("receive",
           [](PyMemoryRelay& self, UInt64 which, const py::object& frame) {
             const InBytes in(frame);
             self.with([&](MemoryRelay& relay) { relay.receive(which.value, in.view()); });
           })
      .def("take",
           [](PyMemoryRelay& self, UInt64 which) {
             return to_list(self.with([&](MemoryRelay& relay) { return relay.take(which.value); }));
           })
      .def("everything_seen",
           [](PyMemoryRelay& self) {
             return to_bytes(self.with([](MemoryRelay& relay) { return relay.everything_seen(); }));
           })
      .def("set_recording",
           [](PyMemoryRelay& self, bool is_on) { self.with([&](MemoryRelay& relay) { relay.set_recording(is_on); }); })
      .def("waiting",
           [](PyMemoryRelay& self) { return self.with([](MemoryRelay& relay) { return relay.waiting(); }); });
}

}  // namespace

void bind_relay(py::module_& module) {
  bind_engine(module);
#if ANOCHAT_PYTHON_NET
  bind_server(module);
#endif
  bind_memory_relay(module);
}

}  // namespace anochat::python
