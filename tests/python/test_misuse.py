"""What goes wrong in programs: the wrong type, a closed object, a pickled key, another process, too many threads."""

import copy
import pickle
import re
import threading

import pytest

import anochat
import anochat.sync
from anochat import _core
from conftest import CHEAP, Party, run_async, run_script


class Liar(bytes):
    def __len__(self):
        return 1 << 40

    def __bytes__(self):
        raise RuntimeError("never asked")


class Stranger(str):
    def __len__(self):
        return -1 & 0x7FFFFFFF


def released():
    view = memoryview(b"gone")
    view.release()
    return view


@pytest.mark.parametrize("wrong, error", [
    ("text", TypeError), (None, TypeError), (7, TypeError), (object(), TypeError), ([1, 2], TypeError),
    (memoryview(bytes(800))[::2], BufferError), (released(), ValueError)])
def test_what_is_no_contiguous_buffer_is_refused(sessions, wrong, error):
    mine, theirs = sessions
    before = mine.save()
    for call in (mine.encrypt, mine.decrypt, mine.recognises, mine.seal_signal, mine.open_signal, mine.seal,
                 anochat.Session.load, anochat.Session.peek_id, anochat.Device.load, anochat.AccountKey.from_seed):
        with pytest.raises(error):
            call(wrong)
    assert mine.save() == before
    assert theirs.decrypt(mine.encrypt(b"still well")) == b"still well"


def test_subclasses_that_lie_are_taken_by_their_bytes(sessions):
    mine, theirs = sessions
    assert theirs.decrypt(Liar(mine.encrypt(Liar(b"true")))) == b"true"
    with pytest.raises(anochat.BadAddress):
        anochat.Address.parse(Stranger("nobody"))


@pytest.mark.parametrize("number, error", [
    (2**64, OverflowError), (2**1_000, OverflowError), (-1, OverflowError), (1.5, TypeError), ("1", TypeError),
    (None, TypeError)])
def test_numbers_that_do_not_fit_are_refused(sessions, number, error):
    with pytest.raises(error):
        sessions[0].message_len(number)
    with pytest.raises(error):
        anochat.testing.SeededRandom(number)
    with pytest.raises(error):
        anochat.Device.create(Party(1).account, number)


def test_times_that_do_not_fit_are_refused(sessions):
    mine, theirs = sessions
    with pytest.raises(OverflowError):
        theirs.decrypt(mine.encrypt(b""), now_ms=2**63)
    with pytest.raises(TypeError):
        theirs.decrypt(mine.encrypt(b""), now_ms=1.5)


def test_lengths_are_checked():
    for length in (0, 31, 33, 1_000):
        with pytest.raises(ValueError):
            anochat.AccountKey.from_seed(bytes(length))
        with pytest.raises(ValueError):
            anochat.safety_number(bytes(length), bytes(32))
    with pytest.raises(ValueError):
        anochat.testing.SeededRandom(1).bytes(1 << 24)
    with pytest.raises(anochat.TooLarge):
        Party(1).session_with(Party(2)).encrypt(bytes(65_537))


def test_texts_are_str_and_can_be_encoded(friends):
    alice, bob = friends
    with pytest.raises(TypeError):
        alice.send(bob.account(), b"bytes")
    with pytest.raises(TypeError):
        alice.send(None, "text")
    with pytest.raises(UnicodeEncodeError):
        alice.send(bob.account(), "\ud800")
    with pytest.raises(anochat.InvalidArgument):
        alice.send(bob.account(), "")
    with pytest.raises(anochat.InvalidArgument):
        alice.send(bob.account(), "null \0 inside")
    with pytest.raises(anochat.TooLarge):
        alice.send(bob.account(), "x" * 70_000)
    with pytest.raises(TypeError):
        alice.send_many(bob.account(), "one text")
    assert list(alice.history(bob.account())) == []


def test_numbers_of_records_that_are_not_there_are_not_found(friends):
    alice, _ = friends
    for number in (0, -1, 5, 2**63 - 1):
        with pytest.raises(anochat.NotFound):
            alice.message(number)
        with pytest.raises(anochat.AnoChatError):
            alice.reply(number, "to nothing")
    with pytest.raises(OverflowError):
        alice.message(2**63)


