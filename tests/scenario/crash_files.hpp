// tests/scenario/crash_files.hpp - crash points at every change of a file, by standing in for the system calls.
#pragma once

#include <anochat/testing/crash_points.hpp>

namespace scenario {

/// From now on every write, sync, truncation, renaming and removal of a file in this process reaches "file.write",
/// "file.half" (after the first half of a write), "file.sync", "file.synced", "file.truncate", "file.rename" and
/// "file.remove". Null: no more.
void watch_files(anochat::testing::CrashPoints* points) noexcept;

}  // namespace scenario
