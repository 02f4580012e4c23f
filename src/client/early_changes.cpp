#include "client/early_changes.hpp"

#include <anochat/base/error.hpp>
#include <optional>
#include <string>
#include <variant>

#include "base/byte_io.hpp"
#include "client/engine.hpp"
#include "client/history.hpp"

namespace anochat::client {
namespace {

constexpr const char* kCount = "early_changes";

/// Author and id of the message that a change is about.
std::optional<content::MessageRef> target_of(const AccountId& author, const Content& content) {
  if (const auto* edit = std::get_if<content::Edit>(&content.kind)) return content::MessageRef{author, edit->target};
  if (const auto* gone = std::get_if<content::Delete>(&content.kind)) return content::MessageRef{author, gone->target};
  if (const auto* reaction = std::get_if<content::Reaction>(&content.kind)) return reaction->target;
  return std::nullopt;
}

std::string name_of(const storage::Conversation& conversation, const content::MessageRef& target) {
  return "early." + std::to_string(static_cast<std::int64_t>(conversation.id)) + "." + to_hex(target.author) + "." +
         to_hex(target.id.bytes);
}

}  // namespace

void keep_early_change(Unit& unit, const storage::Conversation& conversation, const AccountId& author, const Content& content) {
  const auto target = target_of(author, content);
  if (!target) return;
  storage::Meta& meta = unit.records().meta;
  const std::string name = name_of(conversation, *target);
  auto kept = meta.bytes(name);
  if (!kept) {
    const std::int64_t count = meta.number(kCount).value_or(0);
    if (count >= kMostEarly) return;
    meta.set_number(kCount, count + 1);
    kept.emplace();
  }
  const SecretBytes encoded = encode_content(content);
  if (kept->size() + encoded.size() + author.size() + 4 > kMostEarlyLen) return;
  detail::ByteWriter<SecretBytes>(*kept).bytes(author).be32(static_cast<std::uint32_t>(encoded.size())).bytes(encoded);
  meta.set_bytes(name, *kept);
}

void apply_early_changes(Unit& unit, const storage::Conversation& conversation, const AccountId& author, const MessageId& id) {
  storage::Meta& meta = unit.records().meta;
  const std::int64_t count = meta.number(kCount).value_or(0);
  if (count == 0) return;
  const std::string name = name_of(conversation, {author, id});
  const auto kept = meta.bytes(name);
  if (!kept) return;
  detail::ByteReader in(*kept, Errc::bad_state, "client.early_changes");
  while (in.left() != 0) {
    const auto by = in.array<sizeof(AccountId)>();
    const Content change = decode_content(in.take(in.be32()));
    static_cast<void>(apply_change(unit, conversation, by, change));
  }
  meta.remove(name);
  meta.set_number(kCount, count - 1);
}

}  // namespace anochat::client
