// The relay without sockets.
#include "relaying.hpp"

#include <anochat/relay/memory_relay_store.hpp>
#include <anochat/relay/sqlite_relay_store.hpp>

#include "list.hpp"

#include <algorithm>
#include <utility>

namespace anochat::c {

namespace {

std::unique_ptr<RelayStore> store_at(const std::string& path) {
  if (path.empty()) return std::make_unique<MemoryRelayStore>();
  return std::make_unique<SqliteRelayStore>(path);
}

}  // namespace

RelayObject::RelayObject(std::shared_ptr<World> in, std::unique_ptr<Log> to, const RelayOptions& options,
                         const std::string& store_path)
    : world(std::move(in)), log(std::move(to)), store(store_at(store_path)) {
  relay.emplace(options, RelayServices{*store, presence, wakeup, limiter, *world->clock, *world->random, *log});
}

void RelayObject::release() {
  relay.reset();
  store.reset();
}

RelayChoice relay_choice(const anochat_relay_options* options) {
  RelayChoice choice;
  anochat_relay_options from{};
  if (options != nullptr) from = struct_in(options, "options");
  choice.options.registration_open = !flag_in(from.registration_closed, "registration_closed");
  if (from.name != nullptr || from.name_len != 0) choice.options.name = text_in(from.name, from.name_len, 255, "name");
  if (from.store_path != nullptr || from.store_path_len != 0)
    choice.store_path = text_in(from.store_path, from.store_path_len, kMostPath, "store_path");
  if (choice.store_path.find('\0') != std::string::npos) refuse("store_path", "has a zero in it");
  if (from.most_connections != 0) choice.options.connections = from.most_connections;
  if (from.mailbox_envelopes != 0) choice.options.mailbox.envelopes = from.mailbox_envelopes;
  if (from.lifetime_hours != 0) choice.options.lifetime = std::chrono::hours(from.lifetime_hours);
  choice.log = log_of(from.log, from.log_context, from.log_level);
  return choice;
}

void make_relay(std::shared_ptr<World> world, const anochat_relay_options* options, anochat_relay** relay) {
  not_null(relay, "relay");
  RelayChoice choice = relay_choice(options);
  *relay = make_handle(
      std::make_shared<RelayObject>(std::move(world), std::move(choice.log), choice.options, choice.store_path));
}

}  // namespace anochat::c

using namespace anochat;
using namespace anochat::c;

anochat_status anochat_relay_new(const anochat_relay_options* options, anochat_relay** relay, anochat_error* error) {
  return guard(error, [&] { make_relay(system_world(), options, relay); });
}

anochat_status anochat_relay_free(anochat_relay* relay, anochat_error* error) {
  return guard(error, [&] { free_handle<RelayObject>(relay, "relay"); });
}

anochat_status anochat_relay_open(anochat_relay* relay, const uint8_t* address_class, size_t address_class_len,
                                  uint64_t* connection, anochat_error* error) {
  return guard(error, [&] {
    const Use<RelayObject> it(relay, "relay");
    not_null(connection, "connection");
    *connection = it->relay->open(bytes_in(address_class, address_class_len, 64, "address_class"));
  });
}

anochat_status anochat_relay_close(anochat_relay* relay, uint64_t connection, anochat_error* error) {
  return guard(error, [&] { Use<RelayObject>(relay, "relay")->relay->close(connection); });
}

anochat_status anochat_relay_is_open(const anochat_relay* relay, uint64_t connection, int32_t* is_open,
                                     int32_t* wants_input, anochat_error* error) {
  return guard(error, [&] {
    const Use<RelayObject> it(relay, "relay");
    not_null(is_open, "is_open");
    not_null(wants_input, "wants_input");
    *is_open = it->relay->is_open(connection) ? 1 : 0;
    *wants_input = *is_open == 1 && it->relay->wants_input(connection) ? 1 : 0;
  });
}

anochat_status anochat_relay_receive(anochat_relay* relay, uint64_t connection, const uint8_t* frame, size_t frame_len,
                                     anochat_error* error) {
  return guard(error, [&] {
    const Use<RelayObject> it(relay, "relay");
    not_null(frame, "frame");
    it->relay->receive(connection, bytes_in(frame, frame_len, ANOCHAT_FRAME_MAX, "frame"));
  });
}

anochat_status anochat_relay_take(anochat_relay* relay, uint64_t connection, size_t most_bytes, anochat_list** frames,
                                  anochat_error* error) {
  return guard(error, [&] {
    const Use<RelayObject> it(relay, "relay");
    not_null(frames, "frames") = list_of(it->relay->take(connection, most_bytes));
  });
}

anochat_status anochat_relay_ready(anochat_relay* relay, uint64_t* connections, size_t* count, anochat_error* error) {
  return guard(error, [&] {
    const Use<RelayObject> it(relay, "relay");
    not_null(connections, "connections");
    const std::size_t room = not_null(count, "count");
    if (room == 0) throw Error(Errc::buffer_too_small, "connections");
    if (it->ready.empty()) it->ready = it->relay->ready();
    const std::size_t given = std::min(room, it->ready.size());
    std::copy_n(it->ready.begin(), given, connections);
    it->ready.erase(it->ready.begin(), it->ready.begin() + static_cast<std::ptrdiff_t>(given));
    *count = given;
  });
}

anochat_status anochat_relay_flush(anochat_relay* relay, anochat_error* error) {
  return guard(error, [&] { Use<RelayObject>(relay, "relay")->relay->flush(); });
}

anochat_status anochat_relay_tick(anochat_relay* relay, anochat_error* error) {
  return guard(error, [&] { Use<RelayObject>(relay, "relay")->relay->tick(); });
}

anochat_status anochat_relay_drain(anochat_relay* relay, uint32_t within_ms, anochat_error* error) {
  return guard(error, [&] { Use<RelayObject>(relay, "relay")->relay->drain(std::chrono::milliseconds(within_ms)); });
}

anochat_status anochat_relay_metrics(const anochat_relay* relay, anochat_buf* text, int32_t* is_ready,
                                     anochat_error* error) {
  return guard(error, [&] {
    const Use<RelayObject> it(relay, "relay");
    const BufOut out(text, "text");
    not_null(is_ready, "is_ready") = it->relay->is_ready() ? 1 : 0;
    out.set(as_bytes(prometheus_text(it->relay->metrics())));
  });
}
