// benchmarks/sql_engine.hpp - the same SQL on this program's SQLite and on SQLCipher, if the machine has it.
#pragma once

#include <memory>
#include <string>

namespace anochat::bench {

/// One connection of one SQLite library. SQLCipher exports SQLite's names, so it is loaded by hand and kept apart.
class SqlEngine {
 public:
  struct Library;
  /// nullptr when the machine has no libsqlcipher.
  static std::shared_ptr<Library> sqlcipher();
  static std::shared_ptr<Library> sqlite();

  SqlEngine(std::shared_ptr<Library> library, const std::string& path, const std::string& key_pragma);
  ~SqlEngine();
  SqlEngine(const SqlEngine&) = delete;
  SqlEngine& operator=(const SqlEngine&) = delete;

  void exec(const std::string& sql);
  void prepare_workload();
  void insert(long long id, const std::string& body);
  int page(long long from, long long to);  ///< rows read

 private:
  std::shared_ptr<Library> library_;
  void* database_ = nullptr;
  void* insert_ = nullptr;
  void* page_ = nullptr;
};

}  // namespace anochat::bench
