// Sequences of calls through the C interface: an input is a program of four bytes a step, which names a call, handles
// that may be live, freed or of another kind, and a buffer that earlier calls have filled and other steps have damaged.
#include "fuzz/fuzz.hpp"

#include <anochat_testing.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace {

using anochat::Bytes;
using anochat::fuzz::require;

constexpr std::size_t kSlots = 4;
constexpr std::size_t kMostSteps = 96;
constexpr int kMostClients = 2;  // each makes keys, which takes a while

struct Step {
  std::uint8_t call, a, b, c;
};

/// What a program works on. Slots keep freed handles on purpose.
class Machine {
 public:
  Machine() {
    must(anochat_testing_world_new(1, 1'893'456'000'000, &world_, nullptr));
    for (Bytes& buffer : buffers_) buffer.assign(16, 0);
  }
  ~Machine() {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      for (void* handle : slots_[kind]) free_handle(kind, handle);
    }
    must(anochat_testing_world_free(world_, nullptr));
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void run(const Step& step) {
    switch (step.call % 22) {
      case 0:
        made(kAccount, step.a, [&](anochat_account** to) { return anochat_testing_account_new(world_, to, &error_); });
        break;
      case 1:
        made(kDevice, step.b,
             [&](anochat_device** to) { return anochat_device_new(account(step.a), step.c, to, &error_); });
        break;
      case 2:
        made(kPreKeys, step.b,
             [&](anochat_prekeys** to) { return anochat_prekeys_new(device(step.a), step.c % 3, to, &error_); });
        break;
      case 3:
        fill(step.b, step.c, [&](std::uint8_t* out, std::size_t* len) {
          return anochat_prekeys_bundle(prekeys(step.a), out, len, &error_);
        });
        break;
      case 4:
        initiate(step);
        break;
      case 5:
        fill(step.b, 255, [&](std::uint8_t* out, std::size_t* len) {
          return anochat_session_encrypt(session(step.a), &step.c, step.c % 2, out, len, &error_);
        });
        break;
      case 6:
        accept(step);
        break;
      case 7:
        open(step, anochat_session_decrypt);
        break;
      case 8:
        fill(step.b, step.c, [&](std::uint8_t* out, std::size_t* len) {
          return anochat_session_seal_signal(session(step.a), &step.c, 1, out, len, &error_);
        });
        break;
      case 9:
        open(step, anochat_session_open_signal);
        break;
      case 10:
        save(step);
        break;
      case 11:
        made(kSession, step.c, [&](anochat_session** to) {
          const Bytes& from = buffer(step.b);
          return anochat_session_load(device(step.a), from.data(), from.size(), to, &error_);
        });
        break;
      case 12:
        free_handle(step.a % kKinds, slots_[step.a % kKinds][step.b % kSlots]);
        break;
      case 13:
        buffer(step.a)[step.b % buffer(step.a).size()] ^= step.c;
        break;
      case 14:
        buffer(step.a).resize(std::max<std::size_t>(1, buffer(step.a).size() * step.b / 255));
        break;
      case 15:
        ask(step);
        break;
      case 16:
        slots_[step.a % kKinds][step.b % kSlots] = slots_[step.c % kKinds][step.b % kSlots];
        break;  // the wrong kind
      case 17:
        make_client(step);
        break;
      case 18:
        made(kRelay, step.a,
             [&](anochat_relay** to) { return anochat_testing_relay_new(world_, nullptr, to, &error_); });
        break;
      case 19:
        use_relay(step);
        break;
      case 20:
        drive(step);
        break;
      default:
        write(step);
        break;
    }
  }

 private:
  enum Kind : std::size_t { kAccount, kDevice, kPreKeys, kSession, kClient, kRelay, kKinds };

  anochat_account* account(std::uint8_t at) { return static_cast<anochat_account*>(slots_[kAccount][at % kSlots]); }
  anochat_device* device(std::uint8_t at) { return static_cast<anochat_device*>(slots_[kDevice][at % kSlots]); }
  anochat_prekeys* prekeys(std::uint8_t at) { return static_cast<anochat_prekeys*>(slots_[kPreKeys][at % kSlots]); }
  anochat_session* session(std::uint8_t at) { return static_cast<anochat_session*>(slots_[kSession][at % kSlots]); }
  anochat_client* client(std::uint8_t at) { return static_cast<anochat_client*>(slots_[kClient][at % kSlots]); }
  anochat_relay* relay(std::uint8_t at) { return static_cast<anochat_relay*>(slots_[kRelay][at % kSlots]); }
  Bytes& buffer(std::uint8_t at) { return buffers_[at % buffers_.size()]; }

