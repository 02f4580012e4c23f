"""Clients and the relay of this process over real sockets, and how such programs end."""

import asyncio
import re
import subprocess
import threading
import time

import pytest

import anochat
import anochat.sync
from anochat import _core, events
from conftest import run_async, run_script

pytestmark = pytest.mark.skipif(not _core.HAS_NETWORK, reason="built without the network layers")


def native_threads():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Threads:"))


def settles_at(count):
    """A joined thread stays in the kernel's list for a moment after its join."""
    deadline = time.monotonic() + 30
    while native_threads() != count and time.monotonic() < deadline:
        time.sleep(0.01)
    return native_threads() == count


async def reachable(relay, count):
    """Waits until new accounts have published what others need to write to them: login, device list, prekeys, ready."""
    while int(re.search(r"^anochat_relay_frames_received\S* (\d+)", relay.metrics(), re.M)[1]) < 4 * count:
        await asyncio.sleep(0.01)


def test_two_people_talk_through_a_relay_with_a_port():
    async def main():
        async with anochat.Relay() as relay:
            assert relay.url == f"ws://127.0.0.1:{relay.port}" and relay.is_ready()
            alice = anochat.Client(None, relay=relay, allow_strangers=True)
            bob = anochat.Client(None, relay=relay.url, allow_strangers=True)
            async with alice, bob:
                await alice.wait_until_online()
                await bob.wait_until_online()
                await reachable(relay, 2)
                await alice.send(bob.account, "first")  # a relay takes twenty messages from a stranger
                feed = bob.messages()
                await (await feed.__anext__()).reply("second")
                assert (await alice.messages().__anext__()).text == "second"
                await alice.send_many(bob.account, [str(n) for n in range(15)])
                received = []
                async for message in feed:
                    received.append(message.text)
                    if len(received) == 15:
                        break
                assert received == [str(n) for n in range(15)]
                await message.reply("all there")
                async for answer in alice.messages():
                    assert answer.text == "all there"
                    break
            assert "anochat_relay_" in relay.metrics()
        with pytest.raises(anochat.WrongState):
            relay.metrics()
        assert not relay.is_ready()

    before = native_threads()
    run_async(main())
    assert settles_at(before) and threading.active_count() == 1


def test_the_blocking_face_over_sockets(tmp_path):
    options = {"passphrase": "x", "kdf_memory_kib": 19_456, "allow_strangers": True}
    with anochat.Relay(store=tmp_path / "relay.db") as relay:
        with anochat.sync.Client(tmp_path / "a.db", relay=relay, **options) as alice, \
                anochat.sync.Client(tmp_path / "b.db", relay=relay, **options) as bob:
            alice.wait_until_online()
            bob.wait_until_online()
            run_async(reachable(relay, 2))
            alice.send(bob.account(), "hello")
            assert next(bob.messages(timeout=60)).text == "hello"
            account = bob.account()
    with anochat.Relay(store=tmp_path / "relay.db") as relay, \
            anochat.sync.Client(tmp_path / "a.db", relay=relay, **options) as alice:
        sent = alice.send(account, "while you were away")
        for event in alice.events(timeout=60):
            if isinstance(event, events.MessageStatus) and event.message == sent.id:
                break
        with anochat.sync.Client(tmp_path / "b.db", relay=relay, **options) as bob:
            assert next(bob.messages(timeout=60)).text == "while you were away"


def test_a_client_comes_back_to_a_relay_that_was_gone(tmp_path):
    relay = anochat.Relay(store=tmp_path / "relay.db")
    with anochat.sync.Client(None, relay=relay) as client:
        client.wait_until_online()
        port = relay.port
        relay.close()
        while client.state().is_online:
            client.next_event(timeout=0.1)
        state = client.state()
        assert state.phase in ("waiting", "connecting") and not state.is_online
        with anochat.Relay(port=port, store=tmp_path / "relay.db"):
            client.core.reconnect()
            client.wait_until_online(timeout=60)


