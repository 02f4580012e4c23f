"""driver.py - python-doubleratchet with its X3DH package: the double ratchet without PQ, on python-cryptography.

The package leaves the form of messages to its caller; this driver packs a header as 32 + 4 + 4 bytes.
"""

import asyncio
import json
import resource
import struct
import sys
import time
from importlib.metadata import version

from doubleratchet import DoubleRatchet, EncryptedMessage, Header
from doubleratchet.recommended import (
    HashFunction, aead_aes_hmac, diffie_hellman_ratchet_curve25519, kdf_hkdf, kdf_separate_hmacs)
from x3dh import BaseState, HashFunction as X3dhHash, IdentityKeyFormat

HANDSHAKES = 4
CONTENT = bytes(16384)


class Ratchet(DoubleRatchet):
    @staticmethod
    def _build_associated_data(associated_data, header):
        return associated_data + pack(header)


class Aead(aead_aes_hmac.AEAD):
    @staticmethod
    def _get_hash_function():
        return HashFunction.SHA_256

    @staticmethod
    def _get_info():
        return b"benchmark aead"


class RootKdf(kdf_hkdf.KDF):
    @staticmethod
    def _get_hash_function():
        return HashFunction.SHA_256

    @staticmethod
    def _get_info():
        return b"benchmark root"


class MessageKdf(kdf_separate_hmacs.KDF):
    @staticmethod
    def _get_hash_function():
        return HashFunction.SHA_256


class Agreement(BaseState):
    @staticmethod
    def _encode_public_key(key_format, pub):
        return pub


CONFIGURATION = dict(
    diffie_hellman_ratchet_class=diffie_hellman_ratchet_curve25519.DiffieHellmanRatchet,
    root_chain_kdf=RootKdf, message_chain_kdf=MessageKdf, message_chain_constant=b"\x01\x02",
    dos_protection_threshold=1500, max_num_skipped_message_keys=1500, aead=Aead)


def pack(header):
    return header.ratchet_pub + struct.pack("<II", header.previous_sending_chain_length, header.sending_chain_length)


def encode(message):
    return pack(message.header) + message.ciphertext


def decode(wire):
    return EncryptedMessage(Header(wire[:32], *struct.unpack("<II", wire[32:40])), wire[40:])


def new_party():
    return Agreement.create(IdentityKeyFormat.ED_25519, X3dhHash.SHA_256, b"benchmark x3dh")


