#include "call.hpp"

#include <anochat/base/secret.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace anochat::c {

thread_local bool Callback::is_active_ = false;

anochat_status report(anochat_error* error, anochat_status status, std::string_view text) noexcept {
  if (error != nullptr) {
    error->status = status;
    const std::size_t len = std::min(text.size(), sizeof error->text - 1);
    std::copy_n(text.data(), len, error->text);
    std::fill(error->text + len, error->text + sizeof error->text, '\0');
  }
  return status;
}

void refuse(const char* name, const char* why, Errc code) { throw Error(code, std::string(name) + " " + why); }

ByteView bytes_in(const std::uint8_t* data, std::size_t len, std::size_t most, const char* name) {
  if (len > most) refuse(name, "is too long", Errc::too_large);
  if (len > 0 && data == nullptr) refuse(name, "is NULL");
  return {data, len};
}

std::string_view text_in(const char* data, std::size_t len, std::size_t most, const char* name) {
  return as_text(bytes_in(reinterpret_cast<const std::uint8_t*>(data), len, most, name));
}

bool flag_in(std::int32_t value, const char* name) {
  if (value != 0 && value != 1) refuse(name, "is neither 0 nor 1");
  return value == 1;
}

UnixTime time_in(std::int64_t ms) {
  constexpr std::int64_t kMost = 253'402'300'799'999;  // the year 9999
  if (ms < 0 || ms > kMost) throw Error(Errc::invalid_argument, "a time is before 1970 or after 9999");
  return UnixTime{Milliseconds{ms}};
}

namespace {

bool overlap(const void* a, std::size_t a_len, const void* b, std::size_t b_len) {
  const auto x = reinterpret_cast<std::uintptr_t>(a);
  const auto y = reinterpret_cast<std::uintptr_t>(b);
  return x <= y ? y - x < a_len && b_len > 0 : x - y < b_len && a_len > 0;
}

}  // namespace

Out::Out(std::uint8_t* data, std::size_t* len, std::initializer_list<ByteView> inputs)
    : data_(data), len_(&not_null(len, "out_len")) {
  std::copy(inputs.begin(), inputs.end(), inputs_.begin());
  if (data == nullptr && *len != 0) refuse("out", "is NULL");
}

Out::Out(char* text, std::size_t* len) : Out(reinterpret_cast<std::uint8_t*>(text), len) {}

MutableByteView Out::need(std::size_t room) {
  if (*len_ < room) {
    *len_ = room;
    throw Error(Errc::buffer_too_small, "out");
  }
  if (overlap(data_, room, len_, sizeof *len_)) refuse("out", "overlaps out_len");
  for (const ByteView input : inputs_) {
    if (overlap(data_, room, input.data(), input.size())) refuse("out", "overlaps an input");
  }
  return {data_, room};
}

void Out::set(ByteView bytes) {
  const MutableByteView room = need(bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  wrote(bytes.size());
}

void Out::set_text(std::string_view text) {
  const MutableByteView room = need(text.size() + 1);
  std::copy(text.begin(), text.end(), room.begin());
  room[text.size()] = 0;
  wrote(text.size());
}

namespace {

/// Buffers that callers hold, so that a foreign pointer is refused and not freed.
class Buffers {
 public:
  [[nodiscard]] static Buffers& instance() {
    static auto* const buffers = new Buffers;  // never destroyed, as the table of handles
    return *buffers;
  }
  std::uint8_t* add(SecretBytes bytes) {
    const std::lock_guard lock(mutex_);
    std::uint8_t* const data = bytes.data();
    buffers_.emplace(data, std::move(bytes));
    return data;
  }
  bool remove(const std::uint8_t* data) {
    const std::lock_guard lock(mutex_);
    return buffers_.erase(data) == 1;  // wipes
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const std::uint8_t*, SecretBytes> buffers_;
};

}  // namespace

BufOut::BufOut(anochat_buf* to, const char* name) : to_(&not_null(to, name)) {
  if (to->struct_size < sizeof(anochat_buf) || to->struct_size > kMostStruct) refuse(name, "has a wrong struct_size");
  if (to->data != nullptr || to->len != 0) refuse(name, "is in use: call anochat_buf_free() first, or make it zero");
}

void BufOut::set(ByteView bytes) const {
  SecretBytes copy(bytes.begin(), bytes.end());
  copy.reserve(1);  // so that an empty buffer has an address as well
  to_->data = Buffers::instance().add(std::move(copy));
  to_->len = bytes.size();
}

void free_buf(anochat_buf* buf) {
  if (buf == nullptr) return;
  if (buf->struct_size < sizeof(anochat_buf)) refuse("buf", "has a wrong struct_size");
  if (buf->data != nullptr && !Buffers::instance().remove(buf->data)) refuse("buf", "holds no bytes of this library");
  buf->data = nullptr;
  buf->len = 0;
}

}  // namespace anochat::c
