// Results of many things, and what they look like in C.
#pragma once

#include <anochat/client/events.hpp>
#include <anochat/storage/records.hpp>

#include "handles.hpp"

#include <anochat.h>

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace anochat::c {

struct ListObject final : Object {
  using Handle = anochat_list;
  static constexpr Kind kKind = Kind::list;
  using Items = std::variant<std::vector<Bytes>, std::vector<Event>, std::vector<storage::Message>,
                             std::vector<storage::SearchHit>, std::vector<storage::Conversation>,
                             std::vector<storage::Attachment>, std::vector<storage::Reaction>,
                             std::vector<storage::Contact>, std::vector<storage::Call>>;

  explicit ListObject(Items of) : items(std::move(of)) {}
  Items items;
  std::array<std::optional<storage::Cursor>, 3> cursors;  // by ANOCHAT_CURSOR_*
};

/// A handle of a new list.
[[nodiscard]] anochat_list* list_of(ListObject::Items items, std::optional<storage::Cursor> next = {});
[[nodiscard]] anochat_list* list_of(storage::MessagePage page);

/// What it points to lives in `from`.
[[nodiscard]] anochat_event event_of(const Event& from);

}  // namespace anochat::c
