// Accounts and devices.
#include "call.hpp"
#include "keys.hpp"

using namespace anochat;
using namespace anochat::c;

anochat_status anochat_account_new(anochat_account** account, anochat_error* error) {
  return guard(error, [&] {
    not_null(account, "account");
    auto world = system_world();
    AccountKey key = AccountKey::generate(*world->random);
    *account = make_handle(std::make_shared<AccountObject>(std::move(world), std::move(key)));
  });
}

anochat_status anochat_account_load(const uint8_t* seed, size_t seed_len, anochat_account** account,
                                    anochat_error* error) {
  return guard(error, [&] {
    not_null(account, "account");
    AccountKey key =
        AccountKey::from_seed(secret_from<SigningSeed>(array_in<ANOCHAT_SEED_LEN>(seed, seed_len, "seed")));
    *account = make_handle(std::make_shared<AccountObject>(system_world(), std::move(key)));
  });
}

anochat_status anochat_account_seed(const anochat_account* account, uint8_t* out, size_t* out_len,
                                    anochat_error* error) {
  return guard(error, [&] {
    const Use<AccountObject> it(account, "account");
    Out(out, out_len).set(it->key.seed().expose());
  });
}

anochat_status anochat_account_get_id(const anochat_account* account, anochat_account_id* id, anochat_error* error) {
  return guard(error, [&] {
    const Use<AccountObject> it(account, "account");
    const AccountId value = it->key.id();
    std::copy(value.begin(), value.end(), not_null(id, "id").bytes);
  });
}

anochat_status anochat_account_free(anochat_account* account, anochat_error* error) {
  return guard(error, [&] { free_handle<AccountObject>(account, "account"); });
}

anochat_status anochat_device_new(const anochat_account* account, uint32_t number, anochat_device** device,
                                  anochat_error* error) {
  return guard(error, [&] {
    not_null(device, "device");
    const Use<AccountObject> it(account, "account");
    *device =
        make_handle(std::make_shared<DeviceObject>(it->world, Device::create(it->key, number, *it->world->random)));
  });
}

anochat_status anochat_device_save(const anochat_device* device, uint8_t* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    const auto it = share<DeviceObject>(device, "device");
    Out(out, out_len).set(it->device.save());
  });
}

anochat_status anochat_device_load(const uint8_t* saved, size_t saved_len, anochat_device** device,
                                   anochat_error* error) {
  return guard(error, [&] {
    not_null(device, "device");
    not_null(saved, "saved");
    const ByteView bytes = bytes_in(saved, saved_len, 4'096, "saved");
    *device = make_handle(std::make_shared<DeviceObject>(system_world(), Device::load(bytes)));
  });
}

anochat_status anochat_device_certificate(const anochat_device* device, uint8_t* out, size_t* out_len,
                                          anochat_error* error) {
  return guard(error, [&] {
    const auto it = share<DeviceObject>(device, "device");
    Out(out, out_len).set(it->device.certificate().encode());
  });
}

anochat_status anochat_device_address(const anochat_device* device, anochat_account_id* account, uint32_t* number,
                                      anochat_error* error) {
  return guard(error, [&] {
    const auto it = share<DeviceObject>(device, "device");
    not_null(account, "account");
    not_null(number, "number");
    const Address address = it->device.address();
    std::copy(address.account.begin(), address.account.end(), account->bytes);
    *number = address.device;
  });
}

anochat_status anochat_device_free(anochat_device* device, anochat_error* error) {
  return guard(error, [&] { free_handle<DeviceObject>(device, "device"); });
}
