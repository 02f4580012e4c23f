"""Whole clients through a relay in memory, with the blocking face."""

import datetime

import pytest

import anochat
import anochat.sync
from anochat import events
from anochat.testing import FakeClock, MemoryRelay, SeededRandom
from conftest import CHEAP


def texts(client, peer):
    return [message.text for message in client.history(peer.account())]


def test_two_people_talk_and_the_relay_sees_no_word():
    relay = MemoryRelay()
    with anochat.sync.Client(None, relay=relay, allow_strangers=True) as alice, \
            anochat.sync.Client(None, relay=relay, allow_strangers=True) as bob:
        sent = alice.send(bob.account(), "the eagle lands at nine")
        received = next(bob.messages(timeout=30))
        assert received.text == "the eagle lands at nine"
        assert received.sender == alice.account() and not received.is_outgoing
        assert received.kind is anochat.Kind.TEXT and received.status is anochat.Status.RECEIVED
        answer = received.reply("so be it")
        received.react("\N{THUMBS UP SIGN}")
        received.mark_read()
        assert alice.message(sent).status is anochat.Status.READ
        assert alice.reactions(sent) == [anochat.Reaction("\N{THUMBS UP SIGN}", 1, False)]
        assert next(alice.messages(timeout=30)).kind is anochat.Kind.REPLY
        bob.edit(answer, "so it shall be")
        assert texts(alice, bob) == ["so it shall be", "the eagle lands at nine"]
        bob.delete(answer)
        assert alice.message(next(iter(alice.history(bob.account())))).is_deleted
        for secret in (b"eagle", b"nine", b"so be"):
            assert secret not in relay.everything_seen
        assert len(relay.everything_seen) > 1_000


def test_a_message_finds_who_is_away(relay):
    with anochat.sync.Client(None, relay=relay, allow_strangers=True) as alice:
        bob = anochat.sync.Client(None, relay=relay, allow_strangers=True)
        with bob:
            account = bob.account()
            bob._link.detach()
            bob.core.disconnected()
            alice.send(account, "when you are back")
            assert relay.waiting >= 1
            assert not bob.state().is_online
            bob._link = relay.attach(bob.core)
            bob.pump()
            assert next(bob.messages(timeout=30)).text == "when you are back"
            assert relay.waiting == 0


def test_a_store_keeps_everything_and_a_recovery_key_opens_it(tmp_path, relay):
    path = tmp_path / "me.db"
    with anochat.sync.Client(None, relay=relay, allow_strangers=True) as bob:
        with anochat.sync.Client(path, passphrase="first", relay=relay, name="Alice", **CHEAP) as alice:
            account = alice.account()
            alice.send(bob.account(), "kept")
            alice.change_passphrase("second")
            alice.send_many(bob.account(), ["a", "b", "c"])
        with pytest.raises(anochat.WrongKey):
            anochat.sync.Client(path, passphrase="first", **CHEAP).open()
        with anochat.sync.Client(path, passphrase=lambda: b"second", mode="open", relay=relay, **CHEAP) as alice:
            assert alice.account() == account
            assert texts(alice, bob) == ["c", "b", "a", "kept"]
            assert len(alice.add_recovery_key()) == 47
            alice.send(bob.account(), "again")
        assert texts(bob, alice_named(account)) == ["again", "c", "b", "a", "kept"]
    stored = path.read_bytes()
    assert b"kept" not in stored and b"Alice" not in stored and b"SQLite" not in stored


class alice_named:
    def __init__(self, account):
        self._account = account

    def account(self):
        return self._account


def test_a_raw_key_opens_a_store(tmp_path):
    for _ in range(2):
        with anochat.sync.Client(tmp_path / "me.db", key=bytearray(range(32))) as me:
            account = me.account()
    with anochat.sync.Client(tmp_path / "me.db", key=lambda: bytes(range(32))) as me:
        assert me.account() == account


def test_strangers_wait_until_they_are_allowed(relay):
    with anochat.sync.Client(None, relay=relay) as alice, anochat.sync.Client(None, relay=relay) as stranger:
        stranger.send(alice.account(), "may I?")
        told = [event for event in alice.take_events() if isinstance(event, events.ContactRequest)]
        assert [event.account for event in told] == [stranger.account()]
        assert alice.contacts()[0].consent is anochat.Consent.UNKNOWN
        alice.allow(stranger.account())
        assert alice.contacts()[0].consent is anochat.Consent.ALLOWED
        assert alice.trust(stranger.account()) is anochat.Trust.FIRST_USE
        alice.block(stranger.account())
        assert alice.trust(stranger.account()) is anochat.Trust.BLOCKED
        with pytest.raises(anochat.Blocked):
            alice.send(stranger.account(), "no")
        stranger.send(alice.account(), "hello?")
        assert texts(alice, stranger) == ["may I?"]


def test_two_people_compare_their_safety_number(friends):
    alice, bob = friends
    with pytest.raises(anochat.NotFound):
        alice.safety_number(bob.account())
    alice.send(bob.account(), "hi")
    mine, theirs = alice.safety_number(bob.account()), bob.safety_number(alice.account())
    assert mine.digits == theirs.digits
    assert alice.compare_safety_code(bob.account(), theirs.scannable) is anochat.ScanResult.MATCH
    assert alice.compare_safety_code(bob.account(), mine.scannable) is anochat.ScanResult.OWN_CODE
    assert alice.compare_safety_code(bob.account(), "nonsense") is anochat.ScanResult.NOT_A_CODE
    alice.mark_verified(bob.account())
    assert alice.trust(bob.account()) is anochat.Trust.VERIFIED


