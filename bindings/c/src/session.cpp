// Sessions.
#include <anochat/framing/limits.hpp>

#include "call.hpp"
#include "keys.hpp"

using namespace anochat;
using namespace anochat::c;

static_assert(ANOCHAT_MESSAGE_MAX == kMaxMessageLen && ANOCHAT_SIGNAL_LEN == kSignalLen);
static_assert(ANOCHAT_SIGNAL_CONTENT_MAX == kMaxSignalContentLen && ANOCHAT_CONTENT_MAX == kMaxContentLen);
static_assert(ANOCHAT_BUNDLE_MAX == PreKeyBundle::kMaxEncodedLen && ANOCHAT_SAVED_DEVICE_LEN == Device::kSavedLen);
static_assert(ANOCHAT_CERTIFICATE_LEN == Certificate::kEncodedLen);

namespace {

constexpr std::size_t kMostSaved = 1'048'576;  // bytes; 2,000 skipped keys of each kind have 200,000
constexpr std::size_t kMostLabel = 256;        // bytes
constexpr std::size_t kMostContext = 65'536;   // bytes

anochat_session* handle_of(const DeviceObject& device, Session session) {
  return make_handle(std::make_shared<SessionObject>(device.world, std::move(session)));
}

ByteView message_in(const uint8_t* message, size_t message_len) {
  not_null(message, "message");
  return bytes_in(message, message_len, kMaxMessageLen, "message");
}

}  // namespace

anochat_status anochat_session_initiate(const anochat_device* device, const anochat_account_id* peer,
                                        uint32_t peer_device, const uint8_t* bundle, size_t bundle_len,
                                        anochat_session** session, anochat_error* error) {
  return guard(error, [&] {
    not_null(session, "session");
    not_null(bundle, "bundle");
    const auto own = share<DeviceObject>(device, "device");
    Address wanted;
    std::copy_n(not_null(peer, "peer").bytes, wanted.account.size(), wanted.account.begin());
    wanted.device = peer_device;
    const ByteView encoded = bytes_in(bundle, bundle_len, PreKeyBundle::kMaxEncodedLen, "bundle");
    const PreKeyBundle verified = PreKeyBundle::decode(encoded, wanted, own->world->now());
    *session = handle_of(*own, Session::initiate(own->device, verified, *own->world->random));
  });
}

anochat_status anochat_session_accept(const anochat_device* device, anochat_prekeys* prekeys, const uint8_t* message,
                                      size_t message_len, uint8_t* out, size_t* out_len, anochat_session** session,
                                      anochat_error* error) {
  return guard(error, [&] {
    not_null(session, "session");
    const auto own = share<DeviceObject>(device, "device");
    const Use<PreKeysObject> keys(prekeys, "prekeys");
    const ByteView sealed = message_in(message, message_len);
    Out to(out, out_len, {sealed});
    static_cast<void>(to.need(Session::content_bound(sealed.size())));
    AcceptedSession accepted = Session::accept(own->device, keys->keys, sealed, own->world->now());
    anochat_session* const made = handle_of(*own, std::move(accepted.session));
    try {
      keys->keys.consume(accepted.consumed);
    } catch (...) {
      free_handle<SessionObject>(made, "session");
      throw;
    }
    to.set(accepted.content);
    *session = made;
  });
}

anochat_status anochat_session_peek(const uint8_t* message, size_t message_len, int32_t* is_initial, uint8_t* out,
                                    size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    not_null(is_initial, "is_initial");
    const ByteView sealed = message_in(message, message_len);
    Out to(out, out_len, {sealed});
    static_cast<void>(to.need(SessionId{}.size()));
    const std::optional<SessionId> id = Session::peek_id(sealed);
    *is_initial = id ? 1 : 0;
    if (id) {
      to.set(*id);
    } else {
      to.wrote(0);
    }
  });
}

anochat_status anochat_session_encrypt_bound(const anochat_session* session, size_t content_len, size_t* bound,
                                             anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    not_null(bound, "bound") = it->session.message_len(content_len);
  });
}

anochat_status anochat_session_encrypt(anochat_session* session, const uint8_t* content, size_t content_len,
                                       uint8_t* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    const ByteView plain = bytes_in(content, content_len, ANOCHAT_CONTENT_MAX, "content");
    Out to(out, out_len, {plain});
    const MutableByteView room = to.need(it->session.message_len(plain.size()));
    to.wrote(it->session.encrypt(plain, room, *it->world->random));
  });
}

anochat_status anochat_session_decrypt_bound(size_t message_len, size_t* bound, anochat_error* error) {
  return guard(error, [&] {
    if (message_len > kMaxMessageLen) refuse("message_len", "is longer than a message", Errc::too_large);
    not_null(bound, "bound") = Session::content_bound(message_len);
  });
}

