#include "storage/wal_scan.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/byte_io.hpp"
#include "storage/sqlite_error.hpp"

namespace anochat::storage {
namespace {

constexpr std::uint32_t kWalMagic = 0x377f0682;  // its lowest bit says that checksums use big-endian words
constexpr std::uint32_t kWalVersion = 3'007'000;

/// SQLite's WAL checksum (file format documentation, section 4.2).
struct Checksum {
  std::uint32_t first = 0, second = 0;

  void add(ByteView bytes, bool is_big_endian) noexcept {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word(bytes, at, is_big_endian) + second;
      second += word(bytes, at + 4, is_big_endian) + first;
    }
  }
  static std::uint32_t word(ByteView bytes, std::size_t at, bool is_big_endian) noexcept {
    if (is_big_endian) return load_be<std::uint32_t>(bytes, at);
    return static_cast<std::uint32_t>(bytes[at]) | static_cast<std::uint32_t>(bytes[at + 1]) << 8 |
           static_cast<std::uint32_t>(bytes[at + 2]) << 16 | static_cast<std::uint32_t>(bytes[at + 3]) << 24;
  }
  friend bool operator==(const Checksum&, const Checksum&) = default;
};

Checksum stored_checksum(ByteView bytes, std::size_t at) noexcept {
  return {load_be<std::uint32_t>(bytes, at), load_be<std::uint32_t>(bytes, at + 4)};
}

/// Goes through the frames of one WAL.
class Scanner {
 public:
  Scanner(const LowerFile& file, const WalKeys& keys, const WalHeader& header, std::uint64_t generation)
      : file_(file), keys_(keys), header_(header), generation_(generation), layout_{keys.seal.reserve()},
        disk_(static_cast<std::size_t>(layout_.disk_frame_size())), page_(kPageSize),
        is_big_endian_((load_be<std::uint32_t>(header, 0) & 1) != 0) {}

  [[nodiscard]] bool is_header_good() const noexcept {
    Checksum sum;
    sum.add(ByteView(header_).first(24), is_big_endian_);
    return (load_be<std::uint32_t>(header_, 0) & ~1U) == kWalMagic && load_be<std::uint32_t>(header_, 4) == kWalVersion &&
           load_be<std::uint32_t>(header_, 8) == kPageSize && sum == stored_checksum(header_, 24);
  }

  void run(WalScan& scan) {
    std::uint32_t index = 1;
    Checksum chain = stored_checksum(header_, 24);
    while (const auto frame = read(index)) {
      if (!frame->is_authentic || !follows(*frame, chain)) break;
      if (frame->is_commit) scan.frames = index;
      chain = frame->stored;
      ++index;
    }
    scan.is_damaged = has_later_commit(index);
  }

 private:
  struct Frame {
    FrameHeader header{};
    Checksum stored;
    bool is_authentic = false;
    bool is_commit = false;
  };

  /// The frame with its checksum shown and its page in page_, or nothing at the end of the file.
  std::optional<Frame> read(std::uint32_t index) {
    const int code = file_.read(disk_, layout_.disk_offset(index));
    if (code == SQLITE_IOERR_SHORT_READ) return std::nullopt;
    check_sqlite(code, "store.wal");
    Frame frame;
    std::copy_n(disk_.begin(), kFrameHeaderSize, frame.header.begin());
    const auto page = load_be<std::uint32_t>(frame.header, 0);
    const bool is_this_wal = page != 0 && std::equal(header_.begin() + 16, header_.begin() + 24, frame.header.begin() + 8);
    frame.is_authentic = is_this_wal && keys_.seal.open({Role::wal, page, index, generation_},
                                                        ByteView(disk_).subspan(kFrameHeaderSize), page_);
    keys_.mask.show(index, frame.header);
    frame.stored = stored_checksum(frame.header, 16);
    frame.is_commit = load_be<std::uint32_t>(frame.header, 4) != 0;
    return frame;
  }

  bool follows(const Frame& frame, Checksum chain) const noexcept {
    chain.add(ByteView(frame.header).first(8), is_big_endian_);
    chain.add(page_, is_big_endian_);
    return chain == frame.stored;
  }

  /// SQLite continues behind a commit only when that commit was synced. So a frame that follows a commit shows that
  /// everything before it was once durable, and that the bad frame did not come from a cut of power.
  bool has_later_commit(std::uint32_t index) {
    std::optional<Frame> before;
    for (; auto frame = read(index); ++index) {
      const bool is_next = before && before->is_authentic && before->is_commit && frame->is_authentic;
      if (is_next && follows(*frame, before->stored)) return true;
      before = frame;
    }
    return false;
  }

  const LowerFile& file_;
  const WalKeys& keys_;
  const WalHeader& header_;
  std::uint64_t generation_;
  WalLayout layout_;
  std::vector<std::uint8_t> disk_;
  SecretBytes page_;
  bool is_big_endian_;
};

}  // namespace

WalScan scan_wal(const LowerFile& file, const StoreId& store, const WalKeys& keys) {
  WalScan scan;
  std::array<std::uint8_t, kWalHeadSize + kWalHeaderSize> start{};
  const int code = file.read(start, 0);
  if (code == SQLITE_IOERR_SHORT_READ) return scan;
  check_sqlite(code, "store.wal");
  WalHeadBytes head{};
  WalHeader header{};
  std::copy_n(start.begin(), head.size(), head.begin());
  std::copy_n(start.begin() + kWalHeadSize, header.size(), header.begin());

  scan.head = WalHeadCondition::unreadable;
  const auto said = read_wal_head(head);
  if (!said) return scan;
  if (said->store_id != store) {
    scan.head = WalHeadCondition::foreign;
    return scan;
  }
  Scanner scanner(file, keys, header, said->generation);
  if (!is_authentic(head, header, keys.head_key) || !scanner.is_header_good()) return scan;
  scan.head = WalHeadCondition::authentic;
  scan.generation = said->generation;
  scanner.run(scan);
  return scan;
}

WalVerdict judge_wal(const Header& header, bool is_slot_damaged, const WalScan& scan) noexcept {
  const bool is_active = header.wal_state == WalState::active;
  switch (scan.head) {
    case WalHeadCondition::foreign: return WalVerdict::corrupt;
    case WalHeadCondition::unreadable:
      if (is_slot_damaged) return WalVerdict::corrupt;  // a cut of power tears one of the two, never both
      [[fallthrough]];
    case WalHeadCondition::absent:
      return is_active && header.wal_frames > 0 ? WalVerdict::corrupt : WalVerdict::discard;
    case WalHeadCondition::authentic: break;
  }
  if (scan.generation == header.wal_generation) {
    if (scan.frames >= header.wal_frames) return scan.is_damaged ? WalVerdict::corrupt : WalVerdict::use;
    // Fewer frames than the main file already holds: the next generation had begun to write over them.
    return is_active || is_slot_damaged ? WalVerdict::corrupt : WalVerdict::discard;
  }
  // Only complete(g) lets generation g + 1 begin. A header that still says active(g) is then one change behind.
  const bool is_successor = scan.generation == header.wal_generation + 1 && (!is_active || is_slot_damaged);
  return is_successor && !scan.is_damaged ? WalVerdict::use : WalVerdict::corrupt;
}

}  // namespace anochat::storage
