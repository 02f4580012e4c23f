// module.cpp - anochat._core: the private half of the package. Errors, buffers, clocks and randomness.
#include <anochat/base/version.hpp>
#include <anochat/testing/clock.hpp>
#include <anochat/testing/random.hpp>

#include "common.hpp"

#include <pthread.h>
#include <pybind11/stl.h>

#include <atomic>
#include <unistd.h>

namespace anochat::python {
namespace {

std::atomic<unsigned> forks{0};

bool is_finalizing() noexcept {
#if PY_VERSION_HEX >= 0x030D0000
  return Py_IsFinalizing() != 0;
#else
  return _Py_IsFinalizing() != 0;
#endif
}

/// The classes of anochat/errors.py by their code. Never freed: errors are raised while the interpreter goes down, too.
PyObject* error_classes = nullptr;

void raise(const Error& error) {
  const py::int_ code(static_cast<std::int32_t>(error.code()));
  PyObject* const known = PyDict_GetItem(error_classes, code.ptr());
  PyErr_SetString(known != nullptr ? known : PyDict_GetItem(error_classes, py::int_(0).ptr()), error.what());
}

}  // namespace

InBytes::InBytes(py::handle source) {
  if (PyObject_GetBuffer(source.ptr(), &buffer_, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  const auto* data = static_cast<const std::uint8_t*>(buffer_.buf);
  bytes_ = {data, static_cast<std::size_t>(buffer_.len)};
  if (PyBytes_CheckExact(source.ptr())) return;
  copy_.assign(bytes_.begin(), bytes_.end());
  bytes_ = copy_;
}

InBytes::~InBytes() {
  if (!is_finalizing()) PyBuffer_Release(&buffer_);
}

ByteView InBytes::exactly(std::size_t length, const char* what) const {
  if (bytes_.size() != length) {
    throw py::value_error(std::string(what) + " must have " + std::to_string(length) + " bytes");
  }
  return bytes_;
}

std::string_view text_of(py::handle text) {
  if (!PyUnicode_Check(text.ptr())) throw py::type_error("a str is needed here");
  Py_ssize_t length = 0;
  const char* const bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &length);
  if (bytes == nullptr) throw py::error_already_set();
  return {bytes, static_cast<std::size_t>(length)};
}

UnixTime time_of(const std::optional<Int64>& milliseconds) {
  return milliseconds ? UnixTime{Milliseconds{milliseconds->value}} : SystemClock{}.now();
}

AccountId account_of(py::handle text) { return Address::parse(text_of(text)).account; }

std::shared_ptr<Random> random_or_system(std::shared_ptr<Random> given) {
  return given ? std::move(given) : std::make_shared<SystemRandom>();
}

unsigned fork_count() noexcept { return forks.load(std::memory_order_relaxed); }

void take_gil(PyThreadState* state) noexcept {
  try {
    // At the interpreter's end this ends the thread, by unwinding it. What is caught then is not an object.
    PyEval_RestoreThread(state);
  } catch (...) {
    for (;;) pause();
  }
}

void bind_errors(py::module_& module) {
  error_classes = py::dict(py::module_::import("anochat.errors").attr("_by_code")).release().ptr();
  py::register_local_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(std::move(thrown));
    } catch (const Error& error) {
      raise(error);
    }
  });
  py::dict codes;
  for (std::int32_t value = -1; value > -1'000; --value) {
    const std::string_view name = name_of(static_cast<Errc>(value));
    if (name != "unknown") codes[py::str(name.data(), name.size())] = value;
  }
  module.attr("CODES") = codes;
}

void bind_world(py::module_& module) {
  py::class_<Clock, std::shared_ptr<Clock>>(module, "Clock", "Where an object gets its time from.")
      .def(
          "now_ms", [](const Clock& clock) { return in_ms(clock.now()); }, "Milliseconds since 1970 UTC.");
  py::class_<testing::FakeClock, Clock, std::shared_ptr<testing::FakeClock>>(
      module, "FakeClock", "Stands still until told otherwise; starts at 2030-01-01 00:00 UTC.")
      .def(py::init(
               [](Int64 start) { return std::make_shared<testing::FakeClock>(UnixTime{Milliseconds{start.value}}); }),
           py::arg("start_ms") = Int64{1'893'456'000'000})
      .def(
          "advance", [](testing::FakeClock& clock, Int64 by) { clock.advance(Milliseconds{by.value}); },
          py::arg("milliseconds"), "Moves the clock forward.")
      .def(
          "set", [](testing::FakeClock& clock, Int64 to) { clock.set(UnixTime{Milliseconds{to.value}}); },
          py::arg("milliseconds"), "Moves the clock to a time in milliseconds since 1970 UTC.");
  py::class_<Random, std::shared_ptr<Random>>(module, "Random", "Where keys and nonces come from.")
      .def(
          "bytes",
          [](Random& random, UInt32 count) {
            if (count.value > 1'048'576) throw py::value_error("at most 1,048,576 bytes at a time");
            Bytes out(count.value);
            without_gil([&] { random.fill(out); });
            return to_bytes(out);
          },
          py::arg("count"), "So many random bytes, at most 1,048,576.");
  py::class_<SystemRandom, Random, std::shared_ptr<SystemRandom>>(module, "SystemRandom",
                                                                  "The operating system's generator.")
      .def(py::init<>());
  py::class_<testing::SeededRandom, Random, std::shared_ptr<testing::SeededRandom>>(
      module, "SeededRandom", "The same seed gives the same bytes. For tests only.")
      .def(py::init([](UInt64 seed) { return std::make_shared<testing::SeededRandom>(seed.value); }), py::arg("seed"));
}

}  // namespace anochat::python

PYBIND11_MODULE(_core, module) {
  using namespace anochat::python;
  py::options options;
  options.disable_function_signatures();
  module.doc() = "The native half of anochat. Private: use the package's own names.";
  module.attr("VERSION") = anochat::kVersion.data();
  pthread_atfork(nullptr, nullptr, [] { forks.fetch_add(1, std::memory_order_relaxed); });
  bind_errors(module);
  bind_world(module);
  bind_keys(module);
  bind_session(module);
  bind_client(module);
  bind_relay(module);
}