def test_key_holders_are_not_copied_or_pickled(parties, sessions, tmp_path):
    alice, _ = parties
    core = _core.Client(None)
    client = anochat.sync.Client(None)
    asynchronous = anochat.Client(None)
    holders = [alice.account, alice.device, alice.prekeys, sessions[0], core, client, asynchronous, anochat.RelayEngine()]
    for holder in holders:
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                attempt(holder)
    core.close()


def test_repr_shows_no_secret_text_or_name(parties, sessions, relay):
    secret = "the-eagle-lands-at-nine"
    with anochat.sync.Client(None, relay=relay, allow_strangers=True, name="Alice-Liddell") as alice, \
            anochat.sync.Client(None, relay=relay, allow_strangers=True) as bob:
        sent = alice.send(bob.account(), secret)
        received = next(bob.messages(timeout=10))
        received.react("\N{THUMBS UP SIGN}")
        hit = next(alice.search("eagle"))
        shown = [sent, received, hit, alice, *alice.conversations(), *bob.contacts(), *alice.reactions(sent),
                 *alice.take_events(), *bob.take_events(), alice._options, alice.stats()]
        text = " ".join(map(repr, shown)) + " ".join(map(str, shown))
        assert received.text == secret and bob.contacts()[0].name == "Alice-Liddell"
    assert secret not in text and "Liddell" not in text and "eagle" not in text and "\N{THUMBS UP SIGN}" not in text
    for holder in (*parties, *sessions):
        for thing in (getattr(holder, "device", holder), getattr(holder, "account", holder)):
            assert re.fullmatch(r"<[\w.]+( object at 0x[0-9a-f]+)?>", repr(thing))


def test_a_wrong_call_shows_no_argument(sessions):
    secret = "swordfish"
    wrong = [lambda: sessions[0].encrypt(secret.encode(), 5, 6), lambda: anochat.Session.load(secret.encode(), key=secret),
             lambda: _core.Client(None, passphrase=secret, speed=secret), lambda: _core.Client(None, mode=5, passphrase=secret),
             lambda: _core.Client(None, name="\ud800" + secret), lambda: anochat.PreKeys(secret)]
    for call in wrong:
        with pytest.raises(TypeError) as told:
            call()
        assert secret not in str(told.value) and "Invoked with" in str(told.value)


def test_values_are_frozen(friends):
    alice, bob = friends
    message = alice.send(bob.account(), "fixed")
    for name in ("text", "id", "status"):
        with pytest.raises(AttributeError):
            setattr(message, name, "other")
    with pytest.raises(TypeError):
        pickle.dumps(message)


def test_a_closed_client_refuses_everything():
    client = anochat.sync.Client(None)
    with pytest.raises(anochat.WrongState):
        client.account()
    with client:
        me = client.account()
    client.close()
    calls = [client.account, client.contacts, client.conversations, client.stats, client.take_events,
             lambda: client.send(me, "y"), lambda: client.message(1), lambda: client.set_profile("x")]
    for call in calls:
        with pytest.raises(anochat.WrongState):
            call()
    assert list(client.messages(timeout=0)) == []
    with pytest.raises(anochat.WrongState):
        client.open()


def test_a_closed_asyncio_client_refuses_everything():
    async def main():
        client = anochat.Client(None)
        with pytest.raises(anochat.WrongState):
            await client.send("x", "y")
        async with client:
            feed = client.messages()
        await client.close()
        for call in (client.contacts, client.stats, lambda: client.send("x", "y"), client.open):
            with pytest.raises(anochat.WrongState):
                await call()
        assert [message async for message in feed] == []

    run_async(main())