def test_history_and_search_go_through_all_pages(friends):
    alice, bob = friends
    wanted = [f"message number {n}" for n in range(250)]
    for begin in range(0, 250, 50):
        alice.send_many(bob.account(), wanted[begin:begin + 50])
    assert texts(bob, alice) == wanted[::-1]
    assert [m.text for m in bob.history(alice.account(), limit=120)] == wanted[:129:-1]
    assert list(bob.history(alice.account(), limit=0)) == []
    found = [hit.message.text for hit in bob.search("number")]
    assert found == wanted[::-1]
    assert [hit.message.text for hit in bob.search("number 77")] == ["message number 77"]
    assert len(list(bob.search("mess", limit=7))) == 7
    assert "\ue000" in next(bob.search("number 77")).snippet
    assert list(bob.search("number", sender=bob.account())) == []
    assert len(list(bob.search("number", peer=alice.account(), sender=alice.account()))) == 250
    now = datetime.datetime.now(datetime.timezone.utc)
    assert list(bob.search("number", until=now - datetime.timedelta(days=1))) == []
    assert len(list(bob.search("number", since=now - datetime.timedelta(days=1)))) == 250


def test_conversations_tell_what_is_unread(friends):
    alice, bob = friends
    alice.send_many(bob.account(), ["one", "two"])
    conversation = bob.conversations()[0]
    assert conversation.unread == 2 and conversation.kind is anochat.ConversationKind.DIRECT
    last = next(bob.history(conversation))
    last.mark_read()
    assert bob.conversations()[0].unread == 0
    assert bob.conversations()[0].read_through == last.id
    bob.send(conversation, "to the conversation")
    bob.send(last, "to the message's conversation")
    bob.send(anochat.Address(alice.account()), "to the address")
    bob.send(bob.contacts()[0], "to the contact")
    assert len(texts(alice, bob)) == 6


def test_disappearing_messages_disappear():
    clock = FakeClock()
    relay = MemoryRelay(clock=clock)
    with anochat.sync.Client(None, relay=relay, clock=clock, allow_strangers=True) as alice, \
            anochat.sync.Client(None, relay=relay, clock=clock, allow_strangers=True) as bob:
        alice.set_expire_timer(bob.account(), datetime.timedelta(hours=1))
        alice.send(bob.account(), "soon gone")
        message = [m for m in bob.messages(timeout=0) if m.kind is anochat.Kind.TEXT][0]
        message.mark_read()
        clock.advance(3_700_000)
        relay.pump()
        assert "soon gone" not in texts(bob, alice)
        assert any(isinstance(e, events.MessagesExpired) and message.id in e.messages for e in bob.take_events())
        with pytest.raises(anochat.NotFound):
            bob.message(message.id)


def test_signals_profiles_and_own_kinds(relay):
    with anochat.sync.Client(None, relay=relay, allow_strangers=True, name="Alice") as alice, \
            anochat.sync.Client(None, relay=relay, allow_strangers=True) as bob:
        sent = alice.send_custom(bob.account(), "com.example/poll", bytes(range(256)))
        received = next(bob.messages(timeout=30))
        assert received.kind is sent.kind is anochat.Kind.CUSTOM
        bob.send(alice.account(), "hi")
        assert bob.contacts()[0].name == "Alice"
        alice.set_profile("Alicia", "about me", b"picture")
        assert bob.contacts()[0].name == "Alicia" and bob.contacts()[0].avatar == b"picture"
        bob.take_events()
        alice.set_typing(bob.account())
        alice.set_presence(anochat.Presence.AWAY)
        told = bob.take_events()
        assert any(isinstance(e, events.Typing) and e.is_typing and e.account == alice.account() for e in told)
        assert any(isinstance(e, events.Presence) and e.status is anochat.Presence.AWAY for e in told)
        assert alice.stats().messages == 2


def test_events_come_in_order_and_end_when_nothing_comes(friends):
    alice, bob = friends
    alice.send(bob.account(), "one")
    assert any([isinstance(event, events.MessageReceived) for event in bob.events(timeout=0)])
    assert list(bob.events(timeout=0)) == []
    assert bob.next_event(timeout=0.05) is None
    alice.send_many(bob.account(), ["two", "three"])
    assert [m.text for m in bob.messages(timeout=0)] == ["two", "three"]
    alice.send_many(bob.account(), ["four", "five"])
    for message in bob.messages(timeout=0):
        break
    assert [m.text for m in bob.messages(timeout=0)] == ["five"]  # what a loop has not taken is still there


def test_the_same_seeds_make_the_same_accounts():
    def account(seed):
        with anochat.sync.Client(None, random=SeededRandom(seed), clock=FakeClock()) as client:
            return client.account()

    assert account(1) == account(1) != account(2)


def test_without_a_relay_messages_wait():
    with anochat.sync.Client(None) as alice, anochat.sync.Client(None) as bob:
        message = alice.send(bob.account(), "later")
        assert message.status is anochat.Status.QUEUED
        assert alice.state() == anochat.ConnectionState("offline")
        with pytest.raises(anochat.TimedOut):
            alice.wait_until_online(timeout=0)
