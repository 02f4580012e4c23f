// Prekeys of a device.
#include "call.hpp"
#include "keys.hpp"

#include <algorithm>

using namespace anochat;
using namespace anochat::c;

namespace {

constexpr std::size_t kMostSaved = 16'777'216;  // bytes; 1,000 one-time prekeys of each kind have 1.6 million

}  // namespace

anochat_status anochat_prekeys_new(const anochat_device* device, uint32_t one_time_count, anochat_prekeys** prekeys,
                                   anochat_error* error) {
  return guard(error, [&] {
    not_null(prekeys, "prekeys");
    const auto of = share<DeviceObject>(device, "device");
    MemoryPreKeys made(of->device, of->world->now(), *of->world->random, one_time_count);
    *prekeys = make_handle(std::make_shared<PreKeysObject>(of->world, std::move(made)));
  });
}

anochat_status anochat_prekeys_refill(anochat_prekeys* prekeys, const anochat_device* device, uint32_t one_time_count,
                                      anochat_error* error) {
  return guard(error, [&] {
    const Use<PreKeysObject> it(prekeys, "prekeys");
    const auto of = share<DeviceObject>(device, "device");
    it->keys.refill(of->device, it->world->now(), *it->world->random, one_time_count);
    it->keys.expire(it->world->now());
  });
}

anochat_status anochat_prekeys_bundle(anochat_prekeys* prekeys, uint8_t* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    const Use<PreKeysObject> it(prekeys, "prekeys");
    Out to(out, out_len);
    static_cast<void>(to.need(PreKeyBundle::kMaxEncodedLen));
    to.set(it->keys.bundle(it->world->now()).encode());
  });
}

anochat_status anochat_prekeys_count(const anochat_prekeys* prekeys, size_t* one_time_left, anochat_error* error) {
  return guard(error, [&] {
    const Use<PreKeysObject> it(prekeys, "prekeys");
    not_null(one_time_left, "one_time_left") = std::min(it->keys.one_time_left(), it->keys.kem_one_time_left());
  });
}

anochat_status anochat_prekeys_save(const anochat_prekeys* prekeys, anochat_buf* out, anochat_error* error) {
  return guard(error, [&] {
    const Use<PreKeysObject> it(prekeys, "prekeys");
    BufOut(out, "out").set(it->keys.save());
  });
}

anochat_status anochat_prekeys_load(const anochat_device* device, const uint8_t* saved, size_t saved_len,
                                    anochat_prekeys** prekeys, anochat_error* error) {
  return guard(error, [&] {
    not_null(prekeys, "prekeys");
    not_null(saved, "saved");
    const auto of = share<DeviceObject>(device, "device");
    MemoryPreKeys loaded = MemoryPreKeys::load(bytes_in(saved, saved_len, kMostSaved, "saved"));
    *prekeys = make_handle(std::make_shared<PreKeysObject>(of->world, std::move(loaded)));
  });
}

anochat_status anochat_prekeys_free(anochat_prekeys* prekeys, anochat_error* error) {
  return guard(error, [&] { free_handle<PreKeysObject>(prekeys, "prekeys"); });
}
