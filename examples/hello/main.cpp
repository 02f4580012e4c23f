// hello - sends one message and prints what comes back: hello <relay> <address>
//
// The passphrase of hello.anochat, which is made when it is not there, is in HELLO_PASSPHRASE.
#include <anochat/anochat.hpp>

#include <cstdio>
#include <filesystem>

using namespace anochat;

int main(int argc, char** argv) try {
  if (argc != 3) return std::fputs("usage: hello <relay> <address>\n", stderr), 2;
  PassphraseKey key = passphrase_from_environment("HELLO_PASSPHRASE");
  const bool is_new = !std::filesystem::exists("hello.anochat");
  ClientDriver driver(
      is_new ? Client::create(Store::create("hello.anochat", key)) : Client::open(Store::open("hello.anochat", key)),
      {.relay = argv[1]});
  const AccountId peer = Address::parse(argv[2]).account;
  driver.with([&](Client& me) { me.send_text(me.conversation_with(peer), "hello"); });  // on the disk when it returns
  for (;;) {
    for (const Event& event : driver.wait_events(std::chrono::seconds(30))) {
      const auto* received = std::get_if<event::MessageReceived>(&event);
      if (received == nullptr) continue;
      const auto text = driver.with([&](Client& me) { return me.message(received->message)->body; });
      return std::printf("%s\n", text.c_str()), 0;
    }
  }
} catch (const Error& error) {
  return std::fprintf(stderr, "hello: %s\n", error.what()), 1;
}
