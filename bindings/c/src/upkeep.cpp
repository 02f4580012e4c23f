// Keys, backup and maintenance of a client's store.
#include <anochat/storage/recovery_key.hpp>

#include "messenger.hpp"

using namespace anochat;
using namespace anochat::c;

namespace {

storage::ExportOptions export_options(const uint8_t* passphrase, std::size_t passphrase_len) {
  not_null(passphrase, "passphrase");
  const ByteView secret = bytes_in(passphrase, passphrase_len, kMostSecret, "passphrase");
  if (secret.empty()) refuse("passphrase", "is empty");
  storage::ExportOptions options;
  options.passphrase.assign(secret.begin(), secret.end());
  return options;
}

}  // namespace

anochat_status anochat_recovery_key_new(char* out, size_t* out_len, anochat_error* error) {
  return guard(error, [&] {
    Out to(out, out_len);
    static_cast<void>(to.need(RecoveryKey::kTextLength + 1));
    to.set_text(as_text(RecoveryKey::generate(*system_world()->random).text()));
  });
}

anochat_status anochat_client_add_key(anochat_client* client, const anochat_key* key, uint32_t* slot,
                                      anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    not_null(slot, "slot");
    *slot = it.store().add_key(*key_in(key));
  });
}

anochat_status anochat_client_change_key(anochat_client* client, uint32_t slot, const anochat_key* key,
                                         anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.store().change_key(slot, *key_in(key)); });
}

anochat_status anochat_client_remove_key(anochat_client* client, uint32_t slot, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.store().remove_key(slot); });
}

anochat_status anochat_client_opened_slot(const anochat_client* client, uint32_t* slot, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { not_null(slot, "slot") = it.store().opened_slot(); });
}

anochat_status anochat_client_save_copy(const anochat_client* client, const char* path, size_t path_len,
                                        const anochat_key* key, int32_t with_identity, anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    const auto to = path_in(path, path_len, "path");
    it.store().save_copy(to, *key_in(key), {flag_in(with_identity, "with_identity")});
  });
}

anochat_status anochat_client_export(const anochat_client* client, const char* path, size_t path_len,
                                     const uint8_t* passphrase, size_t passphrase_len, int32_t with_identity,
                                     anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    const auto to = path_in(path, path_len, "path");
    storage::ExportOptions options = export_options(passphrase, passphrase_len);
    options.scope.with_identity = flag_in(with_identity, "with_identity");
    it.store().export_to(to, options);
  });
}

anochat_status anochat_store_import(const char* path, size_t path_len, const uint8_t* passphrase, size_t passphrase_len,
                                    const char* new_path, size_t new_path_len, const anochat_key* key,
                                    anochat_error* error) {
  return guard(error, [&] {
    const auto from = path_in(path, path_len, "path");
    const auto to = path_in(new_path, new_path_len, "new_path");
    const storage::ExportOptions options = export_options(passphrase, passphrase_len);
    Store::import_from(from, options, to, *key_in(key));
  });
}

anochat_status anochat_client_check(anochat_client* client, int32_t full, anochat_check_report* report,
                                    anochat_error* error) {
  return with_client(client, error, [&](Client& it) {
    const StructOut<anochat_check_report> out(report, "report");
    const auto depth = flag_in(full, "full") ? storage::CheckDepth::full : storage::CheckDepth::quick;
    const storage::CheckReport found = it.store().check(depth);
    anochat_check_report value{};
    value.is_good = found.is_good() ? 1 : 0;
    value.page_problems = found.page_problems;
    value.broken_references = found.broken_references;
    value.search_was_damaged = found.search_was_damaged ? 1 : 0;
    value.search_was_rebuilt = found.search_was_rebuilt ? 1 : 0;
    out.set(value);
  });
}

anochat_status anochat_client_compact(anochat_client* client, int32_t vacuum, anochat_error* error) {
  return with_client(client, error, [&](Client& it) { it.store().compact(flag_in(vacuum, "vacuum")); });
}
