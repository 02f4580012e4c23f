// pipe.hpp - a network that loses, repeats and reorders what it carries.
#pragma once

#include <anochat/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

/// One message under way. The number is the pipe's own note of which it was, so that the demo can keep the books; it is
/// not part of what travels.
struct Packet {
  std::size_t number = 0;
  anochat::Bytes bytes;
};

enum class Fate { carried, doubled, lost };

/// Loses one message in ten, carries one in eight twice, and lets each copy take 0 to 8 ticks.
class Pipe {
 public:
  explicit Pipe(std::uint64_t seed) : dice_(seed) {}

  /// Takes a message in, and says what will become of it.
  Fate put(const Packet& packet) {
    if (roll(10) == 0) return Fate::lost;
    const Fate fate = roll(8) == 0 ? Fate::doubled : Fate::carried;
    for (int copies = fate == Fate::doubled ? 2 : 1; copies > 0; --copies) {
      const std::uint64_t delay = roll(2) == 0 ? 0 : roll(9);  // half of them come at once
      under_way_.emplace(now_ + delay, packet);
    }
    return fate;
  }

  /// Lets one tick of time pass. @return what arrives in it
  std::vector<Packet> tick() {
    std::vector<Packet> arrived;
    const auto end = under_way_.upper_bound(now_++);
    for (auto next = under_way_.begin(); next != end; next = under_way_.erase(next)) {
      arrived.push_back(std::move(next->second));
    }
    return arrived;
  }

  [[nodiscard]] bool is_empty() const { return under_way_.empty(); }

  /// A number from 0 to sides - 1.
  std::uint64_t roll(std::uint64_t sides) { return dice_() % sides; }

 private:
  std::mt19937_64 dice_;
  std::multimap<std::uint64_t, Packet> under_way_;  // by time of arrival
  std::uint64_t now_ = 0;
};