def test_options_that_make_no_sense_are_refused(tmp_path):
    for options, error in [
            ({}, TypeError), ({"passphrase": ""}, anochat.InvalidArgument), ({"passphrase": 5}, TypeError),
            ({"passphrase": "x", "key": bytes(32)}, TypeError), ({"key": bytes(31)}, ValueError),
            ({"passphrase": "x", "mode": "write"}, ValueError), ({"passphrase": "x", "speed": 9}, TypeError),
            ({"passphrase": "x", "kdf_memory_kib": 1}, anochat.KdfPolicy),
            ({"passphrase": "x", "kdf_memory_kib": 2**40}, OverflowError),
            ({"passphrase": "x", "mode": "open"}, anochat.NotFound), ({"key": bytes(32), "relay": 5}, TypeError),
            ({"passphrase": "x", "pins": "sha256/x"}, TypeError)]:
        with pytest.raises(error):
            with anochat.sync.Client(tmp_path / "new.db", **options):
                pass
    with pytest.raises(TypeError):
        anochat.Client(tmp_path / "new.db", speed=9, passphrase="x")


def test_the_wrong_passphrase_and_a_busy_store_are_told_apart(tmp_path):
    path = tmp_path / "me.db"
    with anochat.sync.Client(path, passphrase="right", **CHEAP):
        with pytest.raises(anochat.StoreBusy):
            anochat.sync.Client(path, passphrase="right", **CHEAP).open()
    with pytest.raises(anochat.WrongKey) as told:
        anochat.sync.Client(path, passphrase="wrong", **CHEAP).open()
    assert "wrong" not in str(told.value).replace("session", "")
    with pytest.raises(anochat.AlreadyExists):
        anochat.sync.Client(path, passphrase="right", mode="create", **CHEAP).open()
    (tmp_path / "other").write_bytes(b"no store" * 1_000)
    with pytest.raises(anochat.NotAStore):
        anochat.sync.Client(tmp_path / "other", passphrase="right", **CHEAP).open()


def test_a_passphrase_may_come_from_a_function_that_fails(tmp_path):
    def keychain():
        raise LookupError("locked")

    with pytest.raises(LookupError):
        anochat.sync.Client(tmp_path / "me.db", passphrase=keychain).open()
    assert not (tmp_path / "me.db").exists()


def test_after_fork_the_child_is_refused_and_the_parent_goes_on():
    run_script("""
        import os, sys
        import anochat, anochat.sync
        from anochat.testing import MemoryRelay
        relay = MemoryRelay()
        alice, bob = (anochat.sync.Client(None, relay=relay, allow_strangers=True) for _ in range(2))
        engine = anochat.RelayEngine()
        with alice, bob:
            account = anochat.AccountKey.generate()
            device = anochat.Device.create(account)
            prekeys = anochat.PreKeys(device)
            other = anochat.Device.create(anochat.AccountKey.generate())
            session = anochat.Session.initiate(other, prekeys.bundle(), device.address)
            child = os.fork()
            if child == 0:
                refused = 0
                for call in (lambda: alice.account(), lambda: session.encrypt(b"x"), lambda: prekeys.bundle(),
                             lambda: engine.tick(), lambda: relay.waiting):
                    try:
                        call()
                    except anochat.WrongState as error:
                        assert "fork" in str(error)
                        refused += 1
                sys.exit(refused)  # and every destructor runs
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
            alice.send(bob.account(), "still here")
            assert next(bob.messages(timeout=30)).text == "still here"
    """)


def test_many_threads_that_call_all_at_once(friends):
    alice, bob = friends
    account, failures = bob.account(), []

    def work(number):
        try:
            alice.send(account, f"from {number}")
            alice.stats()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures
    texts = {message.text for message in bob.history(alice.account())}
    assert texts == {f"from {number}" for number in range(100)}


def test_a_buffer_that_another_thread_changes_is_read_once(sessions):
    mine, theirs = sessions
    content = bytearray(b"a" * 60_000)
    is_over = threading.Event()

    def change():
        while not is_over.is_set():
            content[:] = b"b" * len(content)
            content[:] = b"a" * len(content)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(50):
            try:
                message = mine.encrypt(content)
            except BufferError:
                continue
            assert set(theirs.decrypt(message)) <= set(b"ab")
    finally:
        is_over.set()
        thread.join()
