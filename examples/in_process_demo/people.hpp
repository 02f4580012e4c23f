// people.hpp - the two people, and what the world gives them.
#pragma once

#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>

#include "screen.hpp"

#include <optional>
#include <string>
#include <utility>

/// Randomness and time, handed in so that a run can be repeated, and a list of what was promised.
struct World {
  anochat::Random& random;
  const anochat::Clock& clock;
  int broken_promises = 0;

  [[nodiscard]] anochat::UnixTime now() const { return clock.now(); }

  /// Prints what was promised and whether it held.
  void promise(bool held, std::string_view label, const std::string& text) {
    using screen::Colour;
    screen::line(label, text + (held ? screen::paint(Colour::green, "  ok") : screen::paint(Colour::red, "  BROKEN")));
    if (!held) ++broken_promises;
  }
};

/// A person with one device. The account key would rest in a backup; here it makes the device and stays.
struct Person {
  Person(std::string called, World& world)
      : name(std::move(called)),
        account(anochat::AccountKey::generate(world.random)),
        device(anochat::Device::create(account, 1, world.random)),
        prekeys(device, world.now(), world.random, 1) {
    world.random.fill(state_key.expose_mutable());
  }

  std::string name;
  anochat::AccountKey account;
  anochat::Device device;
  anochat::MemoryPreKeys prekeys;
  anochat::StateKey state_key;  // seals the saved session; a real device has it from its key store
  std::optional<anochat::Session> session;
};

/// The code with which an operation refuses, or nothing when it goes through.
template <class Operation>
std::optional<anochat::Errc> refusal(Operation operation) {
  try {
    operation();
    return std::nullopt;
  } catch (const anochat::Error& error) {
    return error.code();
  }
}
