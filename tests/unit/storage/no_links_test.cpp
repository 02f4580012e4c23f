// File systems without hard links (FAT, some network and phone storage), and names that are taken at the last moment.
#include "fixture.hpp"
#include "store_fixture.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;
using anochat::storage::test::raw_key;
using anochat::storage::test::read_bytes;
using anochat::storage::test::TempFolder;
using anochat::storage::test::write_bytes;

namespace {

int link_error = 0;         // what link() fails with; 0: it works
std::string appears_first;  // a file that somebody else makes just before

}  // namespace

/// The program's own link(), in place of the C library's.
extern "C" int link(const char* from, const char* to) noexcept {
  if (!appears_first.empty()) write_bytes(appears_first, "somebody's letter");
  if (link_error == 0) return ::linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
  errno = link_error;
  return -1;
}

namespace {

struct NoLinks : World {
  explicit NoLinks(int error, const std::string& first = {}) {
    link_error = error;
    appears_first = first.empty() ? "" : (folder / first).string();
  }
  ~NoLinks() {
    link_error = 0;
    appears_first.clear();
  }
  TempFolder folder;
  RawKey key = raw_key();
};

}  // namespace

TEST_CASE("without hard links stores, copies and imports get their names all the same") {
  for (const int error : {EPERM, ENOTSUP, EOPNOTSUPP}) {
    NoLinks t(error);
    Store store = Store::create(t.folder / "store.ano", t.key, t.options());
    store.write([](Records& r) { r.meta.set_number("n", 1); });
    store.save_copy(t.folder / "copy.ano", t.key);
    store.close();
    for (const char* name : {"store.ano", "copy.ano"}) {
      Store again = Store::open(t.folder / name, t.key, t.options());
      CHECK(again.check(CheckDepth::full, false).is_good());
    }
    CHECK(std::distance(test::fs::directory_iterator(t.folder.path()), {}) == 2);  // no draft is left
  }
}

TEST_CASE("a name that is taken at the last moment is left to its owner, with and without hard links") {
  for (const int error : {0, EPERM}) {
    {
      NoLinks t(error, "store.ano");
      CHECK_ERROR(Store::create(t.folder / "store.ano", t.key, t.options()), Errc::already_exists);
      CHECK(read_bytes(t.folder / "store.ano") == "somebody's letter");
      CHECK(std::distance(test::fs::directory_iterator(t.folder.path()), {}) == 1);
    }
    NoLinks t(0);
    Store store = Store::create(t.folder / "store.ano", t.key, t.options());
    link_error = error;
    appears_first = (t.folder / "export").string();
    ExportOptions options;
    options.passphrase = secret("correct horse");
    options.kdf = KdfParams{KdfParams::kLeastMemory, KdfParams::kLeastPasses};
    CHECK_ERROR(store.export_to(t.folder / "export", options), Errc::already_exists);
    CHECK(read_bytes(t.folder / "export") == "somebody's letter");
    CHECK_FALSE(test::fs::exists(t.folder / "export.partial"));
  }
}

TEST_CASE("a file system that breaks while a name is given says so and leaves nothing") {
  NoLinks t(EIO);
  CHECK_ERROR(Store::create(t.folder / "store.ano", t.key, t.options()), Errc::io_failed);
  CHECK(std::distance(test::fs::directory_iterator(t.folder.path()), {}) == 0);
  link_error = 0;
  Store store = Store::create(t.folder / "store.ano", t.key, t.options());
  link_error = ENOSPC;
  CHECK_ERROR(store.save_copy(t.folder / "copy.ano", t.key), Errc::disk_full);
  CHECK(std::distance(test::fs::directory_iterator(t.folder.path()), {}) == 2);  // the store and its log
}
