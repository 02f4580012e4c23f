// message_view.hpp - a message, for people and for programs.
#pragma once

#include <anochat/client/client.hpp>

#include "json.hpp"
#include "output.hpp"

#include <string>

namespace cli {

[[nodiscard]] std::string_view text_of(anochat::storage::MessageStatus status) noexcept;

/// A message's name for people and scripts: letters and digits that stay the same for good.
[[nodiscard]] std::string id_text(anochat::MessageHandle message);
/// @throws Failure  no such name
[[nodiscard]] anochat::MessageHandle parse_id(std::string_view text);

/// What a reader sees of a message's content, clean; further lines are indented.
[[nodiscard]] std::string body_of(const anochat::storage::Message& message, std::string_view indent);

/// `{"type":"message","id":"uu4b2gyw",...}`: all keys are in docs/guides/cli.md.
[[nodiscard]] Json json_of(const anochat::storage::Records& records, const anochat::storage::Message& message,
                           const anochat::AccountId& self);

/// `uu4b2gyw  2026-11-21 12:03  me: text (delivered)  [reactions]`
[[nodiscard]] std::string line_of(const anochat::storage::Records& records, const anochat::storage::Message& message,
                                  const anochat::AccountId& self, const Output& out);

/// Hands one message to the output.
void show_message(const anochat::storage::Records& records, const anochat::storage::Message& message,
                  const anochat::AccountId& self, const Output& out);

}  // namespace cli
