// anochat/storage/attachments.hpp - what is known about attached files, their keys included. The bytes lie elsewhere.
#pragma once

#include <anochat/storage/repository.hpp>
#include <anochat/storage/types.hpp>
#include <optional>
#include <string>
#include <vector>

namespace anochat::storage {

enum class AttachmentState : std::uint8_t { remote = 0, transferring = 1, local = 2, failed = 3, removed = 4 };

struct Attachment {
  AttachmentId id{};
  MessageId message{};
  std::int32_t position = 0;  ///< in its message, from 0
  std::string name;
  std::string mime;
  std::int64_t size = 0;  ///< bytes
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::int64_t duration_ms = 0;
  StoredKey key;
  Hash digest{};
  std::optional<Bytes> remote_ref;
  std::optional<std::string> local_name;
  std::optional<Bytes> preview;
  AttachmentState state = AttachmentState::remote;
  std::int64_t bytes_done = 0;
};

class Attachments : public Repository {
 public:
  using Repository::Repository;
  /// `id` is not looked at. @throws Error{Errc::already_exists}  the position is taken
  AttachmentId insert(const Attachment& attachment);
  [[nodiscard]] std::optional<Attachment> find(AttachmentId id) const;
  [[nodiscard]] std::vector<Attachment> of(MessageId message) const;
  void set_progress(AttachmentId id, AttachmentState state, std::int64_t bytes_done);
  void set_remote_ref(AttachmentId id, ByteView remote_ref);
  void set_local_name(AttachmentId id, std::string_view local_name);
};

}  // namespace anochat::storage
