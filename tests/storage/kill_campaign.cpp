#include <chrono>
#include <cstdio>
#include <random>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "campaign.hpp"
#include "workload.hpp"

namespace anochat::storage::test {
namespace {

/// Writes until it is killed; tells each acknowledged transaction through the pipe.
[[noreturn]] void write_forever(const std::filesystem::path& path, int pipe, std::uint32_t seed) {
  try {
    RawKey key = campaign_key();
    const EncryptedDatabase store = EncryptedDatabase::open(path, key);
    SQLite::Database db = store.open_connection();
    Workload workload(db, seed);
    for (;;) {
      workload.step();
      const int done = workload.last();
      if (::write(pipe, &done, sizeof done) != sizeof done) ::_exit(3);
    }
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "writer: %s\n", exception.what());
    ::_exit(2);
  }
}

struct Round {
  int acknowledged = 0;
  bool was_killed = false;
};

Round run_writer(const std::filesystem::path& path, std::uint32_t seed, std::chrono::milliseconds life) {
  int ends[2];
  if (::pipe(ends) != 0) return {};
  const ::pid_t writer = ::fork();
  if (writer == 0) {
    ::close(ends[0]);
    write_forever(path, ends[1], seed);
  }
  ::close(ends[1]);
  std::this_thread::sleep_for(life);
  ::kill(writer, SIGKILL);
  int status = 0;
  ::waitpid(writer, &status, 0);
  Round round;
  round.was_killed = WIFSIGNALED(status);
  for (int done = 0; ::read(ends[0], &done, sizeof done) == sizeof done;) round.acknowledged = done;
  ::close(ends[0]);
  return round;
}

}  // namespace

bool run_kill(const CampaignOptions& options, int rounds) {
  std::filesystem::remove_all(options.folder);
  std::filesystem::create_directories(options.folder);
  const auto path = options.folder / "kill.db";
  {
    RawKey key = campaign_key();
    DatabaseOptions database;
    database.cipher = options.cipher;
    static_cast<void>(EncryptedDatabase::create(path, key, database));
  }
  std::mt19937 random(options.seed);
  int corrupt = 0, lost = 0, readable = 0, stopped = 0, last = 0;
  for (int i = 0; i < rounds; ++i) {
    const Round round = run_writer(path, static_cast<std::uint32_t>(random()), std::chrono::milliseconds(20 + random() % 400));
    if (!round.was_killed) ++stopped;
    if (const auto found = find_plaintext(options.folder); !found.empty()) {
      std::printf("  round %d: readable: %s\n", i, found.c_str());
      ++readable;
    }
    const Verdict verdict = verify(path);
    if (!verdict.is_ok) {
      std::printf("  round %d: %s\n", i, verdict.problem.substr(0, 100).c_str());
      ++corrupt;
    }
    if (verdict.last < round.acknowledged || verdict.last < last) {
      std::printf("  round %d: acknowledged %d, found %d\n", i, round.acknowledged, verdict.last);
      ++lost;
    }
    last = verdict.last;
    if (corrupt > 3) break;
  }
  std::printf("kill: %d rounds, %d transactions, corrupt %d, lost %d, readable %d, writers that stopped by themselves %d\n",
              rounds, last, corrupt, lost, readable, stopped);
  return corrupt + lost + readable + stopped == 0;
}

}  // namespace anochat::storage::test
