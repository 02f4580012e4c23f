// Version, statuses, buffers, addresses.
#include <anochat/base/version.hpp>
#include <anochat/crypto/address.hpp>

#include "call.hpp"

using namespace anochat;
using namespace anochat::c;

uint32_t anochat_abi_version(void) { return ANOCHAT_ABI_VERSION; }

anochat_status anochat_check_abi(uint32_t header_abi_version, anochat_error* error) {
  return guard(error, [&] {
    if (header_abi_version == 0) refuse("header_abi_version", "is 0");
    if (header_abi_version > ANOCHAT_ABI_VERSION) {
      throw Error(Errc::unsupported_version, "the program was compiled for a newer libanochat than the one loaded");
    }
  });
}

const char* anochat_version_text(void) { return kVersion.data(); }

const char* anochat_status_name(anochat_status status) {
  return status == ANOCHAT_OK ? "ok" : name_of(static_cast<Errc>(status)).data();
}

const char* anochat_status_text(anochat_status status) {
  return status == ANOCHAT_OK ? "no error" : message_of(static_cast<Errc>(status)).data();
}

anochat_status anochat_buf_free(anochat_buf* buf, anochat_error* error) {
  return guard(error, [&] { free_buf(buf); });
}

anochat_status anochat_address_parse(const char* text, size_t text_len, anochat_account_id* account, uint32_t* device,
                                     anochat_error* error) {
  return guard(error, [&] {
    not_null(account, "account");
    if (text == nullptr) refuse("text", "is NULL");
    const Address address = Address::parse(text_in(text, text_len, 256, "text"));
    std::copy(address.account.begin(), address.account.end(), account->bytes);
    if (device != nullptr) *device = address.device;
  });
}

anochat_status anochat_address_format(const anochat_account_id* account, uint32_t device, char* out, size_t* out_len,
                                      anochat_error* error) {
  return guard(error, [&] {
    Address address;
    std::copy_n(not_null(account, "account").bytes, address.account.size(), address.account.begin());
    address.device = device;
    Out(out, out_len).set_text(address.text());
  });
}
