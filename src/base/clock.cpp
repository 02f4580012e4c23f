#include <anochat/base/clock.hpp>

namespace anochat {

UnixTime SystemClock::now() const {
  return std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
}

}  // namespace anochat
