#include <anochat/base/error.hpp>

#include <cstdio>
#include <sqlite3.h>
#include <string_view>
#include <vector>

#include "campaign.hpp"
#include "hook_vfs.hpp"
#include "workload.hpp"

namespace anochat::storage::test {
namespace {

/// Fails the n-th call of one kind; when sticky, every call after it as well.
class Fault final : public Hooks {
 public:
  void arm(Op op, std::int64_t n, bool is_sticky, int code) {
    op_ = op;
    countdown_ = n;
    is_sticky_ = is_sticky;
    code_ = code;
    has_fired_ = false;
  }
  void disarm() { countdown_ = 0; }
  [[nodiscard]] bool has_fired() const { return has_fired_; }
  [[nodiscard]] bool skips_sync() const override { return true; }  // no power is cut here

  int before(Op op, const std::string& /*file*/) override {
    if (op != op_ || countdown_ <= 0) return SQLITE_OK;
    if (countdown_ > 1) {
      --countdown_;
      return SQLITE_OK;
    }
    if (!is_sticky_) countdown_ = 0;
    has_fired_ = true;
    return code_;
  }

 private:
  Op op_ = Op::read;
  std::int64_t countdown_ = 0;
  bool is_sticky_ = false, has_fired_ = false;
  int code_ = SQLITE_IOERR;
};

struct Kind {
  const char* name;
  Op op;
  std::vector<int> codes;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"read", Op::read, {SQLITE_IOERR_READ}},
      {"write", Op::write, {SQLITE_IOERR_WRITE, SQLITE_FULL}},
      {"sync", Op::sync, {SQLITE_IOERR_FSYNC}},
      {"truncate", Op::truncate, {SQLITE_IOERR_TRUNCATE}},
      {"size", Op::size, {SQLITE_IOERR_FSTAT}},
      {"lock", Op::lock, {SQLITE_BUSY, SQLITE_IOERR_LOCK}},
      {"open", Op::open, {SQLITE_CANTOPEN}},
      {"remove", Op::remove, {SQLITE_IOERR_DELETE}},
  };
  return all;
}

int internal_errors = 0;  ///< so far, in all runs

/// Runs `body`; an error of ours, SQLite's or of the allocator is what the test is about and is swallowed. Errc::internal
/// tells a user to report a bug, so no fault may end in it.
template <class Body>
bool tolerate(Body body) {
  try {
    body();
    return true;
  } catch (const Error& error) {
    if (error.code() != Errc::internal) return false;
    ++internal_errors;
    std::printf("  unexpected: %s\n", error.what());
  } catch (const SQLite::Exception&) {
  } catch (const std::bad_alloc&) {
  }
  return false;
}

class Scenario {
 public:
  explicit Scenario(const CampaignOptions& options) : path_(options.folder / "fault.db"), cipher_(options.cipher) {
    std::filesystem::remove_all(options.folder);
    std::filesystem::create_directories(options.folder);
  }

  /// One life of a store: made, used, closed, opened again, used, closed. Errors are met as an application would:
  /// by going on with the next thing.
  void run() {
    RawKey key = campaign_key();
    DatabaseOptions options;
    options.cipher = cipher_;
    options.base_vfs = "campaign-faults";
    tolerate([&] {
      EncryptedDatabase store = EncryptedDatabase::create(path_, key, options);
      use(store, 11, 9);
      RawKey second = campaign_key();
      tolerate([&] { store.add_key(second); });
      tolerate([&] { store.close(); });
    });
    for (int i = 0; i < 2; ++i) {
      tolerate([&] {
        EncryptedDatabase store = EncryptedDatabase::open(path_, key, options);
        use(store, 23 + static_cast<std::uint32_t>(i), 4);
        tolerate([&] { store.advance_generation(key); });
        if (i == 1) store.close();
      });
    }
  }

  /// With faults off: nothing acknowledged is missing and nothing is damaged.
  /// @param stale_indexes  counts full-text indexes that had to be rebuilt; nullptr: that is an error, too
  [[nodiscard]] std::string check(int* stale_indexes) const {
    if (!std::filesystem::exists(path_)) return acknowledged_ == 0 ? "" : "the store is gone";
    DatabaseOptions options;
    options.base_vfs = "campaign-faults";
    const Verdict verdict = verify(path_, options);
    if (verdict.is_index_stale && stale_indexes != nullptr) ++*stale_indexes;
    else if (!verdict.is_ok) return verdict.problem;
    return verdict.last < acknowledged_ ? "an acknowledged commit is lost" : "";
  }

 private:
  void use(EncryptedDatabase& store, std::uint32_t seed, int steps) {
    tolerate([&] {
      SQLite::Database db = store.open_connection();
      tolerate([&] {
        Workload workload(db, seed, false);
        for (int i = 0; i < steps; ++i) {
          tolerate([&] {
            workload.step();
            acknowledged_ = workload.last();
          });
          if (i == 5) tolerate([&] { db.exec("VACUUM"); });
          if (i == 6) tolerate([&] { db.exec("PRAGMA wal_checkpoint(TRUNCATE)"); });
        }
      });
    });
  }

  std::filesystem::path path_;
  Cipher cipher_;
  int acknowledged_ = 0;
};

struct Tally {
  int runs = 0, failures = 0;
  /// SQLite 3.40.1's FTS5, on plain files just the same, forgets to undo some of its index when memory runs out in the
  /// middle of a statement. Rebuilding the index mends it; no row is touched.
  int stale_indexes = 0;
};

