#include "direct_server.hpp"

#include <anochat/base/clock.hpp>
#include <anochat/base/error.hpp>
#include <anochat/base/random.hpp>
#include <anochat/crypto/memory_prekeys.hpp>
#include <anochat/session/session.hpp>

#include "stop.hpp"
#include "stream.hpp"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <list>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace anochat;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kConnections = 64;         // at a time; more wait in the system's queue
constexpr std::chrono::seconds kIdle{60};        // without a message
constexpr std::chrono::milliseconds kLook{200};  // between two looks at the clock

/// The keys stay the same from run to run, and so does the address that clients know.
Device load_or_make_device(const std::string& path, Random& random) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  SecretBytes saved(Device::kSavedLen + 1);
  const ssize_t got = file.number() < 0 ? -1 : ::read(file.number(), saved.data(), saved.size());
  if (got < 0) throw std::runtime_error("the identity file cannot be opened");
  if (got > 0) return Device::load(ByteView(saved).first(static_cast<std::size_t>(got)));
  Device fresh = Device::create(AccountKey::generate(random), 1, random);
  saved = fresh.save();
  if (::write(file.number(), saved.data(), saved.size()) != static_cast<ssize_t>(saved.size()) ||
      ::fsync(file.number()) != 0) {
    throw std::runtime_error("the identity file cannot be written");
  }
  return fresh;
}

struct World {
  const Device& device;
  Random& random;
  SystemClock clock;
};

/// One client, from its first byte to its last. Its prekeys are its own, so nobody can use them up for others.
class Guest {
 public:
  Guest(World& world, Descriptor socket)
      : world_(world),
        stream_(std::move(socket), kMaxMessageLen),
        prekeys_(world.device, world.clock.now(), world.random, 1) {
    stream_.send(prekeys_.bundle(world.clock.now()).encode());
  }

  /// Who does not take the answers is not listened to.
  [[nodiscard]] pollfd wanted() const {
    return {stream_.number(), static_cast<short>(stream_.has_output() ? POLLOUT : POLLIN), 0};
  }
  [[nodiscard]] bool is_idle() const { return SteadyClock::now() - last_ > kIdle; }

  /// @return false when the connection is over. @throws Error  it broke the rules
  [[nodiscard]] bool serve(short ready) {
    if ((ready & POLLOUT) != 0 && !stream_.write_some()) return false;
    if ((ready & (POLLIN | POLLHUP | POLLERR)) == 0 || stream_.has_output()) return true;
    const bool is_open = stream_.read_some();
    while (const auto frame = stream_.next()) answer(*frame);
    return is_open;
  }

 private:
  void answer(ByteView message) {
    const SecretBytes text = open(message);
    stream_.send(session_->encrypt(text, world_.random));
    last_ = SteadyClock::now();
  }
  SecretBytes open(ByteView message) {
    if (session_) return session_->decrypt(message, world_.clock.now());
    AcceptedSession accepted = Session::accept(world_.device, prekeys_, message, world_.clock.now());
    prekeys_.consume(accepted.consumed);
    session_ = std::move(accepted.session);
    return std::move(accepted.content);
  }

  World& world_;
  Stream stream_;
  MemoryPreKeys prekeys_;
  std::optional<Session> session_;
  SteadyClock::time_point last_ = SteadyClock::now();
};

bool goes_on(Guest& guest, short ready) {
  try {
    return guest.serve(ready) && !guest.is_idle();
  } catch (const Error& error) {
    std::fprintf(stderr, "a connection was closed: %s\n", std::string(name_of(error.code())).c_str());
    return false;
  }
}

void welcome(World& world, const Descriptor& door, std::list<Guest>& guests) {
  Descriptor socket(::accept4(door.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (socket.number() >= 0) guests.emplace_back(world, std::move(socket));
}

void serve(World& world, const Descriptor& door) {
  std::list<Guest> guests;
  while (stop_requested == 0) {
    std::vector<pollfd> wanted{{door.number(), static_cast<short>(guests.size() < kConnections ? POLLIN : 0), 0}};
    for (const Guest& guest : guests) wanted.push_back(guest.wanted());
    if (::poll(wanted.data(), wanted.size(), static_cast<int>(kLook.count())) < 0) continue;
    auto ready = wanted.begin();
    const bool has_visitor = ready->revents != 0;
    for (auto guest = guests.begin(); guest != guests.end();) {
      guest = goes_on(*guest, (++ready)->revents) ? std::next(guest) : guests.erase(guest);
    }
    if (has_visitor) welcome(world, door, guests);
  }
}

}  // namespace

int run_direct_server(const Options& options) {
  SystemRandom random;
  const Device device = load_or_make_device(options.identity, random);
  const Descriptor door = Descriptor::listen_on(options.address, options.port);
  std::printf("echo %s %s %u\n", device.address().text().c_str(), options.address.c_str(), unsigned{door.port()});
  std::fflush(stdout);
  World world{device, random, {}};
  serve(world, door);
  return 0;
}
