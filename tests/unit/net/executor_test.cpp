// The network on an application's own executor.
#include <anochat/net/asio_loop.hpp>

#include "net_world.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>

using namespace anochat;
using namespace anochat::testing;

TEST_CASE("a pool of threads runs one connection's work one piece at a time") {
  EchoServer server;
  boost::asio::thread_pool pool(4);
  {
    const auto loop = make_loop(pool.get_executor());
    Dialler client({.url = server.url()}, loop);
    REQUIRE(client.is_open());
    std::vector<std::string> sent;
    for (int i = 0; i < 200; ++i) {
      sent.push_back(std::to_string(i));
      CHECK(client.send(sent.back()));
    }
    REQUIRE(client.heard.wait([&] { return client.heard.frames.size() == sent.size(); }));
    CHECK(client.heard.frames == sent);
    CHECK_FALSE(loop->is_inside());
    in_loop(*loop, [&] { CHECK(loop->is_inside()); });
  }
  pool.join();
}

TEST_CASE("timers fire once, in time, and not after they were cancelled") {
  const auto loop = make_io_thread();
  std::atomic<int> fired{0};
  in_loop(*loop, [&] {
    loop->call_after(milliseconds(1), [&] { ++fired; });
    loop->cancel(loop->call_after(milliseconds(1), [&] { fired += 100; }));
    loop->cancel(12'345);
  });
  CHECK(eventually([&] { return fired == 1; }));
  in_loop(*loop, [&] { loop->call_after(milliseconds(1), [&] { ++fired; }); });
  CHECK(eventually([&] { return fired == 2; }));
}

TEST_CASE("a loop may be let go by its own work") {
  std::atomic<bool> is_done{false};
  auto loop = make_io_thread();
  IoLoop* raw = loop.get();
  raw->post([last = std::move(loop), &is_done]() mutable {
    last.reset();
    is_done = true;
  });
  CHECK(eventually([&] { return is_done.load(); }));
}
