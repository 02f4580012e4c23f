#include <anochat/framing/content.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace anochat {
namespace {

struct Entry {
  ContentKind kind;
  std::string_view name;
};

// In the order of the alternatives of content::Kind.
constexpr std::array kEntries{Entry{ContentKind::text, "text"},
                              Entry{ContentKind::reply, "reply"},
                              Entry{ContentKind::edit, "edit"},
                              Entry{ContentKind::deletion, "deletion"},
                              Entry{ContentKind::reaction, "reaction"},
                              Entry{ContentKind::attachment, "attachment"},
                              Entry{ContentKind::receipt, "receipt"},
                              Entry{ContentKind::typing, "typing"},
                              Entry{ContentKind::presence, "presence"},
                              Entry{ContentKind::call_signal, "call_signal"},
                              Entry{ContentKind::group_update, "group_update"},
                              Entry{ContentKind::profile, "profile"},
                              Entry{ContentKind::timer_change, "timer_change"},
                              Entry{ContentKind::sent_transcript, "sent_transcript"},
                              Entry{ContentKind::repair_request, "repair_request"},
                              Entry{ContentKind::custom, "custom"},
                              Entry{ContentKind::unknown, "unknown"}};
static_assert(kEntries.size() == std::variant_size_v<content::Kind>);

}  // namespace

ContentKind kind_of(const Content& content) noexcept {
  const std::size_t index = content.kind.index();
  return index < kEntries.size() ? kEntries[index].kind : ContentKind::unknown;  // beyond: valueless
}

std::string_view name_of(ContentKind kind) noexcept {
  const auto* const entry =
      std::find_if(kEntries.begin(), kEntries.end(), [kind](const Entry& e) { return e.kind == kind; });
  return entry == kEntries.end() ? "unknown" : entry->name;
}

}  // namespace anochat