class State:
    async def start(self):
        self.alice, self.bob = new_party(), new_party()
        self.wire = []
        self.live = []
        self.bob.generate_pre_keys(1)
        self.a, self.b, _ = await self.shake_hands(self.bob.bundle)
        await self.answer_once()
        for _ in range(10):
            await self.answer_once()

    async def shake_hands(self, bundle):
        """Both sides, with one message of 64 bytes; each bundle has one prekey."""
        secret, associated, header = await self.alice.get_shared_secret_active(bundle)
        a, message = await Ratchet.encrypt_initial_message(
            shared_secret=secret, recipient_ratchet_pub=bundle.signed_pre_key, message=CONTENT[:64],
            associated_data=associated, **CONFIGURATION)
        wire = encode(message)
        secret, associated, signed_pre_key = await self.bob.get_shared_secret_passive(header)
        b, plain = await Ratchet.decrypt_initial_message(
            shared_secret=secret, own_ratchet_priv=signed_pre_key.priv, message=decode(wire),
            associated_data=associated, **CONFIGURATION)
        self.bob.delete_pre_key(header.pre_key)
        assert len(plain) == 64
        return a, b, len(wire) + sum(len(part) for part in header)

    async def send(self, session, length):
        return encode(await session.encrypt_message(CONTENT[:length], b""))

    async def receive(self, session, wire, length):
        assert len(await session.decrypt_message(decode(wire), b"")) == length

    async def answer_once(self):
        await self.receive(self.a, await self.send(self.b, 64), 64)
        await self.receive(self.b, await self.send(self.a, 64), 64)

    async def prepare_handshakes(self, count):
        self.bundles = []
        for _ in range(count):  # one prekey in each bundle, so that each is used once
            self.bob.generate_pre_keys(1)
            bundle = self.bob.bundle
            fresh = frozenset(bundle.pre_keys - {key for b in self.bundles for key in b.pre_keys})
            self.bundles.append(bundle._replace(pre_keys=fresh))

    async def handshakes(self, count):
        for bundle in self.bundles:
            await self.shake_hands(bundle)

    async def ping_pong(self, length):
        for _ in range(8):
            await self.receive(self.b, await self.send(self.a, length), length)
            await self.receive(self.a, await self.send(self.b, length), length)

    async def send_100(self, length):
        self.wire = [await self.send(self.a, length) for _ in range(100)]

    async def receive_100(self, length):
        for wire in self.wire:
            await self.receive(self.b, wire, length)

    async def send_many(self, count):
        self.wire = [await self.send(self.a, 64) for _ in range(count)]

    async def receive_in_reverse(self, count):
        for wire in reversed(self.wire):
            await self.receive(self.b, wire, 64)

    async def clean_up(self, _parameter):
        await self.answer_once()

    def save(self):
        return json.dumps(self.b.json).encode()

    def restore(self, saved):
        return Ratchet.from_json(json.loads(saved), **CONFIGURATION)

    async def saves(self, count):
        for _ in range(count):
            self.b = self.restore(self.save())

    async def sizes(self):
        await self.prepare_handshakes(1)
        sizes = {"first message 64 B": (await self.shake_hands(self.bundles[0]))[2]}
        for name, length in (("message 64 B", 64), ("message 1 KiB", 1024)):
            wire = await self.send(self.a, length)
            await self.receive(self.b, wire, length)
            sizes[name] = len(wire)
        sizes["saved state"] = len(self.save())
        await self.send_many(1000)
        await self.receive(self.b, self.wire[-1], 64)
        sizes["pending key"] = (len(self.save()) - sizes["saved state"]) / 999
        return sizes

    def memory(self, count):
        saved = self.save()
        before = resident_bytes()
        self.live = [self.restore(saved) for _ in range(count)]
        return (resident_bytes() - before) / count


def workloads(state):
    """name: operations, parameter, prepare, encrypt, decrypt, clean up"""
    one_way = (None, state.send_100, state.receive_100, state.clean_up)
    reverse = (state.send_many, state.receive_in_reverse, None, state.clean_up)
    return {
        "handshake": (HANDSHAKES, HANDSHAKES, state.prepare_handshakes, state.handshakes, None, None),
        "ping-pong 64 B": (16, 64, None, state.ping_pong, None, None),
        "one-way 64 B": (100, 64, *one_way),
        "one-way 1 KiB": (100, 1024, *one_way),
        "one-way 16 KiB": (100, 16384, *one_way),
        "reverse 40": (40, 40, *reverse),
        "reverse 1,000": (1000, 1000, *reverse),
        "save + restore": (50, 50, None, state.saves, None, None),
    }


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def timed(step, parameter):
    begin = time.thread_time()
    if step:
        await step(parameter)
    return (time.thread_time() - begin) * 1e6


async def run(name, work):
    operations, parameter, prepare, encrypt, decrypt, clean_up = work
    if prepare:
        await prepare(parameter)
    encrypt_us = await timed(encrypt, parameter) / operations
    decrypt_us = await timed(decrypt, parameter) / operations
    if clean_up:
        await clean_up(parameter)
    line = {"workload": name, "operations": operations, "us": encrypt_us + decrypt_us}
    return {**line, "encrypt_us": encrypt_us, "decrypt_us": decrypt_us} if decrypt else line


async def main():
    state = State()
    await state.start()
    known = workloads(state)
    print(json.dumps({"peer": "python-doubleratchet", "version": version("doubleratchet"),
                      "workloads": list(known)}), flush=True)
    for request in map(str.strip, sys.stdin):
        if request in known:
            line = await run(request, known[request])
        elif request == "sizes":
            line = {"sizes": await state.sizes()}
        elif request.startswith("memory "):
            line = {"session_bytes": state.memory(int(request[7:]))}
        else:
            line = {"error": "no such workload"}
        print(json.dumps(line), flush=True)


asyncio.run(main())
