#include "direct_client.hpp"

#include <anochat/base/clock.hpp>
#include <anochat/base/random.hpp>
#include <anochat/crypto/bundle.hpp>
#include <anochat/session/session.hpp>

#include "stop.hpp"
#include "stream.hpp"

#include <cstdio>
#include <poll.h>
#include <stdexcept>
#include <utility>

namespace {

using namespace anochat;

constexpr std::chrono::seconds kPatience{10};

/// Waits for the next frame, and lets out what is to be sent meanwhile.
Bytes await_frame(Stream& stream) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (stop_requested == 0 && std::chrono::steady_clock::now() < deadline) {
    if (const auto frame = stream.next()) return {frame->begin(), frame->end()};
    pollfd wanted{stream.number(), static_cast<short>(stream.has_output() ? POLLIN | POLLOUT : POLLIN), 0};
    ::poll(&wanted, 1, 200);
    if ((wanted.revents & POLLOUT) != 0 && !stream.write_some()) break;
    if ((wanted.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !stream.read_some()) break;
  }
  throw std::runtime_error("the server does not answer");
}

}  // namespace

int run_direct_client(const Options& options) {
  const Address server = Address::parse(options.to);
  SystemRandom random;
  const SystemClock clock;
  const Device device = Device::create(AccountKey::generate(random), 1, random);  // nobody needs to know us again
  Stream stream(Descriptor::connect_to(options.address, options.port), kMaxMessageLen);

  // The bundle must be signed by whom the address names: nobody on the way can put another in its place.
  const PreKeyBundle bundle = PreKeyBundle::decode(await_frame(stream), server, clock.now());
  Session session = Session::initiate(device, bundle, random);
  for (const std::string& text : options.texts) {
    stream.send(session.encrypt(as_bytes(text), random));
    const SecretBytes answer = session.decrypt(await_frame(stream), clock.now());
    std::printf("%.*s\n", static_cast<int>(answer.size()), as_text(answer).data());
  }
  return 0;
}