/// n = 1, 1 + stride, ... until the fault is not reached any more.
template <class Arm, class Fired, class Disarm>
Tally run_until_clean(const CampaignOptions& options, const char* name, bool is_sticky, int stride, Arm arm, Fired fired,
                      Disarm disarm) {
  Tally tally;
  const bool is_malloc = std::string_view(name) == "malloc";
  for (std::int64_t n = 1;; n += stride) {
    Scenario scenario(options);
    const int internal_before = internal_errors;
    arm(n);
    scenario.run();
    disarm();
    ++tally.runs;
    if (internal_errors != internal_before && ++tally.failures > 5) return tally;
    const bool is_reached = fired();
    if (const std::string problem = scenario.check(is_malloc ? &tally.stale_indexes : nullptr); !problem.empty()) {
      std::printf("  %s %lld%s: %s\n", name, static_cast<long long>(n), is_sticky ? " and later" : "",
                  problem.substr(0, 100).c_str());
      if (++tally.failures > 5) return tally;
    }
    if (!is_reached) return tally;
  }
}

/// Fails every allocation that `body` makes, alone and with all later ones. It must hear of memory and of nothing else.
template <class Body>
Tally fail_every_allocation(const char* what, Body body) {
  Tally tally;
  for (const bool is_sticky : {false, true}) {
    bool is_reached = true;
    for (std::int64_t n = 1; is_reached && tally.failures <= 5; ++n, ++tally.runs) {
      std::string problem;
      try {
        body([&] { fail_allocation(n, is_sticky); });
      } catch (const Error& error) {
        if (error.code() != Errc::out_of_memory) problem = error.what();
      } catch (const std::bad_alloc&) {
      }
      is_reached = has_allocation_failed();
      fail_allocation(0, false);
      if (problem.empty()) continue;
      ++tally.failures;
      std::printf("  allocation %lld%s while %s: %s\n", static_cast<long long>(n), is_sticky ? " and later" : "", what,
                  problem.c_str());
    }
  }
  return tally;
}

Tally run_connect_faults(const CampaignOptions& options) {
  std::filesystem::remove_all(options.folder);
  std::filesystem::create_directories(options.folder);
  const std::filesystem::path path = options.folder / "connect.db";
  RawKey key = campaign_key();
  DatabaseOptions database_options;
  database_options.cipher = options.cipher;
  Tally all;
  const auto add = [&](Tally tally) {
    all.runs += tally.runs;
    all.failures += tally.failures;
  };
  add(fail_every_allocation("starting SQLite", [&](auto arm) {
    std::filesystem::remove(path);
    sqlite3_shutdown();
    arm();
    static_cast<void>(EncryptedDatabase::create(path, key, database_options));
  }));
  std::filesystem::remove(path);
  const EncryptedDatabase store = EncryptedDatabase::create(path, key, database_options);
  const auto connect = [&] {
    for (const Access access : {Access::read, Access::write}) {
      add(fail_every_allocation("connecting", [&](auto arm) {
        ConnectionOptions connection;
        connection.access = access;
        arm();
        static_cast<void>(store.open_connection(connection));
      }));
    }
  };
  connect();
  SQLite::Database other = store.open_connection();  // now with a log that a new connection joins
  Workload workload(other, 5, false);
  workload.step();
  connect();
  return all;
}

}  // namespace

bool run_faults(const CampaignOptions& options, const std::string& kind, int stride) {
  Fault fault;
  const HookVfs vfs("campaign-faults", fault);
  Tally all;
  const auto add = [&](const char* name, int code, bool is_sticky, Tally tally) {
    std::printf("  faults in %s (%d%s): %d runs, %d failures", name, code, is_sticky ? ", sticky" : "", tally.runs, tally.failures);
    std::printf(tally.stale_indexes == 0 ? "\n" : ", %d full-text indexes to rebuild\n", tally.stale_indexes);
    std::fflush(stdout);
    all.runs += tally.runs;
    all.failures += tally.failures;
  };
  if (kind == "all" || kind == "connect") add("malloc while connecting", SQLITE_NOMEM, false, run_connect_faults(options));
  for (const bool is_sticky : {false, true}) {
    for (const Kind& one : kinds()) {
      if (kind != "all" && kind != one.name) continue;
      const bool is_frequent = one.op == Op::read || one.op == Op::write || one.op == Op::lock || one.op == Op::size;
      for (const int code : one.codes) {
        add(one.name, code, is_sticky,
            run_until_clean(options, one.name, is_sticky, is_frequent ? stride : 1,
                            [&](std::int64_t n) { fault.arm(one.op, n, is_sticky, code); },
                            [&] { return fault.has_fired(); }, [&] { fault.disarm(); }));
      }
    }
    if (kind == "all" || kind == "malloc") {
      add("malloc", SQLITE_NOMEM, is_sticky,
          run_until_clean(options, "malloc", is_sticky, kind == "malloc" ? stride : stride * 97,
                          [&](std::int64_t n) { fail_allocation(n, is_sticky); },
                          [] { return has_allocation_failed(); }, [] { fail_allocation(0, false); }));
    }
  }
  std::printf("faults (%s, stride %d): %d runs, %d failures\n", kind.c_str(), stride, all.runs, all.failures);
  return all.failures == 0;
}

}  // namespace anochat::storage::test
