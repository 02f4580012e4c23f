// tests/scenario/crash_steps.hpp - a child that does one thing at a time, so that every place in its life has a number.
#pragma once

#include <anochat/base/bytes.hpp>
#include <anochat/base/clock.hpp>

#include "channel.hpp"
#include "crash_child.hpp"

#include <cstdint>
#include <filesystem>

namespace scenario {

enum class Step : std::uint8_t {
  connect,
  disconnect,
  frame,  ///< data: a relay frame
  tick,
  text,        ///< data: 32-byte account, text. Answered with Word::written
  read,        ///< marks every conversation as read
  edit,        ///< puts " edited" behind its own newest text
  react,       ///< to the newest message of somebody else
  take_back,   ///< its own oldest text
  profile,     ///< data: a name
  change_key,  ///< gives the store a new key slot and removes it again
  compact,     ///< folds the log of changes into the file
  report,      ///< says every message as Word::report, '<' before what came and '>' before what was sent
};

/// A step as the channel carries it: what, when, and with what.
[[nodiscard]] anochat::Bytes encode_step(Step step, anochat::UnixTime now, anochat::ByteView data);

/// As live(), with a clock that the steps set and randomness from `seed`: the same steps give the same life.
[[nodiscard]] int live_in_steps(Channel& channel, const std::filesystem::path& store, const DeathPlan& plan,
                                std::uint64_t seed);

}  // namespace scenario
