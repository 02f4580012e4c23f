// Making, opening and driving a client.
#include "messenger.hpp"

#include <anochat/storage/recovery_key.hpp>

#include "list.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace anochat::c {

EventFd::~EventFd() {
  if (fd_ >= 0) close(fd_);
}

int EventFd::get() {
  if (fd_ < 0) fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd_ < 0) throw Error(Errc::io_failed, "the system gives no descriptor");
  return fd_;
}

void EventFd::set() const noexcept {
  if (fd_ >= 0) static_cast<void>(eventfd_write(fd_, 1));
}

void EventFd::clear() const noexcept {
  eventfd_t count = 0;
  if (fd_ >= 0) static_cast<void>(eventfd_read(fd_, &count));
}

void ClientObject::release() {
#if defined(ANOCHAT_C_NETWORK)
  if (driver) driver->stop();  // threads that wait for events return
  driver.reset();
#endif
  client.reset();
  polled.reset();
}

Client& ClientObject::driven() {
  if (!client) throw Error(Errc::wrong_state, "this client drives itself");
  return *client;
}

std::vector<Event> ClientObject::take_events(std::size_t most) {
#if defined(ANOCHAT_C_NETWORK)
  if (driver) return driver->take_events(most);
#endif
  std::vector<Event> events = client.value().take_events(most);
  if (events.size() < most) fd.clear();  // none are left
  return events;
}

std::filesystem::path path_in(const char* path, std::size_t path_len, const char* name) {
  const std::string_view text = text_in(path, path_len, kMostPath, name);
  if (text.empty()) refuse(name, "is empty");
  if (text.find('\0') != std::string_view::npos) refuse(name, "has a zero in it");
  return std::string(text);
}

namespace {

/// Callbacks run with every function of this library closed, and their failures become the caller's status.
template <class Call>
void call_back(Call call) {
  const Callback inside;
  const anochat_status status = call();
  if (status != ANOCHAT_OK) throw Error(static_cast<Errc>(status), "the application's key callback failed");
}

KeychainHooks hooks_of(const anochat_key& key) {
  if (key.load_key == nullptr) refuse("key.load_key", "is NULL");
  if ((key.load_counter == nullptr) != (key.save_counter == nullptr)) refuse("key", "has one counter callback of two");
  KeychainHooks hooks;
  hooks.load_key = [key] {
    StoreKey out;
    call_back([&] { return key.load_key(key.context, out.expose_mutable().data()); });
    return out;
  };
  if (key.load_counter == nullptr) return hooks;
  hooks.load_counter = [key]() -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    std::int32_t has_value = 0;
    call_back([&] { return key.load_counter(key.context, &value, &has_value); });
    return has_value != 0 ? std::optional(value) : std::nullopt;
  };
  hooks.save_counter = [key](std::uint64_t value) { call_back([&] { return key.save_counter(key.context, value); }); };
  return hooks;
}

KdfParams kdf_of(const anochat_key& key) {
  KdfParams params;
  if (key.kdf_memory_kib != 0) params.memory_kib = key.kdf_memory_kib;
  if (key.kdf_passes != 0) params.passes = key.kdf_passes;
  return params;
}

ClientOptions options_of(const anochat_client_options& from, const World& world, Log& log) {
  ClientOptions to;
  to.clock = world.clock.get();
  to.random = world.random.get();
  to.log = &log;
  to.send_delivery_receipts = !flag_in(from.no_delivery_receipts, "no_delivery_receipts");
  to.send_read_receipts = !flag_in(from.no_read_receipts, "no_read_receipts");
  to.allow_strangers = flag_in(from.allow_strangers, "allow_strangers");
  to.block_new_devices = flag_in(from.block_new_devices, "block_new_devices");
  if (from.one_time_prekeys != 0) to.one_time_prekeys = from.one_time_prekeys;
  if (from.most_events != 0) to.most_events = from.most_events;
  to.relay = text_in(from.relay_name, from.relay_name_len, 255, "relay_name");
  to.profile.name = text_in(from.profile_name, from.profile_name_len, kMaxNameLen, "profile_name");
  return to;
}

}  // namespace

std::unique_ptr<KeyProvider> key_in(const anochat_key* key) {
  const anochat_key from = struct_in(key, "key");
  const auto kind = choice_in<int>(from.kind, ANOCHAT_KEY_PASSPHRASE, ANOCHAT_KEY_CALLBACK, "key.kind");
  if (kind == ANOCHAT_KEY_CALLBACK) return std::make_unique<CallbackKey>(hooks_of(from));
  not_null(from.secret, "key.secret");
  const ByteView secret = bytes_in(from.secret, from.secret_len, kMostSecret, "key.secret");
  if (kind == ANOCHAT_KEY_RAW) {
    const auto raw = array_in<StoreKey::kSize>(secret.data(), secret.size(), "key.secret");
    ByteArray<StoreKey::kSize> copy;
    std::copy(raw.begin(), raw.end(), copy.begin());
    return std::make_unique<RawKey>(StoreKey(copy));
  }
  if (kind == ANOCHAT_KEY_RECOVERY) return std::make_unique<RecoveryKey>(RecoveryKey::parse(as_text(secret)));
  return std::make_unique<PassphraseKey>(SecretBytes(secret.begin(), secret.end()), kdf_of(from));
}

