#include <anochat/base/error.hpp>
#include <anochat/net/back_off.hpp>

#include <algorithm>

namespace anochat {

using std::chrono::milliseconds;

BackOff::BackOff(BackOffOptions options, Random& random) : options_(options), random_(random), whole_(options.first) {
  constexpr milliseconds kAWeek = std::chrono::hours(24 * 7);
  if (options_.first < milliseconds(1) || options_.longest < options_.first || options_.longest > kAWeek) {
    throw Error(Errc::invalid_argument, "net.back_off");
  }
}

milliseconds BackOff::next() {
  const milliseconds pause = part_of(whole_);
  whole_ = std::min(whole_ * 2, options_.longest);
  return pause;
}

milliseconds BackOff::longest() { return part_of(options_.longest); }

milliseconds BackOff::not_before(milliseconds hint) {
  // A hint is the other side's word: it may not keep us away for longer than the longest pause.
  const milliseconds least = std::clamp(hint, milliseconds(0), options_.longest);
  return std::max(next(), least + part_of(std::max(least, milliseconds(1))) / 2);
}

milliseconds BackOff::part_of(milliseconds whole) {
  std::uint64_t draw = 0;
  for (const std::uint8_t byte : random_.array<8>()) draw = draw << 8 | byte;
  const auto half = static_cast<std::uint64_t>(whole.count() / 2);
  return whole - milliseconds(static_cast<milliseconds::rep>(draw % (half + 1)));
}

}  // namespace anochat
