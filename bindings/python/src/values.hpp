// values.hpp - what a client hands out, as the plain tuples that anochat/values.py makes its classes of.
#pragma once

#include <anochat/client/client.hpp>

#include "common.hpp"

#include <optional>
#include <vector>

namespace anochat::python {

/// An event with the message that it tells of, read while the client was at hand.
struct LoadedEvent {
  Event event;
  std::optional<storage::Message> message;
};

/// Reads the messages of all events in one still picture.
[[nodiscard]] std::vector<LoadedEvent> load_messages(const Client& client, std::vector<Event> events);

[[nodiscard]] py::tuple to_tuple(const storage::Message& message);
[[nodiscard]] py::tuple to_tuple(const storage::Conversation& conversation);
[[nodiscard]] py::tuple to_tuple(const storage::Contact& contact);
[[nodiscard]] py::tuple to_tuple(const storage::MessagePage& page);
[[nodiscard]] py::tuple to_tuple(const storage::SearchPage& page);
[[nodiscard]] py::tuple to_tuple(const storage::ConversationPage& page);
[[nodiscard]] py::tuple to_tuple(const LoadedEvent& event);

template <class T>
[[nodiscard]] py::list to_list(const std::vector<T>& items) {
  py::list out(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) out[i] = to_tuple(items[i]);
  return out;
}

}  // namespace anochat::python
