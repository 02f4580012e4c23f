"""The gRPC example: two accounts as C++ services, and everything that is said comes from a Python client."""
import os
import subprocess
import sys

from processes import PATIENCE, Relay, check, clean_environment, main, read_text

CLIENT = os.path.join(os.path.dirname(__file__), "..", "..", "examples", "grpc", "client.py")


class Service:
    def __init__(self, world, program, modules, relay, name):
        self.world = world
        self.where = f"unix:{world.path(name + '.sock')}"
        self.store = world.path(name + ".anochat")
        self.log = world.path(name + ".err")
        self.environment = {**clean_environment(world), "MESSENGER_PASSPHRASE": "only for tests", "PYTHONPATH": modules,
                            "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.log, "ab") as log:
            self.process = world.start([program, relay.url, self.store, world.path(name + ".sock")], env=self.environment,
                                       stdout=subprocess.PIPE, stderr=log)
        check(self.process.stdout.readline() == b"listening\n", "the service did not start: " + read_text(self.log))
        check(os.stat(world.path(name + ".sock")).st_mode & 0o077 == 0, "others may open the socket")

    def call(self, *words):
        return subprocess.run([sys.executable, CLIENT, self.where, *words], env=self.environment, capture_output=True,
                              text=True, timeout=2 * PATIENCE)

    def say(self, *words):
        done = self.call(*words)
        check(done.returncode == 0, f"{words[0]}: {done.stderr}")
        return done.stdout.strip()

    def refuses(self, code, *words):
        done = self.call(*words)
        check(done.returncode == 1 and done.stderr.startswith(code), f"{words[0]}: not {code} but {done.stderr[-500:]}")

    def watch(self):
        return self.world.start([sys.executable, CLIENT, self.where, "watch"], env=self.environment, stdout=subprocess.PIPE,
                                text=True)

    def stop(self):
        self.process.terminate()
        check(self.process.wait(PATIENCE) == 0, "the service did not stop in peace: " + read_text(self.log))
        self.process.stdout.close()


def test(world, program, modules):
    relay = Relay(world)
    alice, bob = (Service(world, program, modules, relay, name) for name in ("alice", "bob"))
    account_a, account_b = alice.say("account"), bob.say("account")

    alice.say("send", account_b, "the first words")
    check(bob.say("watch", "1") == f"{account_a} the first words", "what came before somebody watches waits")
    watching = alice.watch()
    bob.say("send", account_a, "the answer")
    check(watching.stdout.readline() == f"{account_b} the answer\n", "the answer arrives while somebody watches")
    alice.refuses("RESOURCE_EXHAUSTED", "watch", "1")
    check(b"the first words" not in relay.everything() and b"the answer" not in relay.everything(), "the relay is blind")

    alice.refuses("INVALID_ARGUMENT", "send", "ano1nobody", "hi")
    alice.refuses("INVALID_ARGUMENT", "send", account_b, "")
    alice.refuses("INVALID_ARGUMENT", "send", account_b, "x" * 70_000)

    alice.stop()  # while somebody watches
    check(watching.wait(PATIENCE) == 0, "who watches sees the end")
    watching.stdout.close()
    again = Service(world, program, modules, relay, "alice")
    check(again.say("account") == account_a, "the account stays")
    bob.say("send", account_a, "welcome back")
    check(again.say("watch", "1") == f"{account_b} welcome back", "the conversation goes on")
    again.stop()
    bob.stop()
    relay.stop()


if __name__ == "__main__":
    main(test)
