"""The first programs of the README, in C++ and in C: they say hello to the echo server and print what comes back."""
import os
import subprocess

from processes import Relay, check, clean_environment, main


def run_hello(world, hello, *words):
    env = {**clean_environment(world), "HELLO_PASSPHRASE": "a passphrase"}
    return subprocess.run([hello, *words], env=env, cwd=world.folder, capture_output=True, text=True, timeout=120)


def test(world, echo, *programs):
    relay = Relay(world)
    key = world.path("echo.key32")
    with open(key, "wb") as file:
        file.write(os.urandom(32))
    server = world.start([echo, "relay", "--relay", relay.url, "--store", world.path("echo.store"), "--key-file", key],
                         stdout=subprocess.PIPE, text=True, env=clean_environment(world))
    address = server.stdout.readline().split()[1]
    for hello in programs:
        for _ in range(2):  # the second time, where there is a store, with the account of the first
            done = run_hello(world, hello, relay.url, address)
            check(done.returncode == 0 and done.stdout == "hello\n", f"{hello}: {done}")
        wrong = run_hello(world, hello, relay.url, address[:-4] + "xxxx")
        check(wrong.returncode == 1 and "address" in wrong.stderr, f"an address with a typing mistake: {wrong}")
    relay.stop()


if __name__ == "__main__":
    main(test)
