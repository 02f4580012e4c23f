#include "world.hpp"

#include "call.hpp"

#include <cinttypes>
#include <cstdio>

namespace anochat::c {

std::shared_ptr<World> system_world() {
  return std::make_shared<World>(World{std::make_unique<SystemClock>(), std::make_unique<SystemRandom>()});
}

void CallbackLog::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) noexcept {
  if (function_ == nullptr || level < least_ || Callback::is_active()) return;
  char name[128];
  std::snprintf(name, sizeof name, "%.*s", static_cast<int>(event.size()), event.data());
  char text[512] = "";
  std::size_t used = 0;
  for (const LogField& field : fields) {
    if (used >= sizeof text) break;
    const int written = std::snprintf(text + used, sizeof text - used, "%s%.*s=%" PRId64, used == 0 ? "" : " ",
                                      static_cast<int>(field.key.size()), field.key.data(), field.value);
    if (written > 0) used += static_cast<std::size_t>(written);
  }
  const Callback inside;
  try {
    function_(context_, static_cast<std::int32_t>(level), name, text);
  } catch (...) {  // a C++ program's: nothing here can be told of it
  }
}

std::unique_ptr<Log> log_of(anochat_log_function function, void* context, std::int32_t least) {
  if (function == nullptr) return std::make_unique<NullLog>();
  const auto level = choice_in<LogLevel>(least, ANOCHAT_LOG_DEBUG, ANOCHAT_LOG_ERROR, "log_level");
  return std::make_unique<CallbackLog>(function, context, level);
}

}  // namespace anochat::c