  static void must(anochat_status status) { require(status == ANOCHAT_OK, "a call that cannot be wrong"); }
  /// What must hold for every call.
  bool is_fine(anochat_status status) {
    require(status <= 0 && status != ANOCHAT_E_INTERNAL, "no call fails inside");
    require(error_.status == status, "the error object says the same");
    require((error_.text[0] != '\0') == (status != ANOCHAT_OK), "every error has a text");
    return status == ANOCHAT_OK;
  }

  template <class Handle, class Call>
  void made(Kind kind, std::uint8_t at, Call call) {
    Handle* fresh = nullptr;
    const bool is_good = is_fine(call(&fresh));
    require(is_good == (fresh != nullptr), "a handle comes with ANOCHAT_OK only");
    if (!is_good) return;
    void*& slot = slots_[kind][at % kSlots];
    free_handle(kind, slot);
    slot = fresh;
  }
  template <class Call>
  void made(Kind kind, std::uint8_t at, Call call) {
    made_by(kind, at, call, &Call::operator());
  }
  template <class Call, class Handle>
  void made_by(Kind kind, std::uint8_t at, Call call, anochat_status (Call::*)(Handle**) const) {
    made<Handle>(kind, at, call);
  }

  /// Calls with a room of `part` 255ths of the longest output; on success the output becomes the buffer.
  template <class Call>
  void fill(std::uint8_t at, std::uint8_t part, Call call) {
    Bytes out(ANOCHAT_MESSAGE_MAX + 16, 0xa5);
    const std::size_t room = std::size_t{ANOCHAT_MESSAGE_MAX} * part / 255;
    std::size_t len = room;
    if (!is_fine(call(out.data(), &len))) {
      require(std::all_of(out.begin(), out.end(), [](std::uint8_t byte) { return byte == 0xa5; }) || len <= room,
              "a refused call writes nothing where there was too little room");
      return;
    }
    require(len <= room && std::all_of(out.begin() + static_cast<std::ptrdiff_t>(room), out.end(),
                                       [](std::uint8_t byte) { return byte == 0xa5; }),
            "nothing is written beyond the room");
    out.resize(std::max<std::size_t>(len, 1));
    buffer(at) = std::move(out);
  }

