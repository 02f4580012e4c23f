#include <anochat/storage/attachments.hpp>

#include <anochat/base/error.hpp>

#include "storage/connection.hpp"

namespace anochat::storage {
namespace {

#define ANOCHAT_ATTACHMENT_COLUMNS                                                                           \
  "id, message, position, name, mime, size, width, height, duration_ms, key, digest, remote_ref, local_name, " \
  "preview, state, bytes_done"

Attachment read_attachment(const detail::Query& row) {
  Attachment out;
  out.id = row.as<AttachmentId>(0);
  out.message = row.as<MessageId>(1);
  out.position = row.as<std::int32_t>(2);
  out.name = row.text(3);
  out.mime = row.text(4);
  out.size = row.i64(5);
  out.width = row.as<std::int32_t>(6);
  out.height = row.as<std::int32_t>(7);
  out.duration_ms = row.i64(8);
  out.key = row.key<StoredKey>(9);
  out.digest = row.array<32>(10);
  out.remote_ref = row.optional_bytes(11);
  if (!row.is_null(12)) out.local_name = row.text(12);
  out.preview = row.optional_bytes(13);
  out.state = row.as<AttachmentState>(14);
  out.bytes_done = row.i64(15);
  return out;
}

void require_changed(const detail::Connection& db) {
  if (db.changes() == 0) throw Error(Errc::not_found, "attachments.set");
}

}  // namespace

AttachmentId Attachments::insert(const Attachment& a) {
  if (a.size < 0 || a.position < 0) throw Error(Errc::invalid_argument, "attachments.insert");
  db().query("INSERT INTO attachments(message, position, name, mime, size, width, height, duration_ms, key, digest, "
             "remote_ref, local_name, preview, state, bytes_done) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")
      .bind(a.message, a.position, a.name, a.mime, a.size, a.width, a.height, a.duration_ms, a.key.expose(), a.digest,
            a.remote_ref, a.local_name, a.preview, a.state, a.bytes_done)
      .run();
  return AttachmentId{db().last_insert_id()};
}

std::optional<Attachment> Attachments::find(AttachmentId id) const {
  auto row = db().query("SELECT " ANOCHAT_ATTACHMENT_COLUMNS " FROM attachments WHERE id = ?1");
  return row.bind(id).step() ? std::optional(read_attachment(row)) : std::nullopt;
}

std::vector<Attachment> Attachments::of(MessageId message) const {
  auto row = db().query("SELECT " ANOCHAT_ATTACHMENT_COLUMNS " FROM attachments WHERE message = ?1 ORDER BY position");
  row.bind(message);
  std::vector<Attachment> out;
  while (row.step()) out.push_back(read_attachment(row));
  return out;
}

void Attachments::set_progress(AttachmentId id, AttachmentState state, std::int64_t bytes_done) {
  db().query("UPDATE attachments SET state = ?2, bytes_done = ?3 WHERE id = ?1").bind(id, state, bytes_done).run();
  require_changed(db());
}

void Attachments::set_remote_ref(AttachmentId id, ByteView remote_ref) {
  db().query("UPDATE attachments SET remote_ref = ?2 WHERE id = ?1").bind(id, remote_ref).run();
  require_changed(db());
}

void Attachments::set_local_name(AttachmentId id, std::string_view local_name) {
  db().query("UPDATE attachments SET local_name = ?2 WHERE id = ?1").bind(id, local_name).run();
  require_changed(db());
}

}  // namespace anochat::storage