anochat_status anochat_session_decrypt(anochat_session* session, const uint8_t* message, size_t message_len,
                                       uint8_t* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    const ByteView sealed = message_in(message, message_len);
    Out to(out, out_len, {sealed});
    const MutableByteView room = to.need(Session::content_bound(sealed.size()));
    to.wrote(it->session.decrypt(sealed, room, it->world->now()));
  });
}

anochat_status anochat_session_recognises(const anochat_session* session, const uint8_t* message, size_t message_len,
                                          int32_t* is_for_it, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    not_null(is_for_it, "is_for_it") = it->session.recognises(message_in(message, message_len)) ? 1 : 0;
  });
}

anochat_status anochat_session_seal_signal(anochat_session* session, const uint8_t* content, size_t content_len,
                                           uint8_t* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    const ByteView plain = bytes_in(content, content_len, kMaxSignalContentLen, "content");
    Out to(out, out_len, {plain});
    static_cast<void>(to.need(kSignalLen));
    to.set(it->session.seal_signal(plain, it->world->now(), *it->world->random));
  });
}

anochat_status anochat_session_open_signal(anochat_session* session, const uint8_t* message, size_t message_len,
                                           uint8_t* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    const ByteView sealed = message_in(message, message_len);
    Out to(out, out_len, {sealed});
    static_cast<void>(to.need(kMaxSignalContentLen));
    to.set(it->session.open_signal(sealed, it->world->now()));
  });
}

anochat_status anochat_session_get_info(const anochat_session* session, anochat_session_info* info,
                                        anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    const StructOut<anochat_session_info> to(info, "info");
    const Session& from = it->session;
    anochat_session_info value{};
    value.peer_device = from.peer_address().device;
    std::copy(from.peer_address().account.begin(), from.peer_address().account.end(), value.peer.bytes);
    std::copy(from.id().begin(), from.id().end(), value.id);
    value.is_initiator = from.is_initiator() ? 1 : 0;
    value.is_answered = from.is_answered() ? 1 : 0;
    value.pq_epoch = from.pq_epoch();
    value.skipped_key_count = from.skipped_key_count();
    to.set(value);
  });
}

anochat_status anochat_session_export_secret(const anochat_session* session, const char* label, size_t label_len,
                                             const uint8_t* context, size_t context_len, uint8_t* out, size_t* out_len,
                                             anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    if (label == nullptr) refuse("label", "is NULL");
    const std::string_view purpose = text_in(label, label_len, kMostLabel, "label");
    const ByteView about = bytes_in(context, context_len, kMostContext, "context");
    Out to(out, out_len, {as_bytes(purpose), about});
    static_cast<void>(to.need(ExportedSecret::kSize));
    to.set(it->session.export_secret(purpose, about).expose());
  });
}

anochat_status anochat_session_save(const anochat_session* session, anochat_buf* out, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    BufOut(out, "out").set(it->session.save());
  });
}

anochat_status anochat_session_load(const anochat_device* device, const uint8_t* saved, size_t saved_len,
                                    anochat_session** session, anochat_error* error) {
  return guard(error, [&] {
    not_null(session, "session");
    not_null(saved, "saved");
    const auto own = share<DeviceObject>(device, "device");
    *session = handle_of(*own, Session::load(bytes_in(saved, saved_len, kMostSaved, "saved")));
  });
}

anochat_status anochat_session_seal(const anochat_session* session, const uint8_t* key, size_t key_len,
                                    anochat_buf* out, anochat_error* error) {
  return guard(error, [&] {
    const Use<SessionObject> it(session, "session");
    const BufOut to(out, "out");
    const auto state_key = secret_from<StateKey>(array_in<ANOCHAT_STATE_KEY_LEN>(key, key_len, "key"));
    to.set(it->session.seal(state_key, *it->world->random));
  });
}

anochat_status anochat_session_open(const anochat_device* device, const uint8_t* key, size_t key_len,
                                    const uint8_t* sealed, size_t sealed_len, anochat_session** session,
                                    anochat_error* error) {
  return guard(error, [&] {
    not_null(session, "session");
    not_null(sealed, "sealed");
    const auto own = share<DeviceObject>(device, "device");
    const auto state_key = secret_from<StateKey>(array_in<ANOCHAT_STATE_KEY_LEN>(key, key_len, "key"));
    *session = handle_of(*own, Session::open(state_key, bytes_in(sealed, sealed_len, kMostSaved, "sealed")));
  });
}

anochat_status anochat_session_free(anochat_session* session, anochat_error* error) {
  return guard(error, [&] { free_handle<SessionObject>(session, "session"); });
}
