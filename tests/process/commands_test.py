"""Every command of the program, as people and scripts use it: rows, exit statuses, files, advice."""
import json
import os
import pty
import select
import stat
import subprocess
import time

from processes import Person, Relay, check, main, wait_for

USAGE, NOT_FOUND, PASSPHRASE, STORE, NETWORK, TRUST = 2, 3, 4, 5, 6, 9


def error_of(person, *words, code, **options):
    row = json.loads(person.run(*words, code=code, **options)[1].splitlines()[-1])
    check(row["type"] == "error" and row["exit"] == code and row["text"], f"no useful error: {row}")
    return row


def test_profile(world, relay):
    alice = Person(world, "alice", relay.url, "--name", "Alice Liddell")
    check(alice.is_published, "init did not reach the relay")
    who = alice.rows("whoami")[0]
    check(who["address"] == alice.address and who["relay"] == relay.url, f"whoami: {who}")
    check(alice.run("whoami", json_output=False)[0].strip() == alice.address, "whoami for people")
    for folder in (".local/share/anochat", ".local/share/anochat/default", ".config/anochat",
                   ".config/anochat/default"):
        mode = stat.S_IMODE(os.stat(os.path.join(alice.home, folder)).st_mode)
        check(mode == 0o700, f"{folder} has mode {mode:o}")
    error_of(alice, "init", code=NOT_FOUND)
    check(error_of(alice, "whoami", "--profile", "other", code=NOT_FOUND)["advice"], "no advice without a profile")
    error_of(alice, "whoami", "--profile", "../x", code=USAGE)
    return alice


def test_passphrase(world, alice):
    def status_of(*options, stdin=None, env=None):
        command = [world.program, "whoami", *options]
        return subprocess.run(command, env=env or alice.env(), input=stdin, text=True, capture_output=True,
                              start_new_session=True)

    good = "the passphrase of alice\n"
    check(status_of("--passphrase-fd", "0", stdin=good).returncode == 0, "a passphrase from a descriptor")
    check(status_of("--passphrase-fd", "0", stdin="wrong\n").returncode == PASSPHRASE, "a wrong passphrase")
    check(status_of("--passphrase-fd", "0", stdin="").returncode == PASSPHRASE, "no passphrase")
    check(status_of().returncode == PASSPHRASE, "no terminal to ask")
    env = {**alice.env(), "ANOCHAT_PASSPHRASE": good.strip()}
    check(status_of(env=env).returncode == PASSPHRASE, "read the environment")
    check(status_of("--passphrase", good).returncode == USAGE, "a passphrase in the arguments")
    os.chmod(alice.passphrase_file, 0o644)
    done = status_of("--passphrase-file", alice.passphrase_file)
    check(done.returncode == PASSPHRASE and "chmod 600" in done.stderr, f"a file for everybody: {done}")
    os.chmod(alice.passphrase_file, 0o600)


def test_contacts(alice, bob):
    link = alice.rows("invite")[0]["link"]
    check(link.startswith("anochat:" + alice.address + "?relay="), f"the invite is {link}")
    added = bob.rows("add", link, "Alice at work")[0]
    check(added["contact"] == alice.address and not added["other_relay"], f"added {added}")
    bob.rows("contacts", "rename", "Alice at work", "alice")
    alice.add(bob)
    error_of(alice, "add", alice.address, code=USAGE)
    error_of(alice, "add", link[:-3] + "%", code=USAGE)
    error_of(alice, "contacts", "rename", "bob", "x" * 65, code=USAGE)
    error_of(alice, "contacts", "rename", "bob", "b\x1b[31mb", code=USAGE)
    error_of(alice, "history", "nobody", code=NOT_FOUND)
    check([c["name"] for c in alice.rows("contacts")] == ["bob"], "the list of contacts")


def test_safety_number(alice, bob):
    numbers = [alice.rows("verify", "bob")[0], bob.rows("verify", "alice")[0]]
    check(numbers[0]["digits"] == numbers[1]["digits"] and len(numbers[0]["digits"]) == 60, f"differ: {numbers}")
    alice.rows("verify", "bob", "--scanned", numbers[1]["scannable"])
    error_of(alice, "verify", "bob", "--scanned", numbers[0]["scannable"], code=USAGE)
    error_of(alice, "verify", "bob", "--scanned", "1" * 112, code=USAGE)
    check(alice.rows("verify", "bob", "--mark")[0]["trust"] == "verified", "not marked")
    check("\u2588" in alice.run("verify", "bob", "--qr", json_output=False)[0], "no QR code")
    check("\u2588" not in alice.run("verify", "bob", json_output=False)[0], "a QR code that nobody asked for")


