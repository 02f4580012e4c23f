"""However a program ends, it ends: at once, quietly, with the status it chose, and without a thread left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import anochat
import anochat.sync
from conftest import run_async, run_script

BEGIN = """
import asyncio, os, signal, sys, threading, time
import anochat, anochat.sync
from anochat.testing import MemoryRelay
relay = MemoryRelay()
def clients(count=2, face=anochat.Client):
    return [face(None, relay=relay, allow_strangers=True) for _ in range(count)]
"""


def begin(text):
    return BEGIN + textwrap.dedent(text)


def test_no_thread_is_alive_after_close(relay):
    before = set(threading.enumerate())

    async def main():
        async with anochat.Client(None, relay=relay) as client:
            await client.stats()
        assert set(threading.enumerate()) == before

    run_async(main())
    with anochat.sync.Client(None, relay=relay):
        pass
    assert set(threading.enumerate()) == before
    for _ in range(1_000):  # a joined thread stays in the kernel's list for a moment
        native = len(os.listdir("/proc/self/task"))
        if native == threading.active_count():
            break
        time.sleep(0.01)
    assert native == threading.active_count()


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "raise SystemExit", "os._exit(0)"])
def test_the_interpreter_ends_with_live_clients(end):
    run_script(begin(f"""
        alice, bob = clients(face=anochat.sync.Client)
        alice.open(); bob.open()
        alice.send(bob.account(), "still open")
        engine = anochat.RelayEngine()
        connection = engine.open(b"here")
        feed = bob.messages()
        assert next(feed).text == "still open"
        {end}
    """))


def test_the_interpreter_ends_while_a_client_is_in_a_cycle():
    run_script(begin("""
        client = clients(1, anochat.sync.Client)[0]
        client.open()
        client.myself = client
        class Holder:
            def __del__(self):
                try:
                    self.client.stats()
                except RuntimeError as error:
                    assert error.code == -5
        holder = Holder()
        holder.client, holder.me = client, holder
    """))


def test_the_interpreter_ends_while_daemon_threads_are_inside_the_library():
    run_script(begin("""
        import gc
        alice, bob = clients(face=anochat.sync.Client)
        alice.open(); bob.open()
        account = bob.account()
        parties = [anochat.Device.create(anochat.AccountKey.generate()) for _ in range(2)]
        prekeys = anochat.PreKeys(parties[1])
        session = anochat.Session.initiate(parties[0], prekeys.bundle(), parties[1].address)
        begun = threading.Barrier(17)
        def work(number):
            begun.wait()
            while True:
                try:
                    if number % 2:
                        session.encrypt(b"x" * 60_000)
                    else:
                        alice.send(account, "x")
                except anochat.WrongState:
                    time.sleep(0.001)  # closed at the end
        for number in range(16):
            threading.Thread(target=work, args=(number,), daemon=True).start()
        begun.wait()
        time.sleep(0.2)
    """))


def interrupted(text, ready="ready"):
    """Sends Ctrl-C when the script says that it is ready. Returns its status and what it said on stderr."""
    process = subprocess.Popen([sys.executable, "-X", "faulthandler", "-c", begin(text)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline().strip() == ready
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err
    finally:
        process.kill()
        process.wait()


def test_ctrl_c_ends_an_asyncio_program():
    status, out, err = interrupted("""
        async def main():
            alice, bob = clients()
            async with alice, bob:
                print("ready", flush=True)
                async for message in bob.messages():
                    pass
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            assert threading.active_count() == 1
            print("over")
    """)
    assert (status, out, err) == (0, "over\n", "")


def test_ctrl_c_ends_a_blocking_program():
    status, out, err = interrupted("""
        alice, bob = clients(face=anochat.sync.Client)
        try:
            with alice, bob:
                print("ready", flush=True)
                for message in bob.messages():
                    pass
        except KeyboardInterrupt:
            print("over")
    """)
    assert (status, out, err) == (0, "over\n", "")


def test_ctrl_c_that_nobody_handles_is_a_traceback_and_not_a_crash():
    status, _, err = interrupted("""
        bob = clients(1, anochat.sync.Client)[0]
        bob.open()
        print("ready", flush=True)
        for message in bob.messages():
            pass
    """)
    assert status in (-signal.SIGINT, 130, 1) and "KeyboardInterrupt" in err and "Fatal" not in err


def test_a_program_whose_loop_ends_with_tasks_waiting():
    run_script(begin("""
        async def wait(feed):
            async for message in feed:
                pass
        async def main():
            alice, bob = clients()
            async with alice, bob:
                tasks = [asyncio.create_task(wait(bob.messages())) for _ in range(50)]
                tasks += [asyncio.create_task(alice.send(bob.account, str(n))) for n in range(50)]
                await asyncio.sleep(0)
        asyncio.run(main())
        assert threading.active_count() == 1
    """))


def test_a_client_that_was_never_closed_says_so_and_is_closed():
    done = run_script(begin("""
        async def main():
            client = clients(1)[0]
            await client.open()
        import warnings
        warnings.simplefilter("always")
        asyncio.run(main())
    """), check=False)
    assert done.returncode == 0 and "ResourceWarning" in done.stderr and "Traceback" not in done.stderr


def test_another_thread_closes_a_client_that_waits(relay):
    client = anochat.sync.Client(None, relay=relay)
    client.open()
    found = []
    waiting = threading.Thread(target=lambda: found.extend(client.messages()))
    waiting.start()
    client.close()
    waiting.join(timeout=60)
    assert not waiting.is_alive() and found == []


def test_fork_servers_may_import_before_they_fork():
    run_script(begin("""
        import multiprocessing
        def work(number):
            global relay
            relay = MemoryRelay()
            alice, bob = clients(face=anochat.sync.Client)
            with alice, bob:
                alice.send(bob.account(), str(number))
                return next(bob.messages(timeout=60)).text
        if __name__ == "__main__":
            with multiprocessing.get_context("fork").Pool(2) as pool:
                assert pool.map(work, range(4)) == ["0", "1", "2", "3"]
    """))


def test_other_threads_run_while_the_library_works():
    """A pure Python thread goes on while a passphrase of a second is strengthened."""
    run_script(begin("""
        import tempfile
        steps, is_over = [], threading.Event()
        def count():
            while not is_over.is_set():
                steps.append(None)
                time.sleep(0)
        with tempfile.TemporaryDirectory() as folder:
            thread = threading.Thread(target=count)
            thread.start()
            while not steps:
                time.sleep(0)
            seen = []
            class Watch:  # the last Python code before the call, and the first after it
                def __call__(self):
                    seen.append(len(steps))
                    return "passphrase"
            client = anochat.sync.Client(os.path.join(folder, "me.db"), passphrase=Watch(), kdf_memory_kib=262_144)
            client.open()
            seen.append(len(steps))
            is_over.set()
            thread.join()
            client.close()
        assert seen[1] - seen[0] > 100, seen
    """))
