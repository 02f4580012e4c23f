// The relay answers, refuses or closes, and keeps what it has promised to keep.
#include "faults.hpp"
#include "unit/relay/relay_world.hpp"

#include <doctest/doctest.h>

using namespace anochat;
using namespace anochat::testing;
using oom::fail_every_allocation;
using oom::Trial;

namespace {

struct Post {
  RelayWorld world;
  RelayUser alice{world};
  RelayUser bob{world};
  Bytes frame;
  std::vector<RelayFrame> answers;

  Post() {
    alice.join();
    bob.join();
  }

  template <class Body>
  void prepare(RelayUser& from, Body body) {
    frame = encode(ClientFrame{++from.request, std::move(body)});
  }
};

/// What a relay without memory may do to a request: it has no exceptions.
void give(RelayUser& user, const Bytes& frame) {
  user.relay->receive(user.connection, frame);
  user.relay->flush();
}

/// A connection that was closed for want of memory comes back.
void come_back(RelayUser& user) {
  if (!user.relay->is_open(user.connection)) user.log_in();
}

}  // namespace

TEST_CASE("a relay without memory loses no envelope that it has acknowledged, and delivers none twice") {
  fail_every_allocation("relay: submit", [] {
    auto post = std::make_shared<Post>();
    post->world.relay.close(post->bob.connection);
    post->prepare(post->alice, Submit{{post->bob.envelope(7)}});
    return Trial{post,
                 [p = post.get()] { give(p->alice, p->frame); },
                 {},
                 [p = post.get()] {
                   bool was_taken = false;
                   if (p->alice.relay->is_open(p->alice.connection)) {
                     for (const RelayFrame& answer : p->alice.take()) {
                       const auto* submitted = std::get_if<Submitted>(&answer.body);
                       was_taken = was_taken || (submitted != nullptr && submitted->results.at(0) == 0);
                     }
                   }
                   come_back(p->alice);
                   if (!was_taken) {
                     const std::int32_t again = submit_one(p->alice, p->bob.envelope(7));
                     CHECK((again == 0 || again == result(Errc::already_exists)));
                   }
                   CHECK(delivered(p->bob.log_in()) == std::vector<int>{7});
                 }};
  });
}

TEST_CASE("a relay without memory publishes all or nothing, and lets everybody in again") {
  fail_every_allocation("relay: publish prekeys", [] {
    auto post = std::make_shared<Post>();
    post->prepare(post->alice, post->alice.prekeys(3));
    return Trial{post,
                 [p = post.get()] { give(p->alice, p->frame); },
                 {},
                 [p = post.get()] {
                   come_back(p->alice);
                   static_cast<void>(p->alice.take());
                   p->alice.ask<Done>(p->alice.prekeys(1));
                 }};
  });
  fail_every_allocation("relay: log in", [] {
    auto post = std::make_shared<Post>();
    post->world.relay.close(post->alice.connection);
    post->prepare(post->alice, post->alice.answer(post->alice.connect()));
    return Trial{post,
                 [p = post.get()] { give(p->alice, p->frame); },
                 {},
                 [p = post.get()] {
                   p->world.relay.close(p->alice.connection);
                   p->alice.log_in();
                   CHECK(submit_one(p->alice, p->bob.envelope(9)) == 0);
                 }};
  });
}