def test_messages(alice, bob):
    alice.rows("send", "bob", "first contact")
    bob.rows("send", "alice", "hello back")
    alice.rows("send", "bob", stdin="several\nlines\n")
    alice.rows("send", "bob", "--lines", stdin="".join(f"line {n}\n" for n in range(30)))
    texts = [m["text"] for m in bob.rows("recv", "--count", 32, "--timeout", 60) if m["type"] == "message"]
    check(texts == ["first contact", "several\nlines"] + [f"line {n}" for n in range(30)], f"bob has {texts}")
    check([m["text"] for m in alice.rows("recv") if m["type"] == "message"] == ["hello back"], "alice's messages")
    check(not [m for m in bob.rows("recv") if m["type"] == "message"], "messages are new twice")
    error_of(alice, "send", "bob", "x" * 20_000, code=USAGE)
    error_of(alice, "send", "bob", stdin="", code=USAGE)

    page = bob.rows("history", "alice", "-n", 10)
    check(len(page) == 11 and page[-1]["type"] == "page" and page[-1]["next"], "the newest page")
    older = bob.rows("history", "alice", "-n", 10, "--cursor", page[-1]["next"])
    check(int(older[-2]["id"], 36) < int(page[0]["id"], 36), "pages overlap")
    error_of(bob, "history", "alice", "--cursor", "nonsense", code=USAGE)
    check(len(bob.history("alice")) == 33, "the pages together")

    hits = [row for row in bob.rows("search", "line 17") if row["type"] == "message"]
    check([hit["text"] for hit in hits] == ["line 17"], f"search found {hits}")
    bob.rows("react", hits[0]["id"], "\U0001F44D")
    error_of(bob, "react", "zzzz", "\U0001F44D", code=NOT_FOUND)
    alice.rows("recv")
    reacted = [m for m in alice.history("bob") if m["text"] == "line 17"][0]
    check(reacted["reactions"] == [{"emoji": "\U0001F44D", "count": 1, "by_me": False}], f"reactions: {reacted}")
    check(reacted["status"] == "read", f"no receipt has arrived: {reacted}")


def test_hostile_text(alice, bob):
    evil = "\x1b[2J\x1b]52;c;ZXZpbA==\x07\u202Egnp.exe\u200b\x9b31m"
    alice.rows("send", "bob", evil)
    shown = bob.run("recv", "--count", 1, json_output=False)[0]
    check("gnp.exe" in shown and not set(shown) & set("\x1b\x07\u202e\u200b\x9b"), f"shown as {shown!r}")
    raw = bob.run("history", "alice", "-n", 1)[0]
    check(not set(raw) & set("\x1b\x07\u202e\u200b\x9b"), f"the JSON can fool a terminal: {raw!r}")
    check(json.loads(raw.splitlines()[0])["text"] == evil, "the JSON has lost something")


def test_away(relay, alice, bob):
    relay.kill()
    _, errors = alice.run("send", "bob", "for later", "--timeout", 0.5, code=NETWORK, json_output=False)
    check("queued" in errors and "cannot be reached" in errors, f"what is said of the queue: {errors}")
    check(alice.history("bob")[-1]["status"] == "queued", "the message is not in the queue")
    rows = alice.rows("doctor", "--timeout", 0.5, code=10)
    problems = {row["check"] for row in rows if row["result"] == "problem"}
    check(problems == {"outgoing", "relay"}, f"doctor says {rows}")
    relay.start()
    alice.rows("send", "bob", "at once")
    texts = [m["text"] for m in bob.rows("recv", "--count", 2, "--timeout", 60) if m["type"] == "message"]
    check(texts == ["for later", "at once"], f"after the relay came back: {texts}")
    check(all(row["result"] == "ok" for row in alice.rows("doctor")), "doctor finds something")


def test_one_at_a_time(alice, bob):
    bob.rows("send", "alice", "good morning")
    follower = alice.start("recv", "--follow")
    check(json.loads(follower.stdout.readline())["text"] == "good morning", "the follower shows nothing")
    check(error_of(alice, "whoami", code=STORE)["error"] == "store_busy", "two at a time")
    follower.terminate()
    check(follower.wait() == 0, "SIGTERM is no failure")
    for stream in (follower.stdout, follower.stderr):
        stream.close()