void make_client(const std::shared_ptr<World>& world, bool is_new, std::optional<std::filesystem::path> path,
                 const anochat_key* key, const anochat_client_options* options, anochat_client** client) {
  not_null(client, "client");
  anochat_client_options chosen{};
  if (options != nullptr) chosen = struct_in(options, "options");
  auto made = std::make_shared<ClientObject>(world, log_of(chosen.log, chosen.log_context, chosen.log_level));
  ClientOptions how = options_of(chosen, *world, *made->log);
  StoreOptions where;
  where.clock = how.clock;
  where.random = how.random;
  where.log = how.log;
  where.accept_rolled_back = flag_in(chosen.accept_rolled_back, "accept_rolled_back");
  if (!path) {
    made->client.emplace(Client::create(Store::in_memory(where), std::move(how)));
  } else {
    const auto provider = key_in(key);
    Store store = is_new ? Store::create(*path, *provider, where) : Store::open(*path, *provider, where);
    made->client.emplace(is_new ? Client::create(std::move(store), std::move(how))
                                : Client::open(std::move(store), std::move(how)));
  }
  *client = make_handle(std::move(made));
}

}  // namespace anochat::c

using namespace anochat;
using namespace anochat::c;

anochat_status anochat_client_create(const char* path, size_t path_len, const anochat_key* key,
                                     const anochat_client_options* options, anochat_client** client,
                                     anochat_error* error) {
  return guard(error, [&] {
    std::optional<std::filesystem::path> where;
    if (path != nullptr || path_len != 0) where = path_in(path, path_len, "path");
    make_client(system_world(), true, std::move(where), key, options, client);
  });
}

anochat_status anochat_client_open(const char* path, size_t path_len, const anochat_key* key,
                                   const anochat_client_options* options, anochat_client** client,
                                   anochat_error* error) {
  return guard(error,
               [&] { make_client(system_world(), false, path_in(path, path_len, "path"), key, options, client); });
}

anochat_status anochat_client_free(anochat_client* client, anochat_error* error) {
  return guard(error, [&] { free_handle<ClientObject>(client, "client"); });
}

anochat_status anochat_client_address(const anochat_client* client, anochat_account_id* account, uint32_t* device,
                                      anochat_error* error) {
  return with_client(client, error, [&](const Client& it) {
    not_null(account, "account");
    not_null(device, "device") = it.address().device;
    std::copy(it.account().begin(), it.account().end(), account->bytes);
  });
}

anochat_status anochat_client_connected(anochat_client* client, anochat_error* error) {
  return guard(error, [&] { Use<ClientObject>(client, "client")->driven().connected(); });
}

anochat_status anochat_client_disconnected(anochat_client* client, anochat_error* error) {
  return guard(error, [&] { Use<ClientObject>(client, "client")->driven().disconnected(); });
}

anochat_status anochat_client_receive(anochat_client* client, const uint8_t* frame, size_t frame_len,
                                      anochat_error* error) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    not_null(frame, "frame");
    it->driven().receive(bytes_in(frame, frame_len, kMaxFrameLen, "frame"));
  });
}

anochat_status anochat_client_outgoing(anochat_client* client, anochat_list** frames, anochat_error* error) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    not_null(frames, "frames") = list_of(it->driven().outgoing());
  });
}

anochat_status anochat_client_next_timer(const anochat_client* client, int64_t* at_ms, anochat_error* error) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    not_null(at_ms, "at_ms") = optional_time(it->driven().next_timer());
  });
}

anochat_status anochat_client_tick(anochat_client* client, anochat_error* error) {
  return guard(error, [&] { Use<ClientObject>(client, "client")->driven().tick(); });
}

anochat_status anochat_client_is_online(const anochat_client* client, int32_t* is_online, anochat_error* error) {
  return with_client(client, error,
                     [&](const Client& it) { not_null(is_online, "is_online") = it.is_online() ? 1 : 0; });
}

anochat_status anochat_client_poll_event(anochat_client* client, anochat_event* event, anochat_error* error) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    const StructOut<anochat_event> out(event, "event");
    std::vector<Event> events = it->take_events(1);
    it->polled.reset();
    if (!events.empty()) it->polled.emplace(std::move(events.front()));
    out.set(it->polled ? event_of(*it->polled) : anochat_event{});
  });
}

namespace {

constexpr std::size_t kMostEvents = 65'536;

std::size_t most_in(std::size_t most) {
  if (most < 1 || most > kMostEvents) refuse("most", "is not 1 to 65536");
  return most;
}

}  // namespace

anochat_status anochat_client_take_events(anochat_client* client, size_t most, anochat_list** events,
                                          anochat_error* error) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    not_null(events, "events") = list_of(it->take_events(most_in(most)));
  });
}

anochat_status anochat_client_wait_events(anochat_client* client, uint32_t timeout_ms, size_t most,
                                          anochat_list** events, anochat_error* error) {
  return guard(error, [&] {
    not_null(events, "events");
    static_cast<void>(most_in(most));
#if defined(ANOCHAT_C_NETWORK)
    std::shared_ptr<ClientDriver> driver;
    {
      const Use<ClientObject> it(client, "client");
      driver = it->driver;
    }
    if (driver) {
      *events = list_of(driver->wait_events(std::chrono::milliseconds(timeout_ms), most));
      return;
    }
#else
    static_cast<void>(Use<ClientObject>(client, "client"));
    static_cast<void>(timeout_ms);
#endif
    throw Error(Errc::wrong_state, "this client is driven by its application: poll its descriptor");
  });
}

anochat_status anochat_client_event_fd(anochat_client* client, int32_t* fd, anochat_error* error) {
  return guard(error, [&] {
    const Use<ClientObject> it(client, "client");
    not_null(fd, "fd");
#if defined(ANOCHAT_C_NETWORK)
    if (it->driver) {
      *fd = it->driver->event_fd();
      return;
    }
#endif
    *fd = it->fd.get();
    it->driven().set_notifier([&to = it->fd] { to.set(); });
  });
}
