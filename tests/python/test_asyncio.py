"""The asyncio face: batches, cancelled tasks, several iterators, and no leak."""

import asyncio
import gc
import os
import threading

import pytest

import anochat
from anochat import _pump, events
from conftest import run_async


def clients(relay, count=2):
    return [anochat.Client(None, relay=relay, allow_strangers=True) for _ in range(count)]


def test_the_echo_bot(relay):
    async def main():
        alice, bot = clients(relay)
        async with alice, bot:
            async def echo():
                async for message in bot.messages():
                    await message.mark_read()
                    await message.reply(message.text)
                    await message.react("\N{WAVING HAND SIGN}")

            task = asyncio.create_task(echo())
            sent = await alice.send(bot.account, "hello")
            async for answer in alice.messages():
                assert answer.text == "hello"
                break
            while not await alice.reactions(sent):
                await asyncio.sleep(0.01)
            assert (await alice.message(sent)).status is anochat.Status.READ
            task.cancel()
        assert await asyncio.gather(task, return_exceptions=True)

    run_async(main())


def test_ten_thousand_messages_without_a_leak_or_a_frozen_loop(relay):
    total, batch = 10_000, 500
    gc.collect()
    descriptors, threads = len(os.listdir("/proc/self/fd")), threading.active_count()

    async def main():
        longest = 0.0

        async def heartbeat():
            nonlocal longest
            loop = asyncio.get_running_loop()
            while True:
                begin = loop.time()
                await asyncio.sleep(0.01)
                longest = max(longest, loop.time() - begin)

        alice, bob = clients(relay)
        async with alice, bob:
            beat = asyncio.create_task(heartbeat())

            async def send():
                for begin in range(0, total, batch):
                    await alice.send_many(bob.account, [str(n) for n in range(begin, begin + batch)])

            sender = asyncio.create_task(send())
            received = []
            async for message in bob.messages():
                received.append(int(message.text))
                if len(received) == total:
                    break
            await sender
            beat.cancel()
            assert received == list(range(total))
            assert (await bob.stats()).messages == total
        # The loop is stopped for as long as a batch of a thousand rows is made into values, not while the store works.
        assert longest < 20, "the loop stood still"

    run_async(main(), timeout=240)
    gc.collect()
    assert threading.active_count() == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert not [thing for thing in gc.get_objects() if isinstance(thing, (anochat.Message, anochat.Client))]


def test_memory_stays_flat_over_many_clients(relay):
    async def once():
        alice, bob = clients(relay)
        async with alice, bob:
            await alice.send(bob.account, "x" * 1_000)
            async for _ in bob.messages():
                break

    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    for _ in range(5):
        run_async(once())
    before = resident()
    for _ in range(20):
        run_async(once())
    assert resident() - before < 40_000_000  # a client that is not freed keeps more than 2 MB


def test_several_iterators_each_see_everything(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            feeds = [bob.messages(), bob.messages(), bob.events()]

            async def take(feed):
                found = []
                async for item in feed:
                    message = item.message if isinstance(item, events.MessageReceived) else item
                    if isinstance(message, anochat.Message):
                        found.append(message.text)
                    if len(found) == 20:
                        return found

            tasks = [asyncio.create_task(take(feed)) for feed in feeds]
            await asyncio.sleep(0)
            for n in range(20):
                await alice.send(bob.account, str(n))
            for found in await asyncio.gather(*tasks):
                assert found == [str(n) for n in range(20)]

    run_async(main())


def test_two_tasks_may_not_share_one_iterator(relay):
    async def main():
        async with anochat.Client(None, relay=relay) as client:
            feed = client.messages()
            first = asyncio.create_task(feed.__anext__())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError):
                await feed.__anext__()
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)

    run_async(main())


