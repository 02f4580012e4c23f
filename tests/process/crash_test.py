"""A relay and three clients; the relay, a sender and the receiver are killed in the middle of 1,000 messages. In the
end every message has arrived exactly once, in the order of its sender, and nothing can be read in the relay's files."""
import json
import subprocess
import threading
import time

from processes import Person, Relay, check, main, wait_for

MESSAGES = 500  # of each of two senders
SECRET_WORD = "marzipan"


def text_of(sender, number):
    return f"{SECRET_WORD} {sender} {number}"


class Sender:
    """Pipes its lines into `send --lines`, never far ahead of what the receiver has seen, so that a kill finds it half
    done. After a crash it looks into its own history for where it was."""

    def __init__(self, person, to, receiver):
        self.person, self.to, self.receiver = person, to, receiver
        self.process = None

    def start(self):
        stored = sum(m["outgoing"] and m["text"].startswith(SECRET_WORD) for m in self.person.history(self.to.name))
        self.process = self.person.start("send", self.to.name, "--lines", "--timeout", 60, stdin=subprocess.PIPE,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        threading.Thread(target=self._feed, args=(self.process, stored), daemon=True).start()
        return stored

    def _feed(self, process, number):
        try:
            while number < MESSAGES:
                if number > self.receiver.seen // 2 + 60:
                    time.sleep(0.005)
                    if process.poll() is not None:
                        return
                    continue
                process.stdin.write((text_of(self.person.name, number) + "\n").encode())
                process.stdin.flush()
                number += 1
            process.stdin.close()
        except OSError:
            pass  # it was killed

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self):
        errors = self.process.stderr.read()
        check(self.process.wait() == 0, f"{self.person.name} could not send everything: {errors}")


class Receiver:
    """`recv --follow`; counts what it has printed. A message that it was killed over is still unread, and printed again."""

    def __init__(self, person):
        self.person = person
        self.texts = set()

    @property
    def seen(self):
        return len(self.texts)

    def start(self):
        self.process = self.person.start("recv", "--follow", stderr=subprocess.DEVNULL)
        threading.Thread(target=self._count, args=(self.process,), daemon=True).start()

    def _count(self, process):
        for line in process.stdout:
            row = json.loads(line) if line.endswith(b"\n") else {}
            if row.get("type") == "message" and row["text"].startswith(SECRET_WORD):
                self.texts.add(row["text"])

    def kill(self):
        self.process.kill()
        self.process.wait()


def meet(people):
    for one in people:
        for other in people:
            if one is not other:
                one.add(other)
    alice, bob, carol = people
    for one, other in ((alice, carol), (bob, carol), (carol, alice), (carol, bob)):
        one.rows("send", other.name, "hello", "--timeout", 60)
    for person in people:  # takes the profiles in, which bring the tokens for writing without being known
        person.rows("recv")


def storm(relay, alice, bob, carol):
    receiver = Receiver(carol)
    receiver.start()
    senders = [Sender(alice, carol, receiver), Sender(bob, carol, receiver)]
    for sender in senders:
        sender.start()
    wait_for("the first messages", lambda: receiver.seen >= 50)
    relay.kill()
    relay.start()
    wait_for("messages after the relay's death", lambda: receiver.seen >= 200)
    senders[0].kill()
    receiver.kill()
    receiver.start()
    resumed_at = senders[0].start()
    check(0 < resumed_at < MESSAGES, f"alice was not killed in the middle but at {resumed_at}")
    wait_for("messages after the clients' death", lambda: receiver.seen >= 400)
    relay.kill()
    relay.start()
    for sender in senders:
        sender.finish()
    wait_for("the last messages", lambda: receiver.seen >= 2 * MESSAGES)
    receiver.process.terminate()
    check(receiver.process.wait() == 0, "the receiver did not end in peace")
    return resumed_at


def check_books(carol, sender):
    got = [m["text"] for m in carol.history(sender.name) if not m["outgoing"] and m["text"] != "hello"]
    expected = [text_of(sender.name, n) for n in range(MESSAGES)]
    check(len(got) == len(set(got)), f"{len(got) - len(set(got))} messages of {sender.name} came twice")
    check(sorted(got) == sorted(expected), f"{len(set(expected) - set(got))} messages of {sender.name} are missing")
    check(got == expected, f"the messages of {sender.name} are out of order")
    outgoing = [m for m in sender.history(carol.name) if m["outgoing"]]
    waiting = [m for m in outgoing if m["status"] not in ("sent", "delivered", "read")]
    check(not waiting, f"{len(waiting)} messages of {sender.name} have no status of success")


def check_blindness(relay, people):
    relay.stop()
    kept = relay.everything()
    check(len(kept) > 10_000, "the relay has written nothing; this looks at the wrong files")
    needles = [SECRET_WORD, "hello", "passphrase"] + [p.name for p in people] + [p.address for p in people]
    found = [needle for needle in needles if needle.encode() in kept]
    check(not found, f"readable in the relay's files: {found}")


def test(world):
    relay = Relay(world)
    # Names that cannot be in a binary file by chance.
    names = ("alice-rabbit", "bob-hatter", "carol-queen")
    people = [Person(world, name, relay.url, "--name", name + " Surname") for name in names]
    check(all(person.is_published for person in people), "an account did not reach the relay")
    meet(people)
    resumed_at = storm(relay, *people)
    alice, bob, carol = people
    check_books(carol, alice)
    check_books(carol, bob)
    check_blindness(relay, people)
    print(f"{2 * MESSAGES} messages, once each and in order; alice went on at {resumed_at}")


if __name__ == "__main__":
    main(test)
