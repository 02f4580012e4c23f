#!/usr/bin/env python3
"""An independent reader of AnoChat stores, written from docs/storage-format.md alone.

    read_store.py <store> --key <64 hex digits> | --passphrase <text>  [SQL]
    read_store.py --self-test <anochat_storage_sample>

Opens stores of the XChaCha20-Poly1305 cipher, applies what is committed in the WAL and answers a query.
Needs PyNaCl; the rest is Python's standard library. It reads only: no file is changed.
"""
import hashlib
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile

from nacl import bindings, exceptions, hash as nacl_hash, encoding, pwhash

PAGE = 4096
HEADER_AREA = 2 * 4096
NONCE, TAG = 24, 16
RESERVE = NONCE + TAG
WAL_START = 64 + 32
FRAME = 24 + PAGE + RESERVE


class Unreadable(Exception):
    pass


def blake2b(data, key=b"", size=32):
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def subkey(data_key, number):
    """crypto_kdf of libsodium: BLAKE2b with the number as salt and the context as personalisation."""
    return hashlib.blake2b(b"", digest_size=32, key=data_key, salt=struct.pack("<QQ", number, 0),
                           person=b"AnoStore".ljust(16, b"\0")).digest()


def open_aead(key, nonce, sealed, associated):
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, associated, nonce, key)
    except exceptions.CryptoError:
        return None


def page_place(role, page, frame=0, generation=0):
    return struct.pack(">B3xIIxxxxQ", role, page, frame, generation)


class Header:
    def __init__(self, raw):
        if raw[:16] != b"AnoChat store\r\n\x1a":
            raise Unreadable("no store")
        if blake2b(raw[:4032]) != raw[4032:4064]:
            raise Unreadable("the header is damaged")
        self.raw = raw
        version, page_size, self.sequence, self.store_id, cipher, self.wal_state = struct.unpack(">IIQ16sBB", raw[16:50])
        self.wal_generation, self.wal_frames, _, self.generation = struct.unpack(">QIIQ", raw[56:80])
        if version != 1 or page_size != PAGE:
            raise Unreadable("another format version")
        if cipher != 2:
            raise Unreadable("this reader knows XChaCha20-Poly1305 only")

    def unlock(self, kind, secret):
        for at in range(128, 128 + 8 * 128, 128):
            slot = self.raw[at:at + 128]
            if slot[0] != kind:
                continue
            memory_kib, passes = struct.unpack(">II", slot[16:24])
            strong = secret
            if kind == 1:
                strong = pwhash.argon2id.kdf(32, secret, slot[24:40], opslimit=passes, memlimit=memory_kib * 1024)
            wrapping = blake2b(b"AnoChat store key slot v1" + slot[:1] + self.store_id, key=strong)
            data_key = open_aead(wrapping, slot[40:64], slot[64:112], slot[:40] + self.store_id)
            if data_key and blake2b(self.raw[:4064], key=subkey(data_key, 4)) == self.raw[4064:]:
                return data_key
        raise Unreadable("wrong key")


def newest_header(file):
    found = []
    for _ in range(2):
        try:
            found.append(Header(file.read(4096)))
        except Unreadable as reason:
            last = reason
    if not found:
        raise last
    return max(found, key=lambda header: header.sequence)


def shown(mask_key, index, header):
    """A frame header with its checksum words shown: the Feistel rounds backwards."""
    halves = list(struct.unpack(">II", header[16:24]))
    for number in (3, 2, 1, 0):
        source, target = (1, 0) if number % 2 == 0 else (0, 1)
        message = header[:16] + struct.pack(">III", index, number, halves[source])
        digest = nacl_hash.siphash24(message, key=mask_key[:16], encoder=encoding.RawEncoder)
        halves[target] ^= struct.unpack(">I", digest[:4])[0]
    return header[:16] + struct.pack(">II", *halves)