def test_second_relay(relay, alice):
    """A file or a port that another relay has: said in words of the relay, not of the profile."""
    port = relay.url.rpartition(":")[2]
    busy = error_of(alice, "relay", "serve", "--listen", "127.0.0.1:0", "--database", relay.database, code=STORE)
    check("--database" in busy["advice"] and "profile" not in busy["text"] + busy["advice"], f"a busy database: {busy}")
    taken = error_of(alice, "relay", "serve", "--listen", "127.0.0.1:" + port, code=NETWORK)
    check(taken["advice"], f"a taken port: {taken}")


def test_stranger(world, relay, alice):
    carol = Person(world, "carol", relay.url)
    carol.rows("add", alice.address, "alice")
    carol.rows("send", "alice", "you do not know me", "--timeout", 60)
    rows = alice.rows("recv", "--count", 1, "--timeout", 60)
    check([row for row in rows if row["type"] == "contact_request"] == [{"type": "contact_request", "contact": carol.address}],
          f"nobody asks whether carol may write: {rows}")
    check(carol.history("alice")[-1]["status"] == "sent", "a stranger has learnt that the message was seen")
    check(alice.rows("contacts", "allow", carol.address)[0]["consent"] == "allowed", "not allowed")
    check(alice.rows("contacts", "rename", carol.address, "carol")[0]["name"] == "carol", "not renamed")
    alice.rows("send", "carol", "now I do")
    check([m["text"] for m in carol.rows("recv", "--count", 1, "--timeout", 60) if m["type"] == "message"] == ["now I do"],
          "carol has no answer")


def test_typed_passphrase(world, alice):
    """On a terminal the passphrase is asked for, and not shown."""
    secret = "the passphrase of alice"
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(world.program, [world.program, "whoami"], alice.env())
    screen = b""

    def shows(text):
        nonlocal screen
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                screen += os.read(terminal, 4_096)
            except OSError:
                pass
        return text.encode() in screen

    wait_for("the prompt", lambda: shows("Passphrase of default: "))
    os.write(terminal, (secret + "\n").encode())
    wait_for("the address", lambda: shows(alice.address))
    check(secret.encode() not in screen, "the passphrase was shown")
    check(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "whoami has failed")
    os.close(terminal)


def test_block(alice, bob):
    alice.rows("block", "bob")
    check(error_of(alice, "send", "bob", "x", code=TRUST)["error"] == "blocked", "wrote to somebody blocked")
    bob.rows("send", "alice", "are you there")
    check(not [m for m in alice.rows("recv") if m["type"] == "message"], "heard from somebody blocked")
    check(alice.rows("contacts", "allow", "bob")[0]["consent"] == "allowed", "not allowed again")


def test_backup(world, alice, relay):
    file = world.path("alice.export")
    made = alice.rows("export", file)[0]
    check(made["messages"] == len(alice.history("bob")), f"exported {made}")
    with open(file, "rb") as exported:
        check(b"line 17" not in exported.read(), "the export can be read")
    error_of(alice, "export", file, code=NOT_FOUND)
    alice.rows("import", file, "--profile", "copy", "--relay", relay.url)
    copied = [m["text"] for m in alice.rows("history", "bob", "-n", 5, "--profile", "copy") if m["type"] == "message"]
    check(copied == [m["text"] for m in alice.history("bob")][-5:], f"imported {copied}")
    check(alice.rows("whoami", "--profile", "copy")[0]["address"] != alice.address, "the identity was copied")
    error_of(alice, "import", file, "--profile", "copy", code=NOT_FOUND)
    error_of(alice, "import", alice.passphrase_file, "--profile", "third", code=STORE)
    error_of(alice, "whoami", "--profile", "third", code=NOT_FOUND)