def test_what_came_before_the_iterator_waits_for_it(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            await alice.send_many(bob.account, ["one", "two"])
            feed = bob.messages()
            assert [(await feed.__anext__()).text, (await feed.__anext__()).text] == ["one", "two"]

    run_async(main())


def test_the_next_iterator_goes_on_where_the_last_one_was_left(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            wanted = [str(n) for n in range(10)]
            await alice.send_many(bob.account, wanted)
            found = []
            for _ in wanted:
                async for message in bob.messages():
                    found.append(message.text)
                    break
            assert found == wanted

    run_async(main())


def test_what_is_fetched_for_a_cancelled_iterator_waits_for_the_next(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            await alice.send(bob.account, "first")
            assert (await bob.messages().__anext__()).text == "first"
            await alice.send(bob.account, "surely")
            while len([message async for message in bob.history(alice.account)]) < 2:
                await asyncio.sleep(0.01)
            fetched, take = asyncio.Event(), bob._pump._take

            async def slow():
                batch = await take()
                fetched.set()
                await asyncio.sleep(0.05)
                return batch

            bob._pump._take = slow
            kept = bob.messages()
            for feed in (kept, bob.messages()):  # one that lives on, and one that is gone
                waiting = asyncio.create_task(feed.__anext__())
                await fetched.wait()
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            while bob._pump._task is not None:
                await asyncio.sleep(0.01)
            del feed
            assert (await bob.messages().__anext__()).text == "surely"
            assert (await kept.__anext__()).text == "surely"

    run_async(main())


def test_a_slow_iterator_is_told_what_it_lost(relay, monkeypatch):
    monkeypatch.setattr(_pump, "MOST_WAITING", 5)

    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            slow, quick = bob.events(), bob.messages()
            for n in range(20):
                await alice.send(bob.account, str(n))
                assert (await quick.__anext__()).text == str(n)
            lost = await slow.__anext__()
            assert isinstance(lost, events.EventsLost) and lost.count >= 15
            found = [await slow.__anext__() for _ in range(5)]
            assert [event.message.text for event in found if isinstance(event, events.MessageReceived)][-1] == "19"

    run_async(main())


def test_cancelled_calls_and_iterators_leave_the_client_well(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            for delay in (0, 0, 0.001, 0.002, 0.005):
                task = asyncio.create_task(alice.send(bob.account, "perhaps"))
                await asyncio.sleep(delay)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                waiting = asyncio.create_task(bob.messages().__anext__())
                await asyncio.sleep(delay)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            await alice.send(bob.account, "surely")
            async for message in bob.messages():
                if message.text == "surely":
                    break
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(bob.messages().__anext__(), 0.05)

    run_async(main())


def test_a_client_that_is_cancelled_while_it_opens_or_closes_is_closed(tmp_path):
    path = tmp_path / "me.db"

    async def use():
        async with anochat.Client(path, passphrase="x", kdf_memory_kib=19_456):
            await asyncio.sleep(3_600)

    async def main():
        for delay in (0, 0.001, 0.02, 0.1, 0.3):
            task = asyncio.create_task(use())
            await asyncio.sleep(delay)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with anochat.Client(path, passphrase="x", kdf_memory_kib=19_456) as client:  # not busy: it was closed
                assert client.account
                closing = asyncio.create_task(client.close())
                await asyncio.sleep(0)
                closing.cancel()
                await asyncio.gather(closing, return_exceptions=True)

    run_async(main())


def test_history_and_search_both_ways_of_iteration(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            wanted = [f"number {n}" for n in range(230)]
            await alice.send_many(bob.account, wanted)
            assert [m.text async for m in bob.history(alice.account)] == wanted[::-1]
            assert [m.text for m in bob.history(alice.account)] == wanted[::-1]
            for limit in (0, 1, 99, 100, 101, 230, 500):
                shown = wanted[::-1][:limit]
                assert [m.text async for m in bob.history(alice.account, limit=limit)] == shown
                assert [m.text for m in bob.history(alice.account, limit=limit)] == shown
            assert [hit.message.text async for hit in alice.search("number 17")] == [f"number {n}" for n in
                                                                                    (*range(179, 169, -1), 17)]
            assert [message async for message in bob.history(bob.account)] == []

    run_async(main())


def test_iterators_end_when_the_client_is_closed(relay):
    async def main():
        client = anochat.Client(None, relay=relay)
        async with client:
            tasks = [asyncio.create_task(take_all(client.messages())), asyncio.create_task(take_all(client.events()))]
            await asyncio.sleep(0.01)
        assert (await asyncio.gather(*tasks))[0] == []

    async def take_all(feed):
        return [item async for item in feed]

    run_async(main())


def test_the_whole_of_the_asyncio_face(relay):
    async def main():
        alice, bob = clients(relay)
        async with alice, bob:
            assert alice.address.device == 1 and alice.address.account == alice.account
            await alice.wait_until_online()
            assert (await alice.state()).is_online
            await alice.set_profile("Alice")
            sent = await alice.send(bob.account, "one")
            await alice.edit(sent, "two")
            await bob.set_typing(alice.account)
            await bob.set_presence(anochat.Presence.ONLINE)
            received = [m async for m in bob.history(alice.account)][0]
            assert received.text == "two"
            await bob.mark_read(received)
            await bob.react(received, "\N{THUMBS UP SIGN}")
            await bob.react(received, "\N{THUMBS UP SIGN}", False)
            assert await alice.reactions(sent) == []
            await alice.send_custom(bob.account, "com.example/x", b"1")
            await alice.set_expire_timer(bob.account, 0)
            await alice.delete(sent)
            assert (await bob.message(received)).is_deleted
            assert (await alice.safety_number(bob.account)).digits == (await bob.safety_number(alice.account)).digits
            await alice.mark_verified(bob.account)
            await alice.accept_identity(bob.account)
            assert await alice.trust(bob.account) is anochat.Trust.VERIFIED
            assert [contact.account for contact in await alice.contacts()] == [bob.account]
            assert (await alice.conversations())[0].kind is anochat.ConversationKind.DIRECT
            await bob.deny(alice.account)
            await bob.allow(alice.account)
            await bob.block(alice.account)
            with pytest.raises(anochat.Blocked):
                await bob.send(alice.account, "no")
            with pytest.raises(anochat.WrongState):  # an in-memory store has no key
                await alice.add_recovery_key()

    run_async(main())
