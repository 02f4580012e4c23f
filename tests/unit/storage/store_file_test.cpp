// Store over the encrypted file: open, refuse, copy, and nothing readable on disk.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.hpp"
#include "storage/export_stream.hpp"
#include "storage/export_tables.hpp"
#include "store_fixture.hpp"

using namespace anochat;
using namespace anochat::storage;
using namespace anochat::storage::tests;
using anochat::storage::test::raw_key;
using anochat::storage::test::TempFolder;

namespace {

struct FileStore : World {
  TempFolder folder;
  std::filesystem::path path = folder / "store.ano";
  RawKey key = raw_key();

  ConversationId fill(Store& store, int messages) {
    return store.write([&](Records& r) {
      const auto c = r.conversations.create(ConversationKind::direct, numbered<16>(1), now());
      for (int i = 0; i < messages; ++i) {
        NewMessage m;
        m.conversation = c;
        m.uid = numbered<16>(static_cast<std::uint64_t>(i));
        m.sender = device(2);
        const std::string body = "PLAINTEXTMARKER message " + std::to_string(i);
        m.body = body;
        m.sent_at = m.received_at = now();
        r.messages.insert(m);
      }
      return c;
    });
  }

  /// Everything that must not be in a copy.
  void add_live_state(Store& store) {
    store.write([&](Records& r) {
      const std::vector<SecretBytes> skipped{SecretBytes(77, 1)};
      r.identities.set_self(device(1), Bytes(32, 1), Bytes(32, 2), now());
      r.identities.observe(device(2), Bytes(32, 3), now());
      r.sessions.insert(device(2), filled<32>(1), {.state = Bytes{1}, .now = now(), .added = skipped});
      PreKey prekey;
      prekey.kind = PreKeyKind::one_time_ec;
      prekey.id = r.prekeys.take_ids(prekey.kind, 1);
      prekey.private_key = SecretBytes(32);
      r.prekeys.insert(prekey);
      OutboxEntry out;
      out.envelope = Bytes{1};
      r.outbox.insert(out);
      PendingSend pending;
      r.pending_sends.insert(pending);
      r.resend_log.insert(ResendEntry{});
    });
  }

  static void check_no_live_state(const Store& store) {
    const auto s = store.snapshot();
    CHECK(s->sessions.count(SessionStatus::active) == 0);
    CHECK(s->sessions.count(SessionStatus::archived) == 0);
    CHECK(s->prekeys.count(PreKeyKind::one_time_ec) == 0);
    CHECK(s->outbox.count(OutboxState::waiting) == 0);
    CHECK(s->pending_sends.accounts(10).empty());
    CHECK_FALSE(s->resend_log.find(Address{}, EnvelopeId{}).has_value());
    CHECK(s->identities.find(device(2)).has_value());
    CHECK(s->meta.device_epoch() == 1);
  }
};

}  // namespace

TEST_CASE("a store opens again with what was committed, and its files hold nothing readable") {
  FileStore t;
  ConversationId c{};
  {
    Store store = Store::create(t.path, t.key, t.options());
    c = t.fill(store, 100);
    CHECK_FALSE(test::has_plaintext(t.folder.path()));
    CHECK_ERROR(Store::open(t.path, t.key, t.options()), Errc::store_busy);
    CHECK_ERROR(Store::create(t.path, t.key, t.options()), Errc::already_exists);
    CHECK(store.generation() > 0);
    store.close();
  }
  CHECK_FALSE(test::has_plaintext(t.folder.path()));
  RawKey other = raw_key(0x11);
  CHECK_ERROR(Store::open(t.path, other, t.options()), Errc::wrong_key);
  CHECK_ERROR(Store::open(t.folder / "none", t.key, t.options()), Errc::not_found);
  Store store = Store::open(t.path, t.key, t.options());
  CHECK(store.snapshot()->messages.count(c) == 100);
  CHECK(store.snapshot()->search.find({.text = "message 42"}).items.size() == 1);
  CHECK(store.check(CheckDepth::full).is_good());
  CHECK_FALSE(store.is_in_memory());
}

TEST_CASE("keys of a store can be added, changed and removed while it is open") {
  FileStore t;
  RawKey second = raw_key(0x22);
  RawKey third = raw_key(0x33);
  std::uint32_t slot = 0;
  {
    Store store = Store::create(t.path, t.key, t.options());
    slot = store.add_key(second);
    store.change_key(store.opened_slot(), third);
    CHECK(equal_ct(store.derive_key("media", 1).expose(), store.derive_key("media", 1).expose()));
    CHECK_FALSE(equal_ct(store.derive_key("media", 1).expose(), store.derive_key("media", 2).expose()));
  }
  CHECK_ERROR(Store::open(t.path, t.key, t.options()), Errc::wrong_key);
  {
    Store store = Store::open(t.path, third, t.options());
    store.remove_key(slot);
  }
  CHECK_ERROR(Store::open(t.path, second, t.options()), Errc::wrong_key);
  Store memory = Store::in_memory(t.options());
  CHECK_ERROR(memory.add_key(second), Errc::wrong_state);
}

