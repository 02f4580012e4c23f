#include "client/generation.hpp"

#include <anochat/framing/relay_frames.hpp>
#include <algorithm>

#include "client/engine.hpp"
#include "client/repair.hpp"
#include "client/repair_limits.hpp"

namespace anochat::client {
namespace {

constexpr const char* kExpectsAny = "generation_unknown";
constexpr RepairLimit kRecoveries{"recovery.", kMostRecoveriesADay, kRecoveryPause};

}  // namespace

void expect_any_generation(Unit& unit) { unit.records().meta.set_number(kExpectsAny, 1); }

bool take_generation(Engine& engine, std::uint64_t told) {
  const bool expects_any = engine.store.snapshot()->meta.number(kExpectsAny).has_value();
  const bool is_behind = engine.generation < told;
  if (!is_behind && !expects_any) return true;
  Unit unit(engine);
  if (is_behind) {
    if (!expects_any) {
      if (!take_turn(unit, kRecoveries, engine.self())) return false;
      begin_anew(unit);
    }
    unit.set_generation(std::min(told + 1, kMaxGeneration));
  }
  unit.records().meta.remove(kExpectsAny);
  unit.commit();
  return true;
}

}  // namespace anochat::client