def checksum(data, start, order):
    first, second = start
    words = struct.unpack(order + "%dI" % (len(data) // 4), data)
    for i in range(0, len(words), 2):
        first = (first + words[i] + second) & 0xFFFFFFFF
        second = (second + words[i + 1] + first) & 0xFFFFFFFF
    return first, second


def wal_pages(path, header, data_key):
    """The pages that the WAL's commits hold, and the size of the database in pages, or nothing."""
    try:
        with open(path, "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        raw = b""
    frames_needed = header.wal_frames if header.wal_state == 1 else 0
    if len(raw) < WAL_START or raw[:8] != b"AnoWAL\r\n":
        if frames_needed:
            raise Unreadable("the WAL is missing")
        return {}, None
    store_id, generation = struct.unpack(">16sQ", raw[8:32])
    sqlite_header = raw[64:96]
    if store_id != header.store_id or blake2b(raw[:32] + sqlite_header, key=subkey(data_key, 5)) != raw[32:64]:
        raise Unreadable("the WAL is not this store's")
    order = ">" if sqlite_header[3] & 1 else "<"
    chain = struct.unpack(">II", sqlite_header[24:32])
    wal_key, mask_key = subkey(data_key, 2), subkey(data_key, 3)
    committed, running, size, last = {}, {}, None, 0
    for index in range(1, (len(raw) - WAL_START) // FRAME + 1):
        frame = raw[WAL_START + (index - 1) * FRAME:][:FRAME]
        head = shown(mask_key, index, frame[:24])
        page, pages_after_commit = struct.unpack(">II", head[:8])
        if head[8:16] != sqlite_header[16:24]:
            break
        sealed = frame[24:24 + PAGE] + frame[-TAG:]
        plain = open_aead(wal_key, frame[24 + PAGE:24 + PAGE + NONCE], sealed, page_place(2, page, index, generation))
        if plain is None:
            break
        chain = checksum(plain, checksum(head[:8], chain, order), order)
        if chain != struct.unpack(">II", head[16:24]):
            break
        running[page] = plain
        if pages_after_commit:
            committed.update(running)
            running, size, last = {}, pages_after_commit, index
    if generation == header.wal_generation and last < frames_needed:
        raise Unreadable("the WAL lacks frames that it must have")
    return committed, size


def read_database(path, kind, secret):
    """The plain SQLite database inside a store."""
    with open(path, "rb") as file:
        header = newest_header(file)
        data_key = header.unlock(kind, secret)
        newer, size = wal_pages(path + "-wal", header, data_key)
        if size is None:
            size = (os.path.getsize(path) - HEADER_AREA) // PAGE
        main_key = subkey(data_key, 1)
        pages = []
        for page in range(1, size + 1):
            if page in newer:
                pages.append(newer[page])
                continue
            file.seek(HEADER_AREA + (page - 1) * PAGE)
            raw = file.read(PAGE)
            body = PAGE - RESERVE
            plain = open_aead(main_key, raw[body:body + NONCE], raw[:body] + raw[-TAG:], page_place(1, page))
            if plain is None:
                raise Unreadable("page %d is damaged" % page)
            pages.append(plain + bytes(RESERVE))
    whole = bytearray(b"".join(pages))
    whole[18:20] = b"\1\1"  # not in WAL mode any more
    return bytes(whole)


def query(path, kind, secret, sql):
    with tempfile.TemporaryDirectory() as folder:
        plain = os.path.join(folder, "plain.db")
        with open(plain, "wb") as file:
            file.write(read_database(path, kind, secret))
        connection = sqlite3.connect(plain)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def self_test(sample):
    sql = "SELECT count(*), sum(body = 'note ' || id), (SELECT integrity_check FROM pragma_integrity_check) FROM notes"
    with tempfile.TemporaryDirectory() as folder:
        stores = os.path.join(folder, "stores")
        subprocess.run([sample, stores], check=True)
        closed, killed = os.path.join(stores, "closed.db"), os.path.join(stores, "killed.db")
        assert query(closed, 2, bytes(range(32)), sql) == [(300, 300, "ok")]
        assert query(closed, 1, b"open sesame", sql) == [(300, 300, "ok")]
        assert query(killed, 2, bytes(range(32)), sql) == [(400, 400, "ok")]
        for path, kind, secret in ((closed, 2, bytes(32)), (closed, 1, b"open barley")):
            try:
                query(path, kind, secret, sql)
            except Unreadable as reason:
                assert str(reason) == "wrong key"
            else:
                raise AssertionError("a wrong key opened the store")
        os.remove(killed + "-wal")
        try:
            query(killed, 2, bytes(range(32)), sql)
        except Unreadable as reason:
            assert str(reason) == "the WAL is missing"
        else:
            raise AssertionError("a store without its WAL was read")
    print("read_store.py: closed and killed stores read, wrong keys and a missing WAL refused")


def main(words):
    if len(words) == 2 and words[0] == "--self-test":
        self_test(words[1])
        return 0
    if len(words) not in (3, 4) or words[1] not in ("--key", "--passphrase"):
        print(__doc__, file=sys.stderr)
        return 2
    kind = 2 if words[1] == "--key" else 1
    secret = bytes.fromhex(words[2]) if kind == 2 else words[2].encode()
    for row in query(words[0], kind, secret, words[3] if len(words) == 4 else "SELECT name, sql FROM sqlite_schema"):
        print(row)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Unreadable as problem:
        sys.exit("read_store.py: %s" % problem)
