"""The lowest level: keys, prekeys, sessions."""

import array
import threading

import pytest

import anochat
from conftest import Party


def test_a_conversation_goes_both_ways_and_out_of_order(sessions):
    mine, theirs = sessions
    first, second = mine.encrypt(b"one"), mine.encrypt(b"two")
    assert theirs.decrypt(second) == b"two"
    kept = theirs.skipped_key_count
    assert theirs.decrypt(first) == b"one"
    assert theirs.skipped_key_count < kept
    assert mine.decrypt(theirs.encrypt(b"three")) == b"three"
    assert mine.id == theirs.id and len(mine.id) == 32
    assert mine.is_initiator and not theirs.is_initiator
    assert mine.is_answered and theirs.is_answered


def test_a_message_has_the_length_that_was_told(sessions):
    mine, _ = sessions
    for length in (0, 1, 1_000, 65_536):
        wanted = mine.message_len(length)
        assert len(mine.encrypt(bytes(length))) == wanted


def test_a_message_opened_twice_is_refused_and_the_session_is_unchanged(sessions):
    mine, theirs = sessions
    message = mine.encrypt(b"once")
    theirs.decrypt(message)
    before = theirs.save()
    with pytest.raises(anochat.Replayed) as told:
        theirs.decrypt(message)
    assert told.value.code == -11
    assert theirs.save() == before
    assert theirs.decrypt(mine.encrypt(b"next")) == b"next"


def test_every_changed_byte_is_refused_and_nothing_moves(sessions):
    mine, theirs = sessions
    message = mine.encrypt(b"hello")
    before = theirs.save()
    for place in range(0, len(message), 7):
        changed = bytearray(message)
        changed[place] ^= 1
        with pytest.raises(anochat.AnoChatError):
            theirs.decrypt(changed)
    assert theirs.save() == before
    assert theirs.decrypt(message) == b"hello"


def test_a_message_for_somebody_else_is_not_recognised(sessions):
    mine, theirs = sessions
    message = mine.encrypt(b"for theirs")
    assert theirs.recognises(message)
    assert not mine.recognises(message)
    assert not theirs.recognises(bytes(len(message)))


def test_a_saved_session_goes_on_where_it_was(sessions):
    mine, theirs = sessions
    message = mine.encrypt(b"before")
    again = anochat.Session.load(theirs.save())
    assert again.decrypt(message) == b"before"
    key = bytes(range(32))
    sealed = again.seal(key)
    opened = anochat.Session.open(key, sealed)
    assert mine.decrypt(opened.encrypt(b"sealed and opened")) == b"sealed and opened"
    with pytest.raises(anochat.BadState):
        anochat.Session.open(bytes(32), sealed)
    with pytest.raises(anochat.BadState):
        anochat.Session.load(sealed)


def test_devices_accounts_and_prekeys_can_be_saved():
    party = Party(3)
    device = anochat.Device.load(party.device.save())
    assert device.address == party.device.address
    assert device.certificate == party.device.certificate
    assert anochat.AccountKey.from_seed(party.account.seed()).account == party.account.account
    prekeys = anochat.PreKeys.load(party.prekeys.save(), device)
    assert prekeys.one_time_left == 2
    other = Party(4)
    session = anochat.Session.initiate(other.device, prekeys.bundle(), device.address)
    assert prekeys.one_time_left == 1
    assert anochat.accept(device, prekeys, session.encrypt(b"hi")).content == b"hi"
    prekeys.refill(5)
    assert prekeys.one_time_left == 5
    assert prekeys.expire() == 0


def test_an_accepted_session_tells_who_has_written(parties):
    alice, bob = parties
    session = alice.session_with(bob)
    message = session.encrypt(b"hi")
    assert anochat.Session.peek_id(message) == session.id
    accepted = anochat.accept(bob.device, bob.prekeys, message)
    assert str(accepted.peer) == alice.device.address
    assert accepted.peer.account == alice.account.account
    assert not accepted.has_reduced_forward_secrecy
    with pytest.raises(anochat.PrekeyUnknown):  # its one-time prekeys are used up
        anochat.accept(bob.device, bob.prekeys, message)


def test_a_bundle_of_somebody_else_is_refused(parties):
    alice, bob = parties
    with pytest.raises(anochat.BadSignature):
        anochat.Session.initiate(alice.device, bob.prekeys.bundle(), alice.device.address)
    with pytest.raises(anochat.SelfSession):
        anochat.Session.initiate(bob.device, bob.prekeys.bundle(), bob.device.address)
    with pytest.raises(anochat.BadBundle):
        anochat.Session.initiate(alice.device, bob.prekeys.bundle()[:-1], bob.device.address)
    with pytest.raises(anochat.BadAddress):
        anochat.Session.initiate(alice.device, bob.prekeys.bundle(), "ano1nobody")


def test_signals_do_not_move_the_ratchet(sessions):
    mine, theirs = sessions
    before = mine.save()
    signal = mine.seal_signal(b"typing")
    assert theirs.open_signal(signal) == b"typing"
    with pytest.raises(anochat.Replayed):
        theirs.open_signal(signal)
    with pytest.raises(anochat.TooLarge):
        mine.seal_signal(bytes(303))
    assert len(mine.save()) == len(before)


def test_both_sides_export_the_same_secret(sessions):
    mine, theirs = sessions
    secret = mine.export_secret("call", b"1")
    assert len(secret) == 32 and secret == theirs.export_secret("call", b"1")
    assert secret != mine.export_secret("call", b"2")
    assert secret != mine.export_secret("files", b"1")


def test_the_safety_number_is_the_same_on_both_sides(parties):
    alice, bob = parties
    mine = anochat.safety_number(alice.account.public_key, bob.account.public_key)
    theirs = anochat.safety_number(bob.account.public_key, alice.account.public_key)
    assert mine.digits == theirs.digits and len(mine.digits) == 60
    assert mine.scannable != theirs.scannable and len(mine.scannable) == 112
    assert str(mine) == mine.display


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda b: array.array("B", b)])
def test_any_contiguous_buffer_will_do(sessions, kind):
    mine, theirs = sessions
    content = bytes(range(100))
    opened = theirs.decrypt(kind(mine.encrypt(kind(content))))
    assert type(opened) is bytes and opened == content


def test_eight_threads_share_a_session(sessions):
    mine, theirs = sessions
    messages, failures = [], []

    def write(number):
        try:
            for count in range(50):
                messages.append(mine.encrypt(b"%d/%d" % (number, count)))
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(theirs.decrypt(m) for m in messages) == sorted(b"%d/%d" % (n, c) for n in range(8) for c in range(50))


def test_the_same_seeds_give_the_same_bytes():
    assert Party(9).device.save() == Party(9).device.save()
    assert Party(9).device.save() != Party(10).device.save()


def test_addresses_have_a_checksum():
    address = anochat.Address.parse(Party(1).device.address)
    assert address.device == 1
    assert str(address) == Party(1).device.address
    changed = str(address)[:-3] + ("a" if str(address)[-3] != "a" else "b") + str(address)[-2:]
    with pytest.raises(anochat.BadAddress):
        anochat.Address.parse(changed)
