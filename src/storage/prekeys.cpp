#include <anochat/storage/prekeys.hpp>

#include <anochat/base/error.hpp>
#include <anochat/storage/meta.hpp>
#include <limits>

#include "storage/connection.hpp"
#include "storage/cursor_codec.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_PREKEY_COLUMNS "kind, id, private_key, public_key, signature, created, expires, published"

PreKey read_prekey(const detail::Query& row) {
  PreKey out;
  out.kind = row.as<PreKeyKind>(0);
  out.id = row.as<std::uint32_t>(1);
  out.private_key = row.secret(2);
  out.public_key = row.bytes(3);
  out.signature = row.bytes(4);
  out.created = row.time(5);
  out.expires = row.time(6);
  out.published = row.optional_time(7);
  return out;
}

std::string_view counter_of(PreKeyKind kind) {
  switch (kind) {
    case PreKeyKind::signed_ec: return "prekey_id.signed_ec";
    case PreKeyKind::one_time_ec: return "prekey_id.one_time_ec";
    case PreKeyKind::one_time_kem: return "prekey_id.one_time_kem";
    case PreKeyKind::last_resort_kem: return "prekey_id.last_resort_kem";
  }
  throw Error(Errc::invalid_argument, "prekeys.kind");
}

}  // namespace

std::uint32_t PreKeys::take_ids(PreKeyKind kind, std::uint32_t count) {
  return static_cast<std::uint32_t>(
      Meta(db()).take(counter_of(kind), count, std::numeric_limits<std::uint32_t>::max()));
}

void PreKeys::insert(const PreKey& prekey) {
  const std::size_t size = prekey.private_key.size();
  if (prekey.id == 0 || (size != 32 && size != 64)) throw Error(Errc::invalid_argument, "prekeys.insert");
  db().query("INSERT INTO prekeys(kind, id, private_key, public_key, signature, created, expires, published) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
      .bind(prekey.kind, prekey.id, prekey.private_key, prekey.public_key, prekey.signature, prekey.created,
            prekey.expires, prekey.published)
      .run();
}

PreKey PreKeys::find(PreKeyKind kind, std::uint32_t id) const {
  auto row = db().query("SELECT " ANOCHAT_PREKEY_COLUMNS " FROM prekeys WHERE kind = ?1 AND id = ?2");
  if (!row.bind(kind, id).step()) throw Error(Errc::prekey_unknown, "prekeys.find");
  return read_prekey(row);
}

PreKey PreKeys::consume(PreKeyKind kind, std::uint32_t id) {
  PreKey out = find(kind, id);
  db().query("DELETE FROM prekeys WHERE kind = ?1 AND id = ?2").bind(kind, id).run();
  return out;
}

std::optional<PreKey> PreKeys::newest(PreKeyKind kind) const {
  auto row = db().query("SELECT " ANOCHAT_PREKEY_COLUMNS " FROM prekeys WHERE kind = ?1 ORDER BY id DESC LIMIT 1");
  return row.bind(kind).step() ? std::optional(read_prekey(row)) : std::nullopt;
}

std::vector<PreKey> PreKeys::unpublished(PreKeyKind kind, int limit) const {
  detail::require_limit(limit, 1'000);
  auto row = db().query("SELECT " ANOCHAT_PREKEY_COLUMNS
                        " FROM prekeys WHERE kind = ?1 AND published IS NULL ORDER BY id LIMIT ?2");
  row.bind(kind, limit);
  std::vector<PreKey> out;
  while (row.step()) out.push_back(read_prekey(row));
  return out;
}

void PreKeys::mark_published(PreKeyKind kind, std::uint32_t id, UnixTime now) {
  db().query("UPDATE prekeys SET published = ?3 WHERE kind = ?1 AND id = ?2").bind(kind, id, now).run();
  if (db().changes() == 0) throw Error(Errc::prekey_unknown, "prekeys.mark_published");
}

std::int64_t PreKeys::count(PreKeyKind kind) const {
  auto row = db().query("SELECT count(*) FROM prekeys WHERE kind = ?1");
  row.bind(kind).step();
  return row.i64(0);
}

std::int64_t PreKeys::remove_expired(UnixTime before) {
  db().query("DELETE FROM prekey_replays WHERE expires < ?1").bind(before).run();
  db().query("DELETE FROM prekeys WHERE expires < ?1").bind(before).run();
  return db().changes();
}

bool PreKeys::note_session(const Hash& session_id, UnixTime expires) {
  db().query("INSERT INTO prekey_replays(session_id, expires) VALUES(?1, ?2) ON CONFLICT DO NOTHING")
      .bind(session_id, expires)
      .run();
  return db().changes() != 0;
}

}  // namespace anochat::storage