def test_small_commands(world, alice):
    stats = alice.rows("stats")[0]
    check(stats["messages"] == len(alice.history("bob")) and stats["sent_14_days"] > 30, f"stats: {stats}")
    check(alice.rows("call-log") == [{"type": "page", "next": None}], "calls from nowhere")
    for shell in ("bash", "zsh", "fish"):
        script = alice.run("completion", shell, json_output=False)[0]
        check("call-log" in script and "passphrase-file" in script, f"the completion for {shell} is incomplete")
        if shell == "bash":
            ask = script + '\nCOMP_WORDS=(anochat send --li); COMP_CWORD=2; _anochat; echo "${COMPREPLY[@]}"'
            done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True)
            check(done.stdout.split() == ["--lines"], f"completion offers {done}")
    for words in ([], ["nonsense"], ["send"], ["relay", "serve", "--listen", "nowhere"]):
        done = subprocess.run([world.program, *words], env=alice.env(), capture_output=True)
        check(done.returncode == USAGE, f"{words}: {done}")
    error_of(alice, "relay", "serve", "--listen", "0.0.0.0:0", code=USAGE)
    check("--certificate" in alice.run("relay", "serve", "--listen", "0.0.0.0:0", code=USAGE)[1], "no word about TLS")
    check(error_of(alice, "whoami", "extra", code=USAGE)["error"] == "usage", "a usage error is no JSON")
    for command in ("send", "chat", "relay", "history"):
        done = subprocess.run([world.program, command, "--help"], env=alice.env(), capture_output=True, text=True)
        check(done.returncode == 0 and command in done.stdout, f"the help of {command}: {done}")


def test_plain_chat(alice, bob):
    """A dumb terminal or a pipe: lines in, lines out, no escape sequences."""
    alice.run("chat", "bob", stdin="through a pipe\n/number\n//slash\n", json_output=False)
    rows = [m["text"] for m in bob.rows("recv", "--count", 2, "--timeout", 60) if m["type"] == "message"]
    check(rows[-2:] == ["through a pipe", "/slash"], f"bob has {rows}")
    shown = alice.run("chat", "bob", stdin="", json_output=False)[0]
    check("through a pipe" in shown and "\x1b" not in shown, f"the plain chat shows {shown!r}")
    rows = [json.loads(line) for line in alice.run("chat", "bob", stdin="as json\n")[0].splitlines()]
    check(any(row["type"] == "message" and row["text"] == "as json" for row in rows), f"the chat's rows: {rows}")


class TerminalChat:
    """`anochat chat` on a terminal of 80 columns; keeps what it has drawn."""

    def __init__(self, person, contact):
        self.screen = b""
        pid, self.terminal = pty.fork()
        if pid == 0:
            command = person.command("chat", contact, json_output=False)
            os.execve(command[0], command, {**person.env(), "TERM": "xterm"})
        self.pid = pid

    def shows(self, text):
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                self.screen += os.read(self.terminal, 65_536)
            except OSError:
                break
        return text.encode() in self.screen

    def type(self, keys):
        os.write(self.terminal, keys.encode())

    def end(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            self.shows("")
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.terminal)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        raise AssertionError("the chat does not end")


def test_terminal_chat(alice, bob):
    one, two = TerminalChat(alice, "bob"), TerminalChat(bob, "alice")
    for chat in (one, two):
        wait_for("a chat to come online", lambda: chat.shows("| online"))
    one.type("hel")
    wait_for("typing to be seen", lambda: two.shows("alice is typing"))
    one.type("o\x1b[Dl\r")  # typed, corrected with an arrow key, sent
    wait_for("the message", lambda: two.shows("hello"))
    wait_for("the receipt", lambda: one.shows("last message read"))
    two.type("/react \U0001F680\r")
    wait_for("the reaction", lambda: one.shows("\U0001F680"))
    one.type("/edit hello again\r")
    wait_for("the edit", lambda: two.shows("hello again"))
    two.type("\x04")
    one.type("/quit\r")
    check(one.end() == 0 and two.end() == 0, "a chat has failed")


def test(world):
    relay = Relay(world)
    alice = test_profile(world, relay)
    test_passphrase(world, alice)
    test_typed_passphrase(world, alice)
    bob = Person(world, "bob", relay.url)
    test_contacts(alice, bob)
    test_safety_number(alice, bob)
    test_messages(alice, bob)
    test_hostile_text(alice, bob)
    test_away(relay, alice, bob)
    test_one_at_a_time(alice, bob)
    test_second_relay(relay, alice)
    test_backup(world, alice, relay)
    test_small_commands(world, alice)
    test_plain_chat(alice, bob)
    test_terminal_chat(alice, bob)
    test_stranger(world, relay, alice)
    test_block(alice, bob)
    relay.stop()


if __name__ == "__main__":
    main(test)