TEST_CASE("readers see committed pictures while the writer thread writes to the encrypted file") {
  FileStore t;
  Store store = Store::create(t.path, t.key, t.options());
  const auto c = t.fill(store, 1);
  const auto before = store.snapshot();
  std::vector<Ticket> tickets;
  for (std::uint64_t i = 100; i < 300; ++i) {
    tickets.push_back(store.submit([&t, c, i](Records& r) {
      NewMessage m;
      m.conversation = c;
      m.uid = numbered<16>(i);
      m.sent_at = m.received_at = t.now();
      r.messages.insert(m);
      if (i % 50 == 0) throw Error(Errc::bad_content, "test");
    }));
    CHECK(store.snapshot()->messages.count(c) >= 1);
  }
  int failed = 0;
  for (auto& ticket : tickets) {
    try {
      ticket.get();
    } catch (const Error&) {
      ++failed;
    }
  }
  CHECK(failed == 4);
  CHECK(before->messages.count(c) == 1);
  CHECK(store.snapshot()->messages.count(c) == 197);
}

TEST_CASE("a killed process loses nothing that was committed") {
  FileStore t;
  Store::create(t.path, t.key, t.options()).close();
  for (int round = 0; round < 8; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        Store store = Store::open(t.path, t.key, t.options());
        for (int i = 0;; ++i) {
          store.write([&](Records& r) {
            r.meta.set_number("a", i);
            r.meta.set_bytes("fill", Bytes(static_cast<std::size_t>(i % 7) * 3'000, 1));
            r.meta.set_number("b", i);
          });
          if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) break;
        }
      } catch (...) {
      }
      ::_exit(1);
    }
    int last = -1;
    for (int i = 0; i < 20 + round * 13; ++i) REQUIRE(::read(pipe_ends[0], &last, sizeof last) == sizeof last);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe_ends[1]);
    int more = 0;
    while (::read(pipe_ends[0], &more, sizeof more) == sizeof more) last = more;
    ::close(pipe_ends[0]);
    Store store = Store::open(t.path, t.key, t.options());
    CHECK(store.snapshot()->meta.number("a").value() >= last);
    CHECK(store.snapshot()->meta.number("a") == store.snapshot()->meta.number("b"));
    CHECK(store.check(CheckDepth::full, false).is_good());
  }
}

TEST_CASE("a copy has the history under another key, and nothing that is alive") {
  FileStore t;
  Store store = Store::create(t.path, t.key, t.options());
  const auto c = t.fill(store, 50);
  t.add_live_state(store);
  RawKey backup_key = raw_key(0x77);
  const auto copy = t.folder / "copy.anobak";
  store.save_copy(copy, backup_key);
  CHECK_ERROR(store.save_copy(copy, backup_key), Errc::already_exists);
  CHECK_ERROR(store.save_copy(t.folder / "no" / "where", backup_key), Errc::not_found);
  CHECK_FALSE(test::has_plaintext(t.folder.path()));
  CHECK_ERROR(Store::open(copy, t.key, t.options()), Errc::wrong_key);
  {
    const Store restored = Store::open(copy, backup_key, t.options());
    FileStore::check_no_live_state(restored);
    CHECK_FALSE(restored.snapshot()->identities.self().has_value());
    CHECK(restored.snapshot()->messages.count(c) == 50);
    CHECK(restored.snapshot()->meta.store_uid() != store.snapshot()->meta.store_uid());
  }
  store.save_copy(t.folder / "mine.anobak", backup_key, {.with_identity = true});
  const Store mine = Store::open(t.folder / "mine.anobak", backup_key, t.options());
  FileStore::check_no_live_state(mine);
  CHECK(mine.snapshot()->identities.self()->address == device(1));
  CHECK(store.snapshot()->sessions.count(SessionStatus::active) == 1);
  CHECK_ERROR(Store::in_memory(t.options()).save_copy(t.folder / "x", backup_key), Errc::wrong_state);
}

