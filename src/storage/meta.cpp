#include <anochat/storage/meta.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"

namespace anochat::storage {

std::optional<std::int64_t> Meta::number(std::string_view name) const {
  auto row = db().query("SELECT number FROM meta WHERE name = ?1 AND number IS NOT NULL");
  return row.bind(name).step() ? std::optional(row.i64(0)) : std::nullopt;
}

std::optional<SecretBytes> Meta::bytes(std::string_view name) const {
  auto row = db().query("SELECT bytes FROM meta WHERE name = ?1 AND bytes IS NOT NULL");
  return row.bind(name).step() ? std::optional(row.secret(0)) : std::nullopt;
}

void Meta::set_number(std::string_view name, std::int64_t value) {
  db().query("INSERT INTO meta(name, number) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET number = ?2, bytes = NULL")
      .bind(name, value)
      .run();
}

void Meta::set_bytes(std::string_view name, ByteView value) {
  db().query("INSERT INTO meta(name, bytes) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET bytes = ?2, number = NULL")
      .bind(name, value)
      .run();
}

void Meta::remove(std::string_view name) { db().query("DELETE FROM meta WHERE name = ?1").bind(name).run(); }

std::int64_t Meta::take(std::string_view counter, std::int64_t count, std::int64_t most) {
  const std::int64_t next = number(counter).value_or(1);
  if (count < 1) throw Error(Errc::invalid_argument, "meta.take");
  if (count > most || next > most - count + 1) throw Error(Errc::counter_exhausted, "meta.take");
  set_number(counter, next + count);
  return next;
}

ByteArray<16> Meta::store_uid() const {
  auto row = db().query("SELECT bytes FROM meta WHERE name = 'store_uid'");
  if (!row.step()) throw Error(Errc::store_corrupt, "meta.store_uid");
  return row.array<16>(0);
}

std::int64_t Meta::device_epoch() const { return number("device_epoch").value_or(0); }
void Meta::next_device_epoch() { set_number("device_epoch", device_epoch() + 1); }

std::optional<Bytes> Cursors::find(std::string_view name) const {
  auto row = db().query("SELECT value FROM cursors WHERE name = ?1");
  return row.bind(name).step() ? std::optional(row.bytes(0)) : std::nullopt;
}

void Cursors::set(std::string_view name, ByteView value, UnixTime now) {
  db().query("INSERT INTO cursors(name, value, updated) VALUES(?1, ?2, ?3) "
             "ON CONFLICT(name) DO UPDATE SET value = ?2, updated = ?3")
      .bind(name, value, now)
      .run();
}

void Cursors::remove(std::string_view name) { db().query("DELETE FROM cursors WHERE name = ?1").bind(name).run(); }

}  // namespace anochat::storage
