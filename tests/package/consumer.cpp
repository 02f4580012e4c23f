// A program outside the tree, as a user would write it: it is built and run against the installed package.
#include <anochat/anochat.hpp>

#include <iostream>

int main() {
  using namespace anochat;
  SystemRandom random;
  const UnixTime now = SystemClock().now();
  const Device alice = Device::create(AccountKey::generate(random), 1, random);
  const Device bob = Device::create(AccountKey::generate(random), 1, random);
  MemoryPreKeys prekeys(bob, now, random);  // Bob leaves these with a relay

  // Alice knows Bob's address. What the relay says is his bundle is checked against it.
  const PreKeyBundle bundle = PreKeyBundle::decode(prekeys.bundle(now).encode(), bob.address(), now);
  Session with_bob = Session::initiate(alice, bundle, random);
  const Bytes hello = with_bob.encrypt(as_bytes("hello Bob"), random);

  AcceptedSession accepted = Session::accept(bob, prekeys, hello, now);
  prekeys.consume(accepted.consumed);
  const Bytes answer = accepted.session.encrypt(as_bytes("hello Alice"), random);
  const SecretBytes read = with_bob.decrypt(answer, now);

  std::cout << "anochat " << kVersion << ": " << as_text(accepted.content) << ", " << as_text(read) << '\n';
  return as_text(accepted.content) == "hello Bob" && as_text(read) == "hello Alice" ? 0 : 1;
}