TEST_CASE("an export comes back as a new store with the same content") {
  FileStore t;
  Store store = Store::create(t.path, t.key, t.options());
  const auto c = t.fill(store, 2'500);
  t.add_live_state(store);
  store.write([&](Records& r) {
    const auto m = r.messages.latest(c, 1).items[0].id;
    r.reactions.add(m, account(2), "👍", t.now());
    r.messages.edit(m, std::string(300'000, 'x') + " lastword", Bytes(200'000, 9), t.now());
    r.contacts.set_profile(account(2), "Zoé", Bytes{1, 2}, t.now());
    Attachment a;
    a.message = m;
    a.key = key(5);
    r.attachments.insert(a);
  });
  std::uint64_t calls = 0;
  ExportOptions options;
  options.passphrase = secret("correct horse");
  options.kdf = KdfParams{KdfParams::kLeastMemory, KdfParams::kLeastPasses};
  options.progress = [&](std::uint64_t done, std::uint64_t total) {
    ++calls;
    CHECK(done <= total);
  };
  const auto file = t.folder / "history.anoexport";
  const ExportTotals out = store.export_to(file, options);
  CHECK(out.messages == 2'500);
  CHECK(out.bytes == std::filesystem::file_size(file));
  CHECK(calls >= 3);
  CHECK_ERROR(store.export_to(file, options), Errc::already_exists);
  CHECK_FALSE(test::has_plaintext(t.folder.path()));

  RawKey new_key = raw_key(0x44);
  const auto path = t.folder / "new.ano";
  const ExportTotals in = Store::import_from(file, options, path, new_key, t.options());
  CHECK(in.records == out.records);
  CHECK(in.messages == out.messages);
  Store restored = Store::open(path, new_key, t.options());
  FileStore::check_no_live_state(restored);
  CHECK_FALSE(restored.snapshot()->identities.self().has_value());
  const auto a = store.snapshot()->messages.latest(c, 500);
  const auto b = restored.snapshot()->messages.latest(c, 500);
  REQUIRE(a.items.size() == b.items.size());
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    CHECK(a.items[i].id == b.items[i].id);
    CHECK(a.items[i].body == b.items[i].body);
    CHECK(a.items[i].payload == b.items[i].payload);
  }
  CHECK(restored.snapshot()->search.find({.text = "lastword"}).items.size() == 1);
  CHECK(restored.snapshot()->contacts.find(account(2))->name == "Zoé");
  CHECK(restored.snapshot()->attachments.of(b.items.back().id).size() == 1);
  CHECK(restored.check(CheckDepth::full, false).is_good());
  CHECK(restored.write([](Records& r) { return r.prekeys.take_ids(PreKeyKind::one_time_ec, 1); }) == 2);

  SUBCASE("the identity travels only when asked for") {
    options.scope.with_identity = true;
    const auto with = t.folder / "with.anoexport";
    static_cast<void>(store.export_to(with, options));
    static_cast<void>(Store::import_from(with, options, t.folder / "with.ano", new_key, t.options()));
    CHECK(Store::open(t.folder / "with.ano", new_key).snapshot()->identities.self_private_key() == SecretBytes(32, 2));
  }
  SUBCASE("an import never replaces a file") {
    CHECK_ERROR(Store::import_from(file, options, path, new_key, t.options()), Errc::already_exists);
  }
  SUBCASE("a callback that throws stops the export and leaves nothing") {
    options.progress = [](std::uint64_t, std::uint64_t) { throw Error(Errc::timed_out, "test"); };
    CHECK_ERROR(store.export_to(t.folder / "stopped", options), Errc::timed_out);
    CHECK_FALSE(std::filesystem::exists(t.folder / "stopped"));
    CHECK_FALSE(std::filesystem::exists(t.folder / "stopped.partial"));
  }
}

TEST_CASE("an export whose rows do not fit their tables is refused, and no store appears") {
  FileStore t;
  Store store = Store::create(t.path, t.key, t.options());
  t.fill(store, 3);
  ExportOptions options;
  options.passphrase = secret("correct horse");
  options.kdf = KdfParams{KdfParams::kLeastMemory, KdfParams::kLeastPasses};
  const auto file = t.folder / "history.anoexport";
  static_cast<void>(store.export_to(file, options));
  const auto path = t.folder / "new.ano";
  int forged = 0;
  /// Writes the export again, with the first message's id as `value`: a tag and what belongs to it.
  const auto import_with_id = [&](ByteView value) {
    const auto bad = t.folder / ("bad" + std::to_string(++forged));
    detail::ExportReader in(file, options.passphrase);
    detail::ExportWriter out(bad, options, t.random);
    std::size_t messages = 0;
    bool is_changed = false;
    for (bool is_last = false; !is_last;) {
      const ByteView read = in.next();
      Bytes record(read.begin(), read.end());
      is_last = record[0] == 3;
      if (record[0] == 1) {
        const auto tables = detail::decode_manifest(record).tables;
        while (tables[messages].name != "messages") ++messages;
      } else if (record[0] == 2 && record[1] == messages && !is_changed) {
        record.erase(record.begin() + 2, record.begin() + 11);  // a tag and 64 bits
        record.insert(record.begin() + 2, value.begin(), value.end());
        is_changed = true;
      }
      out.write(record);
    }
    out.finish();
    REQUIRE(is_changed);
    return Store::import_from(bad, options, path, t.key, t.options());
  };
  CHECK_ERROR(import_with_id(Bytes{2, 0, 0, 0, 1, 'x'}), Errc::bad_state);  // text
  CHECK_ERROR(import_with_id(Bytes{3, 0, 0, 0, 1, 'x'}), Errc::bad_state);  // a blob
  CHECK_ERROR(import_with_id(Bytes{9}), Errc::bad_state);                   // no kind of value
  CHECK_ERROR(import_with_id({}), Errc::bad_state);                         // a column too few
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path.string() + ".partial"));
}

