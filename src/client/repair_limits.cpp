#include "client/repair_limits.hpp"

#include <anochat/base/error.hpp>
#include <string>
#include <vector>

#include "base/byte_io.hpp"
#include "client/engine.hpp"

namespace anochat::client {

bool take_turn(Unit& unit, const RepairLimit& limit, const Address& device) {
  const std::string name = limit.name + to_hex(device.encode());
  std::vector<UnixTime> times;
  if (const auto kept = unit.records().cursors.find(name)) {
    detail::ByteReader in(*kept, Errc::bad_state, "client.repair");
    while (in.left() != 0) times.push_back(UnixTime{Milliseconds{static_cast<std::int64_t>(in.be64())}});
  }
  // A clock that was set back must not forbid for ever: what lies in the future counts as now.
  std::erase_if(times, [&unit](UnixTime at) { return at + std::chrono::days{1} <= unit.now; });
  for (UnixTime& at : times) at = std::min(at, unit.now);
  if (times.size() >= limit.most_a_day) return false;
  if (!times.empty() && times.back() + limit.pause > unit.now) return false;
  times.push_back(unit.now);
  Bytes kept;
  for (const UnixTime at : times) {
    detail::ByteWriter<Bytes>(kept).be64(static_cast<std::uint64_t>(at.time_since_epoch().count()));
  }
  unit.records().cursors.set(name, kept, unit.now);
  return true;
}

}  // namespace anochat::client