def test_where_nobody_listens_the_reason_is_told():
    with anochat.Relay() as relay:
        port = relay.port
    with anochat.sync.Client(None, relay=f"ws://127.0.0.1:{port}") as client:
        while client.state().failure is None:
            client.next_event(timeout=0.05)
        assert client.state().failure == "network_failed"
        with pytest.raises(anochat.TimedOut):
            client.wait_until_online(timeout=0.1)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "ws://example.com", "wss://", "nonsense", "ws://127.0.0.1:99999"])
def test_urls_that_are_none_are_refused(url):
    with pytest.raises(anochat.InvalidArgument):
        anochat.sync.Client(None, relay=url).open()


def test_relays_that_cannot_be_are_refused(tmp_path):
    with anochat.Relay() as relay:
        for options, error in [({"port": relay.port}, anochat.NetworkFailed), ({"host": "0.0.0.0"}, anochat.InvalidArgument),
                               ({"port": 70_000}, ValueError), ({"port": -1}, OverflowError), ({"host": 5}, TypeError),
                               ({"certificate": tmp_path / "no.pem", "private_key": tmp_path / "no.pem"}, anochat.TlsFailed)]:
            with pytest.raises(error):
                anochat.Relay(**options)


def test_tls_with_a_certificate_of_ones_own(tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
        capture_output=True)
    if made.returncode != 0:
        pytest.skip("openssl cannot make a certificate here")
    with anochat.Relay(certificate=certificate, private_key=key) as relay:
        assert relay.url.startswith("wss://")
        with anochat.sync.Client(None, relay=relay, ca_file=str(certificate)) as client:
            client.wait_until_online(timeout=60)
        with anochat.sync.Client(None, relay=relay) as client:  # the system does not know this certificate
            while client.state().failure is None:
                client.next_event(timeout=0.05)
            assert client.state().failure == "tls_failed"


def test_a_relay_that_drains_sends_everybody_away():
    with anochat.Relay() as relay, anochat.sync.Client(None, relay=relay) as client:
        client.wait_until_online()
        assert relay.drain(come_back=0.1, deadline=30)
        while client.state().is_online:
            client.next_event(timeout=0.1)


def test_cancelled_while_a_connection_is_made():
    async def main():
        with anochat.Relay() as relay:
            for delay in (0, 0.001, 0.01, 0.05):
                async def use():
                    async with anochat.Client(None, relay=relay) as client:
                        await client.wait_until_online()
                        await asyncio.sleep(3_600)

                task = asyncio.create_task(use())
                await asyncio.sleep(delay)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    before = native_threads()
    run_async(main())
    assert settles_at(before)


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "os.fork() or sys.exit(3)"])
def test_the_interpreter_ends_with_sockets_open(end):
    done = run_script(f"""
        import os, sys
        import anochat, anochat.sync
        relay = anochat.Relay()
        clients = [anochat.sync.Client(None, relay=relay, allow_strangers=True) for _ in range(3)]
        for client in clients:
            client.open()
        for client in clients:
            client.wait_until_online()
        import re, time
        while int(re.search(r"frames_received\\S* (\\d+)", relay.metrics())[1]) < 12:
            time.sleep(0.01)
        clients[0].send(clients[1].account(), "hello")
        next(clients[1].messages(timeout=60))
        {end}
    """, check=False)
    assert done.stderr == "" and done.returncode == (3 if end.startswith("sys") else 0)


def test_after_fork_the_child_touches_nothing_of_the_parent():
    run_script("""
        import os, sys
        import anochat, anochat.sync
        with anochat.Relay() as relay, anochat.sync.Client(None, relay=relay, allow_strangers=True) as alice, \\
                anochat.sync.Client(None, relay=relay, allow_strangers=True) as bob:
            for client in (alice, bob):
                client.wait_until_online()
            import re, time
            while int(re.search(r"frames_received\\S* (\\d+)", relay.metrics())[1]) < 8:
                time.sleep(0.01)
            child = os.fork()
            if child == 0:
                for call in (alice.account, relay.metrics, bob.take_events):
                    try:
                        call()
                        os._exit(9)
                    except anochat.WrongState:
                        pass
                sys.exit(5)  # and every destructor runs
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
            alice.send(bob.account(), "still here")
            assert next(bob.messages(timeout=60)).text == "still here"
    """)
