"""The echo server: directly over TCP, with guests who break the rules, and as an account at a relay, killed in
between."""
import os
import socket
import struct
import subprocess

from processes import Person, Relay, check, clean_environment, main, wait_for


def start_direct(world, echo, identity):
    process = world.start([echo, "listen", "--identity", identity], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    _, address, host, port = process.stdout.readline().split()
    return process, address, host, int(port)


def ask(echo, address, host, port, *texts):
    return subprocess.run([echo, "ask", "--to", address, "--address", host, "--port", str(port), *texts],
                          capture_output=True, text=True, timeout=120)


def read_frame(guest):
    file = guest.makefile("rb")
    size = struct.unpack(">I", file.read(4))[0]
    return file.read(size)


def test_direct(world, echo):
    identity = world.path("identity")
    process, address, host, port = start_direct(world, echo, identity)
    check(os.stat(identity).st_mode & 0o077 == 0, "others can read the server's keys")
    texts = ["hello", "gr\u00fc\u00dfe", "x" * 60_000, "the end"]
    done = ask(echo, address, host, port, *texts)
    check(done.returncode == 0 and done.stdout.splitlines() == texts, f"the echo: {done.stdout[:200]} {done.stderr}")

    guests = []
    for rude in (b"GET / HTTP/1.1\r\n\r\n", struct.pack(">I", 0), struct.pack(">I", 0xFFFFFFFF),
                 struct.pack(">I", 68_999) + b"x" * 68_999,
                 struct.pack(">I", 1_671) + b"\x01\x01\x00\x01" + bytes(1_667)):
        guest = socket.create_connection((host, port), timeout=60)
        check(len(read_frame(guest)) > 1_000, "no bundle")
        guest.sendall(rude)
        try:
            check(guest.recv(1) == b"", f"a guest who sent {rude[:8]} was answered")
        except ConnectionResetError:
            pass
        guest.close()
    for _ in range(20):  # who says nothing, or half of something, hinders nobody
        guest = socket.create_connection((host, port), timeout=60)
        guest.sendall(struct.pack(">I", 400) + b"half")
        guests.append(guest)
    check(ask(echo, address, host, port, "still here").stdout == "still here\n", "guests keep others out")
    for guest in guests:
        guest.close()

    other = address[:20] + ("q" if address[20] != "q" else "p") + address[21:]
    check(ask(echo, other, host, port, "x").returncode != 0, "an address with a typing mistake")
    stranger = start_direct(world, echo, world.path("stranger"))
    done = ask(echo, address, host, stranger[3], "x")
    check(done.returncode != 0 and "signature" in done.stderr, f"believed somebody else's bundle: {done}")
    process.terminate()
    check(process.wait() == 0, "the server did not end in peace: " + process.stderr.read())
    again = start_direct(world, echo, identity)
    check(again[1] == address, "the server has a new address after a restart")


def test_relay(world, echo):
    relay = Relay(world)
    key = world.path("echo.key32")
    with open(key, "wb") as file:
        file.write(os.urandom(32))

    def start():
        process = world.start([echo, "relay", "--relay", relay.url, "--store", world.path("echo.store"),
                               "--key-file", key],
                              stdout=subprocess.PIPE, text=True, env=clean_environment(world))
        return process, process.stdout.readline().split()[1]

    server, address = start()
    alice = Person(world, "alice", relay.url)
    alice.rows("add", address, "echo")
    alice.rows("send", "echo", "hello", "--timeout", 60)
    alice.rows("recv", "--count", 1, "--timeout", 60)
    alice.rows("send", "echo", "--lines", stdin="".join(f"line {n}\n" for n in range(40)))
    server.kill()
    server.wait()
    check(start()[1] == address, "the server has a new address after a restart")

    def answers():
        alice.rows("recv")
        return [m["text"] for m in alice.history("echo") if not m["outgoing"]]

    expected = ["hello"] + [f"line {n}" for n in range(40)]
    wait_for("the answers", lambda: len(answers()) >= len(expected))
    check(answers() == expected, f"the answers are {answers()}")
    relay.stop()


def test(world, echo):
    test_direct(world, echo)
    test_relay(world, echo)


if __name__ == "__main__":
    main(test)
