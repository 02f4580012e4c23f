#!/usr/bin/env python3
"""What Python costs: sessions beside C++ in one run, and events through asyncio. See docs/benchmarks.md.

    PYTHONPATH=<build>/python bench.py [<anochat_python_bench of the same build>] [--rounds N]

Goals: ping-pong at most 1.15 times C++, one way at most twice. Each figure is the best of several runs, taken in turns.
"""

import argparse
import asyncio
import subprocess
import time

import anochat
from anochat.testing import MemoryRelay

SIZE, RUNS = 64, 5


def pair():
    devices = [anochat.Device.create(anochat.AccountKey.generate()) for _ in range(2)]
    prekeys = anochat.PreKeys(devices[1])
    first = anochat.Session.initiate(devices[0], prekeys.bundle(), devices[1].address)
    accepted = anochat.accept(devices[1], prekeys, first.encrypt(b""))
    first.decrypt(accepted.session.encrypt(b""))
    return first, accepted.session


def ping_pong(rounds):
    """Microseconds for one message, there or back: every one turns the ratchet."""
    one, two = pair()
    content = bytes(SIZE)
    begin = time.perf_counter()
    for _ in range(rounds):
        two.decrypt(one.encrypt(content))
        one.decrypt(two.encrypt(content))
    return (time.perf_counter() - begin) / rounds / 2 * 1e6


def one_way(rounds):
    """Microseconds for one message of a long monologue."""
    one, two = pair()
    content = bytes(SIZE)
    begin = time.perf_counter()
    for _ in range(rounds):
        two.decrypt(one.encrypt(content))
    return (time.perf_counter() - begin) / rounds * 1e6


def events(total):
    """Messages a second through asyncio, from the store of one client to the `async for` of another, and the drain alone."""

    async def main():
        relay = MemoryRelay(recording=False)
        alice = anochat.Client(None, relay=relay, allow_strangers=True)
        bob = anochat.Client(None, relay=relay, allow_strangers=True)
        async with alice, bob:
            begin = time.perf_counter()
            for first in range(0, total, 500):
                await alice.send_many(bob.account, ["x" * SIZE] * 500)
            sent = time.perf_counter()
            count = 0
            async for _ in bob.messages():
                count += 1
                if count == total:
                    break
            over = time.perf_counter()
            return total / (over - begin), total / (over - sent)

    return asyncio.run(main())


def cpp(program, rounds):
    done = subprocess.run([program, str(rounds)], capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", nargs="?")
    parser.add_argument("--rounds", type=int, default=2_000)
    chosen = parser.parse_args()
    python, native = [], []
    for _ in range(RUNS):
        if chosen.program:
            native.append(cpp(chosen.program, chosen.rounds))
        python.append((ping_pong(chosen.rounds), one_way(chosen.rounds)))
    for place, (name, goal) in enumerate((("ping-pong", 1.15), ("one way", 2.0))):
        best = min(run[place] for run in python)
        line = f"{name}, {SIZE} B: {best:.2f} us"
        if native:
            base = min(run[place] for run in native)
            line += f"; C++ {base:.2f} us; ratio {best / base:.2f} (goal {goal})"
        print(line)
    both, drain = events(max(500, chosen.rounds // 500 * 500))
    print(f"asyncio: {both:,.0f} messages a second from send_many to async for; {drain:,.0f} a second out of the queue")


if __name__ == "__main__":
    main()