TEST_CASE("a damaged export is refused with the reason, and no store appears") {
  FileStore t;
  Store store = Store::create(t.path, t.key, t.options());
  t.fill(store, 2'000);
  ExportOptions options;
  options.passphrase = secret("correct horse");
  options.kdf = KdfParams{KdfParams::kLeastMemory, KdfParams::kLeastPasses};
  const auto file = t.folder / "history.anoexport";
  static_cast<void>(store.export_to(file, options));
  const std::string good = test::read_bytes(file);
  constexpr std::size_t kHeader = 96;
  constexpr std::size_t kChunk = 65'536 + 17;
  REQUIRE(good.size() > kHeader + 3 * kChunk);
  const auto bad = t.folder / "bad.anoexport";
  const auto path = t.folder / "new.ano";
  const auto import = [&](const std::string& bytes) {
    test::write_bytes(bad, bytes);
    return Store::import_from(bad, options, path, t.key, t.options());
  };
  const auto flipped = [&](std::size_t at) {
    std::string out = good;
    out[at] = static_cast<char>(out[at] ^ 1);
    return out;
  };
  CHECK_ERROR(import(""), Errc::not_a_store);
  CHECK_ERROR(import("something else entirely"), Errc::not_a_store);
  CHECK_ERROR(import(flipped(0)), Errc::not_a_store);
  CHECK_ERROR(import(good.substr(0, 50)), Errc::store_corrupt);
  CHECK_ERROR(import(flipped(8)), Errc::newer_format);       // version
  CHECK_ERROR(import(flipped(10)), Errc::bad_state);         // flags
  CHECK_ERROR(import(flipped(12)), Errc::kdf_policy);        // memory: 16 GiB
  CHECK_ERROR(import(flipped(16)), Errc::kdf_policy);        // passes
  CHECK_ERROR(import(flipped(22)), Errc::bad_state);         // chunk size
  for (std::size_t at : {24U, 40U, 56U, 80U}) CHECK_ERROR(import(flipped(at)), Errc::wrong_key);
  CHECK_ERROR(import(flipped(kHeader + 5)), Errc::bad_state);
  CHECK_ERROR(import(flipped(kHeader + kChunk + 5)), Errc::bad_state);
  CHECK_ERROR(import(good.substr(0, kHeader)), Errc::store_corrupt);
  CHECK_ERROR(import(good.substr(0, kHeader + kChunk)), Errc::store_corrupt);
  CHECK_ERROR(import(good.substr(0, kHeader + 2 * kChunk - 9)), Errc::store_corrupt);
  CHECK_ERROR(import(good.substr(0, good.size() - 1)), Errc::store_corrupt);
  CHECK_ERROR(import(good + "x"), Errc::store_corrupt);
  std::string swapped = good;
  std::swap_ranges(swapped.begin() + kHeader, swapped.begin() + kHeader + kChunk, swapped.begin() + kHeader + kChunk);
  CHECK_ERROR(import(swapped), Errc::bad_state);
  CHECK_ERROR(import(good.substr(0, kHeader) + good.substr(kHeader + kChunk)), Errc::bad_state);
  ExportOptions wrong = options;
  wrong.passphrase = secret("incorrect horse");
  CHECK_ERROR(Store::import_from(file, wrong, path, t.key, t.options()), Errc::wrong_key);
  wrong.passphrase.clear();
  CHECK_ERROR(Store::import_from(file, wrong, path, t.key, t.options()), Errc::invalid_argument);
  wrong = options;
  wrong.kdf.passes = 1;
  CHECK_ERROR(store.export_to(t.folder / "weak", wrong), Errc::kdf_policy);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path.string() + ".partial"));
  CHECK_FALSE(std::filesystem::exists(path.string() + ".partial-wal"));
}