  void initiate(const Step& step) {
    anochat_account_id peer{};
    std::uint32_t number = 0;
    if (!is_fine(anochat_device_address(device(step.b), &peer, &number, &error_))) return;
    made(kSession, step.c, [&](anochat_session** to) {
      const Bytes& bundle = buffer(step.c);
      return anochat_session_initiate(device(step.a), &peer, number, bundle.data(), bundle.size(), to, &error_);
    });
  }
  void accept(const Step& step) {
    Bytes content(ANOCHAT_MESSAGE_MAX);
    made(kSession, step.c, [&](anochat_session** to) {
      const Bytes& message = buffer(step.b);
      std::size_t len = content.size();
      return anochat_session_accept(device(step.a), prekeys(step.a), message.data(), message.size(), content.data(),
                                    &len, to, &error_);
    });
  }
  template <class Function>
  void open(const Step& step, Function function) {
    const Bytes& message = buffer(step.b);
    Bytes content(ANOCHAT_MESSAGE_MAX);
    std::size_t len = content.size() * step.c / 255;
    if (is_fine(function(session(step.a), message.data(), message.size(), content.data(), &len, &error_))) {
      require(len <= 1, "nobody has sealed more than a byte");
    }
  }
  void save(const Step& step) {
    anochat_buf state{};
    state.struct_size = sizeof state;
    if (!is_fine(anochat_session_save(session(step.a), &state, &error_))) return;
    buffer(step.b).assign(state.data, state.data + state.len);
    must(anochat_buf_free(&state, nullptr));
  }
  void ask(const Step& step) {
    anochat_session_info info{};
    info.struct_size = static_cast<std::uint32_t>(sizeof info) + (step.c == 1 ? 1 : 0) - (step.c == 2 ? 1 : 0);
    if (step.c != 1) is_fine(anochat_session_get_info(session(step.a), &info, &error_));
    std::int32_t answer = 0;
    const Bytes& message = buffer(step.b);
    is_fine(anochat_session_recognises(session(step.a), message.data(), step.c == 3 ? SIZE_MAX : message.size(),
                                       &answer, &error_));
    std::array<std::uint8_t, 32> id{};
    std::size_t len = id.size();
    is_fine(anochat_session_peek(message.data(), message.size(), &answer, id.data(), &len, &error_));
  }
  void make_client(const Step& step) {
    if (clients_ == kMostClients) return;
    ++clients_;
    anochat_client_options options{};
    options.struct_size = sizeof options;
    options.one_time_prekeys = 1;
    options.allow_strangers = step.b % 3;
    made(kClient, step.a,
         [&](anochat_client** to) { return anochat_testing_client_new(world_, &options, to, &error_); });
  }
  /// The first frame of a list becomes the buffer.
  void take(anochat_list* frames, std::uint8_t at) {
    const std::uint8_t* data = nullptr;
    std::size_t len = 0;
    if (is_fine(anochat_list_bytes(frames, 0, &data, &len, &error_))) buffer(at).assign(data, data + len);
    anochat_event event{};
    event.struct_size = sizeof event;
    require(!is_fine(anochat_list_event(frames, 0, &event, &error_)), "frames are no events");
    must(anochat_list_free(frames, nullptr));
  }
  void use_relay(const Step& step) {
    const Bytes& frame = buffer(step.b);
    anochat_list* frames = nullptr;
    std::uint64_t connection = 0;
    switch (step.c % 4) {
      case 0:
        is_fine(anochat_relay_open(relay(step.a), frame.data(), std::min<std::size_t>(frame.size(), 8), &connection,
                                   &error_));
        break;
      case 1:
        is_fine(anochat_relay_receive(relay(step.a), step.c / 4, frame.data(), frame.size(), &error_));
        break;
      case 2:
        is_fine(anochat_relay_flush(relay(step.a), &error_));
        if (is_fine(anochat_relay_take(relay(step.a), step.c / 4, SIZE_MAX, &frames, &error_))) take(frames, step.b);
        break;
      default:
        is_fine(anochat_relay_close(relay(step.a), step.c / 4, &error_));
        break;
    }
  }
  void drive(const Step& step) {
    const Bytes& frame = buffer(step.b);
    anochat_list* frames = nullptr;
    anochat_event event{};
    event.struct_size = sizeof event;
    switch (step.c % 6) {
      case 0:
        is_fine(anochat_client_connected(client(step.a), &error_));
        break;
      case 1:
        is_fine(anochat_client_disconnected(client(step.a), &error_));
        break;
      case 2:
        is_fine(anochat_client_receive(client(step.a), frame.data(), frame.size(), &error_));
        break;
      case 3:
        if (is_fine(anochat_client_outgoing(client(step.a), &frames, &error_))) take(frames, step.b);
        break;
      case 4:
        is_fine(anochat_client_tick(client(step.a), &error_));
        break;
      default:
        is_fine(anochat_client_poll_event(client(step.a), &event, &error_));
        break;
    }
  }
  void write(const Step& step) {
    anochat_account_id peer{};
    std::uint32_t number = 0;
    std::int64_t conversation = step.c;
    std::int64_t message = step.b;
    if (step.c % 2 == 0 && is_fine(anochat_client_address(client(step.b), &peer, &number, &error_))) {
      is_fine(anochat_client_conversation_with(client(step.a), &peer, &conversation, &error_));
    }
    const Bytes plain = {'h', 'i'};
    const Bytes& bytes = step.c % 4 == 2 ? plain : buffer(step.b);
    const auto* text = reinterpret_cast<const char*>(bytes.data());
    is_fine(anochat_client_send_text(client(step.a), conversation, text, bytes.size(), &message, &error_));
    is_fine(anochat_client_react(client(step.a), message, "+", 1, step.c % 3, &error_));
    anochat_list* messages = nullptr;
    if (!is_fine(anochat_client_latest(client(step.a), conversation, step.c, &messages, &error_))) return;
    anochat_message one{};
    one.struct_size = sizeof one;
    if (is_fine(anochat_list_message(messages, step.b % 3, &one, &error_))) {
      require(one.body != nullptr && one.body_len <= ANOCHAT_TEXT_MAX, "a message has a body");
    }
    must(anochat_list_free(messages, nullptr));
  }
  void free_handle(std::size_t kind, void* handle) {
    switch (kind) {
      case kAccount:
        is_fine(anochat_account_free(static_cast<anochat_account*>(handle), &error_));
        break;
      case kDevice:
        is_fine(anochat_device_free(static_cast<anochat_device*>(handle), &error_));
        break;
      case kPreKeys:
        is_fine(anochat_prekeys_free(static_cast<anochat_prekeys*>(handle), &error_));
        break;
      case kSession:
        is_fine(anochat_session_free(static_cast<anochat_session*>(handle), &error_));
        break;
      case kClient:
        is_fine(anochat_client_free(static_cast<anochat_client*>(handle), &error_));
        break;
      default:
        is_fine(anochat_relay_free(static_cast<anochat_relay*>(handle), &error_));
        break;
    }
  }

  anochat_error error_{sizeof(anochat_error), 0, ""};
  anochat_world* world_ = nullptr;
  std::array<std::array<void*, kSlots>, kKinds> slots_{};
  std::array<Bytes, kSlots> buffers_;
  int clients_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Machine machine;
  for (std::size_t i = 0; i < std::min(size / 4, kMostSteps); ++i) {
    machine.run({data[4 * i], data[4 * i + 1], data[4 * i + 2], data[4 * i + 3]});
  }
  return 0;
}
