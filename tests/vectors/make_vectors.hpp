// tests/vectors/make_vectors.hpp - who makes which vectors.
#pragma once

#include <anochat/base/clock.hpp>
#include <functional>
#include <string_view>
#include <vector>

#include "vectors/json.hpp"

namespace anochat::vectors {

/// The time at which all vectors are made: 2030-01-01 00:00 UTC.
inline constexpr UnixTime kNow{Milliseconds{1'893'456'000'000}};

/// Writes one file: its name without ".json", what it is about, its cases.
using Writer = std::function<void(std::string_view name, std::string_view about, const std::vector<Json>& cases)>;

void make_identity_vectors(const Writer& write);
void make_handshake_vectors(const Writer& write);
void make_conversation_vectors(const Writer& write);

}  // namespace anochat::vectors
