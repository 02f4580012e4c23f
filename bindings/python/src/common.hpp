// common.hpp - what all parts of the Python module share: buffers, bytes, numbers, and the rule of the two locks.
#pragma once

#include <pybind11/pytypes.h>

// pybind11 tells a caller who got a call wrong the repr of every argument. Ours are keys and what people write, and
// error texts end up in logs: the name of the type has to do.
namespace pybind11 {
inline str type_name_of(handle thing) { return str(std::string("<") + Py_TYPE(thing.ptr())->tp_name + ">"); }
}  // namespace pybind11
#define repr type_name_of
#include <pybind11/pybind11.h>
#undef repr

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/base/random.hpp>
#include <anochat/base/secret.hpp>
#include <anochat/crypto/address.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace anochat::python {

namespace py = pybind11;

/// The bytes of any contiguous Python buffer, held until the end of its life. Refuses str (TypeError), strided views
/// (BufferError) and released ones (ValueError) as Python does. Made and destroyed with the GIL held.
///
/// Only immutable bytes are used in place: what another thread could change while the library reads it is copied first.
class InBytes {
 public:
  explicit InBytes(py::handle source);
  ~InBytes();
  InBytes(const InBytes&) = delete;
  InBytes& operator=(const InBytes&) = delete;

  [[nodiscard]] ByteView view() const noexcept { return bytes_; }
  /// @throws ValueError  another length
  [[nodiscard]] ByteView exactly(std::size_t length, const char* what) const;

 private:
  Py_buffer buffer_{};
  SecretBytes copy_;
  ByteView bytes_;
};

[[nodiscard]] inline py::bytes to_bytes(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
/// Text of a Python str and of nothing else; valid while the str lives.
/// @throws TypeError, UnicodeEncodeError
[[nodiscard]] std::string_view text_of(py::handle text);

template <std::size_t N>
[[nodiscard]] ByteArray<N> to_array(py::handle source, const char* what) {
  const InBytes in(source);
  ByteArray<N> out;
  const ByteView view = in.exactly(N, what);
  std::copy(view.begin(), view.end(), out.begin());
  return out;
}

/// A Python int that fits; anything else is TypeError or OverflowError, as Python's own calls say it.
template <std::integral T>
struct Int {
  T value{};
};
using Int64 = Int<std::int64_t>;
using UInt64 = Int<std::uint64_t>;
using Int32 = Int<int>;
using UInt32 = Int<std::uint32_t>;

/// Milliseconds since 1970 from a Python int; None is the machine's time.
[[nodiscard]] UnixTime time_of(const std::optional<Int64>& milliseconds);
[[nodiscard]] inline std::int64_t in_ms(UnixTime time) noexcept { return time.time_since_epoch().count(); }

/// An account as text, or an address of one of its devices.
[[nodiscard]] AccountId account_of(py::handle text);

/// The given source, or the operating system's.
[[nodiscard]] std::shared_ptr<Random> random_or_system(std::shared_ptr<Random> given);

/// Grows in the child of every fork(): objects made before it belong to the parent.
[[nodiscard]] unsigned fork_count() noexcept;

/// Waits for the GIL. At the interpreter's end it never returns: the thread stays where it is until the process is
/// gone, instead of being unwound through code that may not throw.
void take_gil(PyThreadState* state) noexcept;

/// Runs `use` while other Python threads run. It may not touch a Python object; what it throws arrives with the GIL
/// held.
template <class F>
auto without_gil(F&& use) -> std::invoke_result_t<F> {
  using Result = std::invoke_result_t<F>;
  std::exception_ptr failure;
  if constexpr (std::is_void_v<Result>) {
    PyThreadState* const state = PyEval_SaveThread();
    try {
      use();
    } catch (...) {
      failure = std::current_exception();
    }
    take_gil(state);
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<Result> result;
    PyThreadState* const state = PyEval_SaveThread();
    try {
      result.emplace(use());
    } catch (...) {
      failure = std::current_exception();
    }
    take_gil(state);
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
}

/// One thread at a time for an object that needs it, and one process: after fork() the child gets wrong_state, because
/// two processes that go on with the same keys would use them twice.
class Guard {
 public:
  /// First lets go of the GIL, then waits for the object: the other order deadlocks.
  template <class F>
  auto run(F&& use) {
    refuse_after_fork();
    return without_gil([&] {
      const std::lock_guard only_one(mutex_);
      return use();
    });
  }
  void refuse_after_fork() const {
    if (is_foreign()) throw Error(Errc::wrong_state, "made before fork(); open it again in this process");
  }
  [[nodiscard]] bool is_foreign() const noexcept { return born_ != fork_count(); }

 private:
  std::mutex mutex_;
  unsigned born_ = fork_count();
};

/// Makes pickle and copy refuse a class, and says what to do instead.
template <class Class>
Class& refuse_pickling(Class& type, const char* advice) {
  type.def("__reduce_ex__",
           [advice](const py::object&, const py::object&) -> py::object { throw py::type_error(advice); });
  return type;
}

void bind_errors(py::module_& module);
void bind_world(py::module_& module);
void bind_keys(py::module_& module);
void bind_session(py::module_& module);
void bind_client(py::module_& module);
void bind_relay(py::module_& module);

}  // namespace anochat::python

namespace pybind11::detail {

template <std::integral T>
struct type_caster<anochat::python::Int<T>> {
  PYBIND11_TYPE_CASTER(anochat::python::Int<T>, const_name("int"));

  bool load(handle source, bool /*convert*/) {
    if (!PyLong_Check(source.ptr())) return false;
    if constexpr (std::is_signed_v<T>) {
      const long long number = PyLong_AsLongLong(source.ptr());
      if (number == -1 && PyErr_Occurred() != nullptr) throw error_already_set();
      return keep(number);
    } else {
      const unsigned long long number = PyLong_AsUnsignedLongLong(source.ptr());
      if (number == static_cast<unsigned long long>(-1) && PyErr_Occurred() != nullptr) throw error_already_set();
      return keep(number);
    }
  }
  static handle cast(anochat::python::Int<T> source, return_value_policy /*policy*/, handle /*parent*/) {
    return pybind11::int_(source.value).release();
  }

 private:
  template <class Number>
  bool keep(Number number) {
    if (!std::in_range<T>(number)) {
      PyErr_SetString(PyExc_OverflowError, "the number is too large for this argument");
      throw error_already_set();
    }
    value.value = static_cast<T>(number);
    return true;
  }
};

}  // namespace pybind11::detail
