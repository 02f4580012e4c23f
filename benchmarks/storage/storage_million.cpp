#include <cstdio>

#include "paired.hpp"
#include "storage_workload.hpp"

namespace anochat::bench {

void run_million(const std::string& folder, int messages) {
  using namespace storage;
  const std::string path = folder + "/million.ano";
  const auto report = [](const char* what, double time, double per) {
    std::printf("%-44s %9.3f s  %10.2f us each\n", what, time, time / per * 1e6);
    std::fflush(stdout);
  };
  const auto size = [&] { return static_cast<double>(std::filesystem::file_size(path)) / 1048576.0; };
  {
    Workload w(make_store(path, recommended_cipher()));
    w.add_conversations(1'000);
    report("insert, 1,000 per transaction, indexed", seconds([&] { w.insert_many(messages / 1'000, 1'000); }), messages);
    std::printf("file %.0f MiB\n", size());
    report("1,000 commits of one message", seconds([&] { w.insert_many(1'000, 1); }), 1'000);
    report("10,000 pages of 50", seconds([&] { w.pages(10'000); }), 10'000);
    report("1,000 searches of two words", seconds([&] { w.searches(1'000); }), 1'000);
    report("list of conversations, 200", seconds([&] {
             static_cast<void>(w.store().snapshot()->conversations.list(false, {}, 200));
           }), 1);
    report("merge search index, fold the log", seconds([&] { w.store().compact(); }), 1);
    report("1,000 searches after merging", seconds([&] { w.searches(1'000); }), 1'000);
    report("check, quick", seconds([&] {
             if (!w.store().check(CheckDepth::quick, false).is_good()) std::abort();
           }), 1);
    ExportOptions options;
    options.passphrase = {'x'};
    ExportTotals totals;
    report("export", seconds([&] { totals = w.store().export_to(folder + "/million.anoexport", options); }), messages);
    std::printf("export %.0f MiB\n", static_cast<double>(totals.bytes) / 1048576.0);
    RawKey key = bench_key();
    report("import into a new store", seconds([&] {
             static_cast<void>(Store::import_from(folder + "/million.anoexport", options, folder + "/imported.ano", key));
           }), messages);
    report("copy under another key", seconds([&] { w.store().save_copy(folder + "/copy.anobak", key); }), 1);
    PassphraseKey passphrase("a passphrase");
    const std::uint32_t slot = w.store().add_key(passphrase);
    report("change a passphrase", seconds([&] { w.store().change_key(slot, passphrase); }), 1);
    report("close", seconds([&] { w.store().close(); }), 1);
  }
  report("open and read one page", seconds([&] {
           Store store = make_store(path, recommended_cipher());
           static_cast<void>(store.snapshot()->conversations.list(false, {}, 50));
         }), 1);
  std::printf("file %.0f MiB\n", size());
}

}  // namespace anochat::bench
